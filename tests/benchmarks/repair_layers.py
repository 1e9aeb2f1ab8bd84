"""Right layers in the hands of several authors: affine, activations, softmax, batchnorm."""
# ruff: noqa: RUF059, F841, RET504

import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def flat_affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def flat_affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = np.dot(dout, w.T).reshape(x.shape)
    dw = np.dot(x.reshape(N, -1).T, dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def columns_forward(A, W, b):
    return W @ A + b, (A, W)


def columns_backward(dZ, cache):
    A, W = cache
    m = A.shape[1]
    dW = dZ @ A.T
    db = np.sum(dZ, axis=1, keepdims=True)
    dA = W.T @ dZ
    return dA, dW, db


def averaged_forward(A, W):
    m = A.shape[1]
    return W @ A / m, (A, W)


def averaged_backward(dZ, cache):
    A, W = cache
    m = A.shape[1]
    dW = 1 / m * np.dot(dZ, A.T)
    dA = np.dot(W.T, dZ) / m
    return dA, dW


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] = 0
    return dx


def masked_relu_forward(x):
    mask = x > 0
    return x * mask, mask


def masked_relu_backward(dout, mask):
    return dout * mask


def leaky_forward(x, slope):
    return np.where(x > 0, x, slope * x), (x, slope)


def leaky_backward(dout, cache):
    x, slope = cache
    return np.where(x > 0, dout, slope * dout)


def elu_forward(x, alpha):
    out = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    return out, (x, out, alpha)


def elu_backward(dout, cache):
    x, out, alpha = cache
    slope = np.where(x > 0, 1, out + alpha)
    return dout * slope


def sigmoid_forward(z):
    s = 1 / (1 + np.exp(-z))
    return s, s


def sigmoid_backward(dA, s):
    return dA * s * (1 - s)


def tanh_forward(x):
    t = np.tanh(x)
    return t, t


def tanh_backward(grad_out, t):
    grad = 1 - t ** 2
    return grad_out * grad


def silu_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)


def silu_backward(dout, cache):
    x, s = cache
    ds = s * (1 - s)
    return dout * (s + x * ds)


def gelu_forward(x):
    c = np.sqrt(2 / np.pi)
    u = c * (x + 0.044715 * x ** 3)
    t = np.tanh(u)
    return 0.5 * x * (1 + t), (x, t, c)


def gelu_backward(dout, cache):
    x, t, c = cache
    du = c * (1 + 3 * 0.044715 * x ** 2)
    dt = (1 - t ** 2) * du
    return dout * (0.5 * (1 + t) + 0.5 * x * dt)


def softplus_forward(x):
    return np.log1p(np.exp(x)), x


def softplus_backward(dout, x):
    return dout / (1 + np.exp(-x))


def power_forward(x, n):
    return x ** n, (x, n)


def power_backward(dout, cache):
    x, n = cache
    return dout * n * x ** (n - 1)


def reciprocal_forward(x, y):
    return x / y, (x, y)


def reciprocal_backward(dout, cache):
    x, y = cache
    dx = dout / y
    dy = -dout * x / y ** 2
    return dx, dy


def dropout_forward(x, param):
    p = param["p"]
    mask = np.random.default_rng(param["seed"]).random(x.shape) >= p
    return x * mask / (1 - p), (param, mask)


def dropout_backward(dout, cache):
    param, mask = cache
    p = param["p"]
    dx = dout * mask / (1 - p)
    return dx


def softmax_forward(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    return y, y


def softmax_backward(dout, y):
    inner = np.sum(dout * y, axis=1, keepdims=True)
    return y * (dout - inner)


def log_softmax_forward(x):
    shifted = x - x.max(axis=1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return out, out


def log_softmax_backward(dout, out):
    p = np.exp(out)
    total = dout.sum(axis=1, keepdims=True)
    return dout - p * total


def row_softmax_forward(x):
    y = np.zeros_like(x)
    for i in range(len(x)):
        e = np.exp(x[i] - np.max(x[i]))
        y[i] = e / np.sum(e)
    return y, y


def row_softmax_backward(dout, y):
    dx = np.zeros_like(y)
    for i in range(len(y)):
        J = np.diag(y[i]) - np.outer(y[i], y[i])
        dx[i] = J @ dout[i]
    return dx


def batchnorm_forward(x, gamma, beta):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = (x - mu) / std
    return gamma * xhat + beta, (xhat, gamma, std)


def batchnorm_backward(dout, cache):
    xhat, gamma, std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dx = (N * dxhat - dxhat.sum(axis=0) - xhat * np.sum(dxhat * xhat, axis=0)) / (N * std)
    return dx, dgamma, dbeta


def staged_batchnorm_forward(x, gamma, beta, eps):
    N, D = x.shape
    mu = 1. / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu ** 2
    var = 1. / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1. / sqrtvar
    xhat = xmu * ivar
    return gamma * xhat + beta, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def staged_batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1. / (sqrtvar ** 2) * divar
    dvar = 0.5 * 1. / np.sqrt(var + eps) * dsqrtvar
    dsq = 1. / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1. / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def paper_batchnorm_forward(x, gamma, beta):
    m = x.shape[0]
    mean = np.mean(x, axis=0)
    var = np.var(x, axis=0)
    inv = (var + 1e-5) ** -0.5
    return gamma * (x - mean) * inv + beta, {"x": x, "mean": mean, "inv": inv, "gamma": gamma}


def paper_batchnorm_backward(dout, cache):
    x, mean, inv, gamma = cache["x"], cache["mean"], cache["inv"], cache["gamma"]
    m = x.shape[0]
    centred = x - mean
    dxhat = dout * gamma
    dvar = np.sum(dxhat * centred, axis=0) * -0.5 * inv ** 3
    dmean = np.sum(-dxhat * inv, axis=0) + dvar * np.mean(-2 * centred, axis=0)
    dx = dxhat * inv + dvar * 2 * centred / m + dmean / m
    dgamma = np.sum(dout * centred * inv, axis=0)
    dbeta = np.sum(dout, axis=0)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta):
    mu = np.mean(x, axis=1, keepdims=True)
    sigma = np.sqrt(np.var(x, axis=1, keepdims=True) + 1e-5)
    xhat = (x - mu) / sigma
    return gamma * xhat + beta, (xhat, gamma, sigma)


def layernorm_backward(dout, cache):
    xhat, gamma, sigma = cache
    dgamma = (dout * xhat).sum(0)
    dbeta = dout.sum(0)
    g = dout * gamma
    dx = (g - g.mean(axis=1, keepdims=True) - xhat * (g * xhat).mean(axis=1, keepdims=True)) / sigma
    return dx, dgamma, dbeta
