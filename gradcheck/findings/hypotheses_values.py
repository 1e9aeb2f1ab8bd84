"""Causes in the values that a backward combines: a wrong sum, a transpose, a wrong array."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import Hypothesis, View

Array = NDArray[Any]
Evidence = dict[str, Any] | None


def wrong_axis_sum(view: View) -> Evidence:
    """Whether a sum runs over other axes than those that the forward broadcasts over."""
    alignment = view.comparison.alignment
    out = view.case.out
    if alignment is None or not view.complete or any(
            view.x.shape[axis] > 1 for axis in alignment.free_axes):
        return _transposed_outputs(view)
    parts = view.contributions()
    for count in range(1, out.ndim + 1):
        for axes in itertools.combinations(range(out.ndim), count):
            for operation, name in ((np.sum, "sum"), (np.mean, "mean")):
                summed = operation(parts, axis=axes)
                if not np.size(summed) or np.any(np.isnan(summed)):
                    continue
                if np.shape(summed) == () and view.a.size > 1:
                    summed = np.broadcast_to(summed, view.a.shape)
                if np.size(summed) == view.a.size and view.agrees(np.reshape(summed,
                                                                             view.a.shape)):
                    return {"axes": list(axes), "operation": name}
    return None


def _transposed_outputs(view: View) -> Evidence:
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


def missing_transpose(view: View) -> Evidence:
    """Whether the gradient is the true one where some square matrix stands transposed."""
    for i, arg in enumerate(view.case.args):
        square = isinstance(arg, np.ndarray) and arg.dtype.kind == "f" and (
            arg.ndim >= 2 and arg.shape[-1] == arg.shape[-2] and i != view.position)
        if square:
            args = list(view.case.args)
            args[i] = np.swapaxes(arg, -1, -2).copy()
            if not np.array_equal(args[i], arg) and view.is_gradient_at(args):
                return {"matrix": view.case.layer.names[i]}
    dout = view.case.dout
    if dout.ndim >= 2 and dout.shape[-1] == dout.shape[-2]:
        turned = np.swapaxes(dout, -1, -2)
        if view.is_gradient_at(view.case.args, turned):
            return {"matrix": "dout"}
    return None


def transposed_weights(view: View) -> Evidence:
    """Whether every output's column of the Jacobian holds a row of a square matrix, not its column.

    This sees a missing transpose behind a nonlinearity, whose own slope scales each column.
    """
    for name, w in zip(view.case.layer.names, view.case.args, strict=True):
        if not isinstance(w, np.ndarray) or w.ndim != 2 or w.shape[0] != w.shape[1]:
            continue
        size = w.shape[0]
        lasts = (view.x.shape[-1:], view.case.out.shape[-1:])
        if size < 2 or lasts != ((size,), (size,)) or view.dense is None or np.array_equal(w, w.T):
            continue
        true, wrong = (jacobian.reshape(-1, size, view.case.out.size // size, size)
                       .transpose(0, 2, 1, 3) for jacobian in view.dense)
        norms = np.sum(w * w, axis=0)
        slopes = np.sum(true * w, axis=-2, keepdims=True) / np.where(norms > 0, norms, 1.0)
        tolerance = 10 * view.dense_tolerance
        if np.any(slopes) and np.all(np.abs(true - slopes * w) <= tolerance) and np.all(
                np.abs(wrong - slopes * w.T) <= tolerance):
            return {"matrix": name}
    return None


def wrong_coupling(view: View) -> Evidence:
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


def wrong_cached_value(view: View) -> Evidence:
    """Whether the gradient is the true one at another array put in some argument's place."""
    layer = view.case.layer
    arrays = {name: value for name, value in zip(layer.names, view.case.args, strict=True)
              if isinstance(value, np.ndarray) and value.dtype.kind == "f"}
    values = {**arrays, "out": view.case.out, "dout": view.case.dout}
    for i, (name, arg) in enumerate(zip(layer.names, view.case.args, strict=True)):
        if not isinstance(arg, np.ndarray) or arg.dtype.kind != "f" or not arg.size:
            continue
        for other, value in values.items():
            if other == name or value.shape != arg.shape or np.array_equal(value, arg):
                continue
            args = list(view.case.args)
            args[i] = value
            if view.is_gradient_at(args):
                return {"used": other, "instead_of": name}
        for word, change in _SLIPS.items():
            args = list(view.case.args)
            with np.errstate(all="ignore"):
                args[i] = change(arg)
            if np.all(np.isfinite(args[i])) and not np.array_equal(args[i], arg) and (
                    view.is_gradient_at(args)):
                return {"used": word.format(name), "instead_of": name}
    return _output_for_input(view) or _slope_elsewhere(view)


def _slope_elsewhere(view: View) -> Evidence:
    """Whether an elementwise derivative was taken at the output, where the forward allows that."""
    if not view.elementwise or not view.complete or np.any(view.case.dout == 0):
        return None
    evaluator, at = view.case.problem.evaluator, view.case.out
    step = 1e-6 * np.maximum(np.abs(at), 1e-3)
    slope = (evaluator.out(view.position, at + step) - evaluator.out(view.position, at - step)) / (
        2 * step)
    ratio = view.a / view.case.dout
    usable = np.isfinite(slope) & (np.abs(slope) > 1e-6)
    if np.sum(usable) >= 3 and np.ptp(slope[usable]) > 1e-3 and np.allclose(
            ratio[usable], slope[usable], rtol=1e-4) and np.mean(
                view.comparison.failed[usable]) > 0.5:
        return {"used": "out", "instead_of": view.name}
    return None


def uncut_value(view: View) -> Evidence:
    """Whether the gradient is right but for factors that the forward cuts to zero first."""
    if view.dense is None or view.case.out.ndim == 0:
        return None
    true, wrong = view.dense
    on = np.abs(true) > view.dense_tolerance
    extra = ~on & (np.abs(wrong) > 10 * view.dense_tolerance)
    if not _within_slices(view, extra):
        return None
    right = np.all(np.abs(wrong - true)[on] <= 10 * view.dense_tolerance)
    # whole rows would be units that are never used; single places are values cut by a relu
    if right and np.sum(extra) > 2 and np.any(on) and np.array_equal(
            np.any(on, axis=1) | np.any(extra, axis=1), np.any(on | extra, axis=1)):
        return {"used": "a value from before the forward cut it to zero", "instead_of":
                "the value that forward used"}
    return None


def _within_slices(view: View, entries: Array) -> bool:
    """Whether Jacobian entries join only inputs and outputs of the same aligned slice."""
    alignment = view.comparison.alignment
    if alignment is None:
        return False
    inputs, outputs = np.nonzero(entries)
    one = np.unravel_index(inputs, view.x.shape)
    two = np.unravel_index(outputs, view.case.out.shape)
    return all(np.array_equal(one[axis], two[out_axis]) for axis, out_axis in alignment.pairs)


def unused_weights(view: View) -> Evidence:
    """Whether the backward uses weights that the forward's mask has dropped, as in DropConnect."""
    masked = [other for other in view.case.comparisons if other.name != view.name
              and np.any(other.numeric) and np.any(other.numeric == 0) and other.numeric.ndim > 1]
    if not masked or not any(key.startswith(("p", "keep")) for key in view.case.numbers):
        return None
    if uncut_value(view) is None:
        return None
    dropped = int(np.sum(masked[0].numeric == 0))
    return {"count": dropped, "of": masked[0].numeric.size, "matrix": masked[0].name}


_SLIPS: dict[str, Callable[[Array], Array]] = {
    "max({}, 0)": lambda value: np.maximum(value, 0),
    "|{}|": np.abs,
    "-{}": np.negative,
    "{}^2": np.square,
    "{} - mean": lambda value: value - value.mean(),
    "{} reversed": lambda value: value[::-1] if value.ndim else value,
    "{} shifted by one": lambda value: np.roll(value, 1, axis=0) if value.ndim else value,
}


def _output_for_input(view: View) -> Evidence:
    """Whether a derivative written in the output was given the input: find z with f(z) = x."""
    if not view.elementwise or not view.complete:
        return None
    evaluator, x = view.case.problem.evaluator, view.x
    dout = view.case.dout
    low, high = np.full(x.shape, -30.0), np.full(x.shape, 30.0)
    for _ in range(60):
        middle = (low + high) / 2
        above = evaluator.out(view.position, middle) > x
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    z = (low + high) / 2
    step = 1e-6
    slope = (evaluator.out(view.position, z + step) - evaluator.out(view.position, z - step)) / (
        2 * step)
    solved = np.abs(evaluator.out(view.position, z) - x) < 1e-9 * (1 + np.abs(x))
    solved &= (np.abs(slope) > 1e-3) & (dout != 0)
    ratio = np.divide(view.a, dout, out=np.zeros_like(x), where=dout != 0)
    solved_wrong = np.mean(view.comparison.failed[solved]) > 0.5 if np.any(solved) else False
    if solved_wrong and np.sum(solved) >= 3 and np.ptp(slope[solved]) > 1e-3 and np.allclose(
            ratio[solved], slope[solved], rtol=1e-4):
        return {"used": view.name, "instead_of": "out"}
    return None


VALUES = (
    Hypothesis("wrong-axis-sum", wrong_axis_sum, "the gradient equals the {operation} of the "
               "contributions over axes {axes}", "sum over the axes along which forward broadcasts "
               "the argument, all of them and no other"),
    Hypothesis("missing-transpose", missing_transpose, "the gradient is the true one with {matrix} "
               "transposed", "for out = x @ w, dx = dout @ w.T and dw = x.T @ dout"),
    Hypothesis("missing-transpose", transposed_weights, "each output passes on a row of {matrix} "
               "where its column belongs", "for out = x @ w, dx = dout @ w.T"),
    Hypothesis("wrong-axis-sum", wrong_coupling, "the backward couples elements along axes {axes}, "
               "the forward along {instead_of}", "sum over forward's axes"),
    Hypothesis("wrong-cached-value", wrong_cached_value, "the gradient is the true one with {used} "
               "in the place of {instead_of}", "cache the value that the derivative is written in"),
)

CUT = (
    Hypothesis("mask-not-applied", unused_weights, "the backward uses all of {matrix}, also the "
               "{count} of {of} elements that forward dropped", "multiply by the masked weights"),
    Hypothesis("wrong-cached-value", uncut_value, "the gradient is right wherever the true one "
               "depends on anything, and uses {used} elsewhere", "cache {instead_of}"),
)
