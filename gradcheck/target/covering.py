"""The lines of forward and backward that no example reaches, after everything that was tried."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.coverage import Coverage, told
from gradcheck.examples.candidates import Example
from gradcheck.output.record import Item
from gradcheck.target.exceptions import OURS
from gradcheck.target.probes import probes
from gradcheck.target.trial import Trial

MOST_PROBES = 24
NOT_MEASURED = ("which lines ran was not measured, as another tracer runs (a debugger, or coverage "
                "itself)")


def uncovered(trial: Trial, functions: Sequence[Callable[..., Any]], taken: Sequence[Example]
              ) -> Mapping[str, list[int]]:
    """Return the lines that never ran, by the name of the function.

    Parameters
    ----------
    trial : Trial
        The pair.
    functions : sequence of callable
        What its file defines it by.
    taken : sequence of Example
        The arguments at which it was judged, each of which is run once more.

    Examples
    --------
    >>> from gradcheck.mask_laws.conventions import Conventions
    >>> from gradcheck.target.pairs import Pair
    >>> pair = Pair("double", "double", lambda x: (2 * x, x), lambda dout, x: 2 * dout)
    >>> uncovered(Trial(pair, Conventions(), 0), (pair.forward, pair.backward),
    ...           [Example((np.ones(3),), ("x",))])
    {}
    """
    coverage = Coverage(functions)
    others = itertools.chain.from_iterable(probes(functions, found) for found in taken[:1])
    for found in (*taken, *itertools.islice(others, MOST_PROBES)):
        if not coverage.missing:
            break
        _run(coverage, trial, found)
    return dict(coverage.missing)


def with_uncovered(item: Item, missing: Mapping[str, list[int]], fails: bool) -> Item:
    """Return an item that says which lines never ran; an error where they are one.

    >>> item = with_uncovered(Item("relu", "relu", "passed"), {"relu_forward": [7]}, True)
    >>> item.status, item.message, item.uncovered
    ('failed', 'line 7 of relu_forward never ran', (7,))
    """
    if not missing:
        return item
    item = replace(item, uncovered=tuple(sorted({line for lines in missing.values()
                                                 for line in lines})),
                   details={**item.details, "uncovered": told(missing)})
    if not fails:
        return item
    return replace(item, status="failed", message="\n".join(filter(None, [
        item.message, told(missing)])))


def _run(coverage: Coverage, trial: Trial, found: Example) -> None:
    """Run a pair once; what it raises has been told, or says nothing."""
    try:
        with np.errstate(all="ignore"):
            call = _call(trial, found)
            coverage.run(call)
    except OURS:
        raise
    except Exception:
        return


def _call(trial: Trial, found: Example) -> Callable[[], Any]:
    """Return a function that calls forward and backward."""
    args = copy.deepcopy(found.args)
    if trial.pair.is_loss:
        return lambda: trial.pair.forward(*args)
    forward, backward, _ = trial.in_one_form(found)

    def call() -> None:
        out, cache = forward(*args)
        backward(np.random.default_rng(trial.seed).standard_normal(np.shape(out)), cache)

    return call
