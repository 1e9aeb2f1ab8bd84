"""Matrix products, sums, permutations."""

from __future__ import annotations

import numpy as np

from tests.gradcheck.findings.cases import backward_of, paired, randn


def affine_args(n, d, m, dtype=np.float64):
    """Arguments x (n, d), w (d, m), b (m,)."""
    return randn(n, d, dtype=dtype), randn(d, m, dtype=dtype, seed=1), randn(m, dtype=dtype)


def affine(x, w, b):
    """out = x w + b; cache (x, w, b)."""
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


@backward_of(affine)
def affine_backward(dout, cache):
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


scale_shift = paired("scale_shift", lambda x, gamma, beta: (gamma * x + beta, (x, gamma)),
                     lambda dout, x, gamma: (dout * gamma, (dout * x).sum(0), dout.sum(0)))
bias = paired("bias", lambda x, b: (x + b, b.shape),
              lambda dout, shape: (dout, dout.reshape(-1, *shape).sum(axis=0)))
batched_matmul = paired("batched_matmul", lambda a, b: (a @ b, (a, b)), lambda dout, a, b: (
    dout @ b.swapaxes(1, 2), a.swapaxes(1, 2) @ dout))
# The column convention: out (M, N) = w (M, D) x (D, N).
weights_first = paired("weights_first", lambda w, x: (w @ x, (w, x)),
                       lambda dout, w, x: (dout @ x.T, w.T @ dout))
# One w (D, M) for every step of x (N, T, D).
sequence_product = paired("sequence_product", lambda x, w: (x @ w, (x, w)), lambda dout, x, w: (
    dout @ w.T, np.einsum("ntd,ntm->dm", x, dout)))
scores = paired("scores", lambda q, k: (q @ k.T / np.sqrt(q.shape[1]), (q, k)), lambda dout, q, k: (
    dout @ k / np.sqrt(q.shape[1]), dout.T @ q / np.sqrt(q.shape[1])))
to_channels_last = paired("to_channels_last", lambda x: (x.transpose(0, 2, 3, 1), x.shape),
                          lambda dout, shape: dout.transpose(0, 3, 1, 2))


def two_layers(x, w1, w2):
    a = x @ w1
    h = np.maximum(a, 0)
    return h @ w2, (x, w1, w2, a, h)


@backward_of(two_layers)
def two_layers_backward(dout, x, w1, w2, a, h):
    da = (dout @ w2.T) * (a > 0)
    return da @ w1.T, x.T @ da, h.T @ dout


def hidden_relu(x, w1, w2):
    mask = x @ w1 > 0
    return x @ w1 * mask @ w2, (x, w1, w2, mask)


@backward_of(hidden_relu)
def hidden_relu_backward(dout, x, w1, w2, mask):
    da = dout @ w2.T * mask
    return da @ w1.T, x.T @ da, (x @ w1 * mask).T @ dout


affine_relu = paired("affine_relu", lambda x, w, b: (
    np.maximum(x @ w + b, 0), (x, w, b, x @ w + b)), lambda dout, x, w, b, a: affine.backward(
        dout * (a > 0), (x, w, b)))


def rnn_step(x, h, wx, wh):
    out = np.tanh(x @ wx + h @ wh)
    return out, (x, h, wx, wh, out)


@backward_of(rnn_step)
def rnn_step_backward(dout, x, h, wx, wh, out):
    da = dout * (1 - out**2)
    return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da
