"""Normalization of feature maps: every channel over the batch, or groups of channels.

`spatial_batchnorm` averages over N, H and W: the places of an image are samples.
`spatial_groupnorm` averages over a group of channels and their places, image by image, and needs
no batch.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, integer, parameter, refuse, same_shape
from layers.keys import checked_keys
from layers.normalization import (
    BatchnormCache,
    Gradients,
    batchnorm_backward_alt,
    batchnorm_forward,
    moments,
)
from layers.precision import as_floats, cast, widen
from layers.settings import eps_of

# (x - mean) / sqrt(var + eps), 1 / sqrt(var + eps), gamma, beta, x's dtype
GroupnormCache = tuple[Array, Array, Array, Array, "np.dtype[Any]"]

_GROUPNORM = (*(np.ndarray,) * 4, np.dtype)
_SPATIAL_BATCHNORM = (tuple, tuple)
_ONE_PER_CHANNEL = "give each channel one number"


def spatial_batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: MutableMapping[str, Any]
) -> tuple[Array, tuple[tuple[int, ...], BatchnormCache]]:
    """Standardize every channel over the minibatch and all places, then scale and shift it.

    In train mode, with the mean and the biased variance of each channel over N, H and W::

        out[:, c] = gamma[c] * (x[:, c] - mean[c]) / sqrt(var[c] + eps) + beta[c]

    In test mode running_mean and running_var stand in for mean and var.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
        Feature maps; at least one place in train mode.
    gamma, beta : array of float, shape (C,)
        Scale and shift. Integers are taken as numbers of x's dtype.
    bn_param : dict
        As in `batchnorm_forward`, with averages of shape (C,), which are written back.

    Returns
    -------
    out : array, shape (N, C, H, W)
        Of x's dtype; float16 is averaged in float32.
    cache : tuple
        For `spatial_batchnorm_backward`.

    Raises
    ------
    TypeError, ValueError, KeyError
        As in `batchnorm_forward`.

    References
    ----------
    Ioffe, Szegedy, "Batch normalization", ICML 2015, section 3.2.

    Examples
    --------
    >>> x = np.array([1.0, 3.0, 5.0, 7.0]).reshape(1, 1, 2, 2)
    >>> out, cache = spatial_batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train"})
    >>> print(out[0, 0].round(3))
    [[-1.342 -0.447]
     [ 0.447  1.342]]
    """
    x = floating("x", x, ndim=4)
    gamma, beta = _per_channel("gamma", gamma, x), _per_channel("beta", beta, x)
    out, cache = batchnorm_forward(_places(x), gamma, beta, bn_param)
    return _maps(out, x.shape), (x.shape, cache)


def spatial_batchnorm_backward(
    dout: Array, cache: tuple[tuple[int, ...], BatchnormCache]
) -> Gradients:
    """Backpropagate through `spatial_batchnorm_forward`, as `batchnorm_backward_alt` does.

    Parameters
    ----------
    dout : array of float, shape (N, C, H, W)
        Upstream gradient.
    cache : tuple
        From `spatial_batchnorm_forward`.

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
    >>> x = np.array([1.0, 3.0, 5.0, 7.0]).reshape(1, 1, 2, 2)
    >>> out, cache = spatial_batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train"})
    >>> dx, dgamma, dbeta = spatial_batchnorm_backward(np.ones((1, 1, 2, 2)), cache)
    >>> print(abs(dx).max().round(9), abs(dgamma).round(9), dbeta)
    0.0 [0.] [4.]
    """
    shape, inner = cached(cache, _SPATIAL_BATCHNORM, "spatial_batchnorm_forward")
    dout = same_shape("dout", dout, shape, "spatial_batchnorm_forward's out")
    dx, dgamma, dbeta = batchnorm_backward_alt(_places(dout), inner)
    return _maps(dx, shape), dgamma, dbeta


def spatial_groupnorm_forward(
    x: Array, gamma: Array, beta: Array, G: int, gn_param: Mapping[str, Any]
) -> tuple[Array, GroupnormCache]:
    """Standardize every image over groups of channels, then scale and shift each channel.

    With the mean and the biased variance of C / G channels that follow each other, over their
    channels and places::

        out[n, c] = gamma[c] * (x[n, c] - mean[n, g]) / sqrt(var[n, g] + eps) + beta[c]

    One group is layer normalization over channels and places, C groups are instance normalization.
    Train and test are the same: no image knows of the others.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
        Feature maps. N may be 0.
    gamma, beta : array of float, shape (C,) or (1, C, 1, 1)
        Scale and shift, in either shape of the course's. Integers are taken as numbers of x's
        dtype.
    G : int > 0
        Groups; divides C.
    gn_param : dict
        eps : float > 0, default 1e-5. May be empty, and may be a bn_param: 'mode' and the running
        averages change nothing.

    Returns
    -------
    out : array, shape (N, C, H, W)
        Of x's dtype; float16 is averaged in float32.
    cache : tuple
        For `spatial_groupnorm_backward`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or range, or G does not divide C.

    References
    ----------
    Wu, He, "Group normalization", ECCV 2018, equations 1 to 3 and 7.

    Examples
    --------
    >>> x = np.array([1.0, 3.0, 10.0, 50.0]).reshape(1, 4, 1, 1)
    >>> out, cache = spatial_groupnorm_forward(x, np.ones(4), np.zeros(4), 2, {})
    >>> print(out.ravel().round(3))
    [-1.  1. -1.  1.]
    """
    x = floating("x", x, ndim=4)
    gamma, beta = (_per_channel(name, value, x, also=(1, x.shape[1], 1, 1))
                   for name, value in (("gamma", gamma), ("beta", beta)))
    groups = _groups(x, G)
    eps = eps_of("gn_param", checked_keys("gn_param", gn_param, "pass {}, or {'eps': 1e-5}"))
    with np.errstate(invalid="ignore"):
        _, centered, var = moments(widen(x).reshape(groups), axis=1)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (centered * inv_std).reshape(x.shape)
        out = _beside(widen(gamma)) * x_hat + _beside(widen(beta))
    return cast(out, x.dtype), (x_hat, inv_std, gamma, beta, x.dtype)


def spatial_groupnorm_backward(dout: Array, cache: GroupnormCache) -> Gradients:
    """Backpropagate through `spatial_groupnorm_forward`.

    dx = (g - mean(g) - x_hat * mean(g * x_hat)) / std with g = gamma * dout, the means over each
    image's groups; dgamma and dbeta sum over the images and places.

    Parameters
    ----------
    dout : array of float, shape (N, C, H, W)
        Upstream gradient.
    cache : tuple
        From `spatial_groupnorm_forward`.

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
    >>> x = np.array([1.0, 2.0, 4.0]).reshape(1, 3, 1, 1)
    >>> out, cache = spatial_groupnorm_forward(x, np.ones(3), np.zeros(3), 1, {})
    >>> dout = np.array([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
    >>> dx, dgamma, dbeta = spatial_groupnorm_backward(dout, cache)
    >>> print(dx.ravel().round(3), dgamma.round(3), dbeta)
    [ 0.229 -0.344  0.115] [-1.069  0.     0.   ] [1. 0. 0.]
    """
    x_hat, inv_std, gamma, beta, dtype = cached(cache, _GROUPNORM, "spatial_groupnorm_forward")
    dout = widen(same_shape("dout", dout, x_hat.shape, "spatial_groupnorm_forward's out"))
    with np.errstate(invalid="ignore"):
        dgamma, dbeta = (dout * x_hat).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
        g = (dout * _beside(widen(gamma))).reshape(len(inv_std), x_hat.size // max(1, len(inv_std)))
        rows = x_hat.reshape(g.shape)
        dx = g - g.mean(axis=1, keepdims=True)
        dx -= rows * (g * rows).mean(axis=1, keepdims=True)
        dx *= inv_std
    return (cast(dx.reshape(dout.shape), dtype), cast(dgamma.reshape(gamma.shape), gamma.dtype),
            cast(dbeta.reshape(beta.shape), beta.dtype))


def _per_channel(name: str, value: object, x: Array, also: tuple[int, ...] = ()) -> Array:
    """Return a parameter of one number a channel, of shape (C,) or the other one."""
    value = as_floats(value, x)
    shape = also if isinstance(value, np.ndarray) and value.ndim == len(also) > 0 else x.shape[1:2]
    return same_shape(name, parameter(name, value, len(shape)), shape, "x's channels",
                      _ONE_PER_CHANNEL)


def _groups(x: Array, G: object) -> tuple[int, int]:
    """Return the shape of x with a row for each group of each image."""
    n, channels, height, width = x.shape
    expected = f"a number of groups that divides the {channels} channels of x"
    divisors = [g for g in range(1, channels + 1) if channels % g == 0]
    groups = integer("G", G, expected, "pass it as an int")
    if groups not in divisors:
        why = (f"{channels} / {groups} = {channels / groups:.4g} is not whole" if groups > 0
               else "that is no number of groups")
        refuse("G", f"{groups}, and {why}", expected, f"pass one of {divisors}")
    if height * width == 0:
        refuse("x", x, "at least one place", "a mean over nothing is undefined: check H and W")
    return n * groups, channels // groups * height * width


def _beside(value: Array) -> Array:
    """Return one number a channel so that it goes with (N, C, H, W)."""
    return value.reshape(-1, 1, 1)


def _places(x: Array) -> Array:
    """Return (N, C, H, W) with a row for each place of each image: (N*H*W, C)."""
    n, channels, height, width = x.shape
    return x.transpose(0, 2, 3, 1).reshape(n * height * width, channels)


def _maps(rows: Array, shape: tuple[int, ...]) -> Array:
    """Return the rows of `_places` as (N, C, H, W) again."""
    n, channels, height, width = shape
    return np.ascontiguousarray(rows.reshape(n, height, width, channels).transpose(0, 3, 1, 2))
