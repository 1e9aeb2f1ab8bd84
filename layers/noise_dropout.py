"""Dropout that does not put in zeros: Gaussian noise, and the saturation value of SELU (alpha)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, floating, refuse, same_shape
from layers.masks import Source, bernoulli, normal, source_of
from layers.precision import cast, widen
from layers.replay import Cache, apply_mask, opened, passed, recall, remember, snapshot
from layers.settings import DropoutSettings, Shape, dropout_settings, units_of

ALPHA_PRIME = -1.0507009873554804934 * 1.6732632423543772848
"""-lambda * alpha of SELU: what it tends to for very negative input."""


def gaussian_dropout_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Multiply by Gaussian noise of mean 1 and of the variance that dropout has.

    ::

        noise = 1 + sqrt(p / (1 - p)) * z,  z ~ N(0, 1)
        out   = noise * x                          mode 'train'
        out   = x                                  mode 'test'

    Parameters
    ----------
    x : ndarray of float16, float32 or float64, any shape
        Input, never mutated.
    dropout_param : dict
        'p', 'mode'; optionally 'seed', 'rng' and 'shared_axes' as in `dropout_forward`, and
        'store', 'mask' (default: the cache keeps the noise) or 'seed' (nothing). With a
        RandomState z is ``rng.standard_normal(x.shape)``.

    Returns
    -------
    out : ndarray
        Shape and dtype of x.
    cache : tuple
        ``(dropout_param, noise)``; the noise, of the dtype of x, takes the place of the mask.

    Raises
    ------
    TypeError, ValueError, KeyError
        As in `dropout_forward`.

    References
    ----------
    .. [1] Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: A Simple Way to
       Prevent Neural Networks from Overfitting", JMLR 15 (2014), section 10.

    Examples
    --------
    >>> x = np.ones(4)
    >>> out, cache = gaussian_dropout_forward(x, {"p": 0.2, "mode": "train", "seed": 0})
    >>> out.round(3)
    array([-0.136,  0.649,  0.391,  1.081])
    >>> bool(np.all(gaussian_dropout_backward(x, cache) == out))
    True
    """
    settings = dropout_settings(dropout_param, stores=("mask", "seed"))
    x = floating("x", x)
    units = units_of(x.shape, settings.shared_axes)
    if settings.mode == "test":
        return x, passed(x, settings)
    source = source_of(settings.param)
    noise = _noise(units, settings.p, source, x.shape, x.dtype)
    kept = snapshot(settings, source, units=units, shape=x.shape, dtype=x.dtype)
    return _multiply(x, noise), (kept, None if settings.store == "seed" else noise)


def gaussian_dropout_backward(dout: Array, cache: Cache) -> Array:
    """Multiply the gradient by the noise of the forward pass: dx = noise * dout.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = gaussian_dropout_forward(np.ones(3), {"p": 0.5, "mode": "test"})
    >>> gaussian_dropout_backward(np.ones(3), cache)
    array([1., 1., 1.])
    """
    dout, settings, noise = opened(dout, cache, "gaussian_dropout_forward", kind="f")
    if settings.mode == "test":
        return dout
    if settings.store == "seed":
        param = settings.param
        noise = _noise(param["units"], settings.p, param["seed"], param["shape"], param["dtype"])
    return _multiply(same_shape("dout", dout, noise.shape, "x"), noise)


def alpha_dropout_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Set units to SELU's saturation value, so that mean and variance stay 0 and 1.

    ::

        alpha' = -lambda * alpha = -1.7581
        mask   ~ Bernoulli(q),  q = 1 - p
        a      = 1 / sqrt(q * (1 + p * alpha'**2)),  b = -a * p * alpha'
        out    = a * (x where mask, alpha' elsewhere) + b

    Parameters
    ----------
    x : ndarray of float16, float32 or float64, any shape
        Input, never mutated; meant to come out of SELU, with mean 0 and variance 1.
    dropout_param : dict
        As in `dropout_forward`.

    Returns
    -------
    out : ndarray
        Shape and dtype of x. A dropped unit is a * alpha' + b, even where x is inf or NaN.
    cache : tuple
        ``(dropout_param, mask)``, as in `dropout_forward`.

    Raises
    ------
    TypeError, ValueError, KeyError
        As in `dropout_forward`.

    References
    ----------
    .. [1] Klambauer, Unterthiner, Mayr, Hochreiter, "Self-Normalizing Neural Networks",
       NIPS 2017, section "New Dropout Technique".

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal(100_000)
    >>> out, cache = alpha_dropout_forward(x, {"p": 0.3, "mode": "train", "seed": 0})
    >>> abs(float(out.mean())) < 0.02, abs(float(out.var()) - 1) < 0.02
    (True, True)
    """
    settings = dropout_settings(dropout_param)
    return _alpha_forward(floating("x", x), settings, settings.shared_axes)


def alpha_dropout_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the kept units: dx = a * mask * dout.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = alpha_dropout_forward(np.ones(5), {"p": 0.5, "mode": "train", "seed": 0})
    >>> alpha_dropout_backward(np.ones(5), cache).round(3)
    array([0.886, 0.   , 0.   , 0.886, 0.886])
    """
    return _alpha_backward(dout, cache, "alpha_dropout_forward")


def feature_alpha_dropout_forward(
    x: Array, dropout_param: Mapping[str, Any]
) -> tuple[Array, Cache]:
    """Alpha dropout of whole channels of x (N, C, d1, ...); see `alpha_dropout_forward`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 4, 2))
    >>> out, _ = feature_alpha_dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> out[0].round(3)
    array([[ 1.666,  1.666],
           [-0.779, -0.779],
           [-0.779, -0.779],
           [ 1.666,  1.666]])
    """
    settings = dropout_settings(dropout_param)
    settings.refuse_shared_axes()
    x = floating("x", x)
    if x.ndim < 3:
        refuse("x", x, "a batch of shape (N, C, d1, ...)",
               "add the batch axis with x[np.newaxis]; features without space are for "
               "alpha_dropout_forward")
    return _alpha_forward(x, settings, range(2, x.ndim))


def feature_alpha_dropout_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the channels that were kept: dx = a * mask * dout.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 4, 2))
    >>> _, cache = feature_alpha_dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> feature_alpha_dropout_backward(x, cache)[0, :, 0].round(3)
    array([0.886, 0.   , 0.   , 0.886])
    """
    return _alpha_backward(dout, cache, "feature_alpha_dropout_forward")


def _noise(
    units: Shape, p: float, source: Source, shape: Shape, dtype: Any
) -> Array:
    noise = 1.0 + math.sqrt(p / (1.0 - p)) * normal(units, source)
    with np.errstate(over="ignore"):  # noise that float16 cannot hold says so itself: inf
        return np.broadcast_to(noise.astype(dtype), shape)


def _multiply(x: Array, noise: Array) -> Array:
    with np.errstate(all="ignore"):  # inf * 0 and overflow say so themselves
        return cast(widen(np.asarray(x)) * widen(noise), x.dtype)


def _alpha_forward(
    x: Array, settings: DropoutSettings, shared_axes: object
) -> tuple[Array, Cache]:
    units = units_of(x.shape, shared_axes)
    if settings.mode == "test":
        return x, passed(x, settings)
    p, source = settings.p, source_of(settings.param)
    mask = bernoulli(units, p, source)
    wide = widen(np.asarray(x))
    out = np.asarray(np.where(mask, wide, wide.dtype.type(ALPHA_PRIME)))
    a = _alpha_scale(p)
    with np.errstate(all="ignore"):  # overflow shows as inf in out
        out *= a
        out += -a * p * ALPHA_PRIME
        return cast(out, x.dtype), remember(mask, x.shape, settings, source)


def _alpha_backward(dout: Array, cache: Cache, forward: str) -> Array:
    dout, settings, stored = opened(dout, cache, forward)
    if settings.mode == "test":
        return dout
    mask = recall(settings, stored, lambda units, seed: bernoulli(units, settings.p, seed))
    same_shape("dout", dout, mask.shape, "x")
    return apply_mask(dout, mask, 1.0 / _alpha_scale(settings.p))


def _alpha_scale(p: float) -> float:
    return 1.0 / math.sqrt((1.0 - p) * (1.0 + p * ALPHA_PRIME**2))
