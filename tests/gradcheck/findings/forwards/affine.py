"""Matrix products, means, sums, permutations."""

from __future__ import annotations

import numpy as np

from tests.gradcheck.findings.cases import backward_of, randn


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


def scale_shift(x, gamma, beta):
    return gamma * x + beta, (x, gamma)


@backward_of(scale_shift)
def scale_shift_backward(dout, x, gamma):
    return dout * gamma, (dout * x).sum(axis=0), dout.sum(axis=0)


def bias(x, b):
    return x + b, b.shape


@backward_of(bias)
def bias_backward(dout, shape):
    return dout, dout.reshape(-1, *shape).sum(axis=0)


def batched_matmul(a, b):
    return a @ b, (a, b)


@backward_of(batched_matmul)
def batched_matmul_backward(dout, a, b):
    return dout @ b.swapaxes(1, 2), a.swapaxes(1, 2) @ dout


def weights_first(w, x):
    """The column convention: out (M, N) = w (M, D) x (D, N)."""
    return w @ x, (w, x)


@backward_of(weights_first)
def weights_first_backward(dout, w, x):
    return dout @ x.T, w.T @ dout


def sequence_product(x, w):
    """One w (D, M) for every step of x (N, T, D)."""
    return np.einsum("ntd,dm->ntm", x, w), (x, w)


@backward_of(sequence_product)
def sequence_product_backward(dout, x, w):
    return dout @ w.T, np.einsum("ntd,ntm->dm", x, dout)


def two_layers(x, w1, w2):
    a = x @ w1
    h = np.maximum(a, 0)
    return h @ w2, (x, w1, w2, a, h)


@backward_of(two_layers)
def two_layers_backward(dout, x, w1, w2, a, h):
    da = (dout @ w2.T) * (a > 0)
    return da @ w1.T, x.T @ da, h.T @ dout


def scores(q, k):
    """The scores of attention."""
    return q @ k.T / np.sqrt(q.shape[1]), (q, k)


@backward_of(scores)
def scores_backward(dout, q, k):
    return dout @ k / np.sqrt(q.shape[1]), dout.T @ q / np.sqrt(q.shape[1])


def rnn_step(x, h, wx, wh):
    out = np.tanh(x @ wx + h @ wh)
    return out, (x, h, wx, wh, out)


@backward_of(rnn_step)
def rnn_step_backward(dout, x, h, wx, wh, out):
    da = dout * (1 - out**2)
    return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da


def to_channels_last(x):
    return x.transpose(0, 2, 3, 1), x.shape


@backward_of(to_channels_last)
def to_channels_first(dout, shape):
    return dout.transpose(0, 3, 1, 2)
