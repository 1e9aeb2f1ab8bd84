"""One example of a call, and the judgements that several laws make about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gradcheck.arguments import Array
from gradcheck.mask_laws.implementation import DropoutLawError, Probe, broken, close
from gradcheck.mask_laws.slips import convention_of, slip_of_backward, slip_of_scale

# A call for laws that need but one.
X = np.array([[1.5, -2.0, 0.5, -1.0], [3.0, -0.25, 2.5, 1.0], [-1.0, 4.0, -3.5, 0.75]])
DOUT = np.array([[0.5, 1.0, -2.0, 3.0], [-1.5, 2.0, 0.25, -0.5], [1.0, -1.0, 2.0, 0.125]])


@dataclass(frozen=True)
class Example:
    """One call: x and dout have no zeros, seed is None for a fresh mask."""

    x: Array
    dout: Array
    p: float
    seed: int | None

    def copy(self) -> Example:
        """Return the call with arrays of its own: laws hand them on as they are."""
        return Example(self.x.copy(), self.dout.copy(), self.p, self.seed)

    def __str__(self) -> str:
        seed = "no seed" if self.seed is None else f"seed = {self.seed}"
        return f"x = {show(self.x)}, p = {self.p:g}, {seed}"


def show(array: Array) -> str:
    """Return a short form of an array."""
    dtype = "" if array.dtype == np.float64 else f" ({array.dtype})"
    if array.size > 12:
        return f"an array of shape {array.shape}{dtype}"
    text = " ".join(np.array2string(array, separator=", ", precision=4).split())
    return text.replace(" ,", ",").replace("[ ", "[") + dtype


def same(a: Array, b: Array) -> bool:
    """Return whether two arrays are equal, NaN included."""
    return bool(np.array_equal(a, b, equal_nan=True))


def judge_values(probe: Probe, e: Example, out: Array) -> None:
    """Break the law unless every output is 0 or x times the scale."""
    scale = probe.kept_scale(e.p)
    expected = (e.x.astype(np.float64) * scale).astype(e.x.dtype)
    wrong = ~((out == 0) | close(out, expected, e.p))
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        broken(f"out{list(at)} is {out[at]:.6g}, neither 0 nor {scale:.6g} x = {expected[at]:.6g}",
               convention_of(probe) or slip_of_scale(probe, e.p),
               factor=float(out[at] / e.x[at]), expected=scale)


def judge_backward(probe: Probe, e: Example, dx: Array, out: Array, x: Array,
                   slip: str = "") -> None:
    """Compare dx with dout * out / x: the gradient of that forward, were its scale wrong too."""
    kept = out != 0
    expected = (e.dout.astype(np.float64) * out / x).astype(e.dout.dtype)
    right = close(dx, expected, e.p)
    if not right.all():
        at = tuple(int(i) for i in np.argwhere(~right)[0])
        broken(f"dx{list(at)} is {dx[at]:.6g} where {expected[at]:.6g} was expected: forward "
               f"{'kept' if kept[at] else 'dropped'} this unit",
               slip or slip_of_backward(probe, e.p, e.seed),
               f"{e}, dout = {show(e.dout)}", got=float(dx[at]), expected=float(expected[at]))


class Ordinary(NamedTuple):
    """What holds for an ordinary call: laws about special calls look past what does not."""

    values: bool
    backward: bool
    seed: bool


def ordinary(probe: Probe) -> Ordinary:
    """Return what holds for two ordinary calls."""
    x = np.linspace(1, 2, 128).reshape(8, 16)
    e = Example(x, -x, 0.3, 5 if probe.controllable else None)
    try:
        out, cache = probe.forward(e.x, e.p, seed=e.seed)
        values = _holds(lambda: judge_values(probe, e, out))
        backward = _holds(lambda: judge_backward(probe, e, probe.backward(e.dout, cache), out, x))
        again = probe.forward(-2 * x[::-1], e.p, seed=e.seed)[0]
    except DropoutLawError:
        return Ordinary(False, False, False)
    return Ordinary(values, backward, same(out != 0, again != 0))


def _holds(law: Callable[[], None]) -> bool:
    try:
        law()
    except DropoutLawError:
        return False
    return True
