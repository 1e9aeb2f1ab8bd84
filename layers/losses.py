"""Losses: each returns the mean over the minibatch and its gradient with respect to the scores."""

from __future__ import annotations

import numpy as np

from layers.arguments import Array, floating, refuse, same_shape
from layers.precision import cast, widen

EMPTY_REMEDY = "skip empty batches: the mean of nothing is undefined"


def softmax_loss(x: Array, y: Array) -> tuple[float, Array]:
    """Cross-entropy of the softmax of x: loss = mean over i of -log(exp(x_iy) / sum_j exp(x_ij)).

    The gradient is dx = (softmax(x) - one_hot(y)) / N. Each row's maximum is subtracted first, so
    scores of 1e4 neither overflow nor lose a small probability.

    Parameters
    ----------
    x : array of float, shape (N, C)
        Scores (logits) of N > 0 samples for C classes.
    y : array of int, shape (N,)
        Labels, 0 <= y < C.

    Returns
    -------
    loss : float
        In nats; float16 and float32 scores are averaged in float32.
    dx : array, shape (N, C)
        Of x's dtype.

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
    """
    x, y = _scores_and_labels(x, y)
    rows = np.arange(len(x))
    with np.errstate(invalid="ignore"):
        shifted = widen(x) - x.max(axis=1, keepdims=True)
        probs = np.exp(shifted)
        totals = probs.sum(axis=1, keepdims=True)
        loss = (np.log(totals[:, 0]) - shifted[rows, y]).mean()
        probs /= totals
    probs[rows, y] -= 1
    probs /= len(x)
    return float(loss), cast(probs, x.dtype)


def svm_loss(x: Array, y: Array) -> tuple[float, Array]:
    """Multiclass hinge loss: loss = mean over i of sum_{j != y_i} max(0, x_ij - x_iy + 1).

    dx counts the violated margins: 1/N at each, and minus their number/N at the label. A margin of
    exactly 0 counts as kept.

    Parameters
    ----------
    x : array of float, shape (N, C)
        Scores of N > 0 samples for C classes.
    y : array of int, shape (N,)
        Labels, 0 <= y < C.

    Returns
    -------
    loss : float
        Float16 and float32 scores are averaged in float32.
    dx : array, shape (N, C)
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
    x, y = _scores_and_labels(x, y)
    rows = np.arange(len(x))
    wide = widen(x)
    with np.errstate(invalid="ignore"):
        margins = np.maximum(0, wide - wide[rows, y][:, np.newaxis] + 1)
    margins[rows, y] = 0
    loss = margins.sum(axis=1).mean()
    dx = (margins > 0).astype(wide.dtype)
    dx[rows, y] -= dx.sum(axis=1)
    dx /= len(x)
    return float(loss), cast(dx, x.dtype)


def mse_loss(x: Array, y: Array) -> tuple[float, Array]:
    """Mean squared error over all elements: loss = mean((x - y)^2), dx = 2 * (x - y) / x.size.

    Parameters
    ----------
    x : array of float, any shape but empty
        Predictions.
    y : array of float, x's shape
        Targets. (N,) against (N, 1) is refused: broadcasting would compare all with all.

    Returns
    -------
    loss : float
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
    x = floating("x", x)
    y = same_shape("y", y, x.shape, "x", "reshape one of them; no broadcasting is done")
    if x.size == 0:
        refuse("x", x, "at least one element", EMPTY_REMEDY)
    with np.errstate(invalid="ignore"):
        error = widen(x) - widen(y)
    return float(np.square(error).mean()), cast(error * (2 / x.size), x.dtype)


def _scores_and_labels(x: Array, y: Array) -> tuple[Array, Array]:
    x = floating("x", x, ndim=2)
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        refuse("y", y, "an array of integer labels", "pass np.asarray(y, dtype=np.int64)",
               TypeError)
    if y.shape != x.shape[:1]:
        refuse("y", y, f"shape {x.shape[:1]}, one label for each row of x {x.shape}",
               "pass class numbers, not one-hot rows; y.ravel() flattens a column")
    if len(x) == 0:
        refuse("x", x, "at least one sample", EMPTY_REMEDY)
    if y.min() < 0 or y.max() >= x.shape[1]:
        refuse("y", f"labels from {y.min()} to {y.max()}", f"0 <= y < {x.shape[1]}, x's columns",
               "count classes from 0, and give the last layer one output for each class")
    return x, y
