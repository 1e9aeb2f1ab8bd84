"""Layers with a slip in backward, written for the tests of repair, each with the right line."""

import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=1)
    return dx, dw, db


def scaled_forward(x, p):
    return x * (1 - p), (x, p)


def scaled_backward(dout, cache):
    _, p = cache
    return dout * p


def tanh_forward(x):
    t = np.tanh(x)
    return t, t


def tanh_backward(dout, t):
    return dout * (1 - t)


def layernorm_forward(x, gamma, beta):
    inv = 1 / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    xhat = (x - x.mean(axis=1, keepdims=True)) * inv
    return gamma * xhat + beta, (xhat, gamma, inv)


def layernorm_backward(dout, cache):
    xhat, gamma, inv = cache
    dxhat = dout * gamma
    dx = inv * (dxhat - dxhat.mean(axis=1, keepdims=True)
                + xhat * (dxhat * xhat).mean(axis=1, keepdims=True))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def raising_forward(x, w):
    return x @ w, (x, w)


def raising_backward(dout, cache):
    x, w = cache
    dx = dout @ w
    dw = x.T @ dout
    return dx, dw


def two_forward(x, w):
    return np.tanh(x) @ w, (x, w)


def two_backward(dout, cache):
    x, w = cache
    t = np.tanh(x)
    dx = dout @ w.T * (1 + t**2)
    dw = x.T @ dout
    return dx, dw


def swish_forward(x):
    s = _sigmoid(x)
    return x * s, (x, s)


def swish_backward(dout, cache):
    x, s = cache
    return 2 * dout * (s + x * s * (1 + s))


def raising_twice_forward(x, w):
    return x @ w, (x, w)


def raising_twice_backward(dout, cache):
    x, w = cache
    dx = dout @ w
    dw = x @ dout
    return dx, dw


def renamed_forward(x, w):
    return x @ w, (x, w.copy())


def renamed_backward(dout, cache):
    return dout @ weights.T, x.T @ dout  # noqa: F821


def helped_forward(x):
    return x * _sigmoid(x), x


def helped_backward(dout, x):
    return dout * (_sigmoid(x) + x * _sigmoid_slope(x))


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _sigmoid_slope(x):
    s = _sigmoid(x)
    return s * (1 + s)


def cached_forward(x, w):
    hidden = np.maximum(x, 0)
    return hidden @ w, (x, x, w)


def cached_backward(dout, cache):
    x, hidden, w = cache
    dhidden = dout @ w.T
    return dhidden * (x > 0), hidden.T @ dout


def split_forward(x):
    return x[:, :2], 3 * x[:, 2:], x.shape


def split_backward(da, db, shape):
    dx = np.zeros(shape)
    dx[:, :2] = da
    dx[:, 2:] = db
    return dx


def made_on_the_spot(slope):
    """Return a layer whose functions are closures."""
    def forward(x):
        return np.where(x > 0, x, slope * x), x

    def backward(dout, x):
        return np.where(x > 0, dout, dout / slope)

    return forward, backward


class Scale:
    def __init__(self, w):
        self.w = w

    def forward(self, x):
        self.x = x
        return x * self.w

    def backward(self, dout):
        self.dw = (dout + self.x).sum(axis=0)
        return dout * self.w


class Net:
    """A net whose gradient of W1 lacks the regularization."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.reg = 0.3
        self.params = {"W1": rng.normal(size=(4, 5)), "W2": rng.normal(size=(5, 3))}

    def loss(self, X, y):
        W1, W2 = self.params["W1"], self.params["W2"]
        h = np.tanh(X @ W1)
        loss, dscores = _softmax_loss(h @ W2, y)
        loss += 0.5 * self.reg * (np.sum(W1**2) + np.sum(W2**2))
        grads = {"W2": h.T @ dscores + self.reg * W2}
        dh = dscores @ W2.T * (1 - h**2)
        grads["W1"] = X.T @ dh
        return loss, grads


def _softmax_loss(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    p[np.arange(len(y)), y] -= 1
    return loss, p / len(y)


def right_forward(x):
    return x**2, x


def right_backward(dout, x):
    return 2 * dout * x


def strange_forward(x, w):
    h = np.tanh(x @ w)
    return h.sum(axis=1), (x, w, h)


def strange_backward(dout, cache):
    x, w, h = cache
    da = np.sinh(h)[:, ::-1] * 5 + dout[:, None] * np.cos(x @ w) ** 7
    dx = da @ w.T
    dw = x.T @ da
    return dx, dw


def lost_forward(x, w, b):
    return np.tanh(x @ w + b), (x, w, b)


def lost_backward(dout, cache):
    x, w, b = cache
    t = np.tanh(x @ w + b)  # noqa: F841  (what is to be multiplied by 1 - t ** 2)
    da = dout
    return da @ w.T, x.T @ da, da.sum(axis=0)


def squashed_forward(x, w):
    h = x @ w
    return np.sin(h) ** 7, (x, w, np.sin(h), np.cos(h))


def squashed_backward(dout, cache):
    x, w, s, c = cache
    dh = dout * 2 * s * c
    return dh @ w.T, x.T @ dh


def power_forward(x, n):
    return x**n, (x, n)


def power_backward(dout, cache):
    x, n = cache
    return dout * n * x**1


def packed_forward(x, y):
    s = 1 / (1 + np.exp(-x))
    return s * y, (s, y)


def packed_backward(dout, cache):
    ds = s * (1 - s)  # noqa: F821
    return dout * ds * y, dout * s  # noqa: F821


def undefined_forward(x):
    n = np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    return x / n, (x, n)


def undefined_backward(dout, cache):
    x, n = cache
    return dout / n - x * dot / n**3  # noqa: F821


def halved_forward(x, w):
    return x.dot(w), (x, w)


def halved_backward(dout, cache):
    x, w = cache
    n = x.shape[0]
    dx = dout.dot(w.T)
    dw = x.T.dot(dout) / n
    return dx, dw


def leaky_forward(x, slope):
    return np.where(x > 0, x, slope * x), (x, slope)


def leaky_backward(dout, cache):
    x, slope = cache
    return np.where(x > 0, dout, slope)


def lookup_forward(idx, w):
    return w[idx], (idx, w.shape)


def lookup_backward(dout, cache):
    idx, shape = cache
    dw = np.zeros(shape)
    dw[idx] += dout
    return dw


def cell_forward(x, c):
    t = np.tanh(c)
    return (x * t, c + 0), (x, t)


def cell_backward(dh, dc, cache):
    x, t = cache
    return dh * t, dh * x * (1 - t**2)


def scaled_rows_forward(x, eps):
    s = np.sum(x**2, axis=1, keepdims=True)
    return x / (s + eps), (x, s, eps)


def scaled_rows_backward(dout, cache):
    x, s, eps = cache
    total = np.sum(dout * x, axis=1, keepdims=True)
    return dout / (s + eps) - 2 * x * total / s**2


def windows_forward(x, size, stride):
    count = (x.shape[1] - size) // stride + 1
    out = np.stack([x[:, i * stride:i * stride + size].sum(axis=1) for i in range(count)], axis=1)
    return out, (x.shape, size, stride)


def windows_backward(dout, cache):
    shape, size, stride = cache  # noqa: RUF059
    dx = np.zeros(shape)
    for i in range(dout.shape[1]):
        dx[:, i:i + size] += dout[:, i:i + 1]
    return dx


def unit_forward(x):
    centred = x - x.mean(axis=0)
    var = np.mean(centred**2, axis=0)
    return centred / np.sqrt(var + 1e-3), centred


def unit_backward(dout, centred):
    var = np.mean(centred**2, axis=0)
    total = np.mean(dout * centred, axis=0)
    return (dout - dout.mean(axis=0) - centred * total / var) / np.sqrt(var)


def diagonal_forward(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def diagonal_backward(dout, p):
    return p * (1 - p) * dout


def spread_forward(x):
    return x.max(axis=1), x


def spread_backward(dout, x):
    return dout[:, None] * np.ones_like(x)


def tied_forward(x):
    return x.max(axis=1), x


def tied_backward(dout, x):
    return (x == x.max(axis=1, keepdims=True)) * dout[:, None]


def rooted_forward(x):
    return (x * x + 1) ** -0.5 + x, x


def rooted_backward(dout, x):
    dv = dout * -0.5 * (x * x + 1) ** -1.5
    return dv * x + dout


def gated_forward(x):
    return x + x, x


def gated_backward(dout, x):
    dx = dout + dout
    dx[x.max() > 0] = 0
    return dx


def blur_forward(x, pad):
    padded = np.pad(x, ((0, 0), (pad, pad)))
    return padded[:, 1:] + padded[:, :-1], (x, pad)


def blur_backward(dout, cache):
    x, pad = cache
    dpadded = np.zeros_like(np.pad(x, ((0, 0), (1, 1))))
    dpadded[:, 1:] += dout
    dpadded[:, :-1] += dout
    return dpadded[:, pad:pad + x.shape[1]]


def topped_forward(x):
    return np.array([np.max(window) for window in x]), x


def topped_backward(dout, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] = (x[i] == np.max(x[i])) * dout[i]
    return dx


def chosen_forward(x):
    return x.max(axis=1), x


def chosen_backward(dout, x):
    return np.where(x == x.max(axis=1, keepdims=True), dout[:, None], 0)
