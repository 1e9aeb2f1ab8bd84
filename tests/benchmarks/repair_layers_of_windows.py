"""Right layers in the hands of several authors: norms, recurrent, windows, losses, nets."""
# ruff: noqa: RUF059, RET504, C408

import numpy as np


def rmsnorm_forward(x, g):
    r = np.sqrt(np.mean(x ** 2, axis=-1, keepdims=True) + 1e-6)
    return g * x / r, (x, g, r)


def rmsnorm_backward(dout, cache):
    x, g, r = cache
    D = x.shape[-1]
    dg = np.sum(dout * x / r, axis=0)
    h = dout * g
    dx = h / r - x * np.sum(h * x, axis=-1, keepdims=True) / (D * r ** 3)
    return dx, dg


def spatial_norm_forward(x, gamma, beta):
    mu = x.mean(axis=(0, 2, 3), keepdims=True)
    std = np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + 1e-5)
    xhat = (x - mu) / std
    return gamma[None, :, None, None] * xhat + beta[None, :, None, None], (xhat, gamma, std)


def spatial_norm_backward(dout, cache):
    xhat, gamma, std = cache
    N, C, H, W = dout.shape
    m = N * H * W
    dgamma = np.sum(dout * xhat, axis=(0, 2, 3))
    dbeta = np.sum(dout, axis=(0, 2, 3))
    dxhat = dout * gamma.reshape(1, C, 1, 1)
    s1 = dxhat.sum(axis=(0, 2, 3), keepdims=True)
    s2 = (dxhat * xhat).sum(axis=(0, 2, 3), keepdims=True)
    dx = (dxhat - s1 / m - xhat * s2 / m) / std
    return dx, dgamma, dbeta


def l2norm_forward(x):
    n = np.sqrt(np.sum(x ** 2, axis=1, keepdims=True))
    return x / n, (x, n)


def l2norm_backward(dout, cache):
    x, n = cache
    dot = np.sum(dout * x, axis=1, keepdims=True)
    return dout / n - x * dot / n ** 3


def cosine_forward(x, y):
    a = np.sqrt((x * x).sum(1))
    b = np.sqrt((y * y).sum(1))
    d = (x * y).sum(1)
    return d / (a * b), (x, y, a, b, d)


def cosine_backward(dout, cache):
    x, y, a, b, d = cache
    scale = (dout / (a * b))[:, None]
    dx = scale * (y - x * (d / a ** 2)[:, None])
    dy = scale * (x - y * (d / b ** 2)[:, None])
    return dx, dy


def rnn_step_forward(x, h, Wx, Wh, b):
    n = np.tanh(x @ Wx + h @ Wh + b)
    return n, (x, h, Wx, Wh, n)


def rnn_step_backward(dn, cache):
    x, h, Wx, Wh, n = cache
    da = dn * (1 - n * n)
    dx = da.dot(Wx.T)
    dh = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = h.T.dot(da)
    db = da.sum(axis=0)
    return dx, dh, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    prev = h0
    for t in range(T):
        prev = np.tanh(x[:, t] @ Wx + prev @ Wh)
        h[:, t] = prev
    return h, (x, h0, Wx, Wh, h)


def rnn_backward(dh, cache):
    x, h0, Wx, Wh, h = cache
    N, T, D = x.shape
    dx = np.zeros_like(x)
    dWx = np.zeros_like(Wx)
    dWh = np.zeros_like(Wh)
    dprev = np.zeros_like(h0)
    for t in reversed(range(T)):
        before = h[:, t - 1] if t > 0 else h0
        da = (dh[:, t] + dprev) * (1 - h[:, t] ** 2)
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += before.T @ da
        dprev = da @ Wh.T
    return dx, dprev, dWx, dWh


def lstm_step_forward(x, h, c, W, U, b):
    H = h.shape[1]
    a = x @ W + h @ U + b
    i, f, o = (1 / (1 + np.exp(-a[:, k * H:(k + 1) * H])) for k in range(3))
    g = np.tanh(a[:, 3 * H:])
    nc = f * c + i * g
    tc = np.tanh(nc)
    return o * tc, (x, h, c, W, U, i, f, o, g, tc)


def lstm_step_backward(dh, cache):
    x, h, c, W, U, i, f, o, g, tc = cache
    do = dh * tc
    dnc = dh * o * (1 - tc ** 2)
    di = dnc * g
    df = dnc * c
    dg = dnc * i
    dc = dnc * f
    da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)])
    dx = da @ W.T
    dprev = da @ U.T
    dW = x.T @ da
    dU = h.T @ da
    db = da.sum(axis=0)
    return dx, dprev, dc, dW, dU, db


def embedding_forward(idx, W):
    return W[idx], (idx, W.shape)


def embedding_backward(dout, cache):
    idx, shape = cache
    dW = np.zeros(shape)
    np.add.at(dW, idx, dout)
    return dW


def attention_forward(q, k, v):
    d = q.shape[-1]
    s = q @ k.T / np.sqrt(d)
    e = np.exp(s - s.max(axis=1, keepdims=True))
    a = e / e.sum(axis=1, keepdims=True)
    return a @ v, (q, k, v, a)


def attention_backward(dout, cache):
    q, k, v, a = cache
    d = q.shape[-1]
    dv = a.T @ dout
    da = dout @ v.T
    ds = a * (da - np.sum(da * a, axis=1, keepdims=True))
    dq = ds @ k / np.sqrt(d)
    dk = ds.T @ q / np.sqrt(d)
    return dq, dk, dv


def bilinear_forward(x, W, y):
    return np.sum((x @ W) * y, axis=1), (x, W, y)


def bilinear_backward(dout, cache):
    x, W, y = cache
    d = dout[:, None]
    dx = (d * y) @ W.T
    dW = x.T @ (d * y)
    dy = d * (x @ W)
    return dx, dW, dy


def conv1d_forward(x, w, b):
    N, C, L = x.shape
    F, _, K = w.shape
    out = np.zeros((N, F, L - K + 1))
    for i in range(L - K + 1):
        out[:, :, i] = np.tensordot(x[:, :, i:i + K], w, axes=([1, 2], [1, 2])) + b
    return out, (x, w, b)


def conv1d_backward(dout, cache):
    x, w, b = cache
    N, C, L = x.shape
    F, _, K = w.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    db = dout.sum(axis=(0, 2))
    for i in range(dout.shape[2]):
        patch = x[:, :, i:i + K]
        dw += np.tensordot(dout[:, :, i], patch, axes=(0, 0))
        dx[:, :, i:i + K] += np.tensordot(dout[:, :, i], w, axes=(1, 0))
    return dx, dw, db


def conv_forward(x, w, b, param):
    stride, pad = param["stride"], param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    Ho, Wo = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.zeros((N, F, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            win = xp[:, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
            out[:, :, i, j] = np.tensordot(win, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, b, param)


def conv_backward(dout, cache):
    x, w, b, param = cache
    stride, pad = param["stride"], param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    db = np.sum(dout, axis=(0, 2, 3))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            r, s = i * stride, j * stride
            win = xp[:, :, r:r + HH, s:s + WW]
            g = dout[:, :, i, j]
            dw += np.tensordot(g, win, axes=(0, 0))
            dxp[:, :, r:r + HH, s:s + WW] += np.tensordot(g, w, axes=(1, 0))
    dx = dxp[:, :, pad:pad + H, pad:pad + W]
    return dx, dw, db


def max_pool_forward(x, size):
    N, C, H, W = x.shape
    out = np.zeros((N, C, H // size, W // size))
    for i in range(H // size):
        for j in range(W // size):
            out[:, :, i, j] = x[:, :, i * size:(i + 1) * size, j * size:(j + 1) * size].max(
                axis=(2, 3))
    return out, (x, size)


def max_pool_backward(dout, cache):
    x, size = cache
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            win = x[:, :, i * size:(i + 1) * size, j * size:(j + 1) * size]
            mask = win == win.max(axis=(2, 3), keepdims=True)
            dx[:, :, i * size:(i + 1) * size, j * size:(j + 1) * size] = (
                mask * dout[:, :, i, j][:, :, None, None])
    return dx


def avg_pool_forward(x, k):
    N, C, H, W = x.shape
    return x.reshape(N, C, H // k, k, W // k, k).mean(axis=(3, 5)), (x.shape, k)


def avg_pool_backward(dout, cache):
    shape, k = cache
    dx = dout.repeat(k, axis=2).repeat(k, axis=3) / k ** 2
    return dx


def global_pool_forward(x):
    return x.mean(axis=(2, 3)), x.shape


def global_pool_backward(dout, shape):
    N, C, H, W = shape
    return np.ones(shape) * dout.reshape(N, C, 1, 1) / (H * W)


def affine_relu_forward(x, w, b):
    a = x @ w + b
    return np.maximum(a, 0), (x, w, a)


def affine_relu_backward(dout, cache):
    x, w, a = cache
    da = dout * (a > 0)
    dw = x.T.dot(da)
    db = np.sum(da, axis=0)
    dx = da.dot(w.T)
    return dx, dw, db


def highway_forward(x, W, U):
    t = 1 / (1 + np.exp(-(x @ U)))
    h = np.tanh(x @ W)
    return t * h + (1 - t) * x, (x, W, U, t, h)


def highway_backward(dout, cache):
    x, W, U, t, h = cache
    dt = dout * (h - x)
    dh = dout * t
    du = dt * t * (1 - t)
    dw = dh * (1 - h ** 2)
    dx = dout * (1 - t) + du @ U.T + dw @ W.T
    dW = x.T @ dw
    dU = x.T @ du
    return dx, dW, dU


def two_layer_forward(x, W1, b1, W2, b2):
    h = np.maximum(0, x.dot(W1) + b1)
    return h.dot(W2) + b2, dict(x=x, W1=W1, W2=W2, h=h)


def two_layer_backward(dscores, cache):
    h, W2, x = cache["h"], cache["W2"], cache["x"]
    dW2 = np.dot(h.T, dscores)
    db2 = np.sum(dscores, axis=0)
    dhidden = np.dot(dscores, W2.T)
    dhidden[h <= 0] = 0
    dW1 = np.dot(x.T, dhidden)
    db1 = np.sum(dhidden, axis=0)
    dx = dhidden.dot(cache["W1"].T)
    return dx, dW1, db1, dW2, db2


def bce_forward(x, y):
    p = 1 / (1 + np.exp(-x))
    return np.mean(np.log1p(np.exp(x)) - x * y, axis=1), (p, y)


def bce_backward(dout, cache):
    p, y = cache
    D = p.shape[1]
    dx = dout[:, np.newaxis] * (p - y) / D
    return dx


def nll_forward(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(y)), y]), (p, y)


def nll_backward(dout, cache):
    p, y = cache
    N = len(y)
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    dx *= dout[:, None]
    return dx


def hinge_forward(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y][:, None]
    margins = np.maximum(0, x - correct + 1)
    margins[np.arange(N), y] = 0
    return margins.sum(axis=1), (margins, y)


def hinge_backward(dout, cache):
    margins, y = cache
    N = margins.shape[0]
    dx = (margins > 0).astype(float)
    count = dx.sum(axis=1)
    dx[np.arange(N), y] -= count
    return dx * dout[:, None]


def mse_forward(x, y):
    return np.mean((x - y) ** 2, axis=1), (x, y)


def mse_backward(dout, cache):
    x, y = cache
    M = x.shape[1]
    dx = 2 * (x - y) / M * dout[:, None]
    dy = -dx
    return dx, dy


def cumsum_forward(x):
    return np.cumsum(x, axis=1), None


def cumsum_backward(dout, cache):
    dx = np.zeros_like(dout)
    total = np.zeros(dout.shape[0])
    for t in range(dout.shape[1] - 1, -1, -1):
        total = total + dout[:, t]
        dx[:, t] = total
    return dx


def difference_forward(x):
    return x[:, 1:] - x[:, :-1], x.shape


def difference_backward(dout, shape):
    dx = np.zeros(shape)
    dx[:, 1:] += dout
    dx[:, :-1] -= dout
    return dx
