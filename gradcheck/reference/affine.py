"""The values of affine layers, and of the embedding of words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Reference, Slip, demand


def products(x: Array, w: Array) -> Iterator[Array]:
    """Yield the products of a matrix and a weight that their shapes allow: x w first.

    >>> [out.shape for out in products(np.ones((4, 6)), np.ones((5, 6)))]
    [(4, 5)]
    """
    for left, right in ((x, w), (x, w.T), (w, x), (w.T, x)):
        if left.shape[-1] == right.shape[0]:
            yield left @ right


def product(x: Array, w: Array) -> Array:
    """Return x w of samples in rows, or what the shapes allow instead."""
    demand(w.ndim == 2)
    found = next(products(x.reshape(len(x), -1), w), None)
    demand(found is not None)
    return np.asarray(found)


def affine(x: Array, w: Array, b: Any = 0.0, **_: Any) -> Array:
    """Return x w + b, each sample of x as a row.

    >>> affine(np.ones((4, 2, 3)), np.ones((6, 5)), np.ones(5)).shape
    (4, 5)
    """
    out = product(x, w)
    shifted = out + b
    demand(shifted.shape == out.shape)
    return np.asarray(shifted)


def temporal_affine(x: Array, w: Array, b: Any = 0.0, **_: Any) -> Array:
    """Return x w + b at every time of every sample."""
    demand(x.ndim == 3 and x.shape[2] == w.shape[0])
    return np.asarray(x @ w + b)


def embedding(x: Array, W: Array, **_: Any) -> Array:
    """Return the row of W for every word.

    >>> embedding(np.array([[1, 0]]), np.eye(2)).tolist()
    [[[0.0, 1.0], [1.0, 0.0]]]
    """
    demand(W.ndim == 2 and x.dtype.kind in "iu")
    return np.asarray(W[x])


BIAS = (
    Slip("b is left out", "add b", lambda x, w, **_: product(x, w)),
    Slip("b is subtracted", "add b", lambda x, w, b, **_: product(x, w) - b),
    Slip("b is added once a sample", "add b once",
         lambda x, w, b, **_: product(x, w) + len(x) * b),
)
AFFINE = Reference("x w + b", affine, slips=BIAS)
TEMPORAL_AFFINE = Reference("x w + b at each time", temporal_affine, slips=(
    Slip("b is left out", "add b", lambda x, w, **_: x @ w),))
EMBEDDING = Reference("the rows W[x]", embedding, {
    "times sqrt(D)": lambda x, W, **_: embedding(x, W) * np.sqrt(W.shape[1])})
