"""Backward uses another array of the cache than its formula asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import TWO_LAYERS
from gradcheck.findings.lenses.values import cached_arrays, replacing, uncut
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]

SLIPS: dict[str, Callable[[Array], Array]] = {
    "max({}, 0)": lambda value: np.maximum(value, 0),
    "|{}|": np.abs,
    "-{}": np.negative,
    "{}^2": np.square,
    "{} - mean": lambda value: value - value.mean(),
    "{} reversed": lambda value: value[::-1] if value.ndim else value,
    "{} shifted by one": lambda value: np.roll(value, 1, axis=0) if value.ndim else value,
}


def another_value(view: View) -> Evidence:
    """Whether the gradient is the true one at another array put in some argument's place."""
    for i, (name, arg) in enumerate(zip(view.case.layer.names, view.case.args, strict=True)):
        if not isinstance(arg, np.ndarray) or arg.dtype.kind != "f" or not arg.size:
            continue
        for used, value in _instead_of(view, name, arg):
            args = list(view.case.args)
            args[i] = value
            if not np.array_equal(value, arg) and view.is_gradient_at(args):
                return {"used": used, "instead_of": name}
    return None


def _instead_of(view: View, name: str, arg: Array) -> Iterator[tuple[str, Array]]:
    """Yield what may stand in an argument's place: arrays of its shape, and forms of itself."""
    named = dict(zip(view.case.layer.names, view.case.args, strict=True))
    named |= {"out": view.case.out, "dout": view.case.dout}
    for other, value in named.items():
        if other != name and isinstance(value, np.ndarray) and value.shape == arg.shape and (
                value.dtype.kind == "f"):
            yield other, value
    for form, change in SLIPS.items():
        with np.errstate(all="ignore"):
            value = change(arg)
        if np.all(np.isfinite(value)):
            yield form.format(name), value


def input_for_output(view: View) -> Evidence:
    """Whether a derivative written in the output was given the input: find z with f(z) = x."""
    if not view.elementwise or not view.complete:
        return None
    x, dout = view.x, view.case.dout
    z, off = _inverse(view)
    slope = _slope(view, z, 1e-6)
    solved = (off < 1e-9 * (1 + np.abs(x))) & (np.abs(slope) > 1e-3) & (dout != 0)
    ratio = np.divide(view.a, dout, out=np.zeros_like(x), where=dout != 0)
    if np.sum(solved) >= 3 and np.mean(view.comparison.failed[solved]) > 0.5 and (
            np.ptp(slope[solved]) > 1e-3) and np.allclose(ratio[solved], slope[solved], rtol=1e-4):
        return {"used": view.name, "instead_of": "out"}
    return None


def _inverse(view: View) -> tuple[Array, Array]:
    """Return z where forward gives about x, found by bisection, and how far forward(z) is off."""
    evaluator, x = view.case.problem.evaluator, view.x
    low, high = np.full(x.shape, -30.0), np.full(x.shape, 30.0)
    for _ in range(60):
        middle = (low + high) / 2
        above = evaluator.out(view.position, middle) > x
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    z = (low + high) / 2
    return z, np.abs(evaluator.out(view.position, z) - x)


def _slope(view: View, at: Array, step: Array | float) -> Array:
    """Return the derivative of an elementwise forward at other inputs."""
    evaluator = view.case.problem.evaluator
    above, below = (evaluator.out(view.position, at + sign * step) for sign in (1, -1))
    return np.asarray((above - below) / (2 * step))


def output_for_input(view: View) -> Evidence:
    """Whether an elementwise derivative was taken at the output, where the forward allows that."""
    if not view.elementwise or not view.complete or np.any(view.case.dout == 0):
        return None
    at = view.case.out
    slope = _slope(view, at, 1e-6 * np.maximum(np.abs(at), 1e-3))
    ratio = view.a / view.case.dout
    usable = np.isfinite(slope) & (np.abs(slope) > 1e-6)
    if np.sum(usable) >= 3 and np.ptp(slope[usable]) > 1e-3 and np.allclose(
            ratio[usable], slope[usable], rtol=1e-4) and np.mean(
                view.comparison.failed[usable]) > 0.5:
        return {"used": "out", "instead_of": view.name}
    return None


@replacing
def right_with_another(view: View, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    """Whether the gradient becomes right with another array in a cached one's place."""
    named = [*zip(view.case.layer.names, view.case.args, strict=True), ("out", view.case.out),
             *cached_arrays(view)]
    for name, value in named:
        if isinstance(value, np.ndarray) and value.shape == leaf.shape and value.dtype.kind == "f":
            yield value, {"other": name}


def uncut_value(view: View) -> Evidence:
    """Whether the gradient is right but for factors that the forward cuts to zero first."""
    if not uncut(view):
        return None
    return {"used": "a value from before the forward cut it to zero",
            "instead_of": "the value that forward used"}


CONFUSED = (
    "the gradient is the true one with {used} in the place of {instead_of}",
    "cache the value that the derivative is written in",
)

RULE = Rule(
    code="wrong-cached-value",
    tier=Tier.REMNANT,
    meaning="""Backward uses another array of the cache than the formula asks for: the value before
        the activation instead of the one after it.""",
    sign="Exchanging one cached array for another gives the numeric gradient.",
    given=TWO_LAYERS,
    wrong="""
        def mlp_backward(dout, cache):
            x, w1, w2, a, h = cache
            da = (dout @ w2.T) * (a > 0)
            return da @ w1.T, x.T @ da, a.T @ dout
        """,
    right="""
        def mlp_backward(dout, cache):
            x, w1, w2, a, h = cache
            da = (dout @ w2.T) * (a > 0)
            return da @ w1.T, x.T @ da, h.T @ dout
        """,
    clues=(
        Clue(another_value, *CONFUSED),
        Clue(input_for_output, *CONFUSED),
        Clue(output_for_input, *CONFUSED),
        Clue(right_with_another, "the gradient is right with {other} in the place of {path}",
             "cache the value that the derivative is written in"),
        Clue(uncut_value,
             "the gradient is right wherever the true one depends on anything, and uses {used} "
             "elsewhere",
             "cache {instead_of}"),
    ),
)
