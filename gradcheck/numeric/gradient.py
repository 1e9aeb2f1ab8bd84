"""numerical_gradient: a scalar function's derivatives, each with a bound on its own error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import TERMS
from gradcheck.numeric.ladder import Estimate, Slopes, complex_step, ladder, step_lengths

Array = NDArray[Any]
PRECISE = 1e-10  # relative: nothing is gained below it


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
    eps = float(np.finfo(np.float64).eps)
    lengths = step_lengths(base, eps)
    origin = _real_scalar(f(base.copy()))
    for index in np.ndindex(*x.shape):
        direction = np.zeros(x.shape)
        direction[index] = 1.0
        estimate = ladder(_coordinate_slopes(f, base, index, float(lengths[index]), origin, eps),
                          _precise_enough)
        exact = None if estimate.kinked[0] else complex_step(f, base, direction)
        value[index], bound[index] = _middle(estimate)
        if exact is not None and abs(float(exact) - value[index]) <= bound[index]:
            value[index] = float(exact)
            bound[index] = min(bound[index], TERMS * eps * (abs(value[index]) + abs(origin)))
    return value, bound


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
    eps: float,
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
            roundoff = eps * (abs(above) + abs(below)) / width
            central = (above - below) / width
        return Slopes(*map(np.atleast_1d, (central, *sides, roundoff, width / 2)))

    return slopes
