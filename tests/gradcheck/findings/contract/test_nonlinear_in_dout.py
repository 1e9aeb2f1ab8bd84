"""A backward that is not linear in dout."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.elementwise import multiply, relu, sigmoid, tanh

CASES = Cases("nonlinear-in-dout")

CASES.wrong("relu_guided", relu, lambda dout, x: dout * (x > 0) * (dout > 0), randn(6, 5),
            more=[(randn(4, 3, 3, dtype=f32),)])
CASES.wrong("tanh_clips_its_gradient", tanh,
            lambda dout, x, out: np.clip(dout * (1 - out**2), -0.1, 0.1), randn(7, 4))
CASES.wrong("affine_adds_weight_decay", affine,
            but(affine, 1, lambda dw, dout, x, w, b: dw + 0.1 * w), *affine_args(4, 6, 3))
CASES.wrong("multiply_squares_dout", multiply, lambda dout, a, b: (dout**2 * b, dout * a),
            randn(5, 5), randn(5, 5, seed=1))


@CASES.backward(sigmoid, randn(20, dtype=f32))
def sigmoid_normalizes_its_gradient(dout, x, out):
    dx = dout * out * (1 - out)
    return dx / np.sqrt((dx**2).sum())


CASES.wrong("rnn_clips_exploding_gradients", course.rnn, lambda dh, cache: tuple(
            np.clip(gradient, -1, 1) for gradient in course.rnn.backward(dh, cache)),
            *course.rnn_args(3, 4, 5, 6))

test_first_code, test_right = CASES.tests()
