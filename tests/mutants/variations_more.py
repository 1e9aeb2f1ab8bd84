"""The same slips once more: gates, blocks, losses of other kinds, dilated windows, padding."""

from __future__ import annotations

import numpy as np

from . import Family, randn
from .forwards import softmax

FAMILY = Family()
wrong, wrong_gradient = FAMILY.backward, FAMILY.gradient
f16, f32 = np.float16, np.float32


def glu(x):
    """Gated linear unit: the first half of the features times the sigmoid of the second."""
    a, b = np.split(x, 2, axis=1)
    gate = 1 / (1 + np.exp(-b))
    return a * gate, (a, gate)


# Each gradient alone is also a scaled one.
@wrong("outputs-swapped", lambda a, b: (a * 2 + b * 3, None), randn(4, 3), randn(4, 3, seed=1),
       also=("scaled",))
def weighted_sum_with_swapped_weights(dout, cache):
    return 3 * dout, 2 * dout


@wrong("unexplained", glu, randn(5, 6))
def glu_gate_without_its_sigmoid_derivative(dout, cache):
    a, gate = cache
    return np.concatenate([dout * gate, dout * a], axis=1)


@wrong("scaled", lambda x: (np.log2(x), x), 1 + randn(4, 6) ** 2, factor=np.log(2))
def log2_taken_for_the_natural_logarithm(dout, x):
    return dout / x


@wrong("scaled", lambda x: (0.1 * np.cbrt(x), x), 1 + randn(5, 2, 3, dtype=f32) ** 2, factor=3)
def cube_root_without_a_third(dout, x):
    return 0.1 * dout / np.cbrt(x) ** 2


def global_average(x):
    """Mean over height and width of x (N, C, H, W)."""
    return x.mean(axis=(2, 3)), x.shape


@wrong("scaled", global_average, randn(2, 3, 4, 5), factor=20)
@wrong("scaled", global_average, randn(3, 2, 3, 7, dtype=f32), factor=21)
def global_average_forgets_the_area(dout, shape):
    return np.broadcast_to(dout[:, :, None, None], shape).copy()


@wrong("sign-flipped", lambda x: (np.exp(-x), np.exp(-x)), randn(6, 4))
def decay_without_the_chain_rule(dout, out):
    return dout * out


@wrong("zero-gradient", lambda x, w: (x * np.exp(w), (x, w)), randn(5, 4), randn(4, dtype=f32))
def log_scale_never_learned(dout, cache):
    _, w = cache
    return dout * np.exp(w), np.zeros(w.shape, w.dtype)


def clipped(x, low, high):
    return np.clip(x, low, high), (x, low, high)


@wrong("mask-not-applied", clipped, 2 * randn(6, 7), -1.0, 1.5)
def clip_straight_through(dout, cache):
    return dout.copy()


@wrong("wrong-threshold", clipped, 2 * randn(7, 8), -1.0, 1.5)
def clip_with_a_symmetric_bound(dout, cache):
    x, _, high = cache
    return dout * (np.abs(x) < high)


def hard_shrink(x):
    return np.where(np.abs(x) > 0.5, x, 0), x


@wrong("mask-inverted", hard_shrink, randn(9, 6))
def hard_shrink_passes_the_centre(dout, x):
    return dout * (np.abs(x) < 0.5)


@wrong("mask-shifted", hard_shrink, randn(5, 8, dtype=f32))
def hard_shrink_mask_one_row_off(dout, x):
    return dout * np.roll(np.abs(x) > 0.5, -1, axis=0)


def block_dropout(x, p, seed):
    """One decision for every 2 by 2 block of x (N, H, W)."""
    small = np.random.default_rng(seed).random((len(x), x.shape[1] // 2, x.shape[2] // 2)) >= p
    mask = small.repeat(2, axis=1).repeat(2, axis=2)
    return x * mask / (1 - p), (small, mask, p)


@wrong("mask-mismatch", block_dropout, randn(3, 6, 8), 0.4, 1, constants={"p": 0.4})
def block_dropout_tiles_instead_of_repeating(dout, cache):
    small, _, p = cache
    return dout * np.tile(small, (1, 2, 2)) / (1 - p)


@wrong("scaled", block_dropout, randn(2, 8, 4), 0.3, 2, constants={"p": 0.3}, factor=0.7,
       factor_name="1 - p")
def block_dropout_unscaled(dout, cache):
    _, mask, _ = cache
    return dout * mask


@wrong("mask-inverted", block_dropout, randn(2, 6, 6, dtype=f32), 0.5, 3, constants={"p": 0.5})
def block_dropout_inverted(dout, cache):
    _, mask, p = cache
    return dout * (1 - mask) / (1 - p)


def power_mean(x):
    return np.sqrt((x**2).mean(axis=1)), x


@wrong("unexplained", power_mean, randn(4, 6))
def power_mean_of_magnitudes(dout, x):
    return dout[:, None] * np.sign(x) * np.sqrt(np.abs(x)) / x.shape[1]


def fully_normalized(x, gamma, beta):
    """Normalize the channels of x (N, C, H, W) over everything else."""
    axes = (0, 2, 3)
    mu, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    std = np.sqrt(var + 1e-5)
    g = gamma[:, None, None]
    return g * (x - mu) / std + beta[:, None, None], ((x - mu) / std, std, g)


IMAGES = (1 + 3 * randn(2, 3, 2, 4), 0.5 + randn(3) ** 2, randn(3, seed=1))


def images_backward(dout, cache, g=None, mean=1.0, variance=1.0, xhat=None):
    axes = (0, 2, 3)
    right, std, gamma = cache
    xhat = right if xhat is None else xhat
    d = dout * (gamma if g is None else g)
    dx = (d - mean * d.mean(axis=axes, keepdims=True)
          - variance * xhat * (d * xhat).mean(axis=axes, keepdims=True)) / std
    return dx, (dout * right).sum(axis=axes), dout.sum(axis=axes)


@wrong("gamma-missing", fully_normalized, *IMAGES)
def images_without_gamma(dout, cache):
    return images_backward(dout, cache, g=1.0)


@wrong("mean-constant", fully_normalized, *IMAGES)
def images_without_the_mean(dout, cache):
    return images_backward(dout, cache, mean=0)


@wrong("variance-term-scaled", fully_normalized, *IMAGES)
def images_variance_halved(dout, cache):
    return images_backward(dout, cache, variance=0.5)


@wrong("statistics-constant", fully_normalized, *IMAGES)
def images_with_fixed_statistics(dout, cache):
    return images_backward(dout, cache, mean=0, variance=0)


@wrong("divided-by-std-twice", fully_normalized, *IMAGES)
def images_divided_twice(dout, cache):
    dx, dgamma, dbeta = images_backward(dout, cache)
    return dx / cache[1], dgamma, dbeta


def nll(logp, y):
    """Mean negative log-likelihood of log-probabilities."""
    return -logp[np.arange(len(y)), y].mean(), (logp, y)


LABELS = np.array([2, 0, 1, 1, 3, 0])


@wrong("not-normalized", nll, randn(6, 4), LABELS)
def nll_summed(dout, cache):
    logp, y = cache
    dx = np.zeros_like(logp)
    dx[np.arange(len(y)), y] = -dout
    return dx


@wrong("wrong-label", nll, randn(6, 4), LABELS)
def nll_labels_one_too_high(dout, cache):
    logp, y = cache
    dx = np.zeros_like(logp)
    dx[np.arange(len(y)), (y + 1) % 4] = -dout / len(y)
    return dx


def squared_hinge(x, y):
    margins = np.maximum(0, 1 + x - x[np.arange(len(y)), y][:, None])
    margins[np.arange(len(y)), y] = 0
    return (margins**2).sum() / len(y), (margins, y)


@wrong("label-term-missing", squared_hinge, randn(6, 4), LABELS)
def squared_hinge_forgets_the_label(dout, cache):
    margins, y = cache
    return dout * 2 * margins / len(y)


@wrong("label-term-sign", squared_hinge, randn(6, 4), LABELS)
def squared_hinge_adds_the_label(dout, cache):
    margins, y = cache
    dx = 2 * margins
    dx[np.arange(len(y)), y] = dx.sum(axis=1)
    return dout * dx / len(y)


@wrong("diagonal-jacobian-only", lambda x: (softmax(x / 2)[0],) * 2, randn(4, 5))
def tempered_softmax_diagonal(dout, probs):
    return dout * probs * (1 - probs) / 2


def dilated(x, w):
    """Cross-correlation of x (N, T) with w (3,) at every second place."""
    n = x.shape[1] - 4
    return sum(w[k] * x[:, 2 * k:2 * k + n] for k in range(3)), (x, w)


def dilated_right(dout, cache):
    x, w = cache
    dx, dw, n = np.zeros_like(x), np.zeros_like(w), dout.shape[1]
    for k in range(3):
        dx[:, 2 * k:2 * k + n] += w[k] * dout
        dw[k] = (dout * x[:, 2 * k:2 * k + n]).sum()
    return dx, dw


@wrong("window-misplaced", dilated, randn(3, 11), randn(3))
def dilation_ignored(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), dilated_right(dout, cache)[1]
    for k in range(3):
        dx[:, k:k + dout.shape[1]] += w[k] * dout
    return dx, dw


@wrong("kernel-flipped", dilated, randn(4, 9), randn(3))
def dilated_kernel_flipped(dout, cache):
    x, w = cache
    return dilated_right(dout, (x, w[::-1]))[0], dilated_right(dout, cache)[1]


@wrong("overlap-overwritten", dilated, randn(2, 12, dtype=f32), randn(3, dtype=f32))
def dilated_assigns(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), dilated_right(dout, cache)[1]
    for k in range(3):
        dx[:, 2 * k:2 * k + dout.shape[1]] = w[k] * dout
    return dx, dw


def zero_pad(x):
    """Pad x (N, H, W) by two on each side."""
    return np.pad(x, ((0, 0), (2, 2), (2, 2))), x.shape


@wrong("padding-crop", zero_pad, randn(3, 4, 5))
def padding_cropped_at_the_corner(dout, shape):
    return dout[:, :shape[1], :shape[2]]


@wrong("padding-crop", zero_pad, randn(2, 6, 5))
def padding_cropped_at_the_far_corner(dout, shape):
    return dout[:, -shape[1]:, -shape[2]:]


def upsample(x):
    """Repeat each element of x (N, T) three times."""
    return np.repeat(x, 3, axis=1), x.shape


@wrong("overlap-overwritten", upsample, randn(4, 5), also=("samples-ignored", "unexplained"))
def upsample_keeps_the_last_copy(dout, shape):
    return dout[:, 2::3]


@wrong("scaled", upsample, randn(3, 6), factor=1 / 3)
def upsample_averages(dout, shape):
    return dout.reshape(*shape, 3).mean(axis=2)


def min_pool(x):
    return x.reshape(len(x), -1, 3).min(axis=2), x


@wrong("pool-misrouted", min_pool, randn(4, 9))
def min_pool_routes_to_the_maximum(dout, x):
    windows = x.reshape(len(x), -1, 3)
    return (dout[:, :, None] * (windows == windows.max(axis=2, keepdims=True))).reshape(x.shape)


@wrong("pool-spread", min_pool, randn(5, 6, dtype=f32))
def min_pool_spreads(dout, x):
    return np.repeat(dout, 3, axis=1) / 3


# What is exchanged is what a transposition would have put in place.
@wrong("elements-exchanged", lambda x: (x.T.copy(), None), randn(4, 6), also=("transposed",))
def transposition_reshaped(dout, cache):
    return dout.reshape(4, 6)


@wrong("batch-reversed", lambda x: (np.cumsum(x, axis=1), None), randn(5, 7))
def cumsum_returns_its_batch_reversed(dout, cache):
    return np.cumsum(dout[:, ::-1], axis=1)[::-1, ::-1]


@wrong("samples-ignored", lambda x, w: (np.einsum("ntd,dm->ntm", x, w), (x, w)), randn(4, 3, 5),
       randn(5, 2))
def sequence_weights_see_one_sample(dout, cache):
    x, w = cache
    return dout @ w.T, x[0].T @ dout[0]


@wrong("missing-transpose", lambda x, w: (np.einsum("ntd,dm->ntm", x, w), (x, w)),
       randn(3, 2, 4, dtype=f32), randn(4, 4, dtype=f32))
def sequence_input_without_transpose(dout, cache):
    x, w = cache
    return dout @ w, np.einsum("ntd,ntm->dm", x, dout)


@wrong_gradient("unexplained", lambda x: np.log(np.cosh(x)).sum(), randn(5, 4))
def log_cosh_takes_sinh(x):
    return np.sinh(x)


@wrong_gradient("sign-flipped", lambda x: -(x * np.log(x)).sum(), 0.1 + randn(12) ** 2)
def entropy_descends(x):
    return np.log(x) + 1
