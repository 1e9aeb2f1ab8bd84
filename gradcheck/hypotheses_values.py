"""Causes in the values that a backward combines: a wrong sum, a transpose, a wrong array."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.case import Hypothesis, View

Array = NDArray[Any]
Evidence = dict[str, Any] | None


def wrong_axis_sum(view: View) -> Evidence:
    """Whether a sum runs over other axes than those that the forward broadcasts over."""
    alignment = view.comparison.alignment
    out = view.case.out
    if alignment is None or not view.complete or any(
            view.x.shape[axis] > 1 for axis in alignment.free_axes):
        return _transposed_outputs(view)
    parts = contributions(view)
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


def contributions(view: View) -> Array:
    """Return dout * d(out)/d(argument) for every output, the argument moved all at once."""
    evaluator = view.case.problem.evaluator
    step = 1e-6 * max(1.0, float(np.max(np.abs(view.x), initial=0.0)))
    above = evaluator.out(view.position, view.x + step)
    below = evaluator.out(view.position, view.x - step)
    return np.asarray(view.case.dout * (above - below) / (2 * step))


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
    return _output_for_input(view)


def uncut_value(view: View) -> Evidence:
    """Whether the gradient is right but for factors that the forward cuts to zero first."""
    if view.dense is None or view.case.out.ndim == 0:
        return None
    true, wrong = view.dense
    on = np.abs(true) > view.dense_tolerance
    extra = ~on & (np.abs(wrong) > 10 * view.dense_tolerance)
    right = np.all(np.abs(wrong - true)[on] <= 10 * view.dense_tolerance)
    # whole rows would be units that are never used; single places are values cut by a relu
    if right and np.sum(extra) > 2 and np.any(on) and np.array_equal(
            np.any(on, axis=1) | np.any(extra, axis=1), np.any(on | extra, axis=1)):
        return {"used": "a value from before the forward cut it to zero", "instead_of":
                "the value that forward used"}
    return None


_SLIPS: dict[str, Callable[[Array], Array]] = {
    "max({}, 0)": lambda value: np.maximum(value, 0),
    "|{}|": np.abs,
    "-{}": np.negative,
    "{}^2": np.square,
    "0 in place of {}": np.zeros_like,
    "1 in place of {}": np.ones_like,
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
    Hypothesis("wrong-cached-value", wrong_cached_value, "the gradient is the true one with {used} "
               "in the place of {instead_of}", "cache the value that the derivative is written in"),
)

CUT = (
    Hypothesis("wrong-cached-value", uncut_value, "the gradient is right wherever the true one "
               "depends on anything, and uses {used} elsewhere", "cache {instead_of}"),
)
