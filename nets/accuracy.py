"""The fraction of samples that a model classifies as their labels say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from layers.arguments import Array
from nets.arguments import labels, samples, whole


def accuracy(model: Any, X: Array, y: Array, choice: Callable[[int, int], Array],
             num_samples: int | None = None, batch_size: int = 100, part: str = "") -> float:
    """Return the accuracy on all samples, or on some that `choice(N, size)` draws.

    Parameters
    ----------
    model : object
        Whose ``loss(X)`` returns scores (N, C).
    X : ndarray, shape (N, ...)
    y : ndarray of ints, shape (N,)
    choice : callable
        Draws positions with replacement; called where N is larger than `num_samples`.
    num_samples : int, optional
    batch_size : int
        Samples a call of ``model.loss``.
    part : str
        What the names of X and y end with in errors.

    Raises
    ------
    ValueError, TypeError
        If X holds no sample, y is not one integer label a sample, or a count is below 1.
    """
    X = samples(X, f"X{part}")
    y = labels(y, None, len(X), f"y{part}", f"X{part}")
    whole("batch_size", batch_size, low=1)
    if num_samples is not None:
        whole("num_samples", num_samples, low=1)
    if num_samples is not None and len(X) > num_samples:
        chosen = choice(len(X), num_samples)
        X, y = X[chosen], y[chosen]
    starts = range(0, len(X), batch_size)
    scores = np.concatenate([model.loss(X[i : i + batch_size]) for i in starts])
    labels(y, scores.shape[1], len(X), f"y{part}", f"X{part}")
    return float(np.mean(scores.argmax(axis=1) == y))
