"""Right forwards, their caches in the open, for the wrong backwards of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray
Param = dict[str, Any]


def affine(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """out = x w + b; cache (x, w, b)."""
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def relu(x: Array) -> tuple[Array, Any]:
    """out = max(x, 0); cache x."""
    return np.maximum(x, 0), x


def leaky_relu(x: Array, slope: float) -> tuple[Array, Any]:
    """out = x where x > 0, else slope x; cache (x, slope)."""
    return np.where(x > 0, x, slope * x), (x, slope)


def tanh(x: Array) -> tuple[Array, Any]:
    """out = tanh x; cache (x, out)."""
    out = np.tanh(x)
    return out, (x, out)


def sigmoid(x: Array) -> tuple[Array, Any]:
    """out = 1 / (1 + exp -x); cache (x, out)."""
    out = 1 / (1 + np.exp(-x))
    return out, (x, out)


def multiply(a: Array, b: Array) -> tuple[Array, Any]:
    """out = a b, elementwise; cache (a, b)."""
    return a * b, (a, b)


def dropout(x: Array, dropout_param: Param) -> tuple[Array, Any]:
    """Inverted dropout with the mask of dropout_param['seed']; cache (dropout_param, mask)."""
    p = dropout_param["p"]
    mask = np.random.default_rng(dropout_param["seed"]).random(x.shape) >= p
    return x * mask / (1 - p), (dropout_param, mask)


def batchnorm(x: Array, gamma: Array, beta: Array, bn_param: Param) -> tuple[Array, Any]:
    """Normalize each feature over the batch; cache (x, xhat, mu, ivar, gamma)."""
    mu = x.mean(axis=0)
    var = ((x - mu) ** 2).mean(axis=0)
    ivar = 1 / np.sqrt(var + bn_param["eps"])
    xhat = (x - mu) * ivar
    return gamma * xhat + beta, (x, xhat, mu, ivar, gamma)


def layernorm(x: Array, gamma: Array, beta: Array, ln_param: Param) -> tuple[Array, Any]:
    """Normalize each row over its features; cache (x, xhat, mu, ivar, gamma)."""
    mu = x.mean(axis=1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=1, keepdims=True)
    ivar = 1 / np.sqrt(var + ln_param["eps"])
    xhat = (x - mu) * ivar
    return gamma * xhat + beta, (x, xhat, mu, ivar, gamma)


def softmax(x: Array) -> tuple[Array, Any]:
    """Softmax of each row; cache the probabilities."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    out = e / e.sum(axis=1, keepdims=True)
    return out, out


def cross_entropy(x: Array, y: Array) -> tuple[Array, Any]:
    """Mean over the batch of -log softmax(x)[y]; cache (probabilities, y)."""
    probs, _ = softmax(x)
    shifted = x - x.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(x)), y].mean(), (probs, y)


def hinge(x: Array, y: Array) -> tuple[Array, Any]:
    """Mean over the batch of the multiclass hinge loss; cache (margins, y)."""
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    return margins.sum() / len(x), (margins, y)
