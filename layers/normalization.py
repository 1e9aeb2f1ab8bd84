"""Batch and layer normalization: one standardization, over samples or over features."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, parameter, refuse, same_shape
from layers.precision import cast, widen
from layers.settings import ONE_PER_FEATURE, batchnorm_settings, eps_of

# x - mean, 1 / sqrt(var + eps), gamma, beta, mode, x's dtype
BatchnormCache = tuple[Array, Array, Array, Array, str, "np.dtype[Any]"]
# x - mean, 1 / sqrt(var + eps), gamma, beta, x's dtype
LayernormCache = tuple[Array, Array, Array, Array, "np.dtype[Any]"]
Gradients = tuple[Array, Array, Array]

_LAYERNORM = (*(np.ndarray,) * 4, np.dtype)
_BATCHNORM = (*(np.ndarray,) * 4, str, np.dtype)


def batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: MutableMapping[str, Any]
) -> tuple[Array, BatchnormCache]:
    """Standardize every feature over the minibatch, then scale and shift it.

    In train mode, with the mean and the biased variance (divisor N) of each column of x::

        out = gamma * (x - mean) / sqrt(var + eps) + beta
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var

    In test mode running_mean and running_var stand in for mean and var.

    Parameters
    ----------
    x : array of float, shape (N, D)
        A minibatch; N > 0 in train mode.
    gamma, beta : array of float, shape (D,)
        Scale and shift.
    bn_param : dict
        mode : 'train' or 'test', required.
        eps : float > 0, default 1e-5.
        momentum : float in [0, 1], default 0.9: the weight of the past (PyTorch's is the weight of
        the present, 1 - momentum).
        running_mean, running_var : array of float, shape (D,), default zeros.
        In train mode the two averages are written back as new arrays, once everything else has
        succeeded. Nothing else is ever written.

    Returns
    -------
    out : array, shape (N, D)
        Of x's dtype; float16 is averaged in float32.
    cache : tuple
        For `batchnorm_backward` and `batchnorm_backward_alt`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or range, or a parameter holds NaN.
    KeyError
        If bn_param has no 'mode'.

    References
    ----------
    Ioffe, Szegedy, "Batch normalization", ICML 2015, algorithms 1 and 2 (here with the biased
    variance in the running average, as in cs231n).

    Examples
    --------
    >>> bn_param = {"mode": "train"}
    >>> x = np.array([[1.0, 10.0], [3.0, 50.0]])
    >>> out, cache = batchnorm_forward(x, np.ones(2), np.zeros(2), bn_param)
    >>> print(out.round(3))
    [[-1. -1.]
     [ 1.  1.]]
    >>> print(bn_param["running_mean"], bn_param["running_var"])
    [0.2 3. ] [ 0.1 40. ]
    """
    x, gamma, beta = _arguments(x, gamma, beta)
    settings = batchnorm_settings(bn_param, x)
    mode, running_mean, running_var = settings.mode, settings.running_mean, settings.running_var
    wide = widen(x)
    with np.errstate(invalid="ignore"):
        if mode == "train":
            mean, centered, var = _moments(wide, axis=0)
        else:
            centered, var = wide - running_mean.astype(wide.dtype), running_var.astype(wide.dtype)
        inv_std = 1 / np.sqrt(var + settings.eps)
        out = cast(widen(gamma) * (centered * inv_std) + widen(beta), x.dtype)
        if mode == "train":
            bn_param["running_mean"] = _average(running_mean, mean, settings.momentum)
            bn_param["running_var"] = _average(running_var, var, settings.momentum)
    return out, (centered, inv_std, gamma, beta, mode, x.dtype)


def batchnorm_backward(dout: Array, cache: BatchnormCache) -> Gradients:
    """Backpropagate through `batchnorm_forward`, node by node of its graph.

    With x_hat = (x - mean) / std: dbeta = sum dout, dgamma = sum dout * x_hat, and x reaches x_hat
    along three paths: directly, through var and through mean. In test mode only the first exists.

    Parameters
    ----------
    dout : array of float, shape (N, D)
        Upstream gradient.
    cache : tuple
        From `batchnorm_forward`.

    Returns
    -------
    dx, dgamma, dbeta : arrays
        Of the shapes and dtypes of x, gamma and beta.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> x, dout = np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [0.0], [0.0]])
    >>> out, cache = batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train"})
    >>> dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    >>> print(dx.T.round(3), dgamma.round(3), dbeta)
    [[ 0.229 -0.344  0.115]] [-1.069] [1.]
    """
    centered, inv_std, gamma, beta, mode, dtype = cached(cache, _BATCHNORM, "batchnorm_forward")
    dout = widen(same_shape("dout", dout, centered.shape, "batchnorm_forward's out"))
    with np.errstate(invalid="ignore"):
        dbeta = dout.sum(axis=0)
        dgamma = (dout * (centered * inv_std)).sum(axis=0)
        dx_hat = dout * widen(gamma)
        dx = dx_hat * inv_std
        if mode == "train":
            dvar = (dx_hat * centered).sum(axis=0) * (-0.5 * inv_std**3)
            dx += dvar * (2 / len(dout)) * centered
            dmean = -dx_hat.sum(axis=0) * inv_std  # the way through var adds sum(centered) = 0
            dx += dmean / len(dout)
    return cast(dx, dtype), cast(dgamma, gamma.dtype), cast(dbeta, beta.dtype)


def batchnorm_backward_alt(dout: Array, cache: BatchnormCache) -> Gradients:
    """Backpropagate through `batchnorm_forward` in closed form: shorter, and the same numbers.

    dx = gamma / std * (dout - mean(dout) - x_hat * mean(dout * x_hat)), the means over the samples.

    Parameters
    ----------
    dout : array of float, shape (N, D)
        Upstream gradient.
    cache : tuple
        From `batchnorm_forward`.

    Returns
    -------
    dx, dgamma, dbeta : arrays
        Of the shapes and dtypes of x, gamma and beta.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> x, dout = np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [0.0], [0.0]])
    >>> out, cache = batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train"})
    >>> dx, dgamma, dbeta = batchnorm_backward_alt(dout, cache)
    >>> print(dx.T.round(3), dgamma.round(3), dbeta)
    [[ 0.229 -0.344  0.115]] [-1.069] [1.]
    """
    centered, inv_std, gamma, beta, mode, dtype = cached(cache, _BATCHNORM, "batchnorm_forward")
    dout = widen(same_shape("dout", dout, centered.shape, "batchnorm_forward's out"))
    with np.errstate(invalid="ignore"):
        x_hat = centered * inv_std
        dbeta = dout.sum(axis=0)
        dgamma = (dout * x_hat).sum(axis=0)
        dx = dout
        if mode == "train":
            dx = dx - dbeta / len(dout) - x_hat * (dgamma / len(dout))
        dx = widen(gamma) * inv_std * dx
    return cast(dx, dtype), cast(dgamma, gamma.dtype), cast(dbeta, beta.dtype)


def layernorm_forward(
    x: Array, gamma: Array, beta: Array, ln_param: Mapping[str, Any]
) -> tuple[Array, LayernormCache]:
    """Standardize every sample over its features, then scale and shift each feature.

    With the mean and the biased variance (divisor D) of each row of x::

        out = gamma * (x - mean) / sqrt(var + eps) + beta

    Train and test are the same: no sample knows of the others.

    Parameters
    ----------
    x : array of float, shape (N, D)
        A minibatch with D > 0 features.
    gamma, beta : array of float, shape (D,)
        Scale and shift.
    ln_param : dict
        eps : float > 0, default 1e-5. May be empty.

    Returns
    -------
    out : array, shape (N, D)
        Of x's dtype; float16 is averaged in float32.
    cache : tuple
        For `layernorm_backward`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or range, or a parameter holds NaN.

    References
    ----------
    Ba, Kiros, Hinton, "Layer normalization", arXiv:1607.06450, equation 3.

    Examples
    --------
    >>> x = np.array([[1.0, 3.0], [10.0, 50.0]])
    >>> out, cache = layernorm_forward(x, np.ones(2), np.zeros(2), {})
    >>> print(out.round(3))
    [[-1.  1.]
     [-1.  1.]]
    """
    x, gamma, beta = _arguments(x, gamma, beta)
    if not isinstance(ln_param, Mapping):
        refuse("ln_param", ln_param, "a dict", "pass {}, or {'eps': 1e-5}", TypeError)
    eps = eps_of("ln_param", ln_param)
    if x.shape[1] == 0:
        refuse("x", x, "at least one feature", "a mean over no features is undefined: check D")
    with np.errstate(invalid="ignore"):
        _, centered, var = _moments(widen(x), axis=1)
        inv_std = 1 / np.sqrt(var + eps)
        out = widen(gamma) * (centered * inv_std) + widen(beta)
    return cast(out, x.dtype), (centered, inv_std, gamma, beta, x.dtype)


def layernorm_backward(dout: Array, cache: LayernormCache) -> Gradients:
    """Backpropagate through `layernorm_forward`.

    dx = (g - mean(g) - x_hat * mean(g * x_hat)) / std with g = gamma * dout, the means over the
    features; dgamma and dbeta still sum over the samples.

    Parameters
    ----------
    dout : array of float, shape (N, D)
        Upstream gradient.
    cache : tuple
        From `layernorm_forward`.

    Returns
    -------
    dx, dgamma, dbeta : arrays
        Of the shapes and dtypes of x, gamma and beta.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> x, dout = np.array([[1.0, 2.0, 4.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> out, cache = layernorm_forward(x, np.ones(3), np.zeros(3), {})
    >>> dx, dgamma, dbeta = layernorm_backward(dout, cache)
    >>> print(dx.round(3), dgamma.round(3), dbeta)
    [[ 0.229 -0.344  0.115]] [-1.069  0.     0.   ] [1. 0. 0.]
    """
    centered, inv_std, gamma, beta, dtype = cached(cache, _LAYERNORM, "layernorm_forward")
    dout = widen(same_shape("dout", dout, centered.shape, "layernorm_forward's out"))
    with np.errstate(invalid="ignore"):
        x_hat = centered * inv_std
        dbeta = dout.sum(axis=0)
        dgamma = (dout * x_hat).sum(axis=0)
        dx_hat = dout * widen(gamma)
        dx = dx_hat - dx_hat.mean(axis=1, keepdims=True)
        dx -= x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)
        dx *= inv_std
    return cast(dx, dtype), cast(dgamma, gamma.dtype), cast(dbeta, beta.dtype)


def _moments(x: Array, axis: int) -> tuple[Array, Array, Array]:
    """Return mean, x - mean and the biased variance, in two passes: E[x^2] - E[x]^2 cancels."""
    mean = x.mean(axis=axis, keepdims=axis == 1)
    centered = x - mean
    return mean, centered, np.square(centered).mean(axis=axis, keepdims=axis == 1)


def _average(running: Array, batch: Array, momentum: float) -> Array:
    """Move a running average towards the batch's; it keeps its own dtype."""
    return cast(momentum * running + (1 - momentum) * batch, running.dtype)


def _arguments(x: Array, gamma: Array, beta: Array) -> Gradients:
    x = floating("x", x, ndim=2)
    gamma, beta = parameter("gamma", gamma, ndim=1), parameter("beta", beta, ndim=1)
    same_shape("gamma", gamma, x.shape[1:], "x's features", ONE_PER_FEATURE)
    same_shape("beta", beta, x.shape[1:], "x's features", ONE_PER_FEATURE)
    return x, gamma, beta
