"""The values of affine layers, and of the embedding of words."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Reference, Slip, demand


def product(x: Array, w: Array, form: int | None = None) -> Array:
    """Return x w of samples in rows; x w', w x or w' x where the shapes allow no other.

    >>> product(np.ones((4, 6)), np.ones((5, 6))).shape
    (4, 5)
    """
    demand(w.ndim == 2)
    x = x.reshape(len(x), -1)
    forms = ((x, w), (x, w.T), (w, x), (w.T, x))
    found = [left @ right for left, right in (forms if form is None else forms[form:form + 1])
             if left.shape[-1] == right.shape[0]]
    demand(bool(found))
    return np.asarray(found[0])


def affine(x: Array, w: Array, b: Any = 0.0, form: int | None = None, **_: Any) -> Array:
    """Return x w + b, each sample of x as a row.

    >>> affine(np.ones((4, 2, 3)), np.ones((6, 5)), np.ones(5)).shape
    (4, 5)
    """
    out = product(x, w, form)
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
# Where sizes are equal, shapes do not tell which of them is meant.
FORMS = {"w as (M, D)": 1, "samples in columns, w as (M, D)": 2, "samples in columns": 3}
AFFINE = Reference("x w + b", affine, {
    name: partial(affine, form=form) for name, form in FORMS.items()}, None, BIAS)
TEMPORAL_AFFINE = Reference("x w + b at each time", temporal_affine, slips=(
    Slip("b is left out", "add b", lambda x, w, **_: x @ w),))
EMBEDDING = Reference("the rows W[x]", embedding, {
    "times sqrt(D)": lambda x, W, **_: embedding(x, W) * np.sqrt(W.shape[1])})
