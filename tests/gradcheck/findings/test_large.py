"""Slips in layers with more than 2,048 outputs, which have the names that they have in small."""

import numpy as np

from tests.gradcheck.findings.cases import PASSED, Cases, but, paired, randn
from tests.gradcheck.findings.forwards import course, windows
from tests.gradcheck.findings.forwards import normalization as norm
from tests.gradcheck.findings.forwards.affine import (
    affine,
    affine_args,
    affine_relu,
    batched_matmul,
    scale_shift,
    sequence_product,
)
from tests.gradcheck.findings.forwards.dropout import dropconnect, dropout, keep_dropout, train
from tests.gradcheck.findings.forwards.elementwise import (
    hard_shrink,
    leaky_relu,
    multiply,
    relu,
    sigmoid,
    tanh,
)
from tests.gradcheck.findings.forwards.losses import labels, one_hot, softmax

CASES = Cases(PASSED)

SQUARE, PAIR = (randn(50, 50),), (randn(50, 50), randn(50, 50, seed=1))
ROWS, NORM, SAMPLES = (randn(60, 40),), norm.arguments(60, 40), (randn(2100, 3), labels(2100, 3))
AFFINE, AFFINE_SQUARE = affine_args(60, 8, 40), affine_args(70, 40, 40)
DROPOUT, CONNECT = (*SQUARE, train(0.4)), (randn(60, 8), randn(8, 40), train(0.5))
CONV = windows.conv_args((8, 2, 6, 6), (8, 2, 3, 3), pad=1)
POOL = (randn(8, 8, 12, 12), 2, 2)
batchnorm, layernorm = norm.batchnorm, norm.layernorm
conv, max_pool = windows.conv, windows.max_pool
exchange = paired("exchange", lambda x: (np.roll(x, 3, axis=1), None),
                  lambda dout, _: np.roll(dout, -3, axis=1))


def loss_of_each(x, y):
    """The cross-entropy of every sample."""
    probs, _ = softmax(x)
    return -np.log(probs[np.arange(len(y)), y]), (probs, y)


def conv_cropped_from_the_corner(dout, cache):
    dpadded, dw, db = windows.conv_padded(dout, cache)
    return dpadded[:, :, :6, :6], dw, db


SLIPS = {
    "dout-mutated": [(relu, lambda dout, x: np.multiply(dout, x > 0, out=dout), SQUARE)],
    "nonlinear-in-dout": [
        (tanh, lambda dout, x, out: np.clip(dout * (1 - out**2), -0.1, 0.1), SQUARE)],
    "wrong-shape": [(affine, but(affine, 2, lambda db, *_: db[None]), AFFINE)],
    "lower-precision": [(tanh, lambda dout, x, out: (
        dout * (1 - out**2)).astype(np.float32).astype(float), SQUARE)],
    "mask-resampled": [(dropout, lambda dout, param, mask: dout * (
        np.random.RandomState().random(mask.shape) >= param["p"]) / (1 - param["p"]), DROPOUT)],
    "zero-gradient": [(affine, but(affine, 2, lambda db, *_: 0 * db), AFFINE)],
    "sign-flipped": [(sigmoid, lambda dout, x, out: -dout * out * (1 - out), SQUARE)],
    "scaled": [(dropout, lambda dout, param, mask: dout * mask, DROPOUT)],
    "transposed": [(affine, but(affine, 1, lambda dw, *_: dw.T), AFFINE_SQUARE)],
    "outputs-swapped": [(multiply, lambda dout, a, b: (dout * a, dout * b), PAIR)],
    "wrong-axis-sum": [
        (scale_shift, but(scale_shift, 1, lambda dgamma, dout, x, gamma: (dout * x).sum(axis=1)),
         (*SQUARE, randn(50), randn(50, seed=1))),
        (softmax, lambda dout, probs: probs * (dout - (dout * probs).sum(axis=0)), ROWS),
        (layernorm, norm.slip(0), NORM)],
    "batch-reversed": [
        (affine, but(affine, 0, lambda dx, *_: dx[::-1]), AFFINE),
        (sequence_product, but(sequence_product, 1, lambda dw, dout, x, w: np.einsum(
            "ntd,ntm->dm", x, dout[:, ::-1])), (randn(8, 12, 5), randn(5, 24)))],
    "isolated-elements": [(tanh, lambda dout, x, out: dout * (1 - out**2) * (
        1 + (x == x.max())), SQUARE)],
    "elements-exchanged": [(exchange, lambda dout, _: np.roll(dout, 3, axis=1), SQUARE)],
    "samples-ignored": [
        (softmax, lambda dout, probs: (
            softmax.backward(dout, probs) * (np.arange(60) % 2)[:, None]), ROWS),
        (affine, but(affine, 2, lambda db, dout, *_: dout[0].copy()), AFFINE)],
    "wrong-cached-value": [(tanh, lambda dout, x, out: dout * (1 - x**2), SQUARE)],
    "missing-transpose": [
        (affine, but(affine, 0, lambda dx, dout, x, w, b: dout @ w), AFFINE_SQUARE),
        (affine_relu, but(affine_relu, 0, lambda dx, dout, x, w, b, a: (dout * (a > 0)) @ w),
         AFFINE_SQUARE),
        (batched_matmul, but(batched_matmul, 0, lambda da, dout, a, b: dout @ b),
         (randn(8, 20, 20), randn(8, 20, 20, seed=1)))],
    "unexplained": [(sigmoid, lambda dout, x, out: dout * (1 - out), SQUARE)],
    "mask-not-applied": [
        (relu, lambda dout, x: 1 * dout, SQUARE),
        (affine_relu, lambda dout, x, w, b, a: affine.backward(dout, (x, w, b)), AFFINE),
        (dropconnect, but(dropconnect, 0, lambda dx, dout, x, w, kept, mask, p: (
            dout @ w.T / (1 - p))), CONNECT)],
    "mask-inverted": [
        (keep_dropout, lambda dout, mask: np.where(mask > 0, 0, 2 * dout), (*SQUARE, 0.5)),
        (affine_relu, lambda dout, x, w, b, a: affine.backward(dout * (a < 0), (x, w, b)), AFFINE)],
    "mask-shifted": [(dropout, lambda dout, param, mask: dout * np.roll(
        mask, 1, axis=1) / (1 - param["p"]), DROPOUT)],
    "mask-mismatch": [
        (dropout, lambda dout, param, mask: dout * mask.T / (1 - param["p"]), DROPOUT)],
    "wrong-threshold": [(hard_shrink, lambda dout, x: dout * (np.abs(x) > 1), SQUARE)],
    "negative-slope-lost": [(leaky_relu, lambda dout, x, slope: dout * (x > 0), (*SQUARE, 0.1))],
    "value-used-as-mask": [(relu, lambda dout, x: dout * np.maximum(x, 0), SQUARE)],
    "mean-constant": [(batchnorm, norm.slip(0, mean_term=0), NORM)],
    "variance-constant": [(layernorm, norm.slip(-1, variance_term=0), NORM)],
    "statistics-constant": [(batchnorm, norm.slip(0, mean_term=0, variance_term=0), NORM)],
    "variance-term-scaled": [(layernorm, norm.slip(-1, variance_term=2), NORM)],
    "gamma-missing": [(batchnorm, norm.slip(0, gamma_used=False), NORM)],
    "eps-missing": [(course.paper_batchnorm, course.paper_slip(use_eps=False),
                     norm.arguments(60, 40, eps=0.1))],
    "uses-x-not-xhat": [
        (layernorm, but(layernorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: norm.dx_of(
            dout * gamma, x, ivar, 1)), NORM),
        (batchnorm, but(batchnorm, 1, lambda dgamma, dout, x, *_: (dout * x).sum(axis=0)), NORM)],
    "divided-by-std-twice": [(layernorm, but(
        layernorm, 0, lambda dx, dout, x, xhat, mu, ivar, gamma: ivar * dx), NORM)],
    "label-term-missing": [(loss_of_each, lambda dout, probs, y: dout[:, None] * probs, SAMPLES)],
    "label-term-sign": [(loss_of_each, lambda dout, probs, y: dout[:, None] * (
        probs + one_hot(probs, y)), SAMPLES)],
    "wrong-label": [(loss_of_each, lambda dout, probs, y: dout[:, None] * (
        probs - one_hot(probs, y - 1)), SAMPLES)],
    "diagonal-jacobian-only": [(softmax, lambda dout, probs: dout * probs * (1 - probs), ROWS)],
    "overlap-overwritten": [(conv, windows.conv_slip(add=False), CONV)],
    "window-misplaced": [(conv, windows.conv_slip(stride=1), windows.conv_args(
        (8, 1, 11, 11), (12, 1, 3, 3), stride=2))],
    "kernel-flipped": [(conv, lambda dout, cache: windows.conv_slip(
        kernel=cache[1][:, :, ::-1, ::-1])(dout, cache), CONV)],
    "padding-crop": [(conv, conv_cropped_from_the_corner, CONV)],
    "pool-spread": [(max_pool, windows.pooled(windows.evenly), POOL)],
    "pool-misrouted": [(max_pool, windows.pooled(windows.routed(
        lambda flat: flat.argmin(axis=2))), POOL)],
}

for code, slips in SLIPS.items():
    for forward, wrong, args in slips:
        CASES.wrong(f"{code} of {forward.__name__}", forward, wrong, *args, code=code)

test_first_code, test_right = CASES.tests()
