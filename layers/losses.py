"""Losses: each returns one number for the minibatch and its gradient with respect to the scores.

By default that is the mean over the samples. 'weights' count some classes more than others,
'ignore_index' is a label that does not count at all, and 'reduction' says how losses are joined.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layers.arguments import Array, floating, one_of, refuse, same_shape
from layers.precision import cast, widen
from layers.reductions import EMPTY_REMEDY, REDUCTIONS, Reduction, class_labels, reduced

__all__ = ["EMPTY_REMEDY", "class_labels", "mse_loss", "nll_loss", "softmax_loss", "svm_loss"]


def softmax_loss(
    x: Array, y: Array, weights: Array | None = None, ignore_index: int | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    """Cross-entropy of the softmax of x: loss = mean over i of -log(exp(x_iy) / sum_j exp(x_ij)).

    The gradient is dx = (softmax(x) - one_hot(y)) / N. Each row's maximum is subtracted first, so
    scores of 1e4 neither overflow nor lose a small probability.

    Parameters
    ----------
    x : array of float, shape (N, C) or (N, C, d1, ...)
        Scores (logits) of N > 0 samples for C classes; every place of (d1, ...) is a sample.
    y : array of int, shape (N,) or (N, d1, ...)
        Labels, 0 <= y < C.
    weights : array of float, shape (C,), optional
        What a sample of each class counts, finite and >= 0.
    ignore_index : int, optional
        A label, of the classes or not, whose samples count nothing.
    reduction : {'mean', 'sum', 'none'}
        'mean' divides by the sum of the weights of the samples that count.

    Returns
    -------
    loss : float, or array of y's shape for reduction 'none'
        In nats; float16 and float32 scores are averaged in float32.
    dx : array, x's shape
        Of x's dtype; for reduction 'none' that of the sum of the losses.

    Raises
    ------
    TypeError
        If x is no floating or y no integer array.
    ValueError
        If the shapes do not fit, a label is out of range, or the batch is empty.

    References
    ----------
    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.

    Examples
    --------
    >>> loss, dx = softmax_loss(np.array([[0.0, 0.0], [1e4, -1e4]]), np.array([0, 0]))
    >>> print(round(loss, 4), dx.tolist())
    0.3466 [[-0.25, 0.25], [0.0, 0.0]]
    >>> loss, dx = softmax_loss(np.zeros((2, 2)), np.array([0, -1]), ignore_index=-1)
    >>> print(round(loss, 4), dx.tolist())
    0.6931 [[-0.5, 0.5], [0.0, 0.0]]
    """
    scores, rows, y, how = _rows_and_labels(x, y, weights, ignore_index, reduction)
    with np.errstate(invalid="ignore"):
        # Of short rows, argmax finds the largest two to four times as fast as max.
        shifted = widen(scores) - scores[rows, scores.argmax(axis=1)][:, np.newaxis]
        probs = np.exp(shifted)
        totals = probs.sum(axis=1, keepdims=True)
        losses = np.log(totals[:, 0]) - shifted[rows, y]
        probs /= totals
    probs[rows, y] -= 1
    return how.loss(losses), _as_scores(probs, how, x)


def nll_loss(
    x: Array, y: Array, weights: Array | None = None, ignore_index: int | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    """Negative log-likelihood: loss = mean over i of -x_iy, where x holds log-probabilities.

    Behind `log_softmax_forward` it is the softmax loss. dx is -1/N at the labels.

    Parameters
    ----------
    x : array of float, shape (N, C) or (N, C, d1, ...)
        Log-probabilities.
    y, weights, ignore_index, reduction
        As in `softmax_loss`.

    Returns
    -------
    loss, dx
        As in `softmax_loss`.

    Raises
    ------
    TypeError, ValueError
        As in `softmax_loss`.

    Examples
    --------
    >>> loss, dx = nll_loss(np.log([[0.25, 0.75], [0.5, 0.5]]), np.array([1, 0]))
    >>> print(round(loss, 4), dx.tolist())
    0.4904 [[0.0, -0.5], [-0.5, 0.0]]
    """
    scores, rows, y, how = _rows_and_labels(x, y, weights, ignore_index, reduction)
    wide = widen(scores)
    dx = np.zeros_like(wide)
    dx[rows, y] = -1
    return how.loss(-wide[rows, y]), _as_scores(dx, how, x)


def svm_loss(
    x: Array, y: Array, weights: Array | None = None, ignore_index: int | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    """Multiclass hinge loss: loss = mean over i of sum_{j != y_i} max(0, x_ij - x_iy + 1).

    dx counts the violated margins: 1/N at each, and minus their number/N at the label. A margin of
    exactly 0 counts as kept.

    Parameters
    ----------
    x : array of float, shape (N, C) or (N, C, d1, ...)
        Scores of N > 0 samples for C classes.
    y, weights, ignore_index, reduction
        As in `softmax_loss`.

    Returns
    -------
    loss : float, or array of y's shape for reduction 'none'
        Float16 and float32 scores are averaged in float32.
    dx : array, x's shape
        Of x's dtype.

    Raises
    ------
    TypeError
        If x is no floating or y no integer array.
    ValueError
        If the shapes do not fit, a label is out of range, or the batch is empty.

    References
    ----------
    Weston, Watkins, "Support vector machines for multi-class pattern recognition", ESANN 1999.

    Examples
    --------
    >>> loss, dx = svm_loss(np.array([[2.0, 1.5, -3.0], [0.0, 5.0, 0.0]]), np.array([0, 1]))
    >>> print(loss, dx.tolist())
    0.25 [[-0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]
    """
    scores, rows, y, how = _rows_and_labels(x, y, weights, ignore_index, reduction)
    wide = widen(scores)
    with np.errstate(invalid="ignore"):
        margins = np.maximum(0, wide - wide[rows, y][:, np.newaxis] + 1)
    margins[rows, y] = 0
    dx = (margins > 0).astype(wide.dtype)
    dx[rows, y] -= dx.sum(axis=1)
    return how.loss(margins.sum(axis=1)), _as_scores(dx, how, x)


def mse_loss(x: Array, y: Array, reduction: str = "mean") -> tuple[Any, Array]:
    """Mean squared error over all elements: loss = mean((x - y)^2), dx = 2 * (x - y) / x.size.

    Parameters
    ----------
    x : array of float, any shape but empty
        Predictions.
    y : array of float, x's shape
        Targets. (N,) against (N, 1) is refused: broadcasting would compare all with all.
    reduction : {'mean', 'sum', 'none'}
        'none' returns the squares, and the gradient of their sum.

    Returns
    -------
    loss : float, or array of x's shape for reduction 'none'
        Float16 and float32 errors are averaged in float32.
    dx : array
        Of x's shape and dtype.

    Raises
    ------
    TypeError
        If x or y is no floating array.
    ValueError
        If y has not x's shape, or x is empty.

    Examples
    --------
    >>> loss, dx = mse_loss(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]))
    >>> print(loss, dx.tolist())
    2.5 [[1.0, -2.0]]
    """
    kind = one_of("reduction", reduction, REDUCTIONS)
    x = floating("x", x)
    y = same_shape("y", y, x.shape, "x", "reshape one of them; no broadcasting is done")
    if x.size == 0:
        refuse("x", x, "at least one element", EMPTY_REMEDY)
    with np.errstate(invalid="ignore"):
        error = widen(x) - widen(y)
    squares = np.square(error)
    losses = {"mean": squares.mean, "sum": squares.sum, "none": lambda: squares}[kind]()
    dx = cast(error * (2 / x.size if kind == "mean" else 2), x.dtype)
    return losses if kind == "none" else float(losses), dx


def _rows_and_labels(
    x: Array, y: Array, weights: Array | None, ignore_index: int | None, reduction: str
) -> tuple[Array, Array, Array, Reduction]:
    """Return a row of scores for each sample, its number, its label, and how to reduce."""
    x = floating("x", x, min_ndim=2)
    if x.size == 0:
        refuse("x", x, "at least one sample and one class", EMPTY_REMEDY)
    shape = (len(x), *x.shape[2:])
    y, how = reduced(y, shape, x.shape[1], weights, ignore_index, reduction)
    scores = x if x.ndim == 2 else np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
    return scores, np.arange(len(scores)), y.reshape(-1), how


def _as_scores(dx: Array, how: Reduction, x: Array) -> Array:
    """Return the gradients of the rows, reduced, of x's shape and dtype."""
    dx = cast(how.gradient(dx), x.dtype)
    if x.ndim == 2:
        return dx
    shape = (len(x), *x.shape[2:], x.shape[1])
    return np.array(np.moveaxis(dx.reshape(shape), -1, 1), order="C")
