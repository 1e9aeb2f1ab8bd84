"""The same slips in other hands: other layers, caches, shapes and styles of writing."""

from __future__ import annotations

import numpy as np

import layers

from . import Family, randn
from .forwards import softmax

FAMILY = Family()
wrong, wrong_gradient = FAMILY.backward, FAMILY.gradient
f16, f32 = np.float16, np.float32


def staged_batchnorm(x, gamma, beta, eps=1e-3):
    """Batchnorm in the steps of the computational graph, all of them cached."""
    mu = np.mean(x, axis=0)
    xmu = x - mu
    var = np.mean(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    return gamma * xhat + beta, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def staged(dout, cache, *, dvar_factor=1.0, dmu=True, gamma_used=True, dsqrt_from=None):
    """Walk the graph backwards; the keywords are where students slip."""
    xhat, gamma, xmu, ivar, sqrtvar, _, _ = cache
    n = len(dout)
    dxhat = dout * gamma if gamma_used else dout
    divar = np.sum(dxhat * xmu, axis=0)
    dsqrtvar = -divar / sqrtvar**2
    dvar = dvar_factor * 0.5 * dsqrtvar / (sqrtvar if dsqrt_from is None else dsqrt_from)
    dxmu = dxhat * ivar + 2 * xmu * dvar / n
    dx = dxmu - dmu * np.sum(dxmu, axis=0) / n
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)


def scaled_args(n, d, dtype=np.float64):
    x, gamma = 3 + 2 * randn(n, d, seed=7), 0.5 + randn(d, seed=8) ** 2
    return x.astype(dtype), gamma.astype(dtype), randn(d, seed=9, dtype=dtype)


@wrong("mean-constant", staged_batchnorm, *scaled_args(5, 3))
@wrong("mean-constant", staged_batchnorm, *scaled_args(12, 2, f32))
def staged_batchnorm_stops_at_dxmu(dout, cache):
    return staged(dout, cache, dmu=False)


@wrong("variance-constant", staged_batchnorm, *scaled_args(4, 6))
def staged_batchnorm_drops_dvar(dout, cache):
    return staged(dout, cache, dvar_factor=0)


@wrong("statistics-constant", staged_batchnorm, *scaled_args(10, 3, f32))
def staged_batchnorm_drops_both(dout, cache):
    return staged(dout, cache, dvar_factor=0, dmu=False)


@wrong("variance-term-scaled", staged_batchnorm, *scaled_args(5, 8))
def staged_batchnorm_drops_the_half(dout, cache):
    return staged(dout, cache, dvar_factor=2)


@wrong("variance-term-scaled", staged_batchnorm, *scaled_args(6, 3))
def staged_batchnorm_sums_instead_of_averaging(dout, cache):
    return staged(dout, cache, dvar_factor=len(dout))


@wrong("gamma-missing", staged_batchnorm, *scaled_args(7, 4))
def staged_batchnorm_starts_from_dout(dout, cache):
    return staged(dout, cache, gamma_used=False)


@wrong("uses-x-not-xhat", staged_batchnorm, *scaled_args(8, 4), also=("unexplained",))
def staged_batchnorm_dgamma_from_the_centred_input(dout, cache):
    dx, _, dbeta = staged(dout, cache)
    return dx, np.sum(dout * cache[2], axis=0), dbeta


@wrong("outputs-swapped", staged_batchnorm, *scaled_args(9, 5, f32))
def staged_batchnorm_returns_beta_first(dout, cache):
    dx, dgamma, dbeta = staged(dout, cache)
    return dx, dbeta, dgamma


@wrong("divided-by-std-twice", staged_batchnorm, *scaled_args(6, 6))
def staged_batchnorm_multiplies_by_ivar_again(dout, cache):
    dx, dgamma, dbeta = staged(dout, cache)
    return dx * cache[3], dgamma, dbeta


def time_layernorm(x, gamma, beta):
    """Normalize the last axis of x (N, T, D)."""
    mu = x.mean(axis=-1, keepdims=True)
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - mu) / std
    return gamma * xhat + beta, {"xhat": xhat, "std": std, "gamma": gamma}


TIME = (2 + 3 * randn(3, 2, 5), 0.5 + randn(5) ** 2, randn(5, seed=1))


def time_layernorm_dx(g, xhat, std, mean_term=1.0, variance_term=1.0):
    return (g - mean_term * g.mean(axis=-1, keepdims=True)
            - variance_term * xhat * (g * xhat).mean(axis=-1, keepdims=True)) / std


@wrong("variance-constant", time_layernorm, *TIME)
def time_layernorm_without_the_variance_path(dout, cache):
    g = dout * cache["gamma"]
    return (time_layernorm_dx(g, cache["xhat"], cache["std"], variance_term=0),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)))


@wrong("gamma-missing", time_layernorm, *TIME)
def time_layernorm_without_gamma(dout, cache):
    return (time_layernorm_dx(dout, cache["xhat"], cache["std"]),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)))


@wrong("mean-constant", time_layernorm, *TIME)
def time_layernorm_without_the_mean_path(dout, cache):
    g = dout * cache["gamma"]
    return (time_layernorm_dx(g, cache["xhat"], cache["std"], mean_term=0),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)))


@wrong("scaled", time_layernorm, *TIME, factor=1 / 3, factor_name="1/N")
def time_layernorm_averages_dbeta(dout, cache):
    g = dout * cache["gamma"]
    return (time_layernorm_dx(g, cache["xhat"], cache["std"]),
            (dout * cache["xhat"]).sum(axis=(0, 1)), dout.sum(axis=(0, 1)) / len(dout))


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


@wrong("wrong-threshold", hard_sigmoid, 3 * randn(8, 8), also=("mask-mismatch",))
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


@wrong("wrong-cached-value", product_of_three, *(randn(4, 3, seed=s) for s in range(3)),
       also=("unexplained",))
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


def soft_labels(x, t):
    """Mean cross-entropy of logits x with target distributions t."""
    probs, _ = softmax(x)
    return -(t * np.log(probs)).sum(axis=1).mean(), (probs, t)


TARGETS = softmax(randn(7, 4, seed=5))[0]


@wrong("label-term-missing", soft_labels, randn(7, 4), TARGETS, wrt=[0])
def soft_labels_forgotten(dout, cache):
    probs, _ = cache
    return dout * probs / len(probs)


@wrong("label-term-sign", soft_labels, randn(7, 4), TARGETS, wrt=[0])
def soft_labels_added(dout, cache):
    probs, t = cache
    return dout * (probs + t) / len(probs)


@wrong("not-normalized", soft_labels, randn(7, 4), TARGETS, wrt=[0], also=("scaled",))
def soft_labels_summed(dout, cache):
    probs, t = cache
    return dout * (probs - t)


CLASSES = np.array([1, 0, 3, 3, 2])


def package_loss(loss):
    return lambda x: loss(x, CLASSES)[0]


@wrong_gradient("label-term-missing", package_loss(layers.softmax_loss), randn(5, 4))
def package_softmax_without_labels(x):
    dx = layers.softmax_loss(x, CLASSES)[1]
    dx[np.arange(5), CLASSES] += 1 / 5
    return dx


@wrong_gradient("wrong-label", package_loss(layers.softmax_loss), randn(5, 4))
def package_softmax_with_sorted_labels(x):
    return layers.softmax_loss(x, np.sort(CLASSES))[1]


@wrong_gradient("margin-count", package_loss(layers.svm_loss), randn(5, 4))
def package_svm_label_minus_one(x):
    dx = layers.svm_loss(x, CLASSES)[1]
    dx[np.arange(5), CLASSES] = -1 / 5
    return dx


@wrong_gradient("label-term-sign", package_loss(layers.svm_loss), randn(5, 4, dtype=f32))
def package_svm_label_plus(x):
    dx = layers.svm_loss(x, CLASSES)[1]
    dx[np.arange(5), CLASSES] *= -1
    return dx


def axis_softmax(x):
    """Softmax over the last axis of x (N, T, D)."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True), None


@wrong("diagonal-jacobian-only", lambda x: (axis_softmax(x)[0],) * 2, randn(2, 3, 5))
def time_softmax_diagonal(dout, probs):
    return dout * (probs - probs**2)


@wrong("diagonal-jacobian-only", lambda x: (axis_softmax(x)[0],) * 2, randn(8))
def vector_softmax_diagonal(dout, probs):
    return dout * (probs - probs**2)


@wrong("samples-ignored", lambda x: (axis_softmax(x)[0],) * 2, randn(6, 4))
def softmax_every_other_sample(dout, probs):
    dx = probs * (dout - (dout * probs).sum(axis=1, keepdims=True))
    dx[1::2] = 0
    return dx
