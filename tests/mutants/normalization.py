"""Wrong backwards of batchnorm, layernorm, group, instance, RMS and L2 normalization."""

from __future__ import annotations

import numpy as np

from . import Family, randn
from .forwards import batchnorm, layernorm

FAMILY = Family()
wrong = FAMILY.backward
f16, f32 = np.float16, np.float32


def sized(n, d, dtype=np.float64, eps=1e-5):
    """Arguments x (n, d), gamma (d,), beta (d,), param."""
    gamma = (1 + 0.3 * randn(d)).astype(dtype)
    return (1 + 2 * randn(n, d)).astype(dtype), gamma, randn(d, dtype=dtype, seed=1), {"eps": eps}


def mean(a, axis):
    return a.mean(axis=axis, keepdims=True)


def gamma_beta(dout, xhat):
    """The right dgamma and dbeta."""
    return (dout * xhat).sum(axis=0), dout.sum(axis=0)


def normalized_backward(dxhat, xhat, ivar, axis):
    """The right gradient through (x - mean) ivar."""
    return ivar * (dxhat - mean(dxhat, axis) - xhat * mean(dxhat * xhat, axis))


@wrong("mean-constant", batchnorm, *sized(6, 4))
@wrong("mean-constant", batchnorm, *sized(9, 5, f32))
def batchnorm_forgets_the_mean(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dxhat = dout * gamma
    return ivar * (dxhat - xhat * mean(dxhat * xhat, 0)), *gamma_beta(dout, xhat)


def centre(x):
    return x - x.mean(axis=0), None


@wrong("mean-constant", centre, randn(5, 7))
@wrong("mean-constant", centre, randn(4, 3, 2, dtype=f16))
def centring_taken_for_the_identity(dout, cache):
    return dout.copy()


@wrong("variance-constant", batchnorm, *sized(7, 3))
@wrong("variance-constant", batchnorm, *sized(5, 6, f32))
def batchnorm_forgets_the_variance(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dxhat = dout * gamma
    return ivar * (dxhat - mean(dxhat, 0)), *gamma_beta(dout, xhat)


@wrong("variance-constant", layernorm, *sized(4, 8))
def layernorm_forgets_the_variance(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dxhat = dout * gamma
    return ivar * (dxhat - mean(dxhat, 1)), *gamma_beta(dout, xhat)


@wrong("mean-constant", layernorm, *sized(5, 6, f32))
def layernorm_forgets_the_mean(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dxhat = dout * gamma
    return ivar * (dxhat - xhat * mean(dxhat * xhat, 1)), *gamma_beta(dout, xhat)


@wrong("statistics-constant", batchnorm, *sized(6, 5))
@wrong("statistics-constant", batchnorm, *sized(8, 3, f32))
@wrong("statistics-constant", layernorm, *sized(3, 7))
def normalization_with_fixed_statistics(dout, cache):
    _, xhat, _, ivar, gamma = cache
    return dout * gamma * ivar, *gamma_beta(dout, xhat)


def group_norm(x, gamma, beta, groups):
    n, c = x.shape[:2]
    g = x.reshape(n, groups, -1)
    ivar = 1 / np.sqrt(((g - mean(g, 2)) ** 2).mean(axis=2, keepdims=True) + 1e-5)
    xhat = (g - mean(g, 2)) * ivar
    affine = (1, c) + (1,) * (x.ndim - 2)
    out = xhat.reshape(x.shape) * gamma.reshape(affine) + beta.reshape(affine)
    return out, (xhat, ivar, gamma.reshape(affine))


def group_norm_args(n, c, h, w, groups, dtype=np.float64):
    return (randn(n, c, h, w, dtype=dtype), (1 + 0.3 * randn(c)).astype(dtype),
            randn(c, dtype=dtype, seed=1), groups)


def group_norm_parts(dout, cache):
    xhat, ivar, gamma = cache
    axes = (0, 2, 3)
    dgamma = (dout * xhat.reshape(dout.shape)).sum(axis=axes)
    return (dout * gamma).reshape(xhat.shape), xhat, ivar, dgamma, dout.sum(axis=axes)


@wrong("statistics-constant", group_norm, *group_norm_args(3, 4, 2, 3, 2))
def group_norm_with_fixed_statistics(dout, cache):
    dxhat, _, ivar, dgamma, dbeta = group_norm_parts(dout, cache)
    return (ivar * dxhat).reshape(dout.shape), dgamma, dbeta


@wrong("variance-constant", group_norm, *group_norm_args(2, 6, 3, 2, 3, f32))
def group_norm_forgets_the_variance(dout, cache):
    dxhat, _, ivar, dgamma, dbeta = group_norm_parts(dout, cache)
    return (ivar * (dxhat - mean(dxhat, 2))).reshape(dout.shape), dgamma, dbeta


@wrong("gamma-missing", group_norm, *group_norm_args(3, 4, 3, 2, 2))
def group_norm_forgets_gamma(dout, cache):
    dxhat, xhat, ivar, dgamma, dbeta = group_norm_parts(dout, cache)
    dxhat = dout.reshape(xhat.shape)
    return normalized_backward(dxhat, xhat, ivar, 2).reshape(dout.shape), dgamma, dbeta


def variance_term(factor):
    """A batchnorm or layernorm backward whose variance term is `factor` times the right one."""

    def wrong_backward(dout, cache, axis):
        _, xhat, _, ivar, gamma = cache
        dxhat = dout * gamma
        dx = ivar * (dxhat - mean(dxhat, axis) - factor * xhat * mean(dxhat * xhat, axis))
        return dx, *gamma_beta(dout, xhat)

    return wrong_backward


@wrong("variance-term-scaled", batchnorm, *sized(6, 4))
@wrong("variance-term-scaled", batchnorm, *sized(7, 5, f32))
def batchnorm_power_rule_without_half(dout, cache):
    return variance_term(2)(dout, cache, 0)


@wrong("variance-term-scaled", layernorm, *sized(4, 9))
def layernorm_square_without_two(dout, cache):
    return variance_term(0.5)(dout, cache, 1)


@wrong("variance-term-scaled", batchnorm, *sized(5, 3))
def batchnorm_variance_term_over_n_minus_one(dout, cache):
    return variance_term(5 / 4)(dout, cache, 0)


@wrong("variance-term-scaled", layernorm, *sized(3, 6, f32))
def layernorm_variance_term_with_the_wrong_sign(dout, cache):
    return variance_term(-1)(dout, cache, 1)


@wrong("gamma-missing", batchnorm, *sized(8, 4))
@wrong("gamma-missing", batchnorm, *sized(5, 7, f32))
def batchnorm_forgets_gamma(dout, cache):
    _, xhat, _, ivar, _ = cache
    return normalized_backward(dout, xhat, ivar, 0), *gamma_beta(dout, xhat)


@wrong("gamma-missing", layernorm, *sized(4, 6))
def layernorm_forgets_gamma(dout, cache):
    _, xhat, _, ivar, _ = cache
    return normalized_backward(dout, xhat, ivar, 1), *gamma_beta(dout, xhat)


def batchnorm_at_test_time(x, gamma, beta, bn_param):
    ivar = 1 / np.sqrt(bn_param["running_var"] + bn_param["eps"])
    xhat = (x - bn_param["running_mean"]) * ivar
    return gamma * xhat + beta, (xhat, gamma, ivar, bn_param)


TEST_MODE = {"mode": "test", "eps": 0.01, "running_mean": randn(4),
             "running_var": 0.1 + randn(4, seed=1) ** 2}


@wrong("gamma-missing", batchnorm_at_test_time, *sized(6, 4)[:3], TEST_MODE)
def test_time_batchnorm_forgets_gamma(dout, cache):
    xhat, _, ivar, _ = cache
    return dout * ivar, *gamma_beta(dout, xhat)


@wrong("eps-missing", batchnorm_at_test_time, *sized(5, 4)[:3], TEST_MODE)
def test_time_batchnorm_forgets_eps(dout, cache):
    xhat, gamma, _, bn_param = cache
    return dout * gamma / np.sqrt(bn_param["running_var"]), *gamma_beta(dout, xhat)


def without_eps(x, axis):
    """Return xhat and 1 / std of x with eps left out."""
    ivar = 1 / x.std(axis=axis, keepdims=True)
    return (x - mean(x, axis)) * ivar, ivar


@wrong("eps-missing", batchnorm, *sized(6, 3, eps=0.1))
@wrong("eps-missing", batchnorm, *sized(8, 5, f32, eps=0.5))
@wrong("eps-missing", batchnorm, *sized(7, 4, eps=1e-5))
def batchnorm_backward_forgets_eps(dout, cache):
    x, xhat, _, _, gamma = cache
    _, ivar = without_eps(x, 0)
    return normalized_backward(dout * gamma, xhat, ivar, 0), *gamma_beta(dout, xhat)


@wrong("eps-missing", layernorm, *sized(4, 7, eps=0.2))
def layernorm_recomputes_without_eps(dout, cache):
    x, xhat, _, _, gamma = cache
    bare, ivar = without_eps(x, 1)
    return normalized_backward(dout * gamma, bare, ivar, 1), *gamma_beta(dout, xhat)


@wrong("uses-x-not-xhat", batchnorm, *sized(6, 4))
@wrong("uses-x-not-xhat", batchnorm, *sized(7, 3, f32))
def batchnorm_dgamma_from_x(dout, cache):
    x, xhat, _, ivar, gamma = cache
    dx = normalized_backward(dout * gamma, xhat, ivar, 0)
    return dx, (dout * x).sum(axis=0), dout.sum(axis=0)


@wrong("uses-x-not-xhat", layernorm, *sized(5, 6))
def layernorm_dgamma_from_x(dout, cache):
    x, xhat, _, ivar, gamma = cache
    dx = normalized_backward(dout * gamma, xhat, ivar, 1)
    return dx, (dout * x).sum(axis=0), dout.sum(axis=0)


@wrong("uses-x-not-xhat", layernorm, *sized(4, 8, f32))
def layernorm_variance_term_from_x(dout, cache):
    x, xhat, _, ivar, gamma = cache
    return normalized_backward(dout * gamma, x, ivar, 1), *gamma_beta(dout, xhat)


@wrong("divided-by-std-twice", batchnorm, *sized(6, 5))
@wrong("divided-by-std-twice", batchnorm, *sized(9, 4, f32))
def batchnorm_divides_by_std_twice(dout, cache):
    _, xhat, _, ivar, gamma = cache
    return ivar * normalized_backward(dout * gamma, xhat, ivar, 0), *gamma_beta(dout, xhat)


@wrong("divided-by-std-twice", layernorm, *sized(5, 7))
def layernorm_divides_by_the_variance(dout, cache):
    _, xhat, _, ivar, gamma = cache
    return ivar * normalized_backward(dout * gamma, xhat, ivar, 1), *gamma_beta(dout, xhat)


def instance_norm(x):
    axes = (2, 3)
    ivar = 1 / np.sqrt(((x - mean(x, axes)) ** 2).mean(axis=axes, keepdims=True) + 1e-5)
    xhat = (x - mean(x, axes)) * ivar
    return xhat, (xhat, ivar)


@wrong("divided-by-std-twice", instance_norm, 3 * randn(2, 3, 4, 3))
def instance_norm_divides_by_std_twice(dout, cache):
    xhat, ivar = cache
    return ivar * normalized_backward(dout, xhat, ivar, (2, 3))


@wrong("variance-constant", instance_norm, randn(3, 2, 3, 4))
def instance_norm_forgets_the_variance(dout, cache):
    _, ivar = cache
    return ivar * (dout - mean(dout, (2, 3)))


def l2_normalize(x):
    norm = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return x / norm, (x / norm, norm)


@wrong("variance-constant", l2_normalize, randn(5, 4))
def l2_norm_taken_for_constant(dout, cache):
    _, norm = cache
    return dout / norm


def rms_norm(x, gamma):
    irms = 1 / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-6)
    return x * irms * gamma, (x * irms, irms, gamma)


@wrong("variance-term-scaled", rms_norm, randn(4, 7), 1 + randn(7) ** 2)
def rms_norm_sums_where_it_should_average(dout, cache):
    xhat, irms, gamma = cache
    dxhat = dout * gamma
    dx = irms * (dxhat - xhat * (dxhat * xhat).sum(axis=1, keepdims=True))
    return dx, (dout * xhat).sum(axis=0)


@wrong("gamma-missing", rms_norm, randn(3, 6, dtype=f32), (1 + randn(6) ** 2).astype(f32))
def rms_norm_forgets_gamma(dout, cache):
    xhat, irms, _ = cache
    return irms * (dout - xhat * mean(dout * xhat, 1)), (dout * xhat).sum(axis=0)


@wrong("scaled", batchnorm, *sized(7, 4), factor=7, factor_name="N")
def batchnorm_short_formula_without_one_over_n(dout, cache):
    _, xhat, _, ivar, gamma = cache
    n, dxhat = len(dout), dout * gamma
    dx = ivar * (n * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0))
    return dx, *gamma_beta(dout, xhat)


@wrong("outputs-swapped", batchnorm, *sized(5, 6))
@wrong("outputs-swapped", batchnorm, *sized(6, 3, f32))
def batchnorm_returns_dbeta_before_dgamma(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dgamma, dbeta = gamma_beta(dout, xhat)
    return normalized_backward(dout * gamma, xhat, ivar, 0), dbeta, dgamma


@wrong("wrong-axis-sum", batchnorm, *sized(5, 5))
def batchnorm_dbeta_summed_over_features(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dx = normalized_backward(dout * gamma, xhat, ivar, 0)
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=1)


@wrong("batch-reversed", layernorm, *sized(6, 5))
def layernorm_returns_the_batch_reversed(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dx = normalized_backward(dout * gamma, xhat, ivar, 1)
    return dx[::-1], *gamma_beta(dout, xhat)


@wrong("zero-gradient", layernorm, *sized(4, 5, f32))
def layernorm_leaves_dbeta_at_zero(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dx = normalized_backward(dout * gamma, xhat, ivar, 1)
    return dx, (dout * xhat).sum(axis=0), np.zeros_like(gamma)
