"""The sigmoid and the softmax, which several references share."""

from __future__ import annotations

import numpy as np

from gradcheck.reference.formula import Array


def expit(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), which overflows nowhere in this form.

    >>> expit(np.array([-800.0, 0.0])).tolist()
    [0.0, 0.5]
    """
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def log_softmax(x: Array, axis: int | None = None) -> Array:
    """Return log(exp(x) / sum(exp(x))), of all elements where no axis is given.

    >>> log_softmax(np.zeros(4)).round(4).tolist()
    [-1.3863, -1.3863, -1.3863, -1.3863]
    """
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)))


def softmax(x: Array, axis: int | None = None) -> Array:
    """Return exp(x) / sum(exp(x)), of all elements where no axis is given.

    >>> softmax(np.zeros(4)).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return np.exp(log_softmax(x, axis))
