"""Which lines of a layer never ran, told in a submission's own process: shading for a page alone.

What it answers has been in the submission's hands, and nothing but a shade may depend on it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from gradcheck.coverage import Coverage
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.at_arguments import candidates_for
from gradcheck.target.covering import uncovered
from gradcheck.target.further import further
from gradcheck.target.judge import with_keywords
from gradcheck.target.pairs import find_pairs
from gradcheck.target.trial import Trial

SEED = 0
MOST_CANDIDATES = 24
MOST_EXAMPLES = 12


def answer(module: ModuleType, request: Mapping[str, Any]) -> list[int]:
    """Return the lines of a layer that ran at no example, as they are numbered in its file.

    Parameters
    ----------
    module : ModuleType
        The submission.
    request : mapping
        The `name` of a layer, and the `conventions` of its dropout.

    Examples
    --------
    >>> answer(ModuleType("homework"), {"name": "relu"})
    []
    """
    pair = next((pair for pair in find_pairs(module, imported=True).pairs
                 if pair.name == request["name"]), None)
    if pair is None or not Coverage.is_possible():
        return []
    trial = Trial(with_keywords(pair), Conventions(**request["conventions"]), SEED)
    found = next((example for example in itertools.islice(candidates_for(trial.pair, SEED),
                                                          MOST_CANDIDATES)
                  if not trial.has_no_gradient(example)), None)
    if found is None:
        return []
    more = (entry.example for entry in further(found, found, trial.pair) if entry.pair is None)
    functions = [function for function in (pair.forward, pair.backward) if function is not None]
    missing = uncovered(trial, functions, [found, *itertools.islice(more, MOST_EXAMPLES)])
    return sorted({line for lines in missing.values() for line in lines})
