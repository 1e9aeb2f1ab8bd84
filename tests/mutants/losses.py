"""Wrong gradients of losses and of the softmax."""

from __future__ import annotations

import numpy as np

from . import Family, randn
from .forwards import cross_entropy, hinge, softmax

FAMILY = Family()
wrong, wrong_gradient = FAMILY.backward, FAMILY.gradient
f16, f32 = np.float16, np.float32


def labels(n, classes):
    """Labels in which neighbours differ and every class occurs unequally often."""
    return np.random.default_rng([n, classes]).integers(0, classes, n)


def one_hot(x, y):
    hot = np.zeros_like(x)
    hot[np.arange(len(y)), y] = 1
    return hot


@wrong("label-term-missing", cross_entropy, randn(6, 4), labels(6, 4))
@wrong("label-term-missing", cross_entropy, randn(5, 7, dtype=f32), labels(5, 7))
def cross_entropy_forgets_the_label(dout, cache):
    probs, y = cache
    return dout * probs / len(y)


@wrong("label-term-sign", cross_entropy, randn(7, 3), labels(7, 3))
@wrong("label-term-sign", cross_entropy, randn(4, 6, dtype=f32), labels(4, 6))
def cross_entropy_adds_the_label(dout, cache):
    probs, y = cache
    return dout * (probs + one_hot(probs, y)) / len(y)


@wrong("wrong-label", cross_entropy, randn(8, 5), labels(8, 5))
def cross_entropy_counts_labels_from_one(dout, cache):
    probs, y = cache
    return dout * (probs - one_hot(probs, y - 1)) / len(y)


@wrong("wrong-label", cross_entropy, randn(6, 3, dtype=f32), np.array([0, 1, 2, 1, 2, 2]))
def cross_entropy_labels_reversed(dout, cache):
    probs, y = cache
    return dout * (probs - one_hot(probs, y[::-1])) / len(y)


@wrong("wrong-label", cross_entropy, randn(9, 4), labels(9, 4))
def cross_entropy_takes_its_prediction_for_the_label(dout, cache):
    probs, y = cache
    return dout * (probs - one_hot(probs, probs.argmax(axis=1))) / len(y)


@wrong("not-normalized", cross_entropy, randn(6, 5), labels(6, 5), factor=6)
@wrong("not-normalized", cross_entropy, randn(7, 3, dtype=f32), labels(7, 3),
       factor=7)
def cross_entropy_summed_not_averaged(dout, cache):
    probs, y = cache
    return dout * (probs - one_hot(probs, y))


@wrong("sign-flipped", cross_entropy, randn(5, 3), labels(5, 3))
def cross_entropy_label_minus_probability(dout, cache):
    probs, y = cache
    return dout * (one_hot(probs, y) - probs) / len(y)


@wrong("samples-ignored", cross_entropy, randn(6, 4, dtype=f32), labels(6, 4))
def cross_entropy_loop_misses_the_last_sample(dout, cache):
    probs, y = cache
    dx = np.zeros_like(probs)
    for i in range(len(y) - 1):
        dx[i] = probs[i] / len(y)
        dx[i, y[i]] -= 1 / len(y)
    return dout * dx


@wrong("scaled", cross_entropy, randn(5, 8), labels(5, 8), factor=1 / 8)
def cross_entropy_averaged_over_the_classes_too(dout, cache):
    probs, y = cache
    return dout * (probs - one_hot(probs, y)) / probs.size


SCORES, LABELS = randn(6, 5, seed=3), labels(6, 5)


def loss_of(layer, y):
    """The scalar function x -> loss of a loss layer."""
    return lambda x: layer(x, y)[0]


@wrong_gradient("label-term-missing", loss_of(cross_entropy, LABELS), SCORES)
def softmax_loss_forgets_the_label(x):
    return softmax(x)[0] / len(x)


@wrong_gradient("label-term-sign", loss_of(cross_entropy, LABELS), SCORES)
def softmax_loss_adds_the_label(x):
    return (softmax(x)[0] + one_hot(x, LABELS)) / len(x)


@wrong_gradient("wrong-label", loss_of(cross_entropy, LABELS), SCORES)
def softmax_loss_shifts_the_labels_by_a_sample(x):
    return (softmax(x)[0] - one_hot(x, np.roll(LABELS, 1))) / len(x)


@wrong_gradient("not-normalized", loss_of(cross_entropy, LABELS), SCORES, factor=6)
def softmax_loss_summed_not_averaged(x):
    return softmax(x)[0] - one_hot(x, LABELS)


@wrong_gradient("margin-count", loss_of(hinge, LABELS), SCORES)
def svm_loss_subtracts_one_for_the_label(x):
    margins, y = hinge(x, LABELS)[1]
    return ((margins > 0) - one_hot(x, y)) / len(x)


def hinge_mask(margins):
    return (margins > 0).astype(margins.dtype)


@wrong("margin-count", hinge, randn(7, 6), labels(7, 6))
@wrong("margin-count", hinge, randn(5, 4, dtype=f32), labels(5, 4))
def hinge_label_gets_minus_one(dout, cache):
    margins, y = cache
    dx = hinge_mask(margins)
    dx[np.arange(len(y)), y] = -1
    return dout * dx / len(y)


@wrong("label-term-missing", hinge, randn(6, 3), labels(6, 3))
def hinge_forgets_the_label(dout, cache):
    margins, y = cache
    return dout * hinge_mask(margins) / len(y)


@wrong("label-term-sign", hinge, randn(8, 4), labels(8, 4))
def hinge_adds_the_count(dout, cache):
    margins, y = cache
    dx = hinge_mask(margins)
    dx[np.arange(len(y)), y] += dx.sum(axis=1)
    return dout * dx / len(y)


@wrong("not-normalized", hinge, randn(6, 4), labels(6, 4), factor=6)
def hinge_summed_not_averaged(dout, cache):
    margins, y = cache
    dx = hinge_mask(margins)
    dx[np.arange(len(y)), y] -= dx.sum(axis=1)
    return dout * dx


@wrong("value-used-as-mask", hinge, randn(5, 6), labels(5, 6))
def hinge_multiplies_by_the_margins(dout, cache):
    margins, y = cache
    dx = margins.copy()
    dx[np.arange(len(y)), y] -= dx.sum(axis=1)
    return dout * dx / len(y)


def logistic(x, y):
    probs = 1 / (1 + np.exp(-x))
    return -(y * np.log(probs) + (1 - y) * np.log(1 - probs)).mean(), (probs, y)


BINARY = np.array([0, 1, 1, 0, 1, 0, 0])


@wrong("label-term-missing", logistic, randn(7), BINARY)
def logistic_forgets_the_label(dout, cache):
    probs, y = cache
    return dout * probs / len(y)


@wrong("label-term-sign", logistic, randn(7, dtype=f32), BINARY)
def logistic_adds_the_label(dout, cache):
    probs, y = cache
    return dout * (probs + y) / len(y)


@wrong("not-normalized", logistic, randn(7), BINARY, factor=7)
def logistic_summed_not_averaged(dout, cache):
    probs, y = cache
    return dout * (probs - y)


def squared_error(x, target):
    return ((x - target) ** 2).mean(), (x, target)


@wrong("scaled", squared_error, randn(5, 4), randn(5, 4, seed=1), factor=0.5, factor_name="1/2",
       wrt=[0])
def squared_error_without_two(dout, cache):
    x, target = cache
    return dout * (x - target) / x.size


@wrong("sign-flipped", squared_error, randn(6, 3, dtype=f32), randn(6, 3, dtype=f32, seed=1),
       wrt=[0])
def squared_error_target_minus_prediction(dout, cache):
    x, target = cache
    return dout * 2 * (target - x) / x.size


@wrong("diagonal-jacobian-only", softmax, randn(5, 6))
@wrong("diagonal-jacobian-only", softmax, randn(3, 4, dtype=f32))
@wrong("diagonal-jacobian-only", softmax, randn(4, 4, dtype=f16))
def softmax_differentiated_as_a_sigmoid(dout, probs):
    return dout * probs * (1 - probs)


def log_softmax(x):
    shifted = x - x.max(axis=1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return out, np.exp(out)


@wrong("diagonal-jacobian-only", log_softmax, randn(6, 4))
def log_softmax_differentiated_entry_by_entry(dout, probs):
    return dout * (1 - probs)


def softmax_over_channels(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    out = e / e.sum(axis=1, keepdims=True)
    return out, out


@wrong("diagonal-jacobian-only", softmax_over_channels, randn(2, 5, 3, 2))
def channel_softmax_differentiated_as_a_sigmoid(dout, probs):
    return dout * probs * (1 - probs)


# The off-diagonal part summed along the batch: a sum over the wrong axis.
@wrong("wrong-axis-sum", softmax, randn(5, 5), also=("unexplained",))
def softmax_sums_along_the_batch(dout, probs):
    return probs * (dout - (dout * probs).sum(axis=0))


def huber(x):
    return np.where(np.abs(x) <= 1, 0.5 * x**2, np.abs(x) - 0.5).sum(), x


@wrong("sign-flipped", huber, 2 * randn(6, 4))
def huber_descends(dout, x):
    return -dout * np.clip(x, -1, 1)


def focal(x, y):
    probs, _ = softmax(x)
    pt = probs[np.arange(len(y)), y]
    return -((1 - pt) ** 2 * np.log(pt)).mean(), (probs, pt, y)


@wrong("unexplained", focal, randn(6, 4), labels(6, 4))
def focal_weight_taken_for_constant(dout, cache):
    probs, pt, y = cache
    return dout * ((1 - pt) ** 2)[:, None] * (probs - one_hot(probs, y)) / len(y)
