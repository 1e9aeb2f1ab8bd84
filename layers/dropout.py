"""Dropout: inverted (scaled while training) and vanilla (scaled at test time)."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from layers._arguments import (
    Array,
    floating,
    mode_of,
    one_of,
    probability,
    refuse,
    required,
    same_shape,
)
from layers.masks import Mask, bernoulli, source_of

Cache: TypeAlias = "tuple[dict[str, Any], Array | None]"

STORES = ("mask", "bits", "seed")


def dropout_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop each unit with probability p and scale the others by 1 / (1 - p) (inverted dropout).

    ::

        mask ~ Bernoulli(1 - p)                    True = kept
        out  = mask * x / (1 - p)                  mode 'train', so that E[out] = x
        out  = x                                   mode 'test'

    Parameters
    ----------
    x : ndarray of float16, float32 or float64, any shape
        Input, never mutated.
    dropout_param : dict
        - 'p': probability of *dropping* a unit, 0 <= p < 1.
        - 'mode': 'train' or 'test'.
        - 'seed' (optional int >= 0): the mask is a pure function of (seed, p, shape).
        - 'rng' (optional): an ``np.random.Generator``, which the call advances, or an
          ``np.random.RandomState``, whose mask is ``rng.random_sample(x.shape) >= p``. With
          neither 'seed' nor 'rng' one small draw from NumPy's global generator keys the mask.
        - 'store' (optional): what the cache keeps, 'mask' (default, 1 byte a unit), 'bits'
          (1/8 byte) or 'seed' (nothing: backward draws the mask again).
        - 'shared_axes' (optional int or tuple of int): axes along which one decision is shared,
          the ones of the `noise_shape` and `broadcast_dims` of other libraries.

    Returns
    -------
    out : ndarray
        Shape and dtype of x. A dropped unit is +0.0, even where x is inf or NaN. In mode 'test'
        it is x itself.
    cache : tuple
        ``(dropout_param, mask)``: a snapshot of the dict, and the bool mask, True = kept (None in
        mode 'test'; packed bits for store 'bits'; None for store 'seed').

    Raises
    ------
    TypeError, ValueError
        An argument of a wrong kind or out of range; the message says which, and what to pass.
    KeyError
        'p' or 'mode' is missing.

    References
    ----------
    .. [1] Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: A Simple Way to
       Prevent Neural Networks from Overfitting", JMLR 15 (2014), section 4 and section 10.

    Examples
    --------
    >>> x = np.arange(1.0, 9.0)
    >>> out, cache = dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> out
    array([ 2.,  0.,  0.,  8., 10.,  0., 14., 16.])
    >>> dropout_backward(np.ones(8), cache)
    array([2., 0., 0., 2., 2., 0., 2., 2.])
    """
    p, mode = _p_and_mode(dropout_param)
    x = floating("x", x)
    if mode == "test":
        return x, (dict(dropout_param), None)
    mask, cache = draw(x.shape, p, dropout_param)
    return masked(x, mask, 1.0 - p), cache


def dropout_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the units that were kept.

    ::

        dx = mask * dout / (1 - p)                 mode 'train'
        dx = dout                                  mode 'test'

    Parameters
    ----------
    dout : ndarray
        Gradient with respect to out, of the same shape.
    cache : tuple
        The second result of `dropout_forward`.

    Returns
    -------
    ndarray
        Gradient with respect to x, of the dtype of dout; +0.0 at every dropped unit.

    Examples
    --------
    >>> x = np.array([1.0, np.inf, np.nan, 4.0])
    >>> out, cache = dropout_forward(x, {"p": 0.75, "mode": "train", "seed": 9})
    >>> out
    array([ 0.,  0.,  0., 16.])
    >>> dropout_backward(np.full(4, np.inf), cache)
    array([ 0.,  0.,  0., inf])
    """
    param, _ = opened(cache)
    if param["mode"] == "test":
        return floating("dout", dout)
    mask = recalled(cache)
    return masked(same_shape("dout", dout, mask.shape, "x"), mask, 1.0 - param["p"])


def vanilla_dropout_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop each unit with probability p; scale by 1 - p at test time instead of training time.

    ::

        out = mask * x                             mode 'train'
        out = (1 - p) * x                          mode 'test': the mean of the training output

    The dict takes the keys of `dropout_forward`. This is the form of the first papers [1]_; the
    network that is deployed pays for the scaling.

    References
    ----------
    .. [1] Hinton, Srivastava, Krizhevsky, Sutskever, Salakhutdinov, "Improving neural networks by
       preventing co-adaptation of feature detectors", arXiv:1207.0580 (2012).

    Examples
    --------
    >>> x = np.arange(1.0, 9.0)
    >>> vanilla_dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0})[0]
    array([1., 0., 0., 4., 5., 0., 7., 8.])
    >>> vanilla_dropout_forward(x, {"p": 0.5, "mode": "test"})[0]
    array([0.5, 1. , 1.5, 2. , 2.5, 3. , 3.5, 4. ])
    """
    p, mode = _p_and_mode(dropout_param)
    x = floating("x", x)
    if mode == "test":
        return scaled(x, 1.0 - p), (dict(dropout_param), None)
    mask, cache = draw(x.shape, p, dropout_param)
    return masked(x, mask, 1.0), cache


def vanilla_dropout_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the kept units (train), or scale it by 1 - p (test).

    Examples
    --------
    >>> _, cache = vanilla_dropout_forward(np.ones(4), {"p": 0.25, "mode": "test"})
    >>> vanilla_dropout_backward(np.ones(4), cache)
    array([0.75, 0.75, 0.75, 0.75])
    """
    param, _ = opened(cache)
    if param["mode"] == "test":
        return scaled(floating("dout", dout), 1.0 - param["p"])
    mask = recalled(cache)
    return masked(same_shape("dout", dout, mask.shape, "x"), mask, 1.0)


def masked(x: Array, mask: Mask, divisor: float) -> Array:
    """Return x / divisor where the mask is True, and +0.0 elsewhere, in the dtype of x."""
    out = np.where(mask, x, x.dtype.type(0))
    return scaled(out, 1.0 / divisor)


def scaled(x: Array, factor: float) -> Array:
    """Return factor * x in the dtype of x; float32 arithmetic for float16, which 1e12 overflows."""
    wide = np.result_type(x.dtype, np.float32)
    return np.asarray(np.multiply(x, wide.type(factor), dtype=wide)).astype(x.dtype)


def draw(shape: tuple[int, ...], p: float, param: Mapping[str, Any]) -> tuple[Mask, Cache]:
    """Draw the mask for an input of `shape` and return it with the cache that recalls it."""
    store = one_of("dropout_param['store']", param.get("store", "mask"), STORES)
    drawn = drawn_shape(shape, param.get("shared_axes"))
    source = source_of("dropout_param", param)
    if store == "seed" and isinstance(source, np.random.RandomState):
        refuse("dropout_param['store']", store, "'mask' or 'bits' with a RandomState",
               "store the mask, or pass a np.random.Generator; a RandomState cannot go back")
    kept = bernoulli(drawn, p, source)
    mask = np.broadcast_to(kept, shape) if drawn != shape else kept
    if store == "mask":
        return mask, (dict(param), mask)
    snapshot = {**param, "shape": shape}
    if store == "bits":
        return mask, (snapshot, np.packbits(kept))
    snapshot.pop("rng", None)
    return mask, ({**snapshot, "seed": source}, None)


def recalled(cache: Cache) -> Mask:
    """Return the mask that a training cache stands for."""
    param, stored = cache
    store = param.get("store", "mask")
    if store == "mask":
        return np.asarray(stored)
    shape = param["shape"]
    drawn = drawn_shape(shape, param.get("shared_axes"))
    if store == "bits":
        count = int(np.prod(drawn, dtype=np.int64))
        kept = np.unpackbits(np.asarray(stored), count=count).view(bool).reshape(drawn)
    else:
        kept = bernoulli(drawn, float(param["p"]), param["seed"])
    return np.broadcast_to(kept, shape)


def drawn_shape(shape: tuple[int, ...], shared_axes: object) -> tuple[int, ...]:
    """Return the shape of the independent decisions: 1 along every shared axis."""
    if shared_axes is None:
        return shape
    name = "dropout_param['shared_axes']"
    expected = f"an axis or distinct axes of an array of shape {shape}"
    axes = shared_axes if isinstance(shared_axes, tuple | list | range) else (shared_axes,)
    try:
        # Axes are indices, so what NumPy takes for an axis is right here; bool is a slip.
        if any(isinstance(axis, bool | np.bool_) for axis in axes):
            raise TypeError
        numbers = [operator.index(axis) for axis in axes]
    except TypeError:
        refuse(name, shared_axes, expected, "pass an int or a tuple of ints", TypeError)
    ndim = len(shape)
    if any(not -ndim <= axis < ndim for axis in numbers):
        refuse(name, shared_axes, expected, f"pass axes from {-ndim} to {ndim - 1}")
    positive = {axis % ndim for axis in numbers}
    if len(positive) < len(numbers):
        refuse(name, shared_axes, expected, "name each axis once")
    return tuple(1 if axis in positive else length for axis, length in enumerate(shape))


def opened(cache: object) -> tuple[dict[str, Any], Any]:
    """Return the two halves of a cache, or say that forward has to be called first."""
    if not (isinstance(cache, tuple) and len(cache) == 2 and isinstance(cache[0], Mapping)):
        refuse("cache", cache, "the cache that the forward pass returned",
               "call the forward pass first and hand its second result to backward", TypeError)
    return cache


def _p_and_mode(param: Mapping[str, Any]) -> tuple[float, str]:
    p = probability("dropout_param['p']", required("dropout_param", param, "p"))
    return p, mode_of("dropout_param", param)
