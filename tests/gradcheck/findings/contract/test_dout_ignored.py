"""A backward that returns the local derivative and forgets dout."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f16, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.elementwise import multiply, relu, tanh
from tests.gradcheck.findings.forwards.losses import cross_entropy

CASES = Cases("dout-ignored")

CASES.wrong("tanh_returns_its_local_derivative", tanh, lambda dout, x, out: 1 - out**2, randn(4, 6),
            more=[(randn(3, 3, 3, dtype=f32),)])
CASES.wrong("relu_returns_its_mask", relu, lambda dout, x: (x > 0).astype(x.dtype),
            randn(5, 7, dtype=f16))
CASES.wrong("multiply_forgets_dout_for_one_factor", multiply,
            lambda dout, a, b: (dout * b, a.copy()), randn(4, 4), randn(4, 4, seed=1))


@CASES.backward(cross_entropy, randn(6, 5), np.array([4, 0, 2, 2, 1, 3]))
def cross_entropy_takes_the_loss_for_the_end(dout, probs, y):
    dx = probs.copy()
    dx[np.arange(len(y)), y] -= 1
    return dx / len(y)


CASES.wrong("max_pool_pays_ones", course.looped_pool,
            lambda dout, cache: course.looped_pool.backward(np.ones_like(dout), cache),
            *course.pool_args(2, 2, 6, 6))
CASES.wrong("dw_without_dout", affine, but(affine, 1, lambda dw, dout, x, *_: x.T @ (0 * dout + 1)),
            *affine_args(4, 3, 5))

test_first_code, test_right = CASES.tests()
