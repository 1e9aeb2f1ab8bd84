"""Some samples take no part in the gradient."""

from __future__ import annotations

from collections.abc import Iterator
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
            return _ignored(axis, empty) | {"what": f"the gradient (shape {list(shape)})"}
    return None


def silent_outputs(view: View) -> Evidence:
    """Whether whole samples (or time steps, channels) of the one output pass nothing back."""
    out = view.case.out
    if view.case.outputs > 1 or (view.elementwise and out.ndim == 1):
        return None
    found = _silent(view)
    if found is None:
        return None
    missing, active = found
    slices = left_out(missing.reshape(out.shape), active.reshape(out.shape))
    return None if slices is None else _ignored(*slices) | {
        "what": f"dout (shape {list(out.shape)})"}


def silent_output(view: View) -> Evidence:
    """Whether one of several outputs passes nothing back, and the others are right."""
    return next((_named(view, place) for place, missing, active in _silent_of_several(view)
                 if np.array_equal(missing, active)), None)


def silent_in_one_output(view: View) -> Evidence:
    """Whether whole samples of one of several outputs pass nothing back."""
    for place, missing, active in _silent_of_several(view):
        slices = left_out(missing, active)
        if slices is not None:
            return {**_ignored(*slices), **_named(view, place)}
    return None


def _silent(view: View) -> tuple[Array, Array] | None:
    """Return which outputs pass nothing back, and which should, where all others are right."""
    if view.case.out.ndim == 0 or view.dense is None:
        return None
    true, wrong = view.dense
    active = np.any(np.abs(true) > view.dense_tolerance, axis=0)
    missing = active & ~np.any(np.abs(wrong) > view.dense_tolerance, axis=0)
    kept_close = np.allclose(wrong[:, ~missing], true[:, ~missing], rtol=0,
                             atol=view.dense_tolerance)
    if not np.any(missing) or not kept_close or not np.any(true[:, ~missing]):
        return None
    return missing, active


def _silent_of_several(view: View) -> Iterator[tuple[int, Array, Array]]:
    """Yield the place, and in its own shape what is silent, of the one output that has such."""
    found = _silent(view) if view.case.outputs > 1 else None
    if found is None:
        return
    parts = [(place, missing, active) for place, (missing, active) in enumerate(zip(
        *map(view.case.by_output, found), strict=True)) if np.any(missing)]
    if len(parts) == 1:
        yield parts[0]


def _named(view: View, place: int) -> dict[str, Any]:
    """Return which output it is, and what backward calls the gradient that comes from it."""
    return {"output": place + 1, "outputs": view.case.outputs,
            "upstream": view.case.upstream(place) or "its part of dout"}


def _ignored(axis: int, empty: Array) -> dict[str, Any]:
    indices = [int(i) for i in np.flatnonzero(empty)]
    return {"axis": axis, "indices": indices[:MOST_INDICES], "count": len(indices),
            "of": int(empty.size)}


NOTHING = " along axis {axis} contribute nothing: indices {indices}"
IGNORED = (
    "{count} of {of} slices of {what}" + NOTHING,
    "let the loop run over all of them; look for range(N - 1), an index left at 0, or = where "
    "+= belongs",
)

OF_SEVERAL = "output {output} of {outputs} ({upstream} in backward)"
WHOLE_OUTPUT = (
    "what comes from " + OF_SEVERAL + " is left out; the rest is right",
    "add what {upstream} contributes, where that output is computed in forward",
)
IN_ONE_OUTPUT = ("of " + OF_SEVERAL + ", {count} of {of} slices" + NOTHING, IGNORED[1])

RULE = Rule(
    code="samples-ignored",
    tier=Tier.PATTERN,
    meaning="""Some samples of the batch, or one of several outputs, take no part in the gradient:
        a loop ends early, assigns where it should add, or an upstream gradient is forgotten.""",
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
        Clue(silent_output, *WHOLE_OUTPUT),
        Clue(silent_in_one_output, *IN_ONE_OUTPUT),
    ),
)
