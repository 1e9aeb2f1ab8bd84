"""Attention in several heads, with the projections before and behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers.arguments import Array, cached, floating, integer, parameter, refuse, same_shape
from layers.attention import (
    scaled_dot_product_attention_backward,
    scaled_dot_product_attention_forward,
)
from layers.embedding import temporal_affine_backward, temporal_affine_forward


def multi_head_attention_forward(
    query: Array, key: Array, value: Array,
    Wq: Array, Wk: Array, Wv: Array, Wo: Array,
    bq: Array, bk: Array, bv: Array, bo: Array,
    num_heads: int, mask: Array | None = None,
    dropout_param: Mapping[str, Any] | None = None,
) -> tuple[Array, tuple[Any, ...]]:
    """Project queries, keys and values, attend in several heads, and project what they join to.

    ::

        q, k, v = query @ Wq + bq, key @ Wk + bk, value @ Wv + bv, each split into heads
        out     = join(attention(q, k, v)) @ Wo + bo

    Parameters
    ----------
    query : array of float, shape (N, Tq, D)
    key, value : arrays of float, shape (N, Tk, D)
        For self-attention all three are the same; its gradient is the sum of theirs.
    Wq, Wk, Wv : arrays of float, shape (D, E)
        Head h has the columns h * E / num_heads up to (h + 1) * E / num_heads.
    Wo : array of float, shape (E, M)
    bq, bk, bv, bo : arrays of float, shapes (E,), (E,), (E,), (M,)
    num_heads : int
        A divisor of E.
    mask : array of bool, optional
        Of a shape that broadcasts to (N, num_heads, Tq, Tk), (Tq, Tk) for example; True = may look.
    dropout_param : dict, optional
        As in `dropout_forward`, for the weights of the attention.

    Returns
    -------
    out : array, shape (N, Tq, M)
        Of query's dtype.
    cache : tuple
        For `multi_head_attention_backward`.

    Raises
    ------
    TypeError, ValueError, KeyError
        If an array is of a wrong kind or shape, num_heads does not divide E, or as in
        `dropout_forward`.

    References
    ----------
    Vaswani et al., "Attention Is All You Need", NIPS 2017, section 3.2.2.

    Examples
    --------
    >>> import numpy as np
    >>> x, W, b = np.eye(2)[np.newaxis], np.eye(2), np.zeros(2)
    >>> out, cache = multi_head_attention_forward(x, x, x, W, W, W, W, b, b, b, b, num_heads=2)
    >>> print(out[0].round(3))
    [[0.731 0.5  ]
     [0.5   0.731]]
    """
    projected, caches = zip(*(_project(*arguments) for arguments in (
        ("query", query, "q", Wq, bq), ("key", key, "k", Wk, bk), ("value", value, "v", Wv, bv))),
        strict=True)
    heads = _checked_heads(num_heads, projected[0].shape[2])
    if projected[2].shape[2] % heads:
        refuse("Wv", Wv, f"a number of columns that {heads} heads divide", "widen Wv")
    q, k, v = (_split(x, heads) for x in projected)
    joined, attention_cache = scaled_dot_product_attention_forward(q, k, v, mask, dropout_param)
    out, last = _project("the joined heads", _join(joined), "o", Wo, bo)
    return out, (*caches, last, attention_cache)


def multi_head_attention_backward(dout: Array, cache: tuple[Any, ...]) -> tuple[Array, ...]:
    """Backpropagate through `multi_head_attention_forward`.

    Parameters
    ----------
    dout : array of float, shape (N, Tq, M)
    cache : tuple
        From `multi_head_attention_forward`.

    Returns
    -------
    dquery, dkey, dvalue, dWq, dWk, dWv, dWo, dbq, dbk, dbv, dbo : arrays
        Of the shapes and dtypes of the arguments.

    Examples
    --------
    >>> import numpy as np
    >>> x, W, b = np.eye(2)[np.newaxis], np.eye(2), np.zeros(2)
    >>> _, cache = multi_head_attention_forward(x, x, x, W, W, W, W, b, b, b, b, num_heads=2)
    >>> dquery, dkey, dvalue, *rest = multi_head_attention_backward(x, cache)
    >>> print(dvalue[0].round(3))
    [[0.731 0.269]
     [0.269 0.731]]
    """
    *caches, last, attention_cache = cached(cache, (tuple,) * 5, "multi_head_attention_forward")
    djoined, dWo, dbo = temporal_affine_backward(dout, last)
    heads = attention_cache[0].shape[1]
    dheads = scaled_dot_product_attention_backward(_split(djoined, heads), attention_cache)
    dx, dW, db = zip(*(temporal_affine_backward(_join(d), c)
                       for d, c in zip(dheads, caches, strict=True)), strict=True)
    return (*dx, *dW, dWo, *db, dbo)


def _project(
    name: str, x: Array, letter: str, W: Array, b: Array
) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return x @ W + b at every step; what does not fit is refused under its own name."""
    x, W = floating(name, x, ndim=3), parameter(f"W{letter}", W, ndim=2)
    if W.shape[0] != x.shape[2]:
        refuse(f"W{letter}", W, f"shape (D, E) with D = {x.shape[2]}, the features of {name} "
               f"{x.shape}", f"transpose W{letter} if it is stored as (E, D)")
    b = same_shape(f"b{letter}", parameter(f"b{letter}", b, ndim=1), W.shape[1:],
                   f"W{letter}'s columns", "give each column one bias")
    return temporal_affine_forward(x, W, b)


def _split(x: Array, heads: int) -> Array:
    """Return (N, T, E) as (N, heads, T, E / heads)."""
    return x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)


def _join(x: Array) -> Array:
    """Return (N, heads, T, E / heads) as (N, T, E)."""
    return x.swapaxes(1, 2).reshape(x.shape[0], x.shape[2], -1)


def _checked_heads(num_heads: object, E: int) -> int:
    expected, remedy = "a whole number >= 1", "pass how many heads the E columns are split into"
    heads = integer("num_heads", num_heads, expected, remedy)
    if heads < 1:
        refuse("num_heads", num_heads, expected, remedy)
    if E % heads:
        refuse("num_heads", heads, f"a divisor of E = {E}, the columns of Wq",
               f"{E} / {heads} = {E / heads:.4g} is not whole: choose another number of heads")
    return heads
