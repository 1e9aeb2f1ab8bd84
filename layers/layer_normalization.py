"""Layer normalization: every sample is standardized over its own features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, refuse, same_shape
from layers.keys import checked_keys
from layers.normalization import (
    Gradients,
    moments,
    normalized_arguments,
    row_products,
)
from layers.precision import cast, widen
from layers.settings import eps_of

# (x - mean) / sqrt(var + eps), 1 / sqrt(var + eps), gamma, beta, x's dtype
LayernormCache = tuple[Array, Array, Array, Array, "np.dtype[Any]"]

_LAYERNORM = (*(np.ndarray,) * 4, np.dtype)


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
        eps : float > 0, default 1e-5. May be empty, and may be a bn_param: 'mode' and the running
        averages change nothing.

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
    x, gamma, beta = normalized_arguments(x, gamma, beta)
    eps = eps_of("ln_param", checked_keys("ln_param", ln_param, "pass {}, or {'eps': 1e-5}"))
    if x.shape[1] == 0:
        refuse("x", x, "at least one feature", "a mean over no features is undefined: check D")
    with np.errstate(invalid="ignore"):
        _, x_hat, var = moments(widen(x), axis=1)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat *= inv_std  # in place: new memory takes longer than what is computed in it
        out = widen(gamma) * x_hat
        out += beta
    return cast(out, x.dtype), (x_hat, inv_std, gamma, beta, x.dtype)


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
    x_hat, inv_std, gamma, beta, dtype = cached(cache, _LAYERNORM, "layernorm_forward")
    dout = widen(same_shape("dout", dout, x_hat.shape, "layernorm_forward's out"))
    with np.errstate(invalid="ignore"):
        dbeta = np.ones(len(dout), dout.dtype) @ dout  # sums that BLAS does in half the time
        dgamma = np.einsum("nd,nd->d", dout, x_hat)
        scale = widen(gamma) * inv_std
        dx = dout * scale  # g / std, up to here
        mean = (dout @ widen(gamma))[:, np.newaxis] * inv_std / x_hat.shape[1]
        dx -= np.multiply(x_hat, row_products(dx, x_hat) / x_hat.shape[1], out=scale)
        dx -= mean
    return cast(dx, dtype), cast(dgamma, gamma.dtype), cast(dbeta, beta.dtype)
