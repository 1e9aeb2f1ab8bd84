"""numerical_gradient: a scalar function's derivatives, each with a bound on its own error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import SAMPLED, TERMS
from gradcheck.numeric.ladder import Estimate, Slopes, complex_step, ladder, step_lengths
from gradcheck.numeric.noise import measured_noise

Array = NDArray[Any]
EPS = float(np.finfo(np.float64).eps)
PRECISE = 1e-10  # relative: nothing is gained below it
NOISES = 2.0  # at both ends of a difference
ODD_STEPS = (0.618 * 4.0**-9, 0.27 * 4.0**-11, 0.618 * 4.0**-14)
CLEAR = 32.0  # roundoffs of the finest steps, which few values have told
SHAKEN = (1e-7, 3e-7)  # of x: shifts whose two sides cancel but for what is no slope
CONFIRMS = 0.1  # of the derivative: a complex step may be silently wrong by more


def numerical_gradient(
    f: Callable[[Array], Any], x: Array
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Differentiate a scalar function, with a bound on the error of every coordinate.

    Parameters
    ----------
    f : callable
        ``f(x)`` returns a scalar. It is called on float64 copies of `x`, never on `x` itself.
    x : ndarray
        A floating array of any shape.

    Returns
    -------
    value, bound : ndarray of float64
        Arrays of x's shape with ``|value - df/dx| <= bound``. At a kink, `value` is the mean of the
        one-sided slopes and `bound` reaches to both.

    Raises
    ------
    TypeError
        If x is not a floating array, or f does not return a real scalar.

    Notes
    -----
    The complex step is used where f accepts complex arrays and a central difference agrees with
    it within that difference's bound; elsewhere Richardson-extrapolated central differences on a
    ladder of steps (see `gradcheck.numeric.ladder`).

    Examples
    --------
    >>> import numpy as np
    >>> value, bound = numerical_gradient(lambda x: np.sum(np.sin(50 * x)), np.array([0.1, 0.2]))
    >>> np.allclose(value, 50 * np.cos([5.0, 10.0]), rtol=1e-12)
    True
    >>> bool(bound.max() < 1e-8)
    True
    """
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        got = f"an array of dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"x: got {got}; expected a floating array. "
                        "Remedy: pass x.astype(np.float64); a step would be truncated in integers.")
    base = x.astype(np.float64)
    value, bound = np.zeros(x.shape), np.zeros(x.shape)
    if not x.size:
        return value, bound
    lengths = step_lengths(base, EPS)
    origin = _real_scalar(f(base.copy()))
    for index in np.ndindex(*x.shape):
        value[index], bound[index] = _differentiated(f, base, index, float(lengths[index]), origin)
    return value, bound


def _differentiated(f: Callable[[Array], Any], base: Array, index: tuple[int, ...], length: float,
                    origin: float) -> tuple[float, float]:
    """Return one derivative and its bound."""
    def move(step: float) -> float:
        moved = base.copy()
        moved[index] += step
        return _real_scalar(f(moved))

    with np.errstate(all="ignore"):
        noise = measured_noise(move, origin, float(base[index]), length / EPS ** (1 / 3))
        slopes = _coordinate_slopes(f, base, index, length, origin, noise)
        estimate = ladder(slopes, _precise_enough)
        value, bound = _middle(estimate)
        if estimate.kinked[0]:
            return value, bound
        return _by_complex_step(f, base, index, origin, (value, max(bound, _beyond(slopes, value))))


def _beyond(slopes: Callable[[float], Slopes], value: float) -> float:
    """Return by how much finer steps contradict a value, their roundoff apart.

    A function may oscillate faster than the finest step of the ladder, whose steps are multiples of
    each other, and may all be multiples of a period, too.
    """
    rungs = [slopes(step) for step in ODD_STEPS]
    off = [(abs(float(rung.central[0]) - value), CLEAR * float(rung.roundoff[0])) for rung in rungs]
    return max([2 * far for far, clear in off if far > clear], default=0.0)


def _by_complex_step(f: Callable[[Array], Any], base: Array, index: tuple[int, ...],
                     origin: float, found: tuple[float, float]) -> tuple[float, float]:
    """Return the complex step's derivative where a difference confirms it; else what was found."""
    value, bound = found
    direction = np.zeros(base.shape)
    direction[index] = 1.0
    exact = complex_step(f, base, direction)
    if exact is None or not abs(float(exact) - value) <= bound <= CONFIRMS * abs(value):
        return found
    # what cancels in the function shakes its complex step, too
    shaken = 0.0
    for share in SHAKEN:
        sides = [complex_step(f, base * (1 + way * share), direction) for way in (-1, 1)]
        bent = [float(side) - float(exact) for side in sides if side is not None]
        shaken = max(shaken, SAMPLED * abs(sum(bent)))
    return float(exact), min(bound, TERMS * EPS * (abs(float(exact)) + abs(origin)) + shaken)


def _precise_enough(value: Array, bound: Array) -> bool:
    return bool(np.all(bound <= PRECISE * np.abs(value)))


def _middle(estimate: Estimate) -> tuple[float, float]:
    low, high = float(estimate.low[0]), float(estimate.high[0])
    if estimate.kinked[0]:
        return (low + high) / 2, (high - low) / 2
    return float(estimate.value[0]), float(estimate.bound[0])


def _real_scalar(value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise TypeError(f"f: got a result of dtype {array.dtype} and shape {array.shape}; expected "
                        "a real scalar. Remedy: reduce it, for example with np.sum.")
    return float(array.reshape(()))


def _coordinate_slopes(
    f: Callable[[Array], Any], base: Array, index: tuple[int, ...], length: float, origin: float,
    noise: float,
) -> Callable[[float], Slopes]:
    def slopes(s: float) -> Slopes:
        plus, minus = base.copy(), base.copy()
        plus[index] += s * length
        minus[index] -= s * length
        # the step that rounding has left, not the one that was asked for
        right, left = plus[index] - base[index], base[index] - minus[index]
        above, below = _real_scalar(f(plus)), _real_scalar(f(minus))
        width = right + left
        with np.errstate(all="ignore"):
            sides = sorted(((above - origin) / right, (origin - below) / left))
            roundoff = max(EPS * (abs(above) + abs(below)), NOISES * noise) / width
            central = (above - below) / width
        return Slopes(*map(np.atleast_1d, (central, *sides, roundoff, width / 2)))

    return slopes
