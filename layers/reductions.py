"""How the losses of single samples become one: weights of classes, labels to ignore, reduction."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from layers.arguments import Array, integer, one_of, parameter, refuse
from layers.precision import cast, widen
from layers.settings import Shape

REDUCTIONS = ("mean", "sum", "none")
EMPTY_REMEDY = "skip empty batches: the mean of nothing is undefined"


class Reduction(NamedTuple):
    """What each sample counts, and how their losses are joined.

    Attributes
    ----------
    shape : tuple of int
        That of the labels.
    weight : array, one number a sample, or None
        What each sample counts; None: all the same.
    divisor : float
        The sum of the weights for the mean, 1 otherwise.
    kind : {'mean', 'sum', 'none'}
    """

    shape: Shape
    weight: Array | None
    divisor: float
    kind: str

    def loss(self, losses: Array) -> Any:
        """Return the reduced loss of samples.

        Examples
        --------
        >>> how = Reduction((3,), np.array([1.0, 0.0, 1.0]), 2.0, "mean")
        >>> how.loss(np.array([1.0, np.inf, 3.0]))
        2.0
        """
        weighted = self._weighted(losses)
        if self.kind == "none":
            return weighted.reshape(self.shape)
        return float(weighted.sum() / self.divisor)

    def gradient(self, dx: Array) -> Array:
        """Return the gradients of samples, a row each, with what the reduction makes of them."""
        dx = self._weighted(dx)
        dx /= self.divisor
        return dx

    def _weighted(self, values: Array) -> Array:
        """Return values by weight; a sample that counts nothing is 0, even where it is inf."""
        if self.weight is None:
            return values
        weight = self.weight if values.ndim == 1 else self.weight[:, np.newaxis]
        with np.errstate(invalid="ignore"):
            return cast(np.where(weight == 0, 0, values * weight), values.dtype)


def class_labels(
    y: object, shape: Shape, classes: int, counted: Array | None = None
) -> Array:
    """Return `y` if it is an integer array of `shape` whose counted labels are 0 <= y < classes.

    Examples
    --------
    >>> class_labels(np.array([0, 3]), (2,), 3)
    Traceback (most recent call last):
    ValueError: y: got labels from 0 to 3; expected 0 <= y < 3, x's columns. Remedy: count ...
    """
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        refuse("y", y, "an array of integer labels", "pass np.asarray(y, dtype=np.int64)",
               TypeError)
    if y.shape != shape:
        refuse("y", y, f"shape {shape}, one label for each row of scores in x",
               "pass class numbers, not one-hot rows; y.ravel() flattens a column")
    checked = y if counted is None else y[counted]
    if checked.size and (checked.min() < 0 or checked.max() >= classes):
        refuse("y", f"labels from {checked.min()} to {checked.max()}",
               f"0 <= y < {classes}, x's columns",
               "count classes from 0, and give the last layer one output for each class")
    return y


def reduced(
    y: object, shape: Shape, classes: int, weights: Array | None,
    ignore_index: int | None, reduction: str,
) -> tuple[Array, Reduction]:
    """Return the labels, 0 where they are ignored, and how the losses are reduced.

    Examples
    --------
    >>> y, how = reduced(np.array([0, 1, 9]), (3,), 2, np.array([1.0, 3.0]), 9, "mean")
    >>> y, how.weight, how.divisor
    (array([0, 1, 0]), array([1., 3., 0.]), 4.0)
    """
    kind = one_of("reduction", reduction, REDUCTIONS)
    counted = None
    if ignore_index is not None and isinstance(y, np.ndarray):
        counted = y != integer("ignore_index", ignore_index, "an integer label or None",
                               "pass the label that marks what does not count")
    y = class_labels(y, shape, classes, counted)
    if y.size == 0:
        refuse("x", f"an array of {shape} samples", "at least one sample", EMPTY_REMEDY)
    if counted is not None:
        y = np.where(counted, y, 0)
    weight = None if weights is None else _checked(weights, classes)[y]
    if counted is not None:
        weight = counted * (1.0 if weight is None else weight)
    weight = None if weight is None else weight.reshape(-1)
    if kind != "mean":
        return y, Reduction(shape, weight, 1.0, kind)
    total = float(y.size if weight is None else weight.sum())
    if total <= 0:
        refuse("y", "samples that all count nothing", "at least one that counts for the mean",
               f"{EMPTY_REMEDY}; reduction='sum' is 0 then")
    return y, Reduction(shape, weight, total, kind)


def _checked(weights: Array, classes: int) -> Array:
    array = widen(parameter("weights", weights, ndim=1))
    if array.shape != (classes,):
        refuse("weights", array, f"shape ({classes},), one weight for each class",
               "count the columns of x")
    if array.min(initial=0) < 0 or not np.isfinite(array).all():
        refuse("weights", "a weight below 0 or infinite", "finite numbers >= 0",
               "a negative weight would reward mistakes")
    return array
