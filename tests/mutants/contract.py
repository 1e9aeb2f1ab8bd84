"""Broken contracts: what is wrong before any number is compared."""

from __future__ import annotations

import itertools

import numpy as np

from . import Family, randn
from .forwards import affine, dropout, layernorm, multiply, relu, sigmoid, softmax, tanh

FAMILY = Family()
wrong, wrong_forward = FAMILY.backward, FAMILY.forward
f16, f32 = np.float16, np.float32


def sized(n, d, m, dtype=np.float64):
    """Arguments x (n, d), w (d, m), b (m,)."""
    return randn(n, d, dtype=dtype), randn(d, m, dtype=dtype, seed=1), randn(m, dtype=dtype)


def affine_right(dout, cache):
    """The right gradients, for mutants that spoil one of them."""
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def relu_right(dout, x):
    return dout * (x > 0)


def softmax_right(dout, out):
    return out * (dout - (dout * out).sum(axis=1, keepdims=True))


@wrong_forward("input-mutated", relu_right, randn(5, 6))
@wrong_forward("input-mutated", relu_right, randn(3, 4, 2, dtype=f32))
def relu_clears_its_input(x):
    out = x
    out[out < 0] = 0
    return out, x


@wrong_forward("input-mutated", softmax_right, randn(4, 5))
def softmax_subtracts_the_maximum_in_place(x):
    x -= x.max(axis=1, keepdims=True)
    return softmax(x)


def restore_the_mean_backward(dout, cache):
    x, mean = cache
    x += mean
    return dout - dout.mean(axis=0)


@wrong_forward("input-mutated", restore_the_mean_backward, np.round(64 * randn(8, 3)))
def centre_borrows_the_input_until_backward(x):
    mean = x.mean(axis=0)
    x -= mean
    return x.copy(), (x, mean)


@wrong_forward("input-mutated", lambda dout, mask: dout * mask, randn(6, 6, dtype=f16))
def dropout_masks_in_place(x):
    mask = np.random.default_rng(1).random(x.shape) > 0.5
    x *= mask
    return x, mask


# The weights are the caller's array and the cache's at once.
@wrong("input-mutated", affine, *sized(4, 5, 3), also=("cache-mutated",))
@wrong("input-mutated", affine, *sized(6, 3, 4, f32), also=("cache-mutated",))
def affine_steps_the_weights_in_backward(dout, cache):
    _, w, _ = cache
    gradients = affine_right(dout, cache)
    w -= 0.1 * gradients[1]
    return gradients


@wrong("dout-mutated", relu, randn(4, 7))
@wrong("dout-mutated", relu, randn(2, 3, 5, dtype=f32))
def relu_masks_dout_in_place(dout, x):
    dout[x <= 0] = 0
    return dout


@wrong("dout-mutated", dropout, randn(6, 5, dtype=f16), {"mode": "train", "p": 0.5, "seed": 2})
def dropout_multiplies_dout_in_place(dout, cache):
    dropout_param, mask = cache
    dout *= mask
    dout /= 1 - dropout_param["p"]
    return dout


@wrong("dout-mutated", sigmoid, randn(3, 6))
def sigmoid_right_but_overwrites_dout(dout, cache):
    _, out = cache
    dx = dout * out * (1 - out)
    dout[...] = dx
    return dx


@wrong("dout-mutated", affine, *sized(5, 4, 3))
def affine_sorts_dout_after_use(dout, cache):
    gradients = affine_right(dout, cache)
    dout.sort(axis=0)
    return gradients


def scaled_mask_dropout(x, p, seed):
    mask = (np.random.default_rng(seed).random(x.shape) >= p).astype(x.dtype)
    return x * mask / (1 - p), (mask, p)


@wrong("cache-mutated", scaled_mask_dropout, randn(6, 7), 0.3, 5)
@wrong("cache-mutated", scaled_mask_dropout, randn(4, 5, dtype=f32), 0.5, 5)
def dropout_scales_the_cached_mask(dout, cache):
    mask, p = cache
    mask /= 1 - p
    return dout * mask


def cross_entropy(x, y):
    probs, _ = softmax(x)
    return -np.log(probs[np.arange(len(x)), y]).mean(), (probs, y)


@wrong("cache-mutated", cross_entropy, randn(5, 4), np.array([0, 3, 1, 1, 2]))
def cross_entropy_subtracts_from_the_cached_probabilities(dout, cache):
    probs, y = cache
    probs[np.arange(len(y)), y] -= 1
    return dout * probs / len(y)


def tanh_in_a_dict(x):
    out = np.tanh(x)
    return out, {"out": out}


@wrong("cache-mutated", tanh_in_a_dict, randn(4, 3, 2))
def tanh_squares_the_dict_entry(dout, cache):
    cache["out"] = cache["out"] ** 2
    return dout * (1 - cache["out"])


def relu_in_a_list(x):
    return np.maximum(x, 0), [x > 0]


@wrong("cache-mutated", relu_in_a_list, randn(5, 5, dtype=f32))
def relu_pops_the_cache(dout, cache):
    return dout * cache.pop()


@wrong("cache-mutated", layernorm, randn(4, 6), randn(6), randn(6, seed=1), {"eps": 1e-5})
def layernorm_scales_xhat_in_place(dout, cache):
    _, xhat, _, ivar, gamma = cache
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dx = ivar * (dxhat - dxhat.mean(axis=1, keepdims=True)
                 - xhat * (dxhat * xhat).mean(axis=1, keepdims=True))
    xhat *= gamma
    return dx, dgamma, dout.sum(axis=0)


class Accumulating:
    """An affine layer whose gradients are never reset to zero."""

    def __init__(self):
        self.dw = 0.0

    def __call__(self, dout, cache):
        dx, dw, db = affine_right(dout, cache)
        self.dw = self.dw + dw
        return dx, self.dw.copy(), db

    __name__ = "affine_accumulates_over_calls"


wrong("backward-impure", affine, *sized(4, 3, 5))(Accumulating())
wrong("backward-impure", affine, *sized(5, 6, 2, f32))(Accumulating())


@wrong("backward-impure", tanh, randn(5, 4))
def tanh_adds_gradient_noise(dout, cache):
    _, out = cache
    return dout * (1 - out**2) + 0.01 * np.random.default_rng().standard_normal(out.shape)


calls = itertools.count(1)


@wrong("backward-impure", sigmoid, randn(3, 8, dtype=f32))
def sigmoid_decays_with_every_call(dout, cache):
    _, out = cache
    return dout * out * (1 - out) / next(calls)


@wrong("nonlinear-in-dout", relu, randn(6, 5))
@wrong("nonlinear-in-dout", relu, randn(4, 3, 3, dtype=f32))
def relu_guided(dout, x):
    return dout * (x > 0) * (dout > 0)


@wrong("nonlinear-in-dout", tanh, randn(7, 4))
def tanh_clips_its_gradient(dout, cache):
    _, out = cache
    return np.clip(dout * (1 - out**2), -0.1, 0.1)


@wrong("nonlinear-in-dout", affine, *sized(4, 6, 3))
def affine_adds_weight_decay(dout, cache):
    dx, dw, db = affine_right(dout, cache)
    return dx, dw + 0.1 * cache[1], db


@wrong("nonlinear-in-dout", multiply, randn(5, 5), randn(5, 5, seed=1))
def multiply_squares_dout(dout, cache):
    a, b = cache
    return dout**2 * b, dout * a


@wrong("nonlinear-in-dout", sigmoid, randn(20, dtype=f32))
def sigmoid_normalizes_its_gradient(dout, cache):
    _, out = cache
    dx = dout * out * (1 - out)
    return dx / np.sqrt((dx**2).sum())


@wrong("dout-ignored", tanh, randn(4, 6))
@wrong("dout-ignored", tanh, randn(3, 3, 3, dtype=f32))
def tanh_returns_its_local_derivative(dout, cache):
    _, out = cache
    return 1 - out**2


@wrong("dout-ignored", relu, randn(5, 7, dtype=f16))
def relu_returns_its_mask(dout, x):
    return (x > 0).astype(x.dtype)


@wrong("dout-ignored", multiply, randn(4, 4), randn(4, 4, seed=1))
def multiply_forgets_dout_for_one_factor(dout, cache):
    a, b = cache
    return dout * b, a.copy()


@wrong("dout-ignored", cross_entropy, randn(6, 5), np.array([4, 0, 2, 2, 1, 3]))
def cross_entropy_takes_the_loss_for_the_end(dout, cache):
    probs, y = cache
    dx = probs.copy()
    dx[np.arange(len(y)), y] -= 1
    return dx / len(y)


@wrong_forward("forward-nondeterministic", lambda dout, _: dout.copy(), randn(5, 6))
@wrong_forward("forward-nondeterministic", lambda dout, _: dout.copy(), randn(4, 3, 2, dtype=f32))
def noise_without_a_seed(x):
    return x + 0.1 * np.random.default_rng().standard_normal(x.shape).astype(x.dtype), None


@wrong_forward("forward-nondeterministic", lambda dout, mask: 2 * dout * mask, randn(8, 5))
def dropout_without_a_seed(x):
    mask = np.random.default_rng().random(x.shape) > 0.5
    return 2 * x * mask, mask


def moving_average_forward():
    """A batchnorm that normalizes by its running mean while it still moves."""
    running = [0.0]

    def centred_by_the_running_mean(x):
        running[0] = 0.9 * running[0] + 0.1 * x.mean(axis=0)
        return x - running[0], None

    return centred_by_the_running_mean


wrong_forward("forward-nondeterministic", lambda dout, _: dout.copy(), 3 + randn(6, 4))(
    moving_average_forward())


@wrong("wrong-shape", affine, *sized(4, 5, 3))
@wrong("wrong-shape", affine, *sized(6, 2, 4, f32))
def db_keeps_the_batch_axis(dout, cache):
    dx, dw, _ = affine_right(dout, cache)
    return dx, dw, dout.sum(axis=0, keepdims=True)


@wrong("wrong-shape", affine, randn(4, 2, 3), randn(6, 5), randn(5))
def dx_left_flat(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


@wrong("wrong-shape", affine, *sized(3, 5, 4), also=("transposed",))
def dw_has_the_shape_of_its_transpose(dout, cache):
    dx, dw, db = affine_right(dout, cache)
    return dx, dw.T, db


@wrong("wrong-shape", affine, *sized(5, 4, 6))
def db_not_summed(dout, cache):
    dx, dw, _ = affine_right(dout, cache)
    return dx, dw, dout.copy()


@wrong("wrong-shape", affine, *sized(3, 4, 2))
def affine_forgets_to_return_db(dout, cache):
    dx, dw, _ = affine_right(dout, cache)
    return dx, dw


@wrong("lower-precision", tanh, randn(4, 7))
def tanh_returns_single_precision(dout, cache):
    _, out = cache
    return (dout * (1 - out**2)).astype(np.float32)


@wrong("lower-precision", affine, *sized(4, 6, 5, f32))
def dw_accumulated_in_half_precision(dout, cache):
    dx, dw, db = affine_right(dout, cache)
    return dx, dw.astype(np.float16), db


@wrong("lower-precision", relu, 3 * randn(5, 6, 2))
def relu_fills_a_float32_buffer(dout, x):
    dx = np.zeros(x.shape, dtype=np.float32)
    dx[x > 0] = dout[x > 0]
    return dx


def divide(a, b):
    out = a / b
    return out, (a, b, out)


@wrong("non-finite", divide, np.array([[1.0, 0.0, -2.0], [0.5, 3.0, 0.0]]), 1 + randn(2, 3) ** 2)
def divide_by_the_numerator(dout, cache):
    a, b, out = cache
    with np.errstate(all="ignore"):
        return dout / b, -dout * out**2 / a


def stable_sigmoid(x):
    return 0.5 * (1 + np.tanh(x / 2)), x


@wrong("non-finite", stable_sigmoid, np.array([-1000.0, -2.0, 0.5, 3.0]))
@wrong("non-finite", stable_sigmoid, np.array([[-200.0, 1.0], [0.1, -3.0]], dtype=f32))
def sigmoid_derivative_overflows(dout, x):
    with np.errstate(all="ignore"):
        e = np.exp(-x)
        return dout * e / (1 + e) ** 2


def xlogx(x):
    return np.where(x > 0, x**2 * np.log(np.where(x > 0, x, 1)), 0), x


@wrong("non-finite", xlogx, np.array([[0.0, 0.3], [1.2, 2.0]]))
def log_of_zero_in_backward(dout, x):
    with np.errstate(all="ignore"):
        return dout * (2 * x * np.log(x) + x)


@wrong("raises", affine, *sized(3, 5, 4), also=("missing-transpose",))
@wrong("raises", affine, *sized(4, 3, 6, f32), also=("missing-transpose",))
def dx_without_the_transpose_does_not_even_multiply(dout, cache):
    x, w, _ = cache
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@wrong("raises", tanh, randn(4, 5))
def tanh_unpacks_too_much(dout, cache):
    _, out, _ = cache
    return dout * (1 - out**2)


@wrong("raises", dropout, randn(6, 4), {"mode": "train", "p": 0.3, "seed": 2})
def dropout_asks_for_a_missing_key(dout, cache):
    dropout_param, mask = cache
    return dout * mask / dropout_param["keep_prob"]
