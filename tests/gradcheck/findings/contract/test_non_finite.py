"""A gradient with inf or NaN where the true one is finite."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course

CASES = Cases("non-finite")


def divide(a, b):
    out = a / b
    return out, (a, b, out)


@CASES.backward(divide, np.array([[1.0, 0.0, -2.0], [0.5, 3.0, 0.0]]), 1 + randn(2, 3) ** 2)
def divide_by_the_numerator(dout, a, b, out):
    with np.errstate(all="ignore"):
        return dout / b, -dout * out**2 / a


def stable_sigmoid(x):
    return 0.5 * (1 + np.tanh(x / 2)), x


@CASES.backward(stable_sigmoid, np.array([-1000.0, -2.0, 0.5, 3.0]))
@CASES.backward(stable_sigmoid, np.array([[-200.0, 1.0], [0.1, -3.0]], dtype=f32))
def sigmoid_derivative_overflows(dout, x):
    with np.errstate(all="ignore"):
        e = np.exp(-x)
        return dout * e / (1 + e) ** 2


def xlogx(x):
    return np.where(x > 0, x**2 * np.log(np.where(x > 0, x, 1)), 0), x


@CASES.backward(xlogx, np.array([[0.0, 0.3], [1.2, 2.0]]))
def log_of_zero_in_backward(dout, x):
    with np.errstate(all="ignore"):
        return dout * (2 * x * np.log(x) + x)


CASES.right(stable_sigmoid, np.array([-1000.0, -2.0, 0.5, 3.0]),
            backward=lambda dout, x: dout * stable_sigmoid(x)[0] * stable_sigmoid(-x)[0])
CASES.wrong("batchnorm_divides_by_a_variance_of_zero", course.paper_batchnorm,
            course.paper_slip(use_eps=False), randn(6, 4) * (np.arange(4) != 1), randn(4), randn(4),
            {"eps": 1e-5})

test_first_code, test_right = CASES.tests()
