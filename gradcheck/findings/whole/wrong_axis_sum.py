"""A parameter's gradient is summed over other axes than it was broadcast along."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import SCALE
from gradcheck.findings.lenses.normalization_terms import wrong_axis_mean
from gradcheck.findings.lenses.shapes import near
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]

OPERATIONS = ((np.sum, "sum"), (np.mean, "mean"))


def other_axes(view: View) -> Evidence:
    """Whether a sum runs over other axes than those that the forward broadcasts over."""
    alignment = view.comparison.alignment
    if alignment is None or not view.complete or any(
            view.x.shape[axis] > 1 for axis in alignment.free_axes):
        return _outputs_transposed(view)
    parts = view.contributions()
    for axes in _sets_of_axes(parts):
        for operation, name in OPERATIONS:
            summed = np.asarray(operation(parts, axis=axes))
            if not summed.size or np.any(np.isnan(summed)):
                continue
            if summed.ndim == 0:
                summed = np.broadcast_to(summed, view.a.shape)
            if summed.size == view.a.size and view.agrees(summed.reshape(view.a.shape)):
                return {"axes": list(axes), "operation": name}
    return None


def _sets_of_axes(parts: Array) -> list[tuple[int, ...]]:
    return [axes for count in range(1, parts.ndim + 1)
            for axes in itertools.combinations(range(parts.ndim), count)]


def _outputs_transposed(view: View) -> Evidence:
    """Whether the analytic Jacobian is the true one with two equal output axes exchanged."""
    out = view.case.out
    if out.ndim < 2 or view.x.ndim > 1 or view.dense is None:
        return None
    true, wrong = view.dense
    shape = (view.x.size, *out.shape)
    for one, two in itertools.combinations(range(out.ndim), 2):
        if out.shape[one] == out.shape[two]:
            moved = np.swapaxes(true.reshape(shape), one + 1, two + 1).reshape(true.shape)
            if np.allclose(wrong, moved, rtol=0, atol=view.dense_tolerance) and not np.allclose(
                    true, moved, rtol=0, atol=view.dense_tolerance):
                return {"axes": [one, two], "operation": "sum"}
    return None


def other_coupling(view: View) -> Evidence:
    """Whether the backward couples elements along other axes than the forward does.

    A softmax or a normalization couples the elements of one slice; a sum over another axis in the
    backward couples those of another.
    """
    if view.a.shape != view.case.out.shape or view.a.ndim < 2 or view.dense is None:
        return None
    true, wrong = (_coupled_axes(view, jacobian) for jacobian in view.dense)
    diagonal = np.diag(view.dense[1])
    if true and wrong and not wrong <= true and np.mean(
            np.abs(diagonal) > view.dense_tolerance) > 0.5 and (
            not true < wrong or _is_reduction(view, min(wrong - true))):
        return {"axes": sorted(wrong), "operation": "sum", "instead_of": sorted(true)}
    return None


def _is_reduction(view: View, axis: int) -> bool:
    """Whether what passes between the two halves of an axis goes through one or two sums."""
    assert view.dense is not None
    half = np.arange(view.x.shape[axis]) < view.x.shape[axis] // 2
    shape = [-1 if i == axis else 1 for i in range(view.x.ndim)]
    first = np.broadcast_to(half.reshape(shape), view.x.shape).ravel()
    across = view.dense[1][np.ix_(first, ~first)]
    sizes = np.linalg.svd(across, compute_uv=False)
    return bool(sizes.size > 3 and sizes[2] <= 1e-4 * sizes[0])


def _coupled_axes(view: View, jacobian: Array) -> set[int]:
    """Return the axes along which an input reaches an output at another index."""
    inputs, outputs = np.nonzero(np.abs(jacobian) > 10 * view.dense_tolerance)
    one = np.array(np.unravel_index(inputs, view.x.shape))
    two = np.array(np.unravel_index(outputs, view.case.out.shape))
    return {int(axis) for axis in np.flatnonzero(np.any(one != two, axis=1))}


def sum_of_another_shape(view: View) -> Evidence:
    """Whether what was returned is a sum, or a mean, over axes that leave another shape."""
    parts = view.contributions()
    for axes in _sets_of_axes(parts):
        for operation, _ in OPERATIONS:
            summed = np.asarray(operation(parts, axis=axes))
            if summed.size == view.a.size and summed.shape != view.n.shape and near(
                    view.a.reshape(summed.shape), summed):
                return {"axes": list(axes)}
    return None


RULE = Rule(
    code="wrong-axis-sum",
    tier=Tier.PLACE,
    meaning="""A parameter that was broadcast gets its gradient by a sum over the axes that it was
        broadcast along; here the sum is over another axis.""",
    sign="Summing the products along the other axis gives the numeric gradient.",
    given=SCALE,
    wrong="""
        def scale_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, (dout * x).sum(axis=1)
        """,
    right="""
        def scale_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, (dout * x).sum(axis=0)
        """,
    clues=(
        Clue(wrong_axis_mean,
             "a {operation} inside the gradient runs over axes {axes}, not over those of the "
             "statistics",
             "use forward's axes"),
        Clue(other_axes,
             "the gradient equals the {operation} of the contributions over axes {axes}",
             "sum over the axes along which forward broadcasts the argument, all of them and no "
             "other"),
        Clue(other_coupling,
             "the backward couples elements along axes {axes}, the forward along {instead_of}",
             "sum over forward's axes"),
    ),
    shape_clues=(
        Clue(sum_of_another_shape,
             "the gradient is summed over axes {axes} of the output",
             "sum over the axes along which forward broadcasts the argument, all of them and no "
             "other"),
    ),
)
