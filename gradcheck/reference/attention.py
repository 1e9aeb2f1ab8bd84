"""The values of attention: one head, and several with their projections."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Reference, Slip, demand
from gradcheck.reference.smooth import softmax


def attention(query: Array, key: Array, value: Array, mask: Any = None, mode: str = "test",
              scaled: bool = True, axis: int = -1, hides: bool = False, **_: Any) -> Array:
    """Return softmax(q k' / sqrt(E)) v; `hides` says that the mask is true where none may look.

    >>> attention(np.zeros((1, 2)), np.ones((3, 2)), np.eye(3)).round(3).tolist()
    [[0.333, 0.333, 0.333]]
    """
    demand(mode == "test" and query.shape[-1] == key.shape[-1])
    demand(key.shape[:-1] == value.shape[:-1])
    scores = query @ key.swapaxes(-1, -2)
    if scaled:
        scores = scores / np.sqrt(query.shape[-1])
    if mask is not None:
        demand(mask.dtype == bool)
        scores = np.where(mask != hides, scores, -np.inf)
    with np.errstate(all="ignore"):
        return np.asarray(softmax(scores, axis) @ value)


def multi_head_attention(query: Array, key: Array, value: Array, Wq: Array, Wk: Array, Wv: Array,
                         Wo: Array, bq: Array, bk: Array, bv: Array, bo: Array, num_heads: int,
                         **roles: Any) -> Array:
    """Return the heads of attention, joined and projected.

    >>> x, W, b = np.ones((1, 3, 4)), np.eye(4), np.zeros(4)
    >>> multi_head_attention(x, x, x, W, W, W, W, b, b, b, b, 2)[0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    projected = (query @ Wq + bq, key @ Wk + bk, value @ Wv + bv)
    q, k, v = (np.stack(np.split(x, num_heads, axis=-1), axis=1) for x in projected)
    joined = np.concatenate(list(np.moveaxis(attention(q, k, v, **roles), 1, 0)), axis=-1)
    return np.asarray(joined @ Wo + bo)


HIDDEN = {"the mask is true where none may look": partial(attention, hides=True)}
SLIPS = (
    Slip("the softmax is taken over the queries", "take it over the keys, the last axis",
         partial(attention, axis=-2)),
    Slip("the mask is not used", "put -inf where a query may not look",
         lambda mask=None, **roles: attention(**roles)))
UNSCALED = partial(attention, scaled=False)
ATTENTION = Reference("softmax(q k') v", attention, {
    **HIDDEN, "the scores not divided by sqrt(E)": UNSCALED}, None, SLIPS[:1])
SCALED_ATTENTION = Reference("softmax(q k' / sqrt(E)) v", attention, HIDDEN, None, (
    Slip("the scores are not divided by sqrt(E)", "divide q k' by np.sqrt(E), the queries' length",
         UNSCALED), *SLIPS[:1]))
MULTI_HEAD = Reference("the heads softmax(q k' / sqrt(E)) v, joined, times Wo + bo",
                       multi_head_attention, {
    "the mask is true where none may look": partial(multi_head_attention, hides=True)}, None, (
    Slip("the scores are not divided by sqrt(E)", "divide q k' by np.sqrt(E / num_heads)",
         partial(multi_head_attention, scaled=False)),
    Slip("bo is left out", "add bo", lambda bo, **roles: multi_head_attention(
        bo=0 * bo, **roles))))
