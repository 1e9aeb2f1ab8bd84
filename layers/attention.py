"""Attention: the mean of values, weighted by how well their keys fit a query."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, refuse, same_shape
from layers.dropout import inverted_backward, inverted_dropout
from layers.heads import each_part, product
from layers.precision import cast, widen
from layers.settings import Shape, dropout_settings

AttentionCache = tuple[Array, Array, Array, Array, Any]
_ATTENTION = (np.ndarray,) * 4 + (object,)


def scaled_dot_product_attention_forward(
    query: Array, key: Array, value: Array, mask: Array | None = None,
    dropout_param: Mapping[str, Any] | None = None,
) -> tuple[Array, AttentionCache]:
    """Average the values by how well their keys fit the query.

    ::

        weights = softmax(query @ key.T / sqrt(E))     over the keys that the mask lets through
        out     = dropout(weights) @ value

    Parameters
    ----------
    query : array of float, shape (..., Tq, E)
    key : array of float, shape (..., Tk, E)
        With the query's leading axes (samples, heads), and Tk >= 1.
    value : array of float, shape (..., Tk, M)
    mask : array of bool, optional
        Of a shape that broadcasts to (..., Tq, Tk); True = the query may look at the key. A query
        that may look at none gets zeros.
    dropout_param : dict, optional
        As in `dropout_forward`, for the weights: a query then overlooks some keys.

    Returns
    -------
    out : array, shape (..., Tq, M)
        Of query's dtype; float16 is computed in float32.
    cache : tuple
        For `scaled_dot_product_attention_backward`.

    Raises
    ------
    TypeError, ValueError, KeyError
        If an array is of a wrong kind or shape, there are no keys, or as in `dropout_forward`.

    References
    ----------
    Vaswani et al., "Attention Is All You Need", NIPS 2017, equation 1; for the dropout, its
    section 5.4 and the authors' code.

    Examples
    --------
    >>> query, key = np.array([[8.0]]), np.array([[1.0], [-1.0]])
    >>> out, cache = scaled_dot_product_attention_forward(query, key, np.array([[2.0], [4.0]]))
    >>> print(out.round(4))
    [[2.]]
    >>> mask = np.array([[False, True]])
    >>> scaled_dot_product_attention_forward(query, key, np.array([[2.0], [4.0]]), mask)[0]
    array([[4.]])
    """
    query, key, value = _checked(query, key, value)
    shape = (*query.shape[:-1], key.shape[-2])
    if mask is not None:
        mask = _checked_mask(mask, shape)
    settings = None if dropout_param is None else dropout_settings(dropout_param)
    q, k, v = map(_heads, (query, key, value))
    q = q / q.dtype.type(math.sqrt(query.shape[-1]))
    weights = np.empty(shape, np.result_type(q, k))
    scores, hidden = _heads(weights), None if mask is None else ~mask.reshape(-1, *shape[-2:])

    def weigh(part: slice) -> None:
        product(q[part], k[part].swapaxes(-1, -2), scores[part])
        _softmax(scores[part], None if hidden is None else hidden[part])

    each_part(weigh, len(q), scores[:1].size)
    kept, dropout_cache = weights, None
    if settings is not None:
        kept, dropout_cache = inverted_dropout(weights, settings)
    joined, out = _heads(kept), np.empty((*shape[:-1], v.shape[-1]), np.result_type(weights, v))
    means = _heads(out)
    each_part(lambda part: product(joined[part], v[part], means[part]), len(q), scores[:1].size)
    return cast(out, query.dtype), (query, key, value, weights, dropout_cache)


def scaled_dot_product_attention_backward(
    dout: Array, cache: AttentionCache
) -> tuple[Array, Array, Array]:
    """Backpropagate through `scaled_dot_product_attention_forward`.

    ::

        dvalue   = dropout(weights).T @ dout
        dweights = dropout'(dout @ value.T)
        dscores  = weights * (dweights - sum of weights * dweights) / sqrt(E)
        dquery, dkey = dscores @ key, dscores.T @ query

    Parameters
    ----------
    dout : array of float, shape (..., Tq, M)
    cache : tuple
        From `scaled_dot_product_attention_forward`.

    Returns
    -------
    dquery, dkey, dvalue : arrays
        Of the shapes and dtypes of query, key and value.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> _, cache = scaled_dot_product_attention_forward(one, np.ones((2, 1)), np.eye(2))
    >>> dquery, dkey, dvalue = scaled_dot_product_attention_backward(np.array([[1.0, 0]]), cache)
    >>> print(dquery, dkey.T, dvalue[:, 0])
    [[0.]] [[ 0.25 -0.25]] [0.5 0.5]
    """
    query, key, value, weights, dropout_cache = cached(
        cache, _ATTENTION, "scaled_dot_product_attention_forward")
    shape = (*query.shape[:-1], value.shape[-1])
    dout = widen(same_shape("dout", dout, shape, "scaled_dot_product_attention_forward's out"))
    q, k, v, d = map(_heads, (query, key, value, dout))
    dtype, size = np.result_type(weights, d, v), int(np.prod(weights.shape[-2:]))
    dweights, kept = np.empty(weights.shape, dtype), weights
    dflat = _heads(dweights)
    each_part(lambda part: product(d[part], v[part].swapaxes(-1, -2), dflat[part]), len(q), size)
    if dropout_cache is not None:
        kept = inverted_backward(weights, dropout_cache, "dropout_forward")
        dweights = inverted_backward(dweights, dropout_cache, "dropout_forward")
    w, ds, p = map(_heads, (weights, dweights, kept))
    dquery, dkey, dvalue = (np.empty(x.shape, dtype) for x in (query, key, value))
    dq, dk, dv = map(_heads, (dquery, dkey, dvalue))

    def back(part: slice) -> None:
        product(p[part].swapaxes(-1, -2), d[part], dv[part])
        ds[part] -= np.einsum("...ij,...ij->...i", ds[part], w[part])[..., np.newaxis]
        ds[part] *= w[part]
        ds[part] /= dtype.type(math.sqrt(query.shape[-1]))
        product(ds[part], k[part], dq[part])
        product(ds[part].swapaxes(-1, -2), q[part], dk[part])

    each_part(back, len(q), size)
    return cast(dquery, query.dtype), cast(dkey, key.dtype), cast(dvalue, value.dtype)


def _heads(x: Array) -> Array:
    """Return (..., T, E) as wide (heads, T, E), all leading axes as one."""
    return widen(x).reshape(math.prod(x.shape[:-2]), *x.shape[-2:])


def _softmax(scores: Array, hidden: Array | None) -> None:
    """Turn scores (..., Tq, Tk) into weights, in place; a row without a key becomes zeros."""
    if hidden is not None:
        np.copyto(scores, -np.inf, where=hidden)
    highest = scores.max(axis=-1, keepdims=True)
    if hidden is not None:
        highest[np.isneginf(highest)] = 0
    scores -= highest
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    if hidden is not None:
        total[total == 0] = 1
    scores /= total


def _checked(query: Array, key: Array, value: Array) -> tuple[Array, Array, Array]:
    query, key, value = (floating(name, array, min_ndim=2) for name, array in (
        ("query", query), ("key", key), ("value", value)))
    lead, E = query.shape[:-2], query.shape[-1]
    if E == 0:
        refuse("query", query, "at least one feature", "check E, the length of a query")
    if key.shape[:-2] != lead or key.shape[-1] != E:
        refuse("key", key, f"shape {(*lead, 'Tk', E)} beside query {query.shape}",
               "give keys the queries' samples, heads and length")
    if key.shape[-2] == 0:
        refuse("key", key, "at least one key", "leave empty sequences out: a mean of no values")
    if value.shape[:-1] != key.shape[:-1]:
        refuse("value", value, f"shape {(*key.shape[:-1], 'M')} beside key {key.shape}",
               "pass one value for each key")
    return query, key, value


def _checked_mask(mask: object, shape: Shape) -> Array:
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        refuse("mask", mask, "an array of bool, True = may look", "pass mask.astype(bool), or "
               "scores > threshold", TypeError)
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        refuse("mask", mask, f"a shape that broadcasts to {shape}, (..., queries, keys)",
               "transpose it if it is (keys, queries); add axes with mask[:, np.newaxis]")
