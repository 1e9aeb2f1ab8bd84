"""Wrong backwards of affine layers, matrix products, means and permutations."""

from __future__ import annotations

import numpy as np

from . import Family, randn
from .forwards import affine

FAMILY = Family()
wrong = FAMILY.backward
f16, f32 = np.float16, np.float32


def sized(n, d, m, dtype=np.float64):
    """Arguments x (n, d), w (d, m), b (m,)."""
    return randn(n, d, dtype=dtype), randn(d, m, dtype=dtype, seed=1), randn(m, dtype=dtype)


def right(dout, cache):
    """The right gradients, for mutants that spoil one of them."""
    x, w, _ = cache
    return ((dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0))


@wrong("transposed", affine, *sized(3, 5, 5))
@wrong("transposed", affine, *sized(4, 6, 6, f32))
def dw_multiplied_in_the_other_order(dout, cache):
    x, _, _ = cache
    dx, _, db = right(dout, cache)
    return dx, dout.T @ x, db


@wrong("missing-transpose", affine, *sized(3, 4, 4))
@wrong("missing-transpose", affine, *sized(5, 6, 6, f32))
def dx_without_the_transpose_of_w(dout, cache):
    _, w, _ = cache
    _, dw, db = right(dout, cache)
    return dout @ w, dw, db


@wrong("missing-transpose", affine, *sized(5, 5, 4))
def dw_without_the_transpose_of_x(dout, cache):
    x, _, _ = cache
    dx, _, db = right(dout, cache)
    return dx, x @ dout, db


def scale_shift(x, gamma, beta):
    return gamma * x + beta, (x, gamma)


@wrong("outputs-swapped", scale_shift, randn(6, 4), randn(4), randn(4, seed=1))
@wrong("outputs-swapped", scale_shift, randn(5, 3, dtype=f16), randn(3, dtype=f16),
       randn(3, seed=1, dtype=f16))
def scale_and_shift_returned_in_the_wrong_order(dout, cache):
    x, gamma = cache
    return dout * gamma, dout.sum(axis=0), (dout * x).sum(axis=0)


@wrong("outputs-swapped", affine, *sized(4, 4, 4))
def dx_and_dw_swapped(dout, cache):
    dx, dw, db = right(dout, cache)
    return dw, dx, db


@wrong("wrong-axis-sum", affine, *sized(5, 3, 5))
@wrong("wrong-axis-sum", affine, *sized(4, 6, 4, f32))
def db_summed_over_the_outputs(dout, cache):
    dx, dw, _ = right(dout, cache)
    return dx, dw, dout.sum(axis=1)


@wrong("wrong-axis-sum", scale_shift, randn(5, 5), randn(5), randn(5, seed=1))
def dgamma_summed_over_the_features(dout, cache):
    x, gamma = cache
    return dout * gamma, (dout * x).sum(axis=1), dout.sum(axis=0)


@wrong("samples-ignored", affine, *sized(6, 4, 3))
@wrong("samples-ignored", affine, *sized(5, 7, 2, f32))
def loop_stops_before_the_last_sample(dout, cache):
    x, w, _ = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), dout.sum(axis=0)
    for i in range(len(x) - 1):
        dx[i] = w @ dout[i]
        dw += np.outer(x[i], dout[i])
    return dx, dw, db


@wrong("samples-ignored", affine, *sized(6, 5, 4))
def dw_keeps_only_the_last_sample(dout, cache):
    x, _, _ = cache
    dx, dw, db = right(dout, cache)
    for row, grad in zip(x, dout, strict=True):
        dw = np.outer(row, grad)
    return dx, dw, db


@wrong("samples-ignored", affine, *sized(8, 3, 5))
def db_sums_half_the_batch(dout, cache):
    dx, dw, _ = right(dout, cache)
    return dx, dw, dout[: len(dout) // 2].sum(axis=0)


@wrong("zero-gradient", affine, *sized(4, 5, 3, f32))
def db_never_computed(dout, cache):
    dx, dw, _ = right(dout, cache)
    return dx, dw, np.zeros(dout.shape[1], dtype=dout.dtype)


@wrong("scaled", affine, *sized(7, 4, 3), factor=1 / 7, factor_name="1/N")
@wrong("scaled", affine, *sized(5, 6, 2, f32), factor=1 / 5, factor_name="1/N")
def db_averaged_over_the_batch(dout, cache):
    dx, dw, _ = right(dout, cache)
    return dx, dw, dout.mean(axis=0)


@wrong("scaled", affine, randn(5, 2, 3), randn(6, 4), randn(4), factor=1 / 5, factor_name="1/N")
def dw_divided_by_the_batch_size(dout, cache):
    dx, dw, db = right(dout, cache)
    return dx, dw / len(dout), db


@wrong("scaled", affine, *sized(6, 5, 3), factor=2, factor_name="2")
def dw_accumulated_twice(dout, cache):
    x, _, _ = cache
    dx, dw, db = right(dout, cache)
    for row, grad in zip(x, dout, strict=True):
        dw += np.outer(row, grad)
    return dx, dw, db


def batch_mean(x):
    return x.mean(axis=0), x


@wrong("scaled", batch_mean, randn(7, 4), factor=7, factor_name="N")
@wrong("scaled", batch_mean, randn(5, 3, dtype=f32), factor=5, factor_name="N")
def batch_mean_spread_undivided(dout, x):
    return np.broadcast_to(dout, x.shape).copy()


def feature_mean(x):
    return x.mean(axis=1), x


@wrong("scaled", feature_mean, randn(4, 7), factor=7, factor_name="D")
def feature_mean_spread_undivided(dout, x):
    return np.repeat(dout[:, None], x.shape[1], axis=1)


def feature_sum(x):
    return x.sum(axis=1), x


@wrong("scaled", feature_sum, randn(3, 8), factor=1 / 8, factor_name="1/D")
@wrong("scaled", feature_sum, randn(4, 6, dtype=f16), factor=1 / 6, factor_name="1/D")
def feature_sum_averaged(dout, x):
    return np.repeat(dout[:, None], x.shape[1], axis=1) / x.shape[1]


def scores(q, k):
    return q @ k.T / np.sqrt(q.shape[1]), (q, k)


@wrong("missing-transpose", scores, randn(5, 3), randn(5, 3, seed=1))
def attention_keys_without_the_transpose(dout, cache):
    q, k = cache
    return dout @ k / np.sqrt(q.shape[1]), dout @ q / np.sqrt(q.shape[1])


@wrong("scaled", scores, randn(4, 6), randn(5, 6), factor=np.sqrt(6))
def attention_forgets_the_square_root_of_d(dout, cache):
    q, k = cache
    return dout @ k, dout.T @ q


@wrong("elements-exchanged", affine, randn(4, 2, 3), randn(6, 5), randn(5))
def dx_reshaped_in_column_order(dout, cache):
    x, w, _ = cache
    _, dw, db = right(dout, cache)
    dx = np.stack([row.reshape(x.shape[1:], order="F") for row in dout @ w.T])
    return dx, dw, db


def sort(x):
    order = np.argsort(x, axis=0)
    return np.take_along_axis(x, order, axis=0), order


@wrong("elements-exchanged", sort, randn(6, 4))
@wrong("elements-exchanged", sort, randn(9, dtype=f32))
def sort_permutes_instead_of_unpermuting(dout, order):
    return np.take_along_axis(dout, order, axis=0)


def concatenate(a, b):
    return np.concatenate([a, b], axis=1), a.shape[1]


@wrong("outputs-swapped", concatenate, randn(4, 3), randn(4, 3, seed=1))
def concatenate_splits_in_the_wrong_order(dout, width):
    return dout[:, width:], dout[:, :width]


@wrong("batch-reversed", affine, *sized(6, 3, 4))
def affine_returns_the_batch_reversed(dout, cache):
    dx, dw, db = right(dout, cache)
    return dx[::-1], dw, db


def affine_minus_bias(x, w, b):
    return x @ w - b, (x, w, b)


@wrong("sign-flipped", affine_minus_bias, *sized(4, 5, 3))
def db_ignores_the_minus(dout, cache):
    return right(dout, cache)


def two_layers(x, w1, w2):
    a = x @ w1
    h = np.maximum(a, 0)
    return h @ w2, (x, w1, w2, a, h)


@wrong("wrong-cached-value", two_layers, randn(6, 4), randn(4, 5), randn(5, 3))
@wrong("wrong-cached-value", two_layers, randn(5, 3, dtype=f32), randn(3, 6, dtype=f32),
       randn(6, 2, dtype=f32))
def second_weights_fed_the_preactivation(dout, cache):
    x, w1, w2, a, _ = cache
    da = (dout @ w2.T) * (a > 0)
    return da @ w1.T, x.T @ da, a.T @ dout


@wrong("mask-not-applied", two_layers, randn(6, 4), randn(4, 7), randn(7, 3), also=("unexplained",))
def hidden_relu_forgotten(dout, cache):
    x, w1, w2, _, h = cache
    dh = dout @ w2.T
    return dh @ w1.T, x.T @ dh, h.T @ dout


def embedding(w, indices):
    return w[indices], (w, indices)


# A row that is looked up twice receives only the last gradient, as an overlapping window does.
@wrong("overlap-overwritten", embedding, randn(5, 3), np.array([1, 4, 1, 0, 1, 4]),
       also=("samples-ignored",))
def embedding_loses_repeated_rows(dout, cache):
    w, indices = cache
    dw = np.zeros_like(w)
    dw[indices] += dout
    return dw


def rnn_step(x, h, wx, wh):
    out = np.tanh(x @ wx + h @ wh)
    return out, (x, h, wx, wh, out)


@wrong("unexplained", rnn_step, randn(4, 3), randn(4, 5), randn(3, 5), randn(5, 5))
def rnn_step_forgets_the_tanh(dout, cache):
    x, h, wx, wh, _ = cache
    return dout @ wx.T, dout @ wh.T, x.T @ dout, h.T @ dout


@wrong("transposed", rnn_step, randn(4, 3), randn(4, 5), randn(3, 5), randn(5, 5))
def rnn_step_recurrent_weights_transposed(dout, cache):
    x, h, wx, wh, out = cache
    da = dout * (1 - out**2)
    return da @ wx.T, da @ wh.T, x.T @ da, da.T @ h
