"""Right layers whose outputs mix their inputs: sequences, windows, gathers, matrices, dicts."""

from __future__ import annotations

import numpy as np

import gradcheck

from . import Correct, randn, windows
from .correct import CORRECT, right
from .forwards import softmax

f16, f32 = np.float16, np.float32


def running_total(x):
    return np.cumsum(x, axis=0), None


@right(running_total, randn(9, 4))
def cumsum_right(dout, cache):
    return np.cumsum(dout[::-1], axis=0)[::-1]


def sort(x):
    order = np.argsort(x, axis=1)
    return np.take_along_axis(x, order, axis=1), order


@right(sort, randn(4, 7))
def sort_right(dout, order):
    dx = np.empty_like(dout)
    np.put_along_axis(dx, order, dout, axis=1)
    return dx


def gather(w, indices):
    return w[indices], (w, indices)


@right(gather, randn(6, 3), np.array([[0, 5], [5, 2], [1, 5]]))
@right(gather, randn(4, 2, dtype=f32), np.array([3, 3, 0]))
def gather_right(dout, cache):
    w, indices = cache
    dw = np.zeros_like(w)
    np.add.at(dw, indices, dout)
    return dw


KNOTS = np.array([-2.0, -0.5, 0.0, 1.0, 3.0])


def interpolate(x, heights):
    return np.interp(x, KNOTS, heights), (x, heights)


@right(interpolate, np.array([-1.0, -0.5, 0.3, 0.0, 2.5, 0.9999999, -1.9]), randn(5))
def piecewise_linear_right(dout, cache):
    x, heights = cache
    i = np.clip(np.searchsorted(KNOTS, x, side="right") - 1, 0, len(KNOTS) - 2)
    width = KNOTS[i + 1] - KNOTS[i]
    t = (x - KNOTS[i]) / width
    dheights = np.zeros_like(heights)
    np.add.at(dheights, i, dout * (1 - t))
    np.add.at(dheights, i + 1, dout * t)
    return dout * (heights[i + 1] - heights[i]) / width, dheights


def spatial_dropout(x, p, rng_seed):
    mask = np.random.default_rng(rng_seed).random((*x.shape[:2], 1, 1)) >= p
    return x * mask / (1 - p), mask / (1 - p)


@right(spatial_dropout, randn(3, 6, 2, 2), 0.4, 5)
def spatial_dropout_right(dout, scale):
    return dout * scale


def attention(q, k, v, causal):
    scores = q @ k.T / np.sqrt(q.shape[1])
    if causal:
        scores = np.where(np.tri(len(q), len(k), dtype=bool), scores, -np.inf)
    weights, _ = softmax(scores)
    return weights @ v, (q, k, v, weights)


@right(attention, randn(5, 4), randn(5, 4, seed=1), randn(5, 3), True)
@right(attention, randn(4, 6, dtype=f32), randn(7, 6, dtype=f32), randn(7, 2, dtype=f32), False)
@right(attention, 10 * randn(5, 4), 3 * randn(6, 4), randn(6, 2), False)
@right(attention, 10 * randn(5, 4, seed=1000), 3 * randn(6, 4, seed=1000), randn(6, 2), False)
@right(attention, 10 * randn(5, 4, seed=3000), 3 * randn(6, 4, seed=3000), randn(6, 2), False)
def attention_right(dout, cache):
    q, k, v, weights = cache
    dweights = dout @ v.T
    dscores = weights * (dweights - (dweights * weights).sum(axis=1, keepdims=True))
    dscores = dscores / np.sqrt(q.shape[1])
    return dscores @ k, dscores.T @ q, weights.T @ dout


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_step(x, h, c, wx, wh, b):
    i, f, o, g = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    tc = np.tanh(f * c + i * g)
    return o * tc, (x, h, c, wx, wh, i, f, o, g, tc)


@right(lstm_step, randn(3, 4), randn(3, 5), randn(3, 5, seed=1), randn(4, 20), randn(5, 20),
       randn(20))
def lstm_step_right(dout, cache):
    x, h, c, wx, wh, i, f, o, g, tc = cache
    dc = dout * o * (1 - tc**2)
    da = np.concatenate([dc * g * i * (1 - i), dc * c * f * (1 - f), dout * tc * o * (1 - o),
                         dc * i * (1 - g**2)], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@right(windows.conv, *windows.conv_args((2, 3, 5, 4), (2, 3, 3, 3), pad=1))
@right(windows.conv, *windows.conv_args((2, 2, 7, 6), (3, 2, 3, 2), stride=2, dtype=f32))
def conv_right(dout, cache):
    dpadded, dw, db = windows.conv_right(dout, cache)
    return windows.crop(dpadded, cache[2]["pad"]), dw, db


@right(windows.max_pool, randn(2, 2, 6, 6), 2, 2)
@right(windows.max_pool, randn(1, 2, 5, 5, dtype=f32), 3, 1)
@right(windows.max_pool, np.round(randn(2, 2, 4, 4)), 2, 2)
def max_pool_right(dout, cache):
    return windows.pool(dout, cache, windows.at_maximum)


def bilinear(x, a, z):
    return np.einsum("ni,kij,nj->nk", x, a, z), (x, a, z)


@right(bilinear, randn(4, 3), randn(5, 3, 2), randn(4, 2))
def einsum_right(dout, cache):
    x, a, z = cache
    return (np.einsum("nk,kij,nj->ni", dout, a, z), np.einsum("nk,ni,nj->kij", dout, x, z),
            np.einsum("nk,ni,kij->nj", dout, x, a))


def gated(x):
    return x + np.maximum(np.roll(x, 1, axis=1) - 1.5, 0), x


# A neighbour matters only where it is large: a rare dependence that probing can overlook.
@right(gated, randn(5, 40))
def rarely_open_gate_right(dout, x):
    return dout + np.roll(dout * (np.roll(x, 1, axis=1) > 1.5), -1, axis=1)


def solve(a, b):
    x = np.linalg.solve(a, b)
    return x, (a, x)


@right(solve, 4 * np.eye(4) + randn(4, 4), randn(4, 2))
def linear_solve_right(dout, cache):
    a, x = cache
    db = np.linalg.solve(a.T, dout)
    return -db @ x.T, db


def mean_in_double(x):
    return x.astype(np.float64).mean(axis=0).astype(x.dtype), x


@right(mean_in_double, randn(20, 3, dtype=f32))
def mean_accumulated_in_double_right(dout, x):
    return np.broadcast_to(dout / len(x), x.shape)


def through_a_buffer(x):
    out = np.zeros(x.shape)
    out[...] = np.tanh(x)
    return out, out


# The float64 buffer drops an imaginary part, as a complex step would meet it.
@right(through_a_buffer, randn(6, 5))
def buffered_tanh_right(dout, out):
    return dout * (1 - out**2)


def picky_square(x):
    if x.dtype.kind != "f":
        raise TypeError(f"x: expected floats, got {x.dtype}")
    return x**2, x


@right(picky_square, randn(5, 3))
def refuses_complex_right(dout, x):
    return 2 * x * dout


def masked_mean(x, valid, how):
    total = np.where(valid, x, 0).sum(axis=1)
    return total / valid.sum(axis=1) if how == "mean" else total, valid


@right(masked_mean, randn(3, 5), np.arange(15).reshape(3, 5) % 4 != 2, "mean")
def mask_and_word_arguments_right(dout, valid):
    return dout[:, None] * valid / valid.sum(axis=1, keepdims=True)


def identity(x):
    return x, None


@right(identity, randn(4, 5))
def identity_returns_dout_itself(dout, cache):
    return dout


def unused(x, w):
    return 2 * x, w.shape


@right(unused, randn(3, 4), randn(5))
def unused_argument_has_zero_gradient(dout, shape):
    return 2 * dout, np.zeros(shape)


def ill_scaled(x, w):
    return x * w, (x, w)


@right(ill_scaled, randn(6) * 10.0 ** np.array([-8, 6, 0, -4, 3, 5]), randn(6, seed=1))
def mixed_scales_right(dout, cache):
    x, w = cache
    return dout * w, dout * x


def total(x):
    return float(np.sum(x**2)), x


@right(total, randn(7, 3))
def python_float_output_right(dout, x):
    return 2 * dout * x


def weighted(x, gain, power):
    return gain * x**power, (x, gain, power)


@right(weighted, 1 + randn(4, 4) ** 2, 2.5, 3, wrt=[0])
def scalar_arguments_right(dout, cache):
    x, gain, power = cache
    return dout * gain * power * x ** (power - 1)


def half_squares(params):
    return 0.5 * sum((value**2).sum() for value in params.values())


def gradient(name, f, grad, x, **options):
    """Register a right gradient of a scalar function."""
    CORRECT.append(Correct(name, lambda: gradcheck.check_gradient(f, grad, x, **options)))


X, Y = randn(12, 4), np.arange(12) % 3


def log_likelihood(w):
    scores = X @ w
    top = scores.max(axis=1)
    return (top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
            - scores[np.arange(12), Y]).mean()


def log_likelihood_gradient(w):
    probs, _ = softmax(X @ w)
    probs[np.arange(12), Y] -= 1
    return X.T @ probs / 12


gradient("dict_of_parameters", half_squares, lambda params: {k: 1.0 * v for k, v in params.items()},
         {"W1": randn(4, 3), "b1": randn(3), "scale": np.array(2.0)})
gradient("logistic_regression", log_likelihood, log_likelihood_gradient, randn(4, 3))
gradient("gradient_given_as_an_array", log_likelihood, log_likelihood_gradient(randn(4, 3)),
         randn(4, 3))
gradient("rosenbrock", lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
         lambda x: np.append(-400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1]), 0)
         + np.append(0, 200 * (x[1:] - x[:-1] ** 2)), randn(8))
gradient("absolute_deviation_float32", lambda x: np.abs(x).sum(), np.sign, randn(30, dtype=f32))
gradient("norm_of_a_tiny_vector", np.linalg.norm, lambda x: x / np.linalg.norm(x), 1e-6 * randn(5))
