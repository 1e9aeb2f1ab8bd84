"""Dropout: inverted (scaled while training) and vanilla (scaled at test time)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.arguments import Array, floating
from layers.precision import cast, widen
from layers.replay import Cache, drop, drop_again, opened, passed
from layers.settings import DropoutSettings, dropout_settings


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
        - 'p': probability of *dropping* a unit, 0 <= p < 1; or in its place 'keep_prob', that of
          keeping one, 0 < keep_prob <= 1, which draws the masks of p = 1 - keep_prob.
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
        ``(dropout_param, mask)``: a snapshot of the dict, and the bool mask of the shape of x,
        True = kept; None in mode 'test'. For store 'bits' it is the packed bits instead, for
        'seed' None, and the snapshot also holds the shapes, and for 'seed' the seed that was used.

    Raises
    ------
    TypeError, ValueError
        An argument of a wrong kind or out of range, 'p' together with 'keep_prob', or a key that
        is a slip ('Seed') or another library's ('rate'); the message says what to pass.
    KeyError
        'mode', or both 'p' and 'keep_prob', are missing.

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
    return inverted_dropout(x, dropout_settings(dropout_param))


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
    return inverted_backward(dout, cache, "dropout_forward")


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
    settings = dropout_settings(dropout_param)
    x = floating("x", x)
    if settings.mode == "test":
        return scaled(x, 1.0 - settings.p), passed(x, settings)
    return drop(x, 1.0, settings)


def vanilla_dropout_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the kept units (train), or scale it by 1 - p (test).

    Examples
    --------
    >>> _, cache = vanilla_dropout_forward(np.ones(4), {"p": 0.25, "mode": "test"})
    >>> vanilla_dropout_backward(np.ones(4), cache)
    array([0.75, 0.75, 0.75, 0.75])
    """
    dout, settings, stored = opened(dout, cache, "vanilla_dropout_forward")
    if settings.mode == "test":
        return scaled(dout, 1.0 - settings.p)
    return drop_again(dout, settings, stored, 1.0)


def inverted_dropout(
    x: Array, settings: DropoutSettings, shared_axes: Sequence[int] | None = None
) -> tuple[Array, Cache]:
    """Drop units and scale by 1 / (1 - p) while training; the heart of `dropout_forward`.

    `shared_axes` are the axes along which a layer shares one decision; None: those of the dict.

    Examples
    --------
    >>> settings = dropout_settings({"p": 0.5, "mode": "train", "seed": 0})
    >>> inverted_dropout(np.ones((2, 3)), settings, shared_axes=(0,))[0]
    array([[2., 0., 0.],
           [2., 0., 0.]])
    """
    x = floating("x", x)
    if settings.mode == "test":
        return x, passed(x, settings)
    return drop(x, 1.0 - settings.p, settings, shared_axes)


def inverted_backward(dout: Array, cache: Cache, forward: str) -> Array:
    """Backpropagate through the function `forward`, which called `inverted_dropout`.

    Examples
    --------
    >>> _, cache = inverted_dropout(np.ones(2), dropout_settings({"p": 0.5, "mode": "test"}))
    >>> inverted_backward(np.ones(2), cache, "dropout_forward")
    array([1., 1.])
    """
    dout, settings, stored = opened(dout, cache, forward)
    if settings.mode == "test":
        return dout
    return drop_again(dout, settings, stored, 1.0 - settings.p)


def scaled(x: Array, factor: float) -> Array:
    """Return factor * x in the dtype of x; float16 is multiplied as float32."""
    wide = widen(np.asarray(x))
    return cast(wide * wide.dtype.type(factor), x.dtype)
