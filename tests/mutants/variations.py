"""The same slips in other hands: other layers, caches, shapes and styles of writing."""

from __future__ import annotations

import numpy as np

import layers

from . import Family, randn

FAMILY = Family()
wrong = FAMILY.backward
f16, f32 = np.float16, np.float32


def keep_mask(shape, keep):
    return np.random.default_rng(11).random(shape) < keep


def keep_dropout(x, keep):
    """Dropout by its keep probability, with the scaled mask in the cache."""
    mask = keep_mask(x.shape, keep) / keep
    return x * mask, mask


@wrong("mask-not-applied", keep_dropout, randn(4, 11), 0.8, constants={"keep": 0.8})
def keep_dropout_passes_dout(dout, mask):
    return 1.0 * dout


@wrong("mask-inverted", keep_dropout, randn(5, 6, 2), 0.5, constants={"keep": 0.5})
def keep_dropout_passes_the_rest(dout, mask):
    return np.where(mask > 0, 0, 2 * dout)


@wrong("scaled", keep_dropout, randn(3, 20, dtype=f32), 0.8, constants={"keep": 0.8}, factor=0.8)
def keep_dropout_tests_the_mask_for_positive(dout, mask):
    return dout * (mask > 0)


@wrong("scaled", keep_dropout, randn(8, 5), 0.7, constants={"keep": 0.7}, factor=1 / 0.7)
def keep_dropout_squares_the_scale(dout, mask):
    return dout * mask**2


@wrong("mask-shifted", keep_dropout, randn(7, 9), 0.6, constants={"keep": 0.6})
def keep_dropout_mask_one_column_left(dout, mask):
    return dout * np.roll(mask, -1, axis=1)


@wrong("mask-mismatch", keep_dropout, randn(10, 6), 0.5, constants={"keep": 0.5})
def keep_dropout_one_mask_for_all_rows(dout, mask):
    return dout * mask[0]


def relu_by_mask(x):
    mask = x > 0
    return x * mask, mask


@wrong("mask-inverted", relu_by_mask, randn(12, dtype=f16))
def relu_by_the_inverse_mask(dout, mask):
    return dout * np.logical_not(mask)


@wrong("mask-not-applied", relu_by_mask, randn(3, 3, 3))
def relu_by_any(dout, mask):
    return dout * mask.any()


@wrong("mask-shifted", relu_by_mask, randn(9, 5))
def relu_mask_one_row_down(dout, mask):
    return dout * np.vstack([mask[-1:], mask[:-1]])


def shifted_relu(x):
    return np.maximum(x - 0.3, 0), x


@wrong("wrong-threshold", shifted_relu, randn(9, 7))
def shifted_relu_opens_at_zero(dout, x):
    return dout * (x > 0)


def hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1), x


@wrong("wrong-threshold", hard_sigmoid, 3 * randn(8, 8))
def hard_sigmoid_saturates_too_early(dout, x):
    return 0.2 * dout * (np.abs(x) < 1)


@wrong("scaled", hard_sigmoid, 3 * randn(6, 5), factor=5)
def hard_sigmoid_forgets_its_slope(dout, x):
    return dout * (np.abs(x) < 2.5)


@wrong("negative-slope-lost", layers.elu_forward, randn(7, 5), 1.5)
def elu_right_side_only(dout, cache):
    return np.where(layers.elu_backward(np.ones_like(dout), cache) == 1, dout, 0)


def smooth_leaky(x):
    return 0.2 * x + 0.8 * np.maximum(x, 0), x


@wrong("negative-slope-lost", smooth_leaky, randn(6, 9, dtype=f32))
def smooth_leaky_right_side_only(dout, x):
    return dout * (x > 0)


@wrong("value-used-as-mask", layers.relu_forward, randn(8, 6))
def package_relu_weighted_by_its_input(dout, cache):
    x = cache if isinstance(cache, np.ndarray) else cache[0]
    return dout * np.clip(x, 0, None)


@wrong("wrong-cached-value", lambda x: (np.tanh(x), {"x": x, "out": np.tanh(x)}), randn(9))
def dict_tanh_differentiated_at_its_input(dout, cache):
    return dout * (1 - np.square(cache["x"]))


def softplus(x):
    out = np.logaddexp(0, x)
    return out, (out, x)


@wrong("wrong-cached-value", softplus, randn(5, 5))
def softplus_sigmoid_of_its_output(dout, cache):
    out, _ = cache
    return dout / (1 + np.exp(-out))


def product_of_three(a, b, c):
    return a * b * c, (a, b, c)


@wrong("outputs-swapped", product_of_three, *(randn(3, 4, seed=s) for s in range(3)))
def product_rotates_its_gradients(dout, cache):
    a, b, c = cache
    return dout * a * c, dout * b * c, dout * a * b


@wrong("wrong-cached-value", product_of_three, *(randn(4, 3, seed=s) for s in range(3)))
def product_multiplies_by_the_wrong_factor(dout, cache):
    a, b, c = cache
    return dout * b * c, dout * a * c, dout * a * a


def batched_matmul(a, b):
    return a @ b, (a, b)


@wrong("missing-transpose", batched_matmul, randn(3, 4, 4), randn(3, 4, 4, seed=1))
def batched_matmul_without_transpose(dout, cache):
    a, b = cache
    return dout @ b, a.swapaxes(1, 2) @ dout


@wrong("transposed", batched_matmul, randn(2, 5, 5), randn(2, 5, 5, seed=1))
def batched_matmul_transposes_its_second(dout, cache):
    a, b = cache
    return dout @ b.swapaxes(1, 2), dout.swapaxes(1, 2) @ a


def weights_first(w, x):
    """The column convention: out (M, N) = w (M, D) x (D, N)."""
    return w @ x, (w, x)


@wrong("missing-transpose", weights_first, randn(4, 4), randn(4, 6))
def column_layer_without_transpose(dout, cache):
    w, x = cache
    return dout @ x.T, w @ dout


@wrong("samples-ignored", weights_first, randn(3, 5), randn(5, 7))
def column_layer_skips_the_first_sample(dout, cache):
    w, x = cache
    dx = w.T @ dout
    dx[:, 0] = 0
    return dout @ x.T, dx


@wrong("scaled", weights_first, randn(3, 5, dtype=f32), randn(5, 7, dtype=f32), factor=1 / 7)
def column_layer_averages_dw(dout, cache):
    w, x = cache
    return dout @ x.T / x.shape[1], w.T @ dout


def bias(x, b):
    return x + b, None


@wrong("wrong-axis-sum", bias, randn(6, 6), randn(6))
def bias_summed_along_its_own_axis(dout, cache):
    return dout, dout.sum(axis=-1)


# Its shape is wrong because it sums over one axis too many.
@wrong("wrong-shape", bias, randn(4, 3), randn(3), also=("wrong-axis-sum",))
def bias_summed_to_a_scalar(dout, cache):
    return dout, dout.sum()


@wrong("scaled", bias, randn(9, 4), randn(4), factor=1 / 9, factor_name="1/N")
def bias_averaged(dout, cache):
    return dout, dout.mean(axis=0)


@wrong("batch-reversed", bias, randn(8, 2), randn(2))
def bias_flips_the_batch(dout, cache):
    return np.flipud(dout), dout.sum(axis=0)


@wrong("zero-gradient", bias, randn(3, 2, 4, dtype=f16), randn(4, dtype=f16))
def bias_integer_gradient(dout, cache):
    return dout, (dout.sum(axis=(0, 1)) * np.array(0.2, dtype=int)).astype(dout.dtype)


@wrong("sign-flipped", lambda x, target: (0.5 * ((target - x) ** 2).sum(), (x, target)),
       randn(5, 3), randn(5, 3, seed=2), wrt=[0])
def squared_distance_ascends(dout, cache):
    x, target = cache
    return dout * (target - x)


def rotate(x):
    return x[:, [2, 0, 3, 4, 1]], None


@wrong("elements-exchanged", rotate, randn(6, 5))
def rotation_applied_twice(dout, cache):
    return dout[:, [2, 0, 3, 4, 1]]


def to_channels_last(x):
    return x.transpose(0, 2, 3, 1), x.shape


@wrong("elements-exchanged", to_channels_last, randn(2, 3, 4, 5))
def channels_reshaped_not_transposed(dout, shape):
    return dout.reshape(shape)


@wrong("isolated-elements", to_channels_last, randn(2, 3, 8, 8, dtype=f32))
def channels_corner_lost(dout, shape):
    dx = dout.transpose(0, 3, 1, 2).copy()
    dx[0, 0, 0, 0] = 0
    return dx


def temporal_max(x):
    """The maximum over time of x (N, T, D)."""
    return x.max(axis=1), x


@wrong("pool-spread", temporal_max, randn(3, 6, 4))
def temporal_max_spreads(dout, x):
    return np.broadcast_to(dout[:, None] / x.shape[1], x.shape).copy()


@wrong("pool-misrouted", temporal_max, randn(4, 5, 3))
def temporal_max_routes_to_the_last_step(dout, x):
    dx = np.zeros_like(x)
    dx[:, -1] = dout
    return dx


def blocks_of_two(x):
    """Max pooling of x (N, T) by reshaping."""
    return x.reshape(len(x), -1, 2).max(axis=2), x


@wrong("pool-spread", blocks_of_two, randn(4, 10))
def blocks_of_two_halves(dout, x):
    return np.repeat(dout, 2, axis=1) / 2


@wrong("pool-misrouted", blocks_of_two, randn(5, 8, dtype=f32))
def blocks_of_two_routes_to_the_smaller(dout, x):
    pairs = x.reshape(len(x), -1, 2)
    smaller = pairs == pairs.min(axis=2, keepdims=True)
    return (dout[:, :, None] * smaller).reshape(x.shape)


def moving_sum(x):
    """Sums of three neighbours of x (N, T)."""
    return x[:, :-2] + x[:, 1:-1] + x[:, 2:], x.shape


@wrong("overlap-overwritten", moving_sum, randn(4, 9))
def moving_sum_assigns(dout, shape):
    dx = np.zeros(shape)
    for start in range(3):
        dx[:, start:start + dout.shape[1]] = dout
    return dx


def convolve_same(x, w):
    """Convolution of x (N, T) with w (3,), zero-padded by one."""
    padded = np.pad(x, ((0, 0), (1, 1)))
    out = sum(w[k] * padded[:, k:k + x.shape[1]] for k in range(3))
    return out, (padded, w)


def convolve_dw(dout, padded):
    return np.array([(dout * padded[:, k:k + dout.shape[1]]).sum() for k in range(3)])


# Seen from outside, every window lands one place late.
@wrong("padding-crop", convolve_same, randn(3, 8), randn(3), also=("window-misplaced",))
def convolve_same_crops_the_end_only(dout, cache):
    padded, w = cache
    dpadded = np.zeros_like(padded)
    for k in range(3):
        dpadded[:, k:k + dout.shape[1]] += w[k] * dout
    return dpadded[:, :-2], convolve_dw(dout, padded)


@wrong("kernel-flipped", convolve_same, randn(4, 7, dtype=f32), randn(3, dtype=f32))
def convolve_same_flips_dw(dout, cache):
    padded, w = cache
    dpadded = np.zeros_like(padded)
    for k in range(3):
        dpadded[:, k:k + dout.shape[1]] += w[k] * dout
    return dpadded[:, 1:-1], convolve_dw(dout, padded)[::-1]


@wrong("kernel-flipped", convolve_same, randn(2, 9), randn(3))
def convolve_same_uses_the_kernel_backwards(dout, cache):
    padded, w = cache
    dpadded = np.zeros_like(padded)
    for k in range(3):
        dpadded[:, k:k + dout.shape[1]] += w[2 - k] * dout
    return dpadded[:, 1:-1], convolve_dw(dout, padded)
