"""Layers that normalize: over the batch, the features, groups, images; in one formula or staged."""

from __future__ import annotations

import numpy as np

from tests.gradcheck.findings.cases import backward_of, randn


def arguments(n, d, dtype=np.float64, eps=1e-5):
    """Arguments x (n, d), gamma (d,), beta (d,), param."""
    gamma = (1 + 0.3 * randn(d)).astype(dtype)
    return (1 + 2 * randn(n, d)).astype(dtype), gamma, randn(d, dtype=dtype, seed=1), {"eps": eps}


def with_scale(x):
    """Arguments x, gamma, beta, param; plain ones at float32."""
    d = x.shape[1]
    if x.dtype == np.float32:
        return x, np.ones(d, np.float32), np.zeros(d, np.float32), {"eps": 1e-5}
    return x, 1 + randn(d) ** 2, randn(d), {"eps": 1e-5}


def mean(a, axis):
    return a.mean(axis=axis, keepdims=True)


def normalized(x, axis, eps):
    """Return mean, 1 / std and xhat of x over the axes."""
    mu = mean(x, axis)
    ivar = 1 / np.sqrt(mean((x - mu) ** 2, axis) + eps)
    return mu, ivar, (x - mu) * ivar


def batchnorm(x, gamma, beta, bn_param):
    """Normalize each feature over the batch; cache (x, xhat, mu, ivar, gamma)."""
    mu, ivar, xhat = normalized(x, 0, bn_param["eps"])
    return gamma * xhat + beta, (x, xhat, mu, ivar, gamma)


def layernorm(x, gamma, beta, ln_param):
    """Normalize the last axis; cache (x, xhat, mu, ivar, gamma)."""
    mu, ivar, xhat = normalized(x, -1, ln_param["eps"])
    return gamma * xhat + beta, (x, xhat, mu, ivar, gamma)


def time_layernorm(x, gamma, beta):
    """Normalize the last axis of x (N, T, D); the cache is a dict of xhat, std and gamma."""
    _, ivar, xhat = normalized(x, -1, 1e-5)
    return gamma * xhat + beta, {"xhat": xhat, "std": 1 / ivar, "gamma": gamma}


TIME = (2 + 3 * randn(3, 2, 5), 0.5 + randn(5) ** 2, randn(5, seed=1))


def images_norm(x, gamma, beta):
    """Normalize the channels of x (N, C, H, W) over all else; cache (xhat, std, gamma)."""
    _, ivar, xhat = normalized(x, (0, 2, 3), 1e-5)
    gamma = gamma[:, None, None]
    return gamma * xhat + beta[:, None, None], (xhat, 1 / ivar, gamma)


IMAGES = (1 + 3 * randn(2, 3, 2, 4), 0.5 + randn(3) ** 2, randn(3, seed=1))


def group_norm(x, gamma, beta, groups):
    """Normalize groups of the channels of x (N, C, H, W); cache as batchnorm's, xhat grouped."""
    mu, ivar, xhat = normalized(x.reshape(len(x), groups, -1), 2, 1e-5)
    gamma = gamma[:, None, None]
    return gamma * xhat.reshape(x.shape) + beta[:, None, None], (x, xhat, mu, ivar, gamma)


def group_norm_args(n, c, h, w, groups, dtype=np.float64):
    return (randn(n, c, h, w, dtype=dtype), (1 + 0.3 * randn(c)).astype(dtype),
            randn(c, dtype=dtype, seed=1), groups)


def instance_norm(x):
    """Normalize each image of each channel of x (N, C, H, W); cache (xhat, ivar)."""
    _, ivar, xhat = normalized(x, (2, 3), 1e-5)
    return xhat, (xhat, ivar)


def rms_norm(x, gamma):
    irms = 1 / np.sqrt(mean(x**2, 1) + 1e-6)
    return x * irms * gamma, (x * irms, irms, gamma)


def batchnorm_at_test_time(x, gamma, beta, bn_param):
    ivar = 1 / np.sqrt(bn_param["running_var"] + bn_param["eps"])
    xhat = (x - bn_param["running_mean"]) * ivar
    return gamma * xhat + beta, (xhat, gamma, ivar, bn_param)


TEST_MODE = {"mode": "test", "eps": 0.01, "running_mean": randn(4),
             "running_var": 0.1 + randn(4, seed=1) ** 2}


def gamma_beta(dout, xhat, gamma_shape=()):
    """The right dgamma and dbeta."""
    axes = tuple(axis for axis in range(dout.ndim) if axis + len(gamma_shape) < dout.ndim
                 or gamma_shape[axis - dout.ndim] == 1) if gamma_shape else 0
    return (dout * xhat).sum(axis=axes), dout.sum(axis=axes)


def dx_of(dxhat, xhat, ivar, axis, mean_term=1.0, variance_term=1.0):
    """The right gradient through (x - mean) ivar, its two terms weighed."""
    return ivar * (dxhat - mean_term * mean(dxhat, axis)
                   - variance_term * xhat * mean(dxhat * xhat, axis))


def slip(axis, *, mean_term=1.0, variance_term=1.0, gamma_used=True):
    """A backward for the caches above; the keywords are where students slip."""

    def backward(dout, x, xhat, mu, ivar, gamma):
        dxhat = (dout * gamma if gamma_used else dout).reshape(xhat.shape)
        dx = dx_of(dxhat, xhat, ivar, axis, mean_term, variance_term)
        return dx.reshape(dout.shape), *gamma_beta(dout, xhat.reshape(dout.shape), gamma.shape)

    return backward


def std_slip(axis, **slips):
    """As slip, where the cache holds xhat, std and gamma, in a tuple or in a dict."""

    def backward(dout, cache):
        xhat, std, gamma = cache.values() if isinstance(cache, dict) else cache
        return slip(axis, **slips)(dout, None, xhat, None, 1 / std, gamma)

    return backward


for layer, axis in ((batchnorm, 0), (layernorm, -1), (group_norm, 2)):
    backward_of(layer)(slip(axis))
for layer, axis in ((images_norm, (0, 2, 3)), (time_layernorm, -1)):
    backward_of(layer)(std_slip(axis))


backward_of(instance_norm)(lambda dout, xhat, ivar: dx_of(dout, xhat, ivar, (2, 3)))


@backward_of(rms_norm)
def rms_norm_backward(dout, xhat, irms, gamma):
    return dx_of(dout * gamma, xhat, irms, 1, mean_term=0), (dout * xhat).sum(axis=0)


@backward_of(batchnorm_at_test_time)
def batchnorm_at_test_time_backward(dout, xhat, gamma, ivar, _):
    return dout * gamma * ivar, *gamma_beta(dout, xhat)


def staged_batchnorm(x, gamma, beta, eps=1e-3):
    """Batchnorm in the steps of the computational graph, all of them cached."""
    mu = np.mean(x, axis=0)
    xmu = x - mu
    var = np.mean(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    return gamma * xhat + beta, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


@backward_of(staged_batchnorm)
def staged(dout, cache, *, dvar_factor=1.0, dmu=True, gamma_used=True):
    """Walk the graph backwards; the keywords are where students slip."""
    xhat, gamma, xmu, ivar, sqrtvar, _, _ = cache
    n = len(dout)
    dxhat = dout * gamma if gamma_used else dout
    divar = np.sum(dxhat * xmu, axis=0)
    dsqrtvar = -divar / sqrtvar**2
    dvar = dvar_factor * 0.5 * dsqrtvar / sqrtvar
    dxmu = dxhat * ivar + 2 * xmu * dvar / n
    dx = dxmu - dmu * np.sum(dxmu, axis=0) / n
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)


def staged_args(n, d, dtype=np.float64):
    x, gamma = 3 + 2 * randn(n, d, seed=7), 0.5 + randn(d, seed=8) ** 2
    return x.astype(dtype), gamma.astype(dtype), randn(d, seed=9, dtype=dtype)
