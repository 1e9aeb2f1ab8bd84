"""Whether a gradient lives in an array that the next call overwrites."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.contract.breach import Breach
from gradcheck.contract.mutation import differences, snapshot
from gradcheck.examples.candidates import Example
from gradcheck.findings.told import told
from gradcheck.report import Finding
from gradcheck.target.trial import Trial


def shared_buffers(trial: Trial, taken: list[Example]) -> Iterator[Finding]:
    """Yield a finding where gradients that were returned change with the next call.

    Examples
    --------
    >>> from gradcheck.mask_laws.conventions import Conventions
    >>> from gradcheck.target.pairs import Pair
    >>> room = np.zeros(3)
    >>> pair = Pair("double", "double", lambda x: (2 * x, None),
    ...             lambda dout, cache: np.multiply(2, dout, out=room))
    >>> example = Example((np.ones(3),), ("x",))
    >>> [finding.code for finding in shared_buffers(Trial(pair, Conventions(), 0), [example])]
    ['backward-impure']
    """
    kept = _gradients(trial, taken[0], 0)
    before = snapshot(kept, "gradients")
    _gradients(trial, taken[0], 1)
    if differences(before, snapshot(kept, "gradients")):
        by = trial.pair.name if trial.pair.is_loss else "backward"
        yield told(Breach("backward-impure", "buffer", facts={"what": "a gradient", "by": by}))


def _gradients(trial: Trial, found: Example, seed: int) -> Any:
    """Return the very arrays that a call returns, at other numbers for each seed."""
    if trial.pair.is_loss:
        return trial.pair.forward(*(_moved(arg, seed) for arg in copy.deepcopy(found.args)))[1:]
    forward, backward, args = trial.in_one_form(found)
    out, cache = forward(*copy.deepcopy(args))
    return backward(np.random.default_rng(seed).standard_normal(np.shape(out)), cache)


def _moved(arg: Any, seed: int) -> Any:
    return arg + seed if isinstance(arg, np.ndarray) and arg.dtype.kind == "f" else arg
