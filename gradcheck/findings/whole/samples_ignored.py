"""Some samples take no part in the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import AFFINE, AFFINE_RIGHT
from gradcheck.findings.lenses.jacobian import left_out
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]

MOST_INDICES = 20


def empty_slices(view: View) -> Evidence:
    """Whether whole slices of the gradient are zero, and all others right."""
    if not view.complete:
        return None
    shape = view.a.shape
    for axis in range(view.a.ndim if shape == view.case.out.shape else min(1, view.a.ndim)):
        rest = tuple(i for i in range(view.a.ndim) if i != axis)
        empty = ~np.any(view.a, axis=rest) & np.any(view.n, axis=rest)
        kept = ~empty.reshape([-1 if i == axis else 1 for i in range(view.a.ndim)])
        if 1 < shape[axis] < view.a.size and np.any(empty) and np.any(kept) and view.agrees(
                np.where(kept, view.n, 0.0)):
            return _ignored(axis, empty)
    return None


def silent_outputs(view: View) -> Evidence:
    """Whether whole samples (or time steps, channels) of the output pass nothing back."""
    out = view.case.out
    if out.ndim == 0 or (view.elementwise and out.ndim == 1) or view.dense is None:
        return None
    true, wrong = view.dense
    active = np.any(np.abs(true) > view.dense_tolerance, axis=0)
    missing = active & ~np.any(np.abs(wrong) > view.dense_tolerance, axis=0)
    kept_close = np.allclose(wrong[:, ~missing], true[:, ~missing], rtol=0,
                             atol=view.dense_tolerance)
    if not np.any(missing) or not kept_close or not np.any(true[:, ~missing]):
        return None
    slices = left_out(missing.reshape(out.shape), active.reshape(out.shape))
    return None if slices is None else _ignored(*slices)


def _ignored(axis: int, empty: Array) -> dict[str, Any]:
    indices = [int(i) for i in np.flatnonzero(empty)]
    return {"axis": axis, "indices": indices[:MOST_INDICES], "count": len(indices),
            "of": int(empty.size)}


IGNORED = (
    "{count} of {of} slices along axis {axis} contribute nothing: indices {indices}",
    "let the loop run over all of them; look for range(N - 1), an index left at 0, or = where "
    "+= belongs",
)

RULE = Rule(
    code="samples-ignored",
    tier=Tier.PATTERN,
    meaning="""Some samples of the batch take no part in the gradient: a loop ends early, or
        assigns where it should add.""",
    sign="The gradient over a part of the batch equals the analytic one.",
    given=AFFINE,
    wrong="""
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, x[:-1].T @ dout[:-1], dout.sum(axis=0)
        """,
    right=AFFINE_RIGHT,
    clues=(
        Clue(empty_slices, *IGNORED),
        Clue(silent_outputs, *IGNORED),
    ),
)
