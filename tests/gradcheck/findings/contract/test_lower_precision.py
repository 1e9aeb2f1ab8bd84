"""A gradient rounded to a narrower dtype than the layer's."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course, losses
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.elementwise import relu, tanh
from tests.gradcheck.findings.forwards.windows import conv_args

CASES = Cases("lower-precision")

CASES.wrong("tanh_returns_single_precision", tanh,
            lambda dout, x, out: (dout * (1 - out**2)).astype(np.float32), randn(4, 7))
CASES.wrong("dw_accumulated_in_half_precision", affine,
            but(affine, 1, lambda dw, dout, x, w, b: dw.astype(np.float16)),
            *affine_args(4, 6, 5, f32))


@CASES.backward(relu, 3 * randn(5, 6, 2))
def relu_fills_a_float32_buffer(dout, x):
    dx = np.zeros(x.shape, dtype=np.float32)
    dx[x > 0] = dout[x > 0]
    return dx


CASES.wrong("conv_casts_its_gradients", course.looped_conv, lambda dout, cache: tuple(
            gradient.astype(f32) for gradient in course.looped_conv.backward(dout, cache)),
            *conv_args((2, 2, 5, 4), (3, 2, 3, 3)))
CASES.wrong("tanh_computed_in_single_precision", tanh,
            lambda dout, x, out: (dout * (1 - out**2)).astype(f32).astype(float), randn(5, 6))
CASES.wrong("tanh_computed_in_half_precision", tanh,
            lambda dout, x, out: (dout * (1 - out**2)).astype(np.float16).astype(float),
            randn(5, 6))


def log_loss(p):
    return -np.log(p + 1e-7), p


CASES.wrong("the_constant_in_a_log_is_left_out", log_loss, lambda dout, p: -dout / p,
            np.random.default_rng(3).uniform(0.3, 1, (5, 6)))

def guarded_cross_entropy(x, y):
    probs = losses.softmax(x)[0]
    return -np.mean(np.log(probs[np.arange(len(y)), y] + 1e-4)), (probs, y)


CASES.wrong("the_constant_in_a_softmax_losss_log_is_left_out", guarded_cross_entropy,
            lambda dout, probs, y: dout * (probs - losses.one_hot(probs, y)) / len(y),
            randn(6, 4), losses.labels(6, 4))

test_first_code, test_right = CASES.tests()
