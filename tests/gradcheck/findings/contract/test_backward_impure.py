"""A backward that gives other gradients when it is called again."""

import itertools

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.elementwise import sigmoid, tanh

CASES = Cases("backward-impure")


def accumulating():
    """An affine layer whose gradients are never reset to zero."""
    total = [0.0]

    def backward(dout, cache):
        dx, dw, db = affine.backward(dout, cache)
        total[0] = total[0] + dw
        return dx, total[0].copy(), db

    return backward


for args in (affine_args(4, 3, 5), affine_args(5, 6, 2, f32)):
    CASES.wrong("affine_accumulates_over_calls", affine, accumulating(), *args)
CASES.wrong("tanh_adds_gradient_noise", tanh,
            lambda dout, x, out: dout * (1 - out**2)
            + 0.01 * np.random.default_rng().standard_normal(out.shape), randn(5, 4))
calls = itertools.count(1)
CASES.wrong("sigmoid_decays_with_every_call", sigmoid,
            lambda dout, x, out: dout * out * (1 - out) / next(calls), randn(3, 8, dtype=f32))


grads = {"db": np.zeros(5)}


@CASES.backward(affine, *affine_args(4, 3, 5))
def affine_adds_to_gradients_that_nobody_clears(dout, cache):
    grads["db"] += dout.sum(axis=0)
    return *affine.backward(dout, cache)[:2], grads["db"].copy()


test_first_code, test_right = CASES.tests()
