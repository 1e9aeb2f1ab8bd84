"""Samples that contribute nothing to the gradient."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards.affine import (
    affine,
    affine_args,
    sequence_product,
    weights_first,
)
from tests.gradcheck.findings.forwards.elementwise import tanh
from tests.gradcheck.findings.forwards.losses import cross_entropy, labels, softmax
from tests.gradcheck.findings.forwards.windows import conv, conv_args

CASES = Cases("samples-ignored")


@CASES.backward(affine, *affine_args(6, 4, 3))
@CASES.backward(affine, *affine_args(5, 7, 2, f32))
def loop_stops_before_the_last_sample(dout, x, w, b):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), dout.sum(axis=0)
    for i in range(len(x) - 1):
        dx[i] = w @ dout[i]
        dw += np.outer(x[i], dout[i])
    return dx, dw, db


CASES.wrong("dw_keeps_only_the_last_sample", affine,
            but(affine, 1, lambda dw, dout, x, w, b: np.outer(x[-1], dout[-1])),
            *affine_args(6, 5, 4))
CASES.wrong("db_sums_half_the_batch", affine,
            but(affine, 2, lambda db, dout, x, w, b: dout[: len(dout) // 2].sum(axis=0)),
            *affine_args(8, 3, 5))
CASES.wrong("db_of_the_first_sample_only", affine,
            but(affine, 2, lambda db, dout, x, w, b: dout[0].copy()), randn(6, 4), randn(4, 5),
            randn(5))


@CASES.backward(cross_entropy, randn(6, 4, dtype=f32), labels(6, 4))
def cross_entropy_loop_misses_the_last_sample(dout, probs, y):
    dx = np.zeros_like(probs)
    for i in range(len(y) - 1):
        dx[i] = probs[i] / len(y)
        dx[i, y[i]] -= 1 / len(y)
    return dout * dx


@CASES.backward(conv, *conv_args((4, 2, 5, 4), (3, 2, 2, 3)))
def conv_loop_misses_the_last_sample(dout, x, w, param):
    dx, dw, _ = conv.backward(dout[:-1], (x[:-1], w, param))
    return np.append(dx, 0 * x[-1:], axis=0), dw, dout.sum(axis=(0, 2, 3))


@CASES.backward(tanh, randn(9, 6))
@CASES.backward(tanh, randn(7, 4, 3, dtype=f32))
def tanh_loop_misses_the_last_sample(dout, x, out):
    dx = np.zeros_like(out)
    for i in range(len(out) - 1):
        dx[i] = dout[i] * (1 - out[i] ** 2)
    return dx


@CASES.backward(softmax, randn(6, 5))
def softmax_differentiates_the_first_half_only(dout, probs):
    dx = np.zeros_like(probs)
    half = len(probs) // 2
    dx[:half] = softmax.backward(dout[:half], probs[:half])
    return dx


@CASES.backward(weights_first, randn(3, 5), randn(5, 7))
def column_layer_skips_the_first_sample(dout, w, x):
    dx = w.T @ dout
    dx[:, 0] = 0
    return dout @ x.T, dx


@CASES.backward(softmax, randn(6, 4))
def softmax_every_other_sample(dout, probs):
    dx = softmax.backward(dout, probs)
    dx[1::2] = 0
    return dx


CASES.wrong("sequence_weights_see_one_sample", sequence_product,
            lambda dout, x, w: (dout @ w.T, x[0].T @ dout[0]), randn(4, 3, 5), randn(5, 2))
CASES.wrong("sequence_weights_see_the_last_step", sequence_product,
            but(sequence_product, 1, lambda dw, dout, x, w: x[:, -1].T @ dout[:, -1]),
            randn(4, 3, 5), randn(5, 2))


def sine_and_cosine(x):
    return np.sin(x), np.cos(x), x


def only_the_sine(*douts_and_x):
    dsine, _, x = douts_and_x
    return dsine * np.cos(x)


def no_cosine_of_the_last_sample(*douts_and_x):
    dsine, dcosine, x = douts_and_x
    return dsine * np.cos(x) - np.append(dcosine[:-1], 0 * dcosine[-1:], axis=0) * np.sin(x)


CASES.wrong("one_of_two_outputs_is_left_out", sine_and_cosine, only_the_sine, randn(4, 3))
CASES.wrong("a_sample_of_one_of_two_outputs_is_left_out", sine_and_cosine,
            no_cosine_of_the_last_sample, randn(4, 3))

test_first_code, test_right = CASES.tests()
