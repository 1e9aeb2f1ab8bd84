"""Right layers that must pass: extreme scales, kinks, saturation, functions complex steps break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import erf, expit, logsumexp

import gradcheck

from . import Correct, describe, randn
from .forwards import affine, batchnorm, dropout, hinge, layernorm, leaky_relu, relu, softmax, tanh

CORRECT: list[Correct] = []
f16, f32 = np.float16, np.float32


def right(forward: Callable[..., Any], *args: Any, **options: Any) -> Callable[[Any], Any]:
    """Register the decorated backward as the right partner of `forward`."""

    def register(backward: Any) -> Any:
        name = f"{backward.__name__}[{describe(args)} #{len(CORRECT)}]"
        CORRECT.append(Correct(
            name, lambda: gradcheck.check_layer(forward, backward, *args, **options)))
        return backward

    return register


NEAR_ZERO = np.array([0.0, 1e-6, -1e-6, 1e-9, -1e-9, 0.5, -0.5, 3e-7, -2e-8, 1.0, 0.0, -2.0])


@right(relu, randn(5, 6))
@right(relu, 1e-8 * randn(4, 5))
@right(relu, 1e6 * randn(6, 3, dtype=f32))
@right(relu, randn(7, 9, dtype=f16))
@right(relu, np.zeros((3, 4)))
@right(relu, -np.abs(randn(4, 4)))
@right(relu, NEAR_ZERO)
@right(relu, NEAR_ZERO.astype(f32).reshape(3, 4))
@right(relu, randn(300, 200))
def relu_right(dout, x):
    return dout * (x > 0)


@right(relu, NEAR_ZERO)
def relu_open_at_zero(dout, x):
    return dout * (x >= 0)


@right(relu, np.round(randn(6, 7)))
def relu_half_open_at_zero(dout, x):
    return dout * np.heaviside(x, 0.5)


@right(leaky_relu, NEAR_ZERO, 0.1)
@right(leaky_relu, randn(5, 7, dtype=f32), 0.01)
def leaky_relu_right(dout, cache):
    x, slope = cache
    return dout * np.where(x > 0, 1, slope).astype(dout.dtype)


def absolute(x):
    return np.abs(x), x


@right(absolute, randn(4, 6))
@right(absolute, NEAR_ZERO)
def absolute_right(dout, x):
    return dout * np.sign(x)


def relu6(x):
    return np.clip(x, 0, 6), x


@right(relu6, np.array([[0.0, 6.0, 3.0], [6.000001, -1e-7, 9.0]]))
def relu6_at_its_bounds(dout, x):
    return dout * ((x > 0) & (x < 6))


def staircase(x):
    return np.floor(x), x.shape


@right(staircase, 3 * randn(4, 5))
def staircase_is_flat(dout, shape):
    return np.zeros(shape)


@right(tanh, randn(3, 4, 5))
@right(tanh, 40 * randn(5, 5))
@right(tanh, np.array([-16.0, -13.0, -9.0, 0.3, 11.0, 12.0, 14.5, 17.0]))
@right(tanh, np.array([12.0, 13.0, -14.0]))
@right(tanh, 1e-8 * randn(6, 2))
@right(tanh, np.zeros((3, 5)))
@right(tanh, np.array(0.3))
@right(tanh, randn(1))
@right(tanh, randn(8, 10)[::2, ::-3])
@right(tanh, randn(6, 4).T)
def tanh_right(dout, cache):
    _, out = cache
    return dout * (1 - out**2)


def logistic(x):
    out = expit(x)
    return out, out


@right(logistic, randn(6, 6, dtype=f16))
@right(logistic, np.array([-800.0, -40.0, -3.0, 0.0, 5.0, 36.0, 800.0]))
@right(logistic, np.array([-300.0, -90.0, -20.0, 1.0, 18.0, 200.0], dtype=f32))
def logistic_saturated(dout, out):
    return dout * out * (1 - out)


def elementwise(f, df, x):
    """Register the layer f with its derivative df."""

    def backward(dout, cached):
        return dout * df(cached)

    backward.__name__ = f.__name__.strip("<>")
    right(lambda x: (f(x), x), x)(backward)


def fast_sine(x):
    return np.sin(50 * x)


def steep_exponential(x):
    return np.exp(20 * x)


def fifth_power(x):
    return x**5


def logarithm(x):
    return np.log(x)


def square_root(x):
    return np.sqrt(x)


def inverse(x):
    return 1 / x


def gaussian_cdf(x):
    return 0.5 * (1 + erf(x / np.sqrt(2)))


def log_cosh(x):
    return np.logaddexp(x, -x) - np.log(2)


elementwise(fast_sine, lambda x: 50 * np.cos(50 * x), randn(5, 6))
elementwise(fast_sine, lambda x: 50 * np.cos(50 * x), randn(7, 3, dtype=f32))
elementwise(steep_exponential, lambda x: 20 * np.exp(20 * x), randn(4, 6))
elementwise(fifth_power, lambda x: 5 * x**4, randn(6, 5))
elementwise(fifth_power, lambda x: 5 * x**4, 1e6 * randn(3, 5))
elementwise(fifth_power, lambda x: 5 * x**4, 1e-8 * randn(4, 3))
elementwise(logarithm, lambda x: 1 / x, np.geomspace(0.05, 1e3, 12).reshape(3, 4))
elementwise(logarithm, lambda x: 1 / x, np.exp(6 * randn(4, 8)))
elementwise(logarithm, lambda x: 1 / x, np.exp(3 * randn(6, 4)).astype(f32))
elementwise(logarithm, lambda x: 1 / x, np.exp(6 * randn(4, 6, seed=30)).astype(f32))
elementwise(logarithm, lambda x: 1 / x, np.exp(6 * randn(4, 6, seed=48)).astype(f32))
elementwise(logarithm, lambda x: 1 / x, np.exp(3 * randn(4, 6, seed=82)).astype(f32))
elementwise(square_root, lambda x: 0.5 / np.sqrt(x), np.exp(6 * randn(4, 4)))
elementwise(square_root, lambda x: 0.5 / np.sqrt(x), np.exp(3 * randn(3, 7)))
elementwise(inverse, lambda x: -1 / x**2, np.array([0.01, -0.02, 1.0, 30.0]))
elementwise(gaussian_cdf, lambda x: np.exp(-x**2 / 2) / np.sqrt(2 * np.pi), randn(30))
elementwise(log_cosh, np.tanh, 5 * randn(4, 7))


@right(softmax, randn(4, 6))
@right(softmax, 1e4 * randn(5, 4))
@right(softmax, randn(3, 7, dtype=f32))
@right(softmax, 30 * randn(6, 3))
@right(softmax, 1e3 * randn(6, 4, dtype=f32))
@right(softmax, 10 * randn(8, 4, dtype=f32))
@right(softmax, np.array([[24.0, 0.0, 3.0], [-17.0, 1.0, 14.0], [0.0, 30.0, 9.0]]))
def softmax_right(dout, out):
    return out * (dout - (dout * out).sum(axis=1, keepdims=True))


def log_sum(x):
    return logsumexp(x, axis=1), x


@right(log_sum, 100 * randn(4, 5))
def logsumexp_right(dout, x):
    return dout[:, None] * np.exp(x - logsumexp(x, axis=1, keepdims=True))


@right(batchnorm, randn(6, 4), 1 + randn(4) ** 2, randn(4), {"eps": 1e-5})
@right(batchnorm, randn(8, 3, dtype=f32), np.ones(3, f32), np.zeros(3, f32), {"eps": 1e-5})
@right(batchnorm, 2 + 1e-4 * randn(6, 4), 1 + randn(4) ** 2, randn(4), {"eps": 1e-5})
@right(batchnorm, randn(2, 5), 1 + randn(5) ** 2, randn(5), {"eps": 1e-5})
@right(batchnorm, randn(2, 4, dtype=f32), np.ones(4, f32), np.zeros(4, f32), {"eps": 1e-5})
@right(batchnorm, 800 * randn(2, 5, dtype=f32), np.ones(5, f32), np.zeros(5, f32), {"eps": 1e-5})
@right(batchnorm, 1e6 * randn(5, 3), 1 + randn(3) ** 2, randn(3), {"eps": 1e-5})
@right(batchnorm, 1e-8 * randn(5, 3), 1 + randn(3) ** 2, randn(3), {"eps": 1e-5})
def batchnorm_right(dout, cache):
    _, xhat, _, ivar, gamma = cache
    d = dout * gamma
    dx = ivar * (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@right(layernorm, randn(5, 7), 1 + randn(7) ** 2, randn(7), {"eps": 1e-5})
@right(layernorm, 3 + 1e-6 * randn(4, 6), 1 + randn(6) ** 2, randn(6), {"eps": 1e-5})
@right(layernorm, randn(7, 2, dtype=f32), np.ones(2, f32), np.zeros(2, f32), {"eps": 1e-5})
@right(layernorm, 30 * randn(5, 2, dtype=f32), np.ones(2, f32), np.zeros(2, f32), {"eps": 1e-5})
@right(layernorm, randn(3, 8, dtype=f32), np.ones(8, f32), np.zeros(8, f32), {"eps": 1e-5})
def layernorm_right(dout, cache):
    _, xhat, _, ivar, gamma = cache
    d = dout * gamma
    dx = ivar * (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def spread(x):
    return np.var(x, axis=1), x


@right(spread, randn(5, 6))
@right(spread, 100 + randn(4, 5, dtype=f32))
def np_var_right(dout, x):
    return dout[:, None] * 2 * (x - x.mean(axis=1, keepdims=True)) / x.shape[1]


def standardize(x):
    std = np.std(x, axis=0)
    out = (x - x.mean(axis=0)) / std
    return out, (out, std)


@right(standardize, randn(7, 4))
@right(standardize, 0.02 * randn(2, 6))
@right(standardize, 3 * randn(2, 3, seed=4))
def np_std_right(dout, cache):
    out, std = cache
    return (dout - dout.mean(axis=0) - out * (dout * out).mean(axis=0)) / std


def l2_normalize(x):
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    return x / norm, (x / norm, norm)


@right(l2_normalize, randn(5, 4))
@right(l2_normalize, 1e-6 * randn(6, 3))
def linalg_norm_right(dout, cache):
    out, norm = cache
    return (dout - out * (dout * out).sum(axis=1, keepdims=True)) / norm


def cosine_similarity(a, b):
    na, nb = np.sqrt(np.vdot(a, a)), np.sqrt(np.vdot(b, b))
    return np.vdot(a, b) / (na * nb), (a, b, na, nb)


@right(cosine_similarity, randn(3, 5), randn(3, 5, seed=1))
def np_vdot_right(dout, cache):
    a, b, na, nb = cache
    cos = np.vdot(a, b) / (na * nb)
    return dout * (b / (na * nb) - cos * a / na**2), dout * (a / (na * nb) - cos * b / nb**2)


def signed_root(x):
    return np.sign(x) * np.sqrt(np.abs(x)), x


@right(signed_root, randn(4, 5))
def np_sign_right(dout, x):
    return dout / (2 * np.sqrt(np.abs(x)))


def row_max(x):
    return x.max(axis=1), x


TIES = np.array([[1.0, 3.0, 3.0, 0.0], [2.0, 2.0, 2.0, -1.0], [0.5, 0.1, 0.2, 0.3]])


@right(row_max, TIES)
@right(row_max, randn(6, 5, dtype=f32))
def row_max_pays_the_first_of_ties(dout, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), x.argmax(axis=1)] = dout
    return dx


@right(row_max, TIES)
def row_max_shares_among_ties(dout, x):
    share = (x == x.max(axis=1, keepdims=True)).astype(x.dtype)
    return dout[:, None] * share / share.sum(axis=1, keepdims=True)


@right(hinge, np.array([[1.0, 2.0, 0.0], [3.0, 1.0, 2.0], [0.0, 0.3, -4.0]]), np.array([0, 0, 1]))
@right(hinge, randn(6, 5), np.array([0, 4, 2, 2, 1, 3]))
def hinge_right_at_the_margin(dout, cache):
    margins, y = cache
    dx = (margins > 0).astype(margins.dtype)
    dx[np.arange(len(y)), y] -= dx.sum(axis=1)
    return dout * dx / len(y)


def affine_right(dout, cache):
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def read_only(array):
    array.flags.writeable = False
    return array


right(affine, randn(4, 6), randn(6, 3), randn(3))(affine_right)
right(affine, randn(3, 2, 4), randn(8, 5), randn(5))(affine_right)
right(affine, randn(30, 60, dtype=f32), randn(60, 40, dtype=f32), randn(40, dtype=f32))(
    affine_right)
right(affine, randn(5, 24, dtype=f16), randn(24, 6, dtype=f16), randn(6, dtype=f16))(affine_right)
right(affine, 1e6 * randn(4, 5), 1e-8 * randn(5, 3), randn(3))(affine_right)
right(affine, read_only(randn(4, 3)), np.asfortranarray(randn(3, 5)), randn(10)[::2])(affine_right)
right(affine, np.zeros((3, 4)), np.zeros((4, 2)), np.zeros(2))(affine_right)
right(affine, randn(1, 1), randn(1, 1, seed=1), randn(1))(affine_right)


@right(dropout, randn(6, 8), {"mode": "train", "p": 0.4, "seed": 3})
@right(dropout, randn(5, 7, dtype=f32), {"mode": "train", "p": 0.5, "seed": 9})
@right(dropout, randn(9, 4, dtype=f16), {"mode": "train", "p": 0.2, "seed": 1})
def dropout_right(dout, cache):
    dropout_param, mask = cache
    return dout * mask / (1 - dropout_param["p"])
