"""Right attention, embedding and layers that are applied at every time step."""
# ruff: noqa: RUF059

import numpy as np


def attention_forward(q, k, v):
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    w = e / e.sum(axis=-1, keepdims=True)
    return w @ v, (q, k, v, w)


def attention_backward(dout, cache):
    q, k, v, w = cache
    scale = 1 / np.sqrt(q.shape[-1])
    dw = dout @ v.transpose(0, 2, 1)
    dv = w.transpose(0, 2, 1) @ dout
    ds = w * (dw - (dw * w).sum(axis=-1, keepdims=True))
    dq = ds @ k * scale
    dk = ds.transpose(0, 2, 1) @ q * scale
    return dq, dk, dv


def heads_forward(x, Wq, Wk, Wv, Wo):
    N, T, D = x.shape
    n = 2
    q, k, v = ((x @ W).reshape(N, T, n, D // n).transpose(0, 2, 1, 3) for W in (Wq, Wk, Wv))
    s = q @ k.transpose(0, 1, 3, 2) / np.sqrt(D // n)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    w = e / e.sum(axis=-1, keepdims=True)
    y = (w @ v).transpose(0, 2, 1, 3).reshape(N, T, D)
    return y @ Wo, (x, Wq, Wk, Wv, Wo, q, k, v, w, y)


def heads_backward(dout, cache):
    x, Wq, Wk, Wv, Wo, q, k, v, w, y = cache
    N, T, D = x.shape
    n = q.shape[1]
    flat = x.reshape(N * T, D)
    dWo = y.reshape(N * T, D).T @ dout.reshape(N * T, D)
    dy = (dout @ Wo.T).reshape(N, T, n, D // n).transpose(0, 2, 1, 3)
    dv = w.transpose(0, 1, 3, 2) @ dy
    dw = dy @ v.transpose(0, 1, 3, 2)
    ds = w * (dw - (dw * w).sum(axis=-1, keepdims=True)) / np.sqrt(D // n)
    dq = ds @ k
    dk = ds.transpose(0, 1, 3, 2) @ q
    dq = dq.transpose(0, 2, 1, 3).reshape(N * T, D)
    dk = dk.transpose(0, 2, 1, 3).reshape(N * T, D)
    dv = dv.transpose(0, 2, 1, 3).reshape(N * T, D)
    dx = (dq @ Wq.T + dk @ Wk.T + dv @ Wv.T).reshape(N, T, D)
    return dx, flat.T @ dq, flat.T @ dk, flat.T @ dv, dWo


def word_embedding_forward(x, W):
    return W[x], (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    np.add.at(dW, x, dout)
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    return (x.reshape(N * T, D) @ w).reshape(N, T, -1) + b, (x, w, b)


def temporal_affine_backward(dout, cache):
    x, w, b = cache
    N, T, D = x.shape
    flat = dout.reshape(N * T, -1)
    dx = (flat @ w.T).reshape(N, T, D)
    dw = x.reshape(N * T, D).T @ flat
    db = flat.sum(axis=0)
    return dx, dw, db


def temporal_softmax_forward(x, y, mask):
    N, T, V = x.shape
    scores, labels = x.reshape(N * T, V), y.reshape(N * T)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    chosen = mask.reshape(N * T)
    loss = -np.sum(chosen * np.log(p[np.arange(N * T), labels])) / N
    return loss, (p, labels, chosen, x.shape)


def temporal_softmax_backward(dout, cache):
    p, labels, chosen, shape = cache
    N, T, V = shape
    dx = p.copy()
    dx[np.arange(N * T), labels] -= 1
    dx /= N
    dx *= chosen[:, None]
    return dout * dx.reshape(N, T, V)
