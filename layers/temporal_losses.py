"""The loss of scores at every time step, where some steps do not count."""

from __future__ import annotations

import numpy as np

from layers.arguments import Array, flag, floating, refuse
from layers.losses import EMPTY_REMEDY, class_labels
from layers.precision import cast, widen


def temporal_softmax_loss(
    x: Array, y: Array, mask: Array, verbose: bool = False
) -> tuple[float, Array]:
    """Softmax loss of every step of a sequence: summed over steps, averaged over the minibatch.

    ::

        loss = sum over n, t of mask[n, t] * -log softmax(x[n, t])[y[n, t]] / N

    Parameters
    ----------
    x : array of float, shape (N, T, V)
        Scores for all words of the vocabulary at every step; N >= 1.
    y : array of int, shape (N, T)
        The right words, 0 <= y < V wherever the mask counts.
    mask : array of bool, shape (N, T)
        False = the step adds nothing to the loss: a filled-up sequence has ended there.
    verbose : bool, default False
        Print the shape of dx, as the course's function does.

    Returns
    -------
    loss : float
        In nats; float16 and float32 scores are summed in float32.
    dx : array, shape (N, T, V)
        Of x's dtype; +0.0 where the mask is False.

    Raises
    ------
    TypeError
        If x is no floating array, y none of integers or mask none of bool.
    ValueError
        If the shapes do not fit, a label that counts is out of range, or the batch is empty.

    References
    ----------
    Stanford cs231n, assignment 3, ``rnn_layers.py``.

    Examples
    --------
    >>> x, y = np.zeros((1, 3, 2)), np.array([[0, 1, 0]])
    >>> loss, dx = temporal_softmax_loss(x, y, np.array([[True, True, False]]))
    >>> print(round(loss, 4), dx[0].tolist())
    1.3863 [[-0.5, 0.5], [0.5, -0.5], [0.0, 0.0]]
    """
    x = floating("x", x, ndim=3)
    if len(x) == 0:
        refuse("x", x, "at least one sample", EMPTY_REMEDY)
    mask = _checked_mask(mask, x.shape[:2])
    counted = class_labels(y, x.shape[:2], x.shape[2], mask)[mask]
    rows = np.arange(len(counted))
    with np.errstate(invalid="ignore"):
        scores = widen(x[mask])
        scores -= scores.max(axis=1, keepdims=True, initial=-np.inf)
        probs = np.exp(scores)
        totals = probs.sum(axis=1, keepdims=True)
        loss = (np.log(totals[:, 0]) - scores[rows, counted]).sum() / len(x)
        probs /= totals
    probs[rows, counted] -= 1
    probs /= len(x)
    dx = np.zeros_like(x, order="C")
    dx[mask] = cast(probs, x.dtype)
    if flag("verbose", verbose):
        print("dx: ", dx.shape)
    return float(loss), dx


def _checked_mask(mask: object, shape: tuple[int, ...]) -> Array:
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        refuse("mask", mask, "an array of bool, True = the step counts",
               "pass y != null, or mask.astype(bool)", TypeError)
    if mask.shape != shape:
        refuse("mask", mask, f"shape {shape}, one entry for each time step of x",
               "build the mask from the same captions as y")
    return mask
