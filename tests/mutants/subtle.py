"""Wrong in few places, by little, or only under some inputs: what a projection overlooks."""

from __future__ import annotations

import numpy as np

from . import Family, randn
from .forwards import affine, dropout, layernorm, relu, softmax, tanh

FAMILY = Family()
wrong, wrong_gradient = FAMILY.backward, FAMILY.gradient
f16, f32 = np.float16, np.float32


def tanh_right(dout, cache):
    _, out = cache
    return dout * (1 - out**2)


def affine_right(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


@wrong("isolated-elements", relu, randn(64, 64))
@wrong("isolated-elements", relu, randn(4096, dtype=f32))
def relu_one_element_among_4096(dout, x):
    dx = dout * (x > 0)
    dx.reshape(-1)[1234] += 56 * dout.reshape(-1)[1234]
    return dx


@wrong("isolated-elements", tanh, randn(16, 16, 16, dtype=f32))
def tanh_one_element_half_off(dout, cache):
    dx = tanh_right(dout, cache)
    dx[3, 14, 15] *= 0.5
    return dx


@wrong("isolated-elements", tanh, randn(1024))
def tanh_loop_misses_the_last_element(dout, cache):
    dx = tanh_right(dout, cache)
    dx[-1] = 0
    return dx


@wrong("isolated-elements", tanh, randn(40, 25))
def tanh_three_elements_with_the_wrong_sign(dout, cache):
    dx = tanh_right(dout, cache)
    dx[[3, 17, 38], [20, 0, 11]] *= -1
    return dx


@wrong("isolated-elements", affine, randn(6, 20), randn(20, 30), randn(30))
@wrong("isolated-elements", affine, randn(5, 16, dtype=f32), randn(16, 24, dtype=f32),
       randn(24, dtype=f32))
def affine_corner_of_dw_counted_three_times(dout, cache):
    dx, dw, db = affine_right(dout, cache)
    dw[0, 0] *= 3
    return dx, dw, db


@wrong("isolated-elements", layernorm, randn(6, 16), 1 + 0.1 * randn(16), randn(16, seed=1),
       {"eps": 1e-5})
def layernorm_one_element_of_dgamma_doubled(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dxhat, dgamma = dout * gamma, (dout * xhat).sum(axis=0)
    dgamma[9] *= 2
    dx = ivar * (dxhat - dxhat.mean(axis=1, keepdims=True)
                 - xhat * (dxhat * xhat).mean(axis=1, keepdims=True))
    return dx, dgamma, dout.sum(axis=0)


@wrong("isolated-elements", dropout, randn(30, 40, dtype=f16),
       {"mode": "train", "p": 0.5, "seed": 4})
def dropout_two_elements_doubled(dout, cache):
    dropout_param, mask = cache
    dx = dout * mask / (1 - dropout_param["p"])
    kept = np.flatnonzero(mask)[[10, 200]]
    dx.reshape(-1)[kept] *= 2
    return dx


# One row off by a common factor: few elements wrong, or that part scaled.
@wrong("isolated-elements", affine, randn(5, 24), randn(24, 7), randn(7), also=("scaled",))
@wrong("isolated-elements", affine, randn(4, 18, dtype=f32), randn(18, 5, dtype=f32),
       randn(5, dtype=f32), also=("scaled",))
def affine_one_row_of_dw_off_by_a_thousandth(dout, cache):
    dx, dw, db = affine_right(dout, cache)
    dw[11] *= 1.001
    return dx, dw, db


@wrong("isolated-elements", tanh, randn(12, 9), also=("scaled",))
def tanh_last_sample_off_by_a_half(dout, cache):
    dx = tanh_right(dout, cache)
    dx[-1] *= 1.5
    return dx


@wrong("samples-ignored", tanh, randn(9, 6))
@wrong("samples-ignored", tanh, randn(7, 4, 3, dtype=f32))
def tanh_loop_misses_the_last_sample(dout, cache):
    _, out = cache
    dx = np.zeros_like(out)
    for i in range(len(out) - 1):
        dx[i] = dout[i] * (1 - out[i] ** 2)
    return dx


@wrong("samples-ignored", softmax, randn(6, 5))
def softmax_differentiates_the_first_half_only(dout, probs):
    dx = np.zeros_like(probs)
    half = len(probs) // 2
    p, d = probs[:half], dout[:half]
    dx[:half] = p * (d - (d * p).sum(axis=1, keepdims=True))
    return dx


@wrong("samples-ignored", affine, randn(6, 4), randn(4, 5), randn(5))
def db_of_the_first_sample_only(dout, cache):
    dx, dw, _ = affine_right(dout, cache)
    return dx, dw, dout[0].copy()


def softsign(x):
    return x / (1 + np.abs(x)), x


@wrong("unexplained", softsign, randn(6, 7))
@wrong("unexplained", softsign, randn(50, dtype=f32))
def softsign_wrong_on_negative_inputs(dout, x):
    safe = np.where(x < 0, 2 - x, 1 + x)
    return dout / safe**2


def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))), (x, alpha)


@wrong("unexplained", elu, randn(5, 8), 0.7)
def elu_forgets_the_exponential_on_negative_inputs(dout, cache):
    x, alpha = cache
    return dout * np.where(x > 0, 1, alpha * (1 + np.minimum(x, 0)))


# Any value from 0 to 1 is defensible at a kink of relu; 2 and -1 are not.
@wrong("isolated-elements", relu, np.where(np.arange(40) % 13 == 5, 0.0, randn(40)))
@wrong("isolated-elements", relu, np.where(np.arange(60) % 17 == 5, 0, randn(60)).astype(f32))
def relu_counts_zero_twice(dout, x):
    return dout * np.heaviside(x, 2.0)


@wrong("isolated-elements", relu, np.where(np.arange(48) % 19 == 7, 0.0, randn(48)).reshape(6, 8))
def relu_slope_minus_one_at_zero(dout, x):
    return dout * np.where(x == 0, -1.0, x > 0)


def maximum(a, b):
    return np.maximum(a, b), (a, b)


TIED = np.where(np.arange(30) % 7 == 3, 0.5, randn(30))


# Four places in thirty are few, but hardly isolated.
@wrong("isolated-elements", maximum, TIED, np.where(TIED == 0.5, 0.5, randn(30, seed=1)),
       also=("unexplained",))
def maximum_pays_ties_three_times(dout, cache):
    a, b = cache
    tie = 3.0 * (a == b)
    return dout * ((a > b) + tie), dout * ((b > a) + tie)


# One flipped position of a mask is also one wrong element.
@wrong("mask-mismatch", relu, 0.5 + randn(30, 30), also=("isolated-elements",))
def relu_mask_wrong_in_one_position(dout, x):
    mask = x > 0
    mask[4, 20] = ~mask[4, 20]
    return dout * mask


@wrong("elements-exchanged", tanh, randn(50, 40))
@wrong("elements-exchanged", tanh, randn(900, dtype=f32))
def tanh_exchanges_two_among_many(dout, cache):
    dx = tanh_right(dout, cache).reshape(-1)
    dx[[100, 700]] = dx[[700, 100]]
    return dx.reshape(dout.shape)


def gelu(x):
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + np.tanh(u)), (x, np.tanh(u))


@wrong("unexplained", gelu, randn(6, 8))
@wrong("unexplained", gelu, randn(7, 5, dtype=f32))
def gelu_forgets_the_cubic_term(dout, cache):
    x, t = cache
    return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi))


def swish(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)


@wrong("unexplained", swish, randn(7, 6))
def swish_product_rule_with_the_wrong_sign(dout, cache):
    x, s = cache
    return dout * (s - x * s * (1 - s))


@wrong("unexplained", tanh, randn(8, 5))
@wrong("unexplained", tanh, randn(3, 4, 5, dtype=f32))
def tanh_derivative_smoothly_distorted(dout, cache):
    x, _ = cache
    return tanh_right(dout, cache) * (1 + 0.1 * np.sin(3 * x))


def logistic_total(x):
    return np.logaddexp(0, x).sum()


@wrong_gradient("unexplained", logistic_total, randn(4, 6))
def softplus_through_the_arctangent(x):
    return 0.5 + np.arctan(x) / np.pi


@wrong_gradient("isolated-elements", logistic_total, randn(25, 20))
def softplus_one_element_off(x):
    dx = 1 / (1 + np.exp(-x))
    dx[20, 3] += 0.25
    return dx


@wrong_gradient("scaled", lambda x: (x**2).sum(), 1e4 * randn(7, 9, dtype=f32), factor=9)
def sum_of_squares_times_nine(x):
    return 18 * x


@wrong_gradient("zero-gradient", logistic_total, randn(30))
def softplus_detached(x):
    return np.zeros_like(x)


@wrong_gradient("elements-exchanged", lambda x: (np.arange(12).reshape(3, 4) * x**2).sum(),
                randn(3, 4))
def weighted_squares_exchange_two(x):
    dx = 2 * np.arange(12).reshape(3, 4) * x
    dx[0, 2], dx[2, 1] = dx[2, 1], dx[0, 2]
    return dx


def weigh(x, w):
    return x * w, (x, w)


# Right layers may be off by a rounding of the largest element, not by all of a small one.
@wrong("isolated-elements", weigh, randn(6, 8),
       np.where(np.arange(8) == 5, 1e-7, 1 + randn(8) ** 2))
@wrong("isolated-elements", weigh, randn(6, 8, dtype=f32),
       np.where(np.arange(8) == 5, 1e-3, 1 + randn(8) ** 2).astype(f32))
def weigh_doubles_one_small_element(dout, cache):
    x, w = cache
    dx = dout * w
    dx[2, 5] *= 2
    return dx, (dout * x).sum(axis=0)


@wrong("scaled", tanh, randn(7, 8), factor=1.00001)
@wrong("scaled", tanh, randn(5, 9, dtype=f32), factor=1.001)
def tanh_scaled_by_very_little(dout, cache):
    excess = 1e-5 if len(dout) == 7 else 1e-3
    return tanh_right(dout, cache) * (1 + excess)
