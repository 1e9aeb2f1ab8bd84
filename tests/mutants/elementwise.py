"""Wrong backwards of elementwise layers: activations, powers, products."""

from __future__ import annotations

import numpy as np

from . import Family, randn
from .forwards import leaky_relu, multiply, relu, sigmoid, tanh

FAMILY = Family()
wrong = FAMILY.backward
f16, f32 = np.float16, np.float32


@wrong("mask-not-applied", relu, randn(5, 7))
@wrong("mask-not-applied", relu, randn(3, 4, 5, dtype=f32))
@wrong("mask-not-applied", relu, randn(2, 3, 4, 2, dtype=f16))
def relu_lets_everything_through(dout, x):
    return dout.copy()


@wrong("mask-inverted", relu, randn(6, 5, dtype=f32))
def relu_passes_the_negative_side(dout, x):
    return dout * (x < 0)


def hard_tanh(x):
    return np.clip(x, -1, 1), x


@wrong("mask-inverted", hard_tanh, 2 * randn(4, 9))
def hard_tanh_passes_the_saturated_part(dout, x):
    return dout * (np.abs(x) > 1)


def maximum(a, b):
    return np.maximum(a, b), a > b


@wrong("mask-inverted", maximum, randn(3, 7), randn(3, 7, seed=1))
def maximum_gives_both_branches_the_mask_of_the_first(dout, a_wins):
    return dout * a_wins, dout * a_wins


@wrong("mask-shifted", relu, randn(4, 6))
@wrong("mask-shifted", relu, randn(3, 8, dtype=f32))
def relu_mask_rolled_by_one(dout, x):
    return dout * np.roll(x > 0, 1, axis=1)


@wrong("mask-shifted", relu, randn(40))
def relu_mask_starts_one_late(dout, x):
    mask = np.zeros(x.shape, dtype=bool)
    mask[1:] = x[:-1] > 0
    return dout * mask


@wrong("mask-mismatch", relu, randn(6, 8))
def relu_uses_the_first_row_for_every_row(dout, x):
    return dout * (x[:1] > 0)


@wrong("wrong-threshold", relu, randn(8, 9))
@wrong("wrong-threshold", relu, randn(5, 6, 3, dtype=f32))
def relu_opens_at_a_half(dout, x):
    return dout * (x > 0.5)


@wrong("wrong-threshold", relu, randn(60))
def relu_opens_too_early(dout, x):
    return dout * (x > -0.5)


def relu6(x):
    return np.clip(x, 0, 6), x


@wrong("wrong-threshold", relu6, 5 * randn(7, 6))
def relu6_forgets_its_upper_bound(dout, x):
    return dout * (x > 0)


@wrong("wrong-threshold", hard_tanh, 2 * randn(6, 7, dtype=f32))
def hard_tanh_backward_clips_at_two(dout, x):
    return dout * (np.abs(x) < 2)


@wrong("negative-slope-lost", leaky_relu, randn(5, 6), 0.1)
@wrong("negative-slope-lost", leaky_relu, randn(4, 3, 5, dtype=f32), 0.01)
def leaky_relu_differentiated_as_relu(dout, cache):
    x, _ = cache
    return dout * (x > 0)


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0))), x


@wrong("negative-slope-lost", elu, randn(6, 6))
def elu_differentiated_as_relu(dout, x):
    return dout * (x > 0)


def prelu(x, a):
    return np.where(x > 0, x, a * x), (x, a)


@wrong("negative-slope-lost", prelu, randn(6, 4), np.array([0.1, 0.2, 0.3, 0.25]))
def prelu_forgets_its_learned_slope(dout, cache):
    x, _ = cache
    return dout * (x > 0), (dout * np.minimum(x, 0)).sum(axis=0)


@wrong("value-used-as-mask", relu, randn(5, 5))
@wrong("value-used-as-mask", relu, randn(3, 7, 2, dtype=f32))
def relu_multiplies_by_its_output(dout, x):
    return dout * np.maximum(x, 0)


@wrong("value-used-as-mask", hard_tanh, 2 * randn(4, 8))
def hard_tanh_multiplies_by_the_inner_values(dout, x):
    return dout * np.where(np.abs(x) < 1, x, 0)


def cosine(x):
    return np.cos(x), x


@wrong("sign-flipped", cosine, randn(4, 5))
@wrong("sign-flipped", cosine, randn(30, dtype=f32))
def cosine_derivative_without_minus(dout, x):
    return dout * np.sin(x)


def reciprocal(x):
    return 1 / x, x


@wrong("sign-flipped", reciprocal, 1 + np.abs(randn(3, 4, 2)))
def reciprocal_derivative_without_minus(dout, x):
    return dout / x**2


def difference(a, b):
    return a - b, None


@wrong("sign-flipped", difference, randn(4, 7, dtype=f16), randn(4, 7, seed=1, dtype=f16))
def difference_adds_both(dout, cache):
    return dout.copy(), dout.copy()


def square(x):
    return x**2, x


@wrong("scaled", square, randn(5, 6), factor=0.5, factor_name="1/2")
@wrong("scaled", square, randn(3, 4, dtype=f16), factor=0.5, factor_name="1/2")
def square_without_two(dout, x):
    return dout * x


def square_root(x):
    out = np.sqrt(x)
    return out, out


@wrong("scaled", square_root, 1 + randn(4, 6) ** 2, factor=2, factor_name="2")
def square_root_without_half(dout, out):
    return dout / out


def triple(x):
    return 3 * x, None


@wrong("scaled", triple, 1e6 * randn(9, 11, dtype=f32), factor=9)
def large_inputs_times_nine(dout, cache):
    return 27 * dout


def tempered_tanh(x, temperature):
    out = np.tanh(x / temperature)
    return out, (out, temperature)


@wrong("scaled", tempered_tanh, randn(4, 5), 2.5, factor=2.5, factor_name="T",
       constants={"T": 2.5})
def temperature_not_divided(dout, cache):
    out, _ = cache
    return dout * (1 - out**2)


def degrees_sine(x):
    return np.sin(np.pi / 180 * x), x


@wrong("scaled", degrees_sine, 90 * randn(6, 3, dtype=f32), factor=180 / np.pi)
def degrees_taken_for_radians(dout, x):
    return dout * np.cos(np.pi / 180 * x)


@wrong("wrong-cached-value", tanh, randn(4, 6))
@wrong("wrong-cached-value", tanh, randn(2, 3, 4, dtype=f32))
def tanh_derivative_at_x(dout, cache):
    x, _ = cache
    return dout * (1 - x**2)


@wrong("wrong-cached-value", sigmoid, randn(5, 4))
def sigmoid_derivative_at_x(dout, cache):
    x, _ = cache
    return dout * x * (1 - x)


def exponential(x):
    out = np.exp(x)
    return out, (x, out)


@wrong("wrong-cached-value", exponential, randn(3, 8))
def exponential_multiplies_by_x(dout, cache):
    x, _ = cache
    return dout * x


@wrong("transposed", tanh, randn(5, 5))
def tanh_returns_its_transpose(dout, cache):
    _, out = cache
    return (dout * (1 - out**2)).T


@wrong("outputs-swapped", multiply, randn(4, 5), randn(4, 5, seed=1))
@wrong("outputs-swapped", multiply, randn(3, 2, 4, dtype=f32), randn(3, 2, 4, seed=1, dtype=f32))
def multiply_returns_its_own_factor(dout, cache):
    a, b = cache
    return dout * a, dout * b


@wrong("batch-reversed", relu, randn(6, 5, dtype=f32))
def relu_returns_the_batch_reversed(dout, x):
    return (dout * (x > 0))[::-1]


@wrong("batch-reversed", sigmoid, randn(7, 3))
def sigmoid_prepends_each_sample(dout, cache):
    _, out = cache
    rows = []
    for i in range(len(out)):
        rows.insert(0, dout[i] * out[i] * (1 - out[i]))
    return np.array(rows)


@wrong("zero-gradient", sigmoid, randn(4, 7))
@wrong("zero-gradient", sigmoid, randn(25, dtype=f32))
def sigmoid_allocates_and_forgets_to_fill(dout, cache):
    x, _ = cache
    return np.zeros_like(x)


@wrong("zero-gradient", multiply, randn(5, 3), randn(5, 3, seed=1))
def multiply_stops_the_second_gradient(dout, cache):
    a, b = cache
    return dout * b, 0 * dout * a


@wrong("elements-exchanged", tanh, randn(4, 5))
def tanh_exchanges_two_elements(dout, cache):
    _, out = cache
    dx = dout * (1 - out**2)
    dx[0, 1], dx[2, 3] = dx[2, 3], dx[0, 1]
    return dx
