"""Batch normalization, and the standardization that it shares with layer normalization."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, parameter, same_shape
from layers.precision import cast, widen
from layers.settings import ONE_PER_FEATURE, batchnorm_settings

# x - mean, 1 / sqrt(var + eps), gamma, beta, mode, x's dtype
BatchnormCache = tuple[Array, Array, Array, Array, str, "np.dtype[Any]"]
Gradients = tuple[Array, Array, Array]

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
    x, gamma, beta = normalized_arguments(x, gamma, beta)
    settings = batchnorm_settings(bn_param, x)
    mode, running_mean, running_var = settings.mode, settings.running_mean, settings.running_var
    wide = widen(x)
    with np.errstate(invalid="ignore"):
        if mode == "train":
            mean, centered, var = moments(wide, axis=0)
        else:
            centered = wide - running_mean.astype(wide.dtype)
            var = running_var.astype(wide.dtype)
        inv_std = 1 / np.sqrt(var + settings.eps)
        out = centered * (widen(gamma) * inv_std)  # one pass over the minibatch, not two
        out += beta  # in place: new memory takes longer than what is computed in it
        if mode == "train":
            bn_param["running_mean"] = _average(running_mean, mean, settings.momentum)
            bn_param["running_var"] = _average(running_var, var, settings.momentum)
    return cast(out, x.dtype), (centered, inv_std, gamma, beta, mode, x.dtype)


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
        scale = widen(gamma) * inv_std
        dbeta = np.ones(len(dout), dout.dtype) @ dout
        dgamma = np.einsum("nd,nd->d", dout, centered) * inv_std
        dx = dout * scale
        if mode == "train":
            # With dx_hat = gamma * dout, sum(dx_hat * x_hat) = gamma * dgamma, which spares a pass,
            # and sum(dx_hat) = gamma * dbeta; the way from mean through var adds sum(centered) = 0.
            dvar = -0.5 * scale * dgamma * inv_std
            dmean = -scale * dbeta
            dx += centered * (dvar * (2 / len(dout)))  # d var / dx = 2 (x - mean) / N
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
        dbeta = np.ones(len(dout), dout.dtype) @ dout
        dgamma = np.einsum("nd,nd->d", dout, centered) * inv_std
        if mode == "train":
            dx = centered * (-dgamma * inv_std / len(dout))
            dx += dout
            dx -= dbeta / len(dout)
            dx *= widen(gamma) * inv_std
        else:
            dx = dout * (widen(gamma) * inv_std)
    return cast(dx, dtype), cast(dgamma, gamma.dtype), cast(dbeta, beta.dtype)


def moments(x: Array, axis: int) -> tuple[Array, Array, Array]:
    """Return mean, x - mean and the biased variance, in two passes: E[x^2] - E[x]^2 cancels.

    Examples
    --------
    >>> moments(np.array([[1.0, 3.0]]), axis=1)
    (array([[2.]]), array([[-1.,  1.]]), array([[1.]]))
    """
    ones = np.ones(x.shape[axis], x.dtype)  # BLAS adds up two to three times as fast as x.mean
    if axis == 1:
        mean = (x @ ones)[:, np.newaxis] / x.shape[1]
        centered = x - mean
        return mean, centered, row_products(centered, centered) / x.shape[1]
    mean = ones @ x / len(x)
    centered = x - mean
    return mean, centered, np.einsum("nd,nd->d", centered, centered) / len(x)


def row_products(a: Array, b: Array) -> Array:
    """Return the inner product of each row of one array with that of the other, as a column.

    Examples
    --------
    >>> row_products(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    array([[11.]])
    """
    return np.matmul(a[:, np.newaxis, :], b[:, :, np.newaxis])[:, 0]


def _average(running: Array, batch: Array, momentum: float) -> Array:
    """Move a running average towards the batch's; it keeps its own dtype."""
    return cast(momentum * running + (1 - momentum) * batch, running.dtype)


def normalized_arguments(x: Array, gamma: Array, beta: Array) -> Gradients:
    """Return x (N, D), gamma (D,) and beta (D,), if that is what they are.

    Examples
    --------
    >>> normalized_arguments(np.ones((4, 2)), np.ones(2), np.ones(3))
    Traceback (most recent call last):
    ValueError: beta: got a float64 array of shape (3,); expected shape (2,), that of x's ...
    """
    x = floating("x", x, ndim=2)
    gamma, beta = parameter("gamma", gamma, ndim=1), parameter("beta", beta, ndim=1)
    same_shape("gamma", gamma, x.shape[1:], "x's features", ONE_PER_FEATURE)
    same_shape("beta", beta, x.shape[1:], "x's features", ONE_PER_FEATURE)
    return x, gamma, beta
