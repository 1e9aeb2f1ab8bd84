"""Every "is it the same?", each with its tolerance and the reason for it.

Equal numbers differ for four reasons, and each has tolerances of its own: rounding, counted in
units of a dtype's epsilon; the error of a difference quotient; what a prediction of a wrong
gradient leaves unexplained; and the digits in which a value is told or referred to. What belongs
to one algorithm alone, such as the shape of a kink on the ladder, stands with the algorithm.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]

# Sizes whose squares neither overflow nor vanish lie between this and its inverse.
SQUARABLE = 1e-150

# Rounding, in units of an epsilon.

# A value computed from terms that cancel, 1 - tanh(x)^2, errs by some roundings of its terms.
TERMS = 64.0
# Two formulas of one derivative, summed in another order over some thousand terms.
FLOOR = 2.0**12
# What rounding of an argument to its own dtype does to a gradient that has no narrower dtype.
ARGUMENT_ULPS = 4.0
# A whole layer computed in a narrow dtype: its sums, means and roots.
NATIVE_ULPS = 256.0
# Numbers that a narrow dtype can hold, one operation or a few away from the right ones.
NARROWED_ULPS = 64.0
# What a layer in float32 may lose at x near 1e3 where nothing cancels, and where squares do.
CANCELS = 5e-3
# What may be left of float64 terms of size one that cancel, whatever was computed with them.
CANCELLED = 1e-12
# A spread seen in six samples is this often exceeded by the seventh: never, as far as we know.
SAMPLED = 4.0
RESAMPLED = 16.0

# Difference quotients.

# The ladder's bound is an estimate itself; the same factor covers it wherever it is applied.
BOUNDS = 4.0
# So many times the bound away is clearly wrong; the ladder need not climb on.
CLEARLY = 10.0
# Relative truncation of one central difference at the step eps^(1/3), of a well-scaled function.
TRUNCATION = 4.0
# Two computations that agree so far, neither of which knows the other, leave nothing to doubt.
AGREES = 1e-8
# The same along a random direction, where the truncation of all coordinates adds up.
AGREES_ALONG = 1e-6
# Where a difference's bound is wider than this share of the gradient, it decides nothing.
TOO_WIDE = 1e-2
# So large a share of a gradient may hide behind the tolerance that lets it pass, by the size of
# the results' dtype.
HIDDEN = {8: 1e-3, 4: 3e-2, 2: 0.3}
# So large a share of a whole gradient's norm some of its elements may be, and go unseen.
LOST = 5e-3
# Results that are no finer than this were computed in a dtype of so many bytes, whatever they have.
COMPUTED_IN = {2: 2e-5, 4: 1e-9}
# What a gradient's terms let pass where they cancel to nothing, and no more.
NEGLIGIBLE = 1e-6
# At a kink, or along a direction through several: what the smooth part may add to the slopes.
TIED = 1e-4

# Predictions of a wrong gradient.

# A prediction has to explain the discrepancy; it may leave a ten-thousandth of it. The same share
# separates what is zero, equal or constant from what is not among values of a numeric gradient.
EXPLAINS = 1e-4
# It need not be better than the differences that it is compared with.
GRANTED = 1e-10
# A backward that was repaired gives the right gradient, and comes much nearer than before.
REPAIRED = 1e-5
REPAIRS = 1e-2
# Entries of a Jacobian of single central differences, relative to its largest entry.
DENSE = 1e-5
DENSE_LEAST = 1e-12
# A whole gradient by one central difference a coordinate, at float64.
DIFFERENCED = 1e-6
# A wrong backward that is not linear in dout errs by far more than a sum of roundings does.
LINEARITY = 1e-7
# Whether all quotients of two arrays are one number.
MULTIPLE = 1e-6

# Values that are told or referred to.

# A factor fitted to a numeric gradient, and the name that is given to it.
NAMED = 2e-5
# Values that depend on data in some known way, such as a count times a unit.
DIGITS = 1e-3
# Values of a reference, by the size of the coarser dtype: three digits of float32.
REFERENCE = {2: 2e-2, 4: 1e-3, 8: 1e-6}
# Values of a definition whose constants are the author's: three digits.
DEFINITION = 1e-3
# Means of sums over random masks, in standard errors: exceeded by chance once in 10^11.
MOMENTS = 7.0
# Logarithms of their variances, whose own standard errors are estimates.
VARIANCES = 0.5


def rms(values: Array) -> float:
    """Return the root mean square, 0 of nothing, also where squares overflow or vanish.

    >>> rms(np.array([3.0, 4.0, 0.0, 0.0])), rms(np.zeros(0)), rms(np.full(2, 1e300))
    (2.5, 0.0, 1e+300)
    """
    if not values.size:
        return 0.0
    with np.errstate(over="ignore", under="ignore"):
        size = float(np.sqrt(np.mean(np.square(values))))
    if SQUARABLE < size < 1 / SQUARABLE:
        return size
    largest = float(np.max(np.abs(values)))
    if not 0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(np.mean(np.square(values / largest))))


def norm(values: Array) -> float:
    """Return the Euclidean norm, also where squares overflow or vanish.

    >>> round(norm(np.array([3.0, 4.0])), 9), norm(np.array([1e-200])), norm(np.zeros(0))
    (5.0, 1e-200, 0.0)
    """
    return rms(values) * math.sqrt(values.size)


def size_of(values: Array) -> Array:
    """Return what an error at each element is measured against: its own size and the array's rms.

    A difference quotient may have left the function's domain; NaN and inf say nothing about size.

    >>> size_of(np.array([3.0, 4.0, 0.0, np.nan]))
    array([5.5, 6.5, 2.5, 2.5])
    """
    finite = np.where(np.isfinite(values), values, 0.0)
    return np.asarray(np.abs(finite) + rms(finite))


def of_one_difference(eps: float, agrees: float = AGREES) -> float:
    """Return how far, relatively, one central difference may be off and still agree.

    >>> f'{of_one_difference(2.0**-52):.2e}'
    '1.01e-08'
    """
    return agrees + TRUNCATION * eps ** (2 / 3)


def of_a_prediction(gap: float, bound: ArrayLike, scale: ArrayLike) -> Array:
    """Return how near a prediction must come that explains a discrepancy of the size `gap`."""
    return np.asarray(EXPLAINS * gap + BOUNDS * np.asarray(bound) + GRANTED * np.asarray(scale))


def explains(prediction: Array, analytic: Array, numeric: Array, bound: ArrayLike = 0.0) -> bool:
    """Whether a prediction explains why two gradients differ, at every coordinate.

    >>> analytic, numeric = np.array([2.0, 4.0001]), np.array([1.0, 2.0])
    >>> explains(2 * numeric, analytic, numeric), explains(2.1 * numeric, analytic, numeric)
    (True, False)
    """
    if np.shape(prediction) != np.shape(analytic):
        return False
    gap = float(np.max(np.abs(analytic - numeric), initial=0.0))
    near = of_a_prediction(gap, bound, size_of(numeric))
    return bool(np.all(np.abs(analytic - prediction) <= near))


def within_share(one: ArrayLike, two: ArrayLike, of: float) -> Array:
    """Return where two values differ by no more than a ten-thousandth of the size `of`.

    >>> within_share([1.0, 0.99], 1.0, of=1.0)
    array([ True, False])
    """
    return np.asarray(np.abs(np.asarray(one) - np.asarray(two)) <= EXPLAINS * of)


def one_level(values: Array) -> bool:
    """Whether all values of a numeric gradient are one value, up to its error; none are, too.

    >>> one_level(np.array([1.0, 1.00005])), one_level(np.array([1.0, 1.001]))
    (True, False)
    """
    size = float(np.max(np.abs(values), initial=0.0))
    return bool(not values.size or np.ptp(values) <= EXPLAINS * size)


def of_a_jacobian(true: Array) -> float:
    """Return how near two entries of Jacobians must be to count as equal.

    >>> of_a_jacobian(np.array([[0.0, -2.0]]))
    2.0000001e-05
    """
    return DENSE * float(np.max(np.abs(true), initial=0.0)) + DENSE_LEAST


def same_by_differences(one: ArrayLike, two: ArrayLike) -> bool:
    """Whether a gradient is a second one that was computed by single differences.

    >>> same_by_differences([1.0, 2.0], [1.0, 2.000001]), same_by_differences([1.0], [1.1])
    (True, False)
    """
    first, second = np.asarray(one, dtype=float), np.asarray(two, dtype=float)
    if first.shape != second.shape or not first.size:
        return False
    return bool(np.all(np.abs(first - second) <= DIFFERENCED * size_of(second)))


def one_multiple(quotients: Array) -> bool:
    """Whether quotients of two gradients are one number: one array is a multiple of the other.

    >>> one_multiple(np.array([2.0, 2.0])), one_multiple(np.array([2.0, 2.1]))
    (True, False)
    """
    return not np.ptp(quotients) > MULTIPLE * np.max(np.abs(quotients))


def of_linearity(size: Array, eps: float, largest: float) -> Array:
    """Return how far ``bwd(d1 + a d2)`` may be from ``bwd(d1) + a bwd(d2)``.

    `size` is that of the two summands, `eps` that of the dtype they were computed in, `largest`
    the largest element of any gradient, whose rounding errors reach into the others.

    >>> of_linearity(np.array([1.0, 3.0]), 2.0**-52, 10.0).round(10)
    array([4.e-07, 6.e-07])
    """
    linearity = max(LINEARITY, 2 * eps)
    return np.asarray(linearity * (size + np.max(size)) + CANCELLED * largest)


def same_factor(factor: float, named: float) -> bool:
    """Whether a fitted factor is the number that a name stands for.

    >>> same_factor(0.700001, 0.7), same_factor(0.7001, 0.7)
    (True, False)
    """
    return math.isclose(named, factor, rel_tol=NAMED)


def of_a_reference(got: Array, want: Array) -> float:
    """Return the relative tolerance of a value against a reference's: that of the coarser dtype.

    >>> of_a_reference(np.zeros(2, np.float32), np.zeros(2)), of_a_reference(np.zeros(2, int),
    ...                                                                      np.zeros(2))
    (0.001, 1e-06)
    """
    sizes = (want.dtype.itemsize, got.dtype.itemsize, 8) if got.dtype.kind == "f" else (
        want.dtype.itemsize,)
    known = [size for size in sizes if size in REFERENCE]
    return REFERENCE[min(known, default=8)]


def unlike_reference(got: Array, want: Array, least: float = 0.0) -> Array:
    """Return where a value is not the reference's: relative to it and to a tenth of the largest.

    Its relative tolerance is `least` at least.

    >>> unlike_reference(np.array([1.0, 2.0, np.nan]), np.array([1.0, 3.0, np.nan]))
    array([False,  True, False])
    """
    rtol = max(of_a_reference(got, want), least)
    scale = float(np.max(np.abs(want), initial=0.0, where=np.isfinite(want)))
    return np.asarray(~np.isclose(got.astype(float), want.astype(float), rtol=rtol,
                                  atol=rtol * scale / 10, equal_nan=True))


def unlike_gradient(got: Array, want: Array, least: float) -> Array:
    """Return where a gradient is not a reference's: relative to it, to its rms, and to its dtype.

    What is smaller than `least` may be rounding. NaN and inf are unlike anything but themselves.

    >>> unlike_gradient(np.array([1.0, 2.0, 1e-9]), np.array([1.0, 2.1, 0.0]), 1e-6)
    array([False,  True, False])
    """
    sizes = [array.dtype.itemsize for array in (got, want) if array.dtype.kind == "f"]
    near = HIDDEN.get(min(sizes, default=8), HIDDEN[8]) * size_of(want.astype(float)) + least
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(~(np.abs(got.astype(float) - want.astype(float)) <= near)
                          & ~((got == want) | (np.isnan(got) & np.isnan(want))))


def unlike_definition(got: Array, want: Array) -> Array:
    """Return where a value is not a definition's: relative to it and to the rms; NaN is anything.

    >>> unlike_definition(np.array([1.0, 2.0, 5.0]), np.array([1.001, 2.01, np.nan]))
    array([False,  True, False])
    """
    compared = np.isfinite(want)
    near = DEFINITION * np.maximum(np.abs(want), rms(want[compared]))
    with np.errstate(invalid="ignore"):
        return np.asarray(compared & ~(np.abs(got - want) <= near))
