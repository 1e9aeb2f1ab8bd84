"""The same slips in normalization and losses, written in other styles."""

from __future__ import annotations

import numpy as np

import layers

from . import Family, randn
from .forwards import softmax

FAMILY = Family()
wrong, wrong_gradient = FAMILY.backward, FAMILY.gradient
f32 = np.float32


def staged_batchnorm(x, gamma, beta, eps=1e-3):
    """Batchnorm in the steps of the computational graph, all of them cached."""
    mu = np.mean(x, axis=0)
    xmu = x - mu
    var = np.mean(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    return gamma * xhat + beta, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def staged(dout, cache, *, dvar_factor=1.0, dmu=True, gamma_used=True, dsqrt_from=None):
    """Walk the graph backwards; the keywords are where students slip."""
    xhat, gamma, xmu, ivar, sqrtvar, _, _ = cache
    n = len(dout)
    dxhat = dout * gamma if gamma_used else dout
    divar = np.sum(dxhat * xmu, axis=0)
    dsqrtvar = -divar / sqrtvar**2
    dvar = dvar_factor * 0.5 * dsqrtvar / (sqrtvar if dsqrt_from is None else dsqrt_from)
    dxmu = dxhat * ivar + 2 * xmu * dvar / n
    dx = dxmu - dmu * np.sum(dxmu, axis=0) / n
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)


def scaled_args(n, d, dtype=np.float64):
    x, gamma = 3 + 2 * randn(n, d, seed=7), 0.5 + randn(d, seed=8) ** 2
    return x.astype(dtype), gamma.astype(dtype), randn(d, seed=9, dtype=dtype)


@wrong("mean-constant", staged_batchnorm, *scaled_args(5, 3))
@wrong("mean-constant", staged_batchnorm, *scaled_args(12, 2, f32))
def staged_batchnorm_stops_at_dxmu(dout, cache):
    return staged(dout, cache, dmu=False)


@wrong("variance-constant", staged_batchnorm, *scaled_args(4, 6))
def staged_batchnorm_drops_dvar(dout, cache):
    return staged(dout, cache, dvar_factor=0)


@wrong("statistics-constant", staged_batchnorm, *scaled_args(10, 3, f32))
def staged_batchnorm_drops_both(dout, cache):
    return staged(dout, cache, dvar_factor=0, dmu=False)


@wrong("variance-term-scaled", staged_batchnorm, *scaled_args(5, 8))
def staged_batchnorm_drops_the_half(dout, cache):
    return staged(dout, cache, dvar_factor=2)


@wrong("variance-term-scaled", staged_batchnorm, *scaled_args(6, 3))
def staged_batchnorm_sums_instead_of_averaging(dout, cache):
    return staged(dout, cache, dvar_factor=len(dout))


@wrong("gamma-missing", staged_batchnorm, *scaled_args(7, 4))
def staged_batchnorm_starts_from_dout(dout, cache):
    return staged(dout, cache, gamma_used=False)


@wrong("uses-x-not-xhat", staged_batchnorm, *scaled_args(8, 4))
def staged_batchnorm_dgamma_from_the_centred_input(dout, cache):
    dx, _, dbeta = staged(dout, cache)
    return dx, np.sum(dout * cache[2], axis=0), dbeta


@wrong("outputs-swapped", staged_batchnorm, *scaled_args(9, 5, f32))
def staged_batchnorm_returns_beta_first(dout, cache):
    dx, dgamma, dbeta = staged(dout, cache)
    return dx, dbeta, dgamma


@wrong("divided-by-std-twice", staged_batchnorm, *scaled_args(6, 6))
def staged_batchnorm_multiplies_by_ivar_again(dout, cache):
    dx, dgamma, dbeta = staged(dout, cache)
    return dx * cache[3], dgamma, dbeta


def time_layernorm(x, gamma, beta):
    """Normalize the last axis of x (N, T, D)."""
    mu = x.mean(axis=-1, keepdims=True)
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - mu) / std
    return gamma * xhat + beta, {"xhat": xhat, "std": std, "gamma": gamma}


TIME = (2 + 3 * randn(3, 2, 5), 0.5 + randn(5) ** 2, randn(5, seed=1))


def time_layernorm_dx(g, xhat, std, mean_term=1.0, variance_term=1.0):
    return (g - mean_term * g.mean(axis=-1, keepdims=True)
            - variance_term * xhat * (g * xhat).mean(axis=-1, keepdims=True)) / std


@wrong("variance-constant", time_layernorm, *TIME)
def time_layernorm_without_the_variance_path(dout, cache):
    g = dout * cache["gamma"]
    return (time_layernorm_dx(g, cache["xhat"], cache["std"], variance_term=0),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)))


@wrong("gamma-missing", time_layernorm, *TIME)
def time_layernorm_without_gamma(dout, cache):
    return (time_layernorm_dx(dout, cache["xhat"], cache["std"]),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)))


@wrong("mean-constant", time_layernorm, *TIME)
def time_layernorm_without_the_mean_path(dout, cache):
    g = dout * cache["gamma"]
    return (time_layernorm_dx(g, cache["xhat"], cache["std"], mean_term=0),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)))


@wrong("scaled", time_layernorm, *TIME, factor=1 / 3, factor_name="1/N")
def time_layernorm_averages_dbeta(dout, cache):
    g = dout * cache["gamma"]
    return (time_layernorm_dx(g, cache["xhat"], cache["std"]),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)) / len(dout))


def soft_labels(x, t):
    """Mean cross-entropy of logits x with target distributions t."""
    probs, _ = softmax(x)
    return -(t * np.log(probs)).sum(axis=1).mean(), (probs, t)


TARGETS = softmax(randn(7, 4, seed=5))[0]


@wrong("label-term-missing", soft_labels, randn(7, 4), TARGETS, wrt=[0])
def soft_labels_forgotten(dout, cache):
    probs, _ = cache
    return dout * probs / len(probs)


@wrong("label-term-sign", soft_labels, randn(7, 4), TARGETS, wrt=[0])
def soft_labels_added(dout, cache):
    probs, t = cache
    return dout * (probs + t) / len(probs)


@wrong("not-normalized", soft_labels, randn(7, 4), TARGETS, wrt=[0])
def soft_labels_summed(dout, cache):
    probs, t = cache
    return dout * (probs - t)


CLASSES = np.array([1, 0, 3, 3, 2])


def package_loss(loss):
    return lambda x: loss(x, CLASSES)[0]


@wrong_gradient("label-term-missing", package_loss(layers.softmax_loss), randn(5, 4))
def package_softmax_without_labels(x):
    dx = layers.softmax_loss(x, CLASSES)[1]
    dx[np.arange(5), CLASSES] += 1 / 5
    return dx


@wrong_gradient("wrong-label", package_loss(layers.softmax_loss), randn(5, 4))
def package_softmax_with_sorted_labels(x):
    return layers.softmax_loss(x, np.sort(CLASSES))[1]


@wrong_gradient("margin-count", package_loss(layers.svm_loss), randn(5, 4))
def package_svm_label_minus_one(x):
    dx = layers.svm_loss(x, CLASSES)[1]
    dx[np.arange(5), CLASSES] = -1 / 5
    return dx


@wrong_gradient("label-term-sign", package_loss(layers.svm_loss), randn(5, 4, dtype=f32))
def package_svm_label_plus(x):
    dx = layers.svm_loss(x, CLASSES)[1]
    dx[np.arange(5), CLASSES] *= -1
    return dx


def axis_softmax(x):
    """Softmax over the last axis of x (N, T, D)."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True), None


@wrong("diagonal-jacobian-only", lambda x: (axis_softmax(x)[0],) * 2, randn(2, 3, 5))
def time_softmax_diagonal(dout, probs):
    return dout * (probs - probs**2)


@wrong("diagonal-jacobian-only", lambda x: (axis_softmax(x)[0],) * 2, randn(8))
def vector_softmax_diagonal(dout, probs):
    return dout * (probs - probs**2)


@wrong("samples-ignored", lambda x: (axis_softmax(x)[0],) * 2, randn(6, 4))
def softmax_every_other_sample(dout, probs):
    dx = probs * (dout - (dout * probs).sum(axis=1, keepdims=True))
    dx[1::2] = 0
    return dx
