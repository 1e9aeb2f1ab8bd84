"""A teacher's attention with an example, a loss of his own without one, a layer in two variants."""

import numpy as np


def softmax_rows(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def self_attention_forward(x, Wq, Wk, Wv):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    a = softmax_rows(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))
    return a @ v, (x, Wq, Wk, Wv, q, k, v, a)


def self_attention_backward(dout, cache):
    x, Wq, Wk, Wv, q, k, v, a = cache
    da, dv = dout @ v.swapaxes(-1, -2), a.swapaxes(-1, -2) @ dout
    ds = a * (da - (da * a).sum(axis=-1, keepdims=True)) / np.sqrt(q.shape[-1])
    dq, dk = ds @ k, ds.swapaxes(-1, -2) @ q
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    flat = x.reshape(-1, x.shape[-1]).T
    return (dx, flat @ dq.reshape(-1, dq.shape[-1]), flat @ dk.reshape(-1, dk.shape[-1]),
            flat @ dv.reshape(-1, dv.shape[-1]))


def self_attention_example(rng):
    return (rng.normal(size=(2, 5, 4)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3)),
            rng.normal(size=(4, 3)))


def focal_loss(x, y):
    z = x - x.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    n = np.arange(len(y))
    p, lp = np.exp(logp[n, y]), logp[n, y]
    loss = -((1 - p) ** 2 * lp).mean()
    dl = (2 * (1 - p) * p * lp - (1 - p) ** 2) / len(y)
    dx = -np.exp(logp) * dl[:, None]
    dx[n, y] += dl
    return loss, dx


def gate_forward_naive(x, g):
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] * g
    return out, (x, g)


def gate_backward_naive(dout, cache):
    x, g = cache
    return dout * g, (dout * x).sum(axis=0)


def gate_forward_fast(x, g):
    return x * g, (x, g)


def gate_backward_fast(dout, cache):
    x, g = cache
    return dout * g, (dout * x).sum(axis=0)
