"""Right layers for images: convolution and pooling by loops, normalization over groups."""
# ruff: noqa: RUF059

import numpy as np


def conv_forward(x, w, b, stride, pad):
    N, C, H, W = x.shape
    F, _, R, S = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = 1 + (H + 2 * pad - R) // stride, 1 + (W + 2 * pad - S) // stride
    out = np.zeros((N, F, rows, columns))
    for i in range(rows):
        for j in range(columns):
            patch = xp[:, :, i * stride:i * stride + R, j * stride:j * stride + S]
            out[:, :, i, j] = np.tensordot(patch, w, ((1, 2, 3), (1, 2, 3))) + b
    return out, (x, w, b, stride, pad)


def conv_backward(dout, cache):
    x, w, b, stride, pad = cache
    N, C, H, W = x.shape
    F, _, R, S = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw, db = np.zeros_like(xp), np.zeros_like(w), np.sum(dout, axis=(0, 2, 3))
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    r, s = i * stride, j * stride
                    dw[f] += xp[n, :, r:r + R, s:s + S] * dout[n, f, i, j]
                    dxp[n, :, r:r + R, s:s + S] += w[f] * dout[n, f, i, j]
    dx = dxp[:, :, pad:pad + H, pad:pad + W]
    return dx, dw, db


def max_pool_forward(x, size, stride):
    N, C, H, W = x.shape
    rows, columns = 1 + (H - size) // stride, 1 + (W - size) // stride
    out = np.zeros((N, C, rows, columns))
    for i in range(rows):
        for j in range(columns):
            r, s = i * stride, j * stride
            out[:, :, i, j] = x[:, :, r:r + size, s:s + size].max(axis=(2, 3))
    return out, (x, size, stride)


def max_pool_backward(dout, cache):
    x, size, stride = cache
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    r, s = i * stride, j * stride
                    window = x[n, c, r:r + size, s:s + size]
                    a, b = np.unravel_index(window.argmax(), window.shape)
                    dx[n, c, r + a, s + b] += dout[n, c, i, j]
    return dx


def spatial_batchnorm_forward(x, gamma, beta):
    N, C, H, W = x.shape
    flat = x.transpose(0, 2, 3, 1).reshape(-1, C)
    mu, var = flat.mean(axis=0), flat.var(axis=0)
    xhat = (flat - mu) / np.sqrt(var + 1e-5)
    out = gamma * xhat + beta
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), (xhat, gamma, var)


def spatial_batchnorm_backward(dout, cache):
    xhat, gamma, var = cache
    N, C, H, W = dout.shape
    d = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    m = d.shape[0]
    dgamma, dbeta = (d * xhat).sum(axis=0), d.sum(axis=0)
    dxhat = d * gamma
    dx = (m * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / m
    dx = dx / np.sqrt(var + 1e-5)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


def groupnorm_forward(x, gamma, beta, G):
    N, C, H, W = x.shape
    groups = x.reshape(N * G, -1)
    mu = groups.mean(axis=1, keepdims=True)
    std = np.sqrt(groups.var(axis=1, keepdims=True) + 1e-5)
    xhat = ((groups - mu) / std).reshape(N, C, H, W)
    return gamma * xhat + beta, (xhat, gamma, std, G)


def groupnorm_backward(dout, cache):
    xhat, gamma, std, G = cache
    N, C, H, W = dout.shape
    dgamma = (dout * xhat).sum(axis=(0, 2, 3), keepdims=True)
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dxhat = (dout * gamma).reshape(N * G, -1)
    rows = xhat.reshape(N * G, -1)
    m = rows.shape[1]
    dx = dxhat - dxhat.mean(axis=1, keepdims=True)
    dx = dx - rows * (dxhat * rows).sum(axis=1, keepdims=True) / m
    dx = (dx / std).reshape(N, C, H, W)
    return dx, dgamma, dbeta
