"""The homework, solved.

Check it with `gradcheck check solution.py`, and grade it as the autograder does with
`gradcheck grade --points points.toml solution.py`.
"""

import numpy as np


def affine_forward(x, w, b):
    """Return out of shape (N, M), and the cache."""
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    """Return dx, dw, db, in the shapes of x, w, b."""
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)


def relu_forward(x):
    """Return max(x, 0), and the cache."""
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    """Return dx."""
    return np.where(cache > 0, dout, 0)


def batchnorm_forward(x, gamma, beta, bn_param):
    """Return out of the shape of x (N, D), and the cache.

    bn_param holds 'mode', and may hold 'eps' (1e-5), 'momentum' (0.9), 'running_mean' and
    'running_var', both of shape (D,); in mode 'train' the last two are written back.
    """
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    if mode == "test":
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * xhat + beta, None
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    return gamma * xhat + beta, (xhat, std, gamma)


def batchnorm_backward(dout, cache):
    """Return dx, dgamma, dbeta, in mode 'train'."""
    xhat, std, gamma = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def softmax_loss(x, y):
    """Return the loss, a scalar, and its gradient dx."""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(log_p)
    dx[rows, y] -= 1
    return -log_p[rows, y].mean(), dx / len(x)


def dropout_forward(x, param):
    """Return out, of the shape and dtype of x, and the cache."""
    p, mode = param["p"], param["mode"]
    if mode == "test":
        return x, (p, None)
    mask = np.random.default_rng(param.get("seed")).random(x.shape) >= p
    return (x * mask / (1 - p)).astype(x.dtype), (p, mask)


def dropout_backward(dout, cache):
    """Return dx, of the shape and dtype of dout."""
    p, mask = cache
    return dout if mask is None else (dout * mask / (1 - p)).astype(dout.dtype)


def vanilla_dropout_forward(x, param):
    """Return out, of the shape and dtype of x, and the cache."""
    p, mode = param["p"], param["mode"]
    if mode == "test":
        return ((1 - p) * x).astype(x.dtype), (p, None)
    mask = np.random.default_rng(param.get("seed")).random(x.shape) >= p
    return (x * mask).astype(x.dtype), (p, mask)


def vanilla_dropout_backward(dout, cache):
    """Return dx, of the shape and dtype of dout."""
    p, mask = cache
    return (dout * (1 - p if mask is None else mask)).astype(dout.dtype)
