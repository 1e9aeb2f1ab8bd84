"""What the running statistics of a batch normalization are updated from, rightly and wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gradcheck.reference.formula import Array

Axes = tuple[int, ...]
Statistic = Callable[[Array, Axes], Array]


def _mean(x: Array, axes: Axes) -> Array:
    return np.asarray(x.mean(axis=axes))


def _count(x: Array, axes: Axes) -> int:
    return int(np.prod([x.shape[axis] for axis in axes]))


MEAN: Mapping[str, Statistic] = {"the batch's mean": _mean}
# PyTorch keeps the sample's variance.
VARIANCE: Mapping[str, Statistic] = {
    "the batch's variance": lambda x, axes: x.var(axis=axes),
    "the sample's variance": lambda x, axes: x.var(axis=axes, ddof=1)}
RIGHT = {"running_mean": MEAN, "running_var": VARIANCE}
WRONG: Mapping[str, Statistic] = {
    **MEAN,
    **VARIANCE,
    "the batch's standard deviation": lambda x, axes: x.std(axis=axes),
    "the sample's standard deviation": lambda x, axes: x.std(axis=axes, ddof=1),
    "the batch's sum": lambda x, axes: x.sum(axis=axes),
    "the mean of the squares": lambda x, axes: _mean(x**2, axes),
    "the sum of squared deviations": lambda x, axes: x.var(axis=axes) * _count(x, axes),
    "1 / sqrt(var)": lambda x, axes: 1 / x.std(axis=axes),
    "the largest value": lambda x, axes: x.max(axis=axes),
    "the mean of the normalized values": lambda x, axes: 0 * _mean(x, axes),
    "the variance of the normalized values": lambda x, axes: 0 * _mean(x, axes) + 1,
}


def share(old: Array, new: Array, source: Array) -> float:
    """Return the weight of a source in ``new = (1 - share) old + share source``, by least squares.

    >>> round(share(np.array([1.0, 2.0]), np.array([1.1, 2.1]), np.array([2.0, 3.0])), 6)
    0.1
    """
    step = source - old
    return float(np.sum((new - old) * step) / np.sum(step * step))


def weights(old: Array, new: Array, source: Array) -> tuple[float, float]:
    """Return the two weights of ``new = a old + b source``, by least squares.

    >>> a, b = weights(np.array([1.0, 2.0]), np.array([2.0, 3.0]), np.array([1.0, 1.0]))
    >>> round(a, 6), round(b, 6)
    (1.0, 1.0)
    """
    columns = np.stack([old.ravel(), source.ravel()], axis=1)
    a, b = np.linalg.lstsq(columns, new.ravel(), rcond=None)[0]
    return float(a), float(b)
