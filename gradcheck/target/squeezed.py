"""Whether the output loses an axis where there is a single sample."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np

from gradcheck.contract.breach import Breach
from gradcheck.examples.candidates import Example
from gradcheck.findings.told import told
from gradcheck.report import Finding
from gradcheck.target.trial import Trial, floating


def squeezed(trial: Trial, taken: list[Example]) -> Iterator[Finding]:
    """Yield a finding where the output with N = 1 has fewer axes than at the first example.

    Backward may fit the output that it is handed, so that no gradient shows it.

    Examples
    --------
    >>> from gradcheck.mask_laws.conventions import Conventions
    >>> from gradcheck.target.pairs import Pair
    >>> pair = Pair("double", "double", lambda x: (np.squeeze(2 * x), x.shape),
    ...             lambda dout, shape: 2 * dout.reshape(shape))
    >>> taken = [Example((np.ones((size, 3)),), ("x",)) for size in (4, 1)]
    >>> [finding.code for finding in squeezed(Trial(pair, Conventions(), 0), taken)]
    ['single-sample']
    """
    first, *others = taken
    one = next((found for found in others if _samples(found) == 1
                and _axes(found) == _axes(first)), None)
    if trial.pair.is_loss or one is None or _samples(first) == 1:
        return
    usual, got = (np.shape(trial.pair.forward(*copy.deepcopy(found.args))[0])
                  for found in (first, one))
    if len(got) < len(usual):
        yield told(Breach("single-sample", "output", facts={
            "samples": _samples(first), "got": str(got), "usual": str(usual), "fails": True}))


def _samples(found: Example) -> int:
    return next((len(arg) for arg in found.args if isinstance(arg, np.ndarray) and arg.ndim), 0)


def _axes(found: Example) -> list[int]:
    return [arg.ndim for arg in found.args if floating(arg)]
