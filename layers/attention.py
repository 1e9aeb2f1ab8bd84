"""Attention: the mean of values, weighted by how well their keys fit a query."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, refuse, same_shape
from layers.dropout import inverted_backward, inverted_dropout
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
    wide = widen(query) / widen(query).dtype.type(math.sqrt(query.shape[-1]))
    with np.errstate(invalid="ignore"):
        weights = wide @ widen(key).swapaxes(-1, -2)
        _softmax(weights, mask)
        kept, dropout_cache = weights, None
        if dropout_param is not None:
            kept, dropout_cache = inverted_dropout(weights, dropout_settings(dropout_param))
        out = kept @ widen(value)
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
    with np.errstate(invalid="ignore"):
        dscores = dout @ widen(value).swapaxes(-1, -2)
        kept = weights
        if dropout_cache is not None:
            kept = inverted_backward(weights, dropout_cache, "dropout_forward")
            dscores = inverted_backward(dscores, dropout_cache, "dropout_forward")
        dvalue = kept.swapaxes(-1, -2) @ dout
        dscores -= np.einsum("...ij,...ij->...i", dscores, weights)[..., np.newaxis]
        dscores *= weights
        dscores /= dscores.dtype.type(math.sqrt(query.shape[-1]))
        dquery = dscores @ widen(key)
        dkey = dscores.swapaxes(-1, -2) @ widen(query)
    return cast(dquery, query.dtype), cast(dkey, key.dtype), cast(dvalue, value.dtype)


def _softmax(scores: Array, mask: Array | None) -> None:
    """Turn scores (..., Tq, Tk) into weights, in place; a row without a key becomes zeros."""
    if mask is not None:
        np.copyto(scores, -np.inf, where=~mask)
    highest = scores.max(axis=-1, keepdims=True)
    if mask is not None:
        highest[np.isneginf(highest)] = 0
    scores -= highest
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    if mask is not None:
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
