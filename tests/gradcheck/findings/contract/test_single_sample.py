"""Layers that take away the axis of samples where there is one of them."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, affine_args, affine_backward

CASES = Cases("single-sample")


def squeezed(x, w, b):
    return np.squeeze(x @ w + b), (x, w, b)


def squeezed_gradient(dout, cache):
    dx, dw, db = affine_backward(dout, cache)
    return np.squeeze(dx), dw, db


def sampled(x):
    """The deviations from the mean of the batch, over the number of samples."""
    return (x - x.mean(axis=0)) / len(x), x


def sampled_backward(dout, x):
    return (dout - dout.mean(axis=0)) / len(x)


def sampled_wrongly(dout, x):
    return (dout - dout.mean(axis=0)) / len(x) + (len(x) == 1)


CASES.wrong("affine_squeezes_its_output", squeezed, affine_backward, *affine_args(1, 4, 3),
            more=[affine_args(1, 3, 5, f32)])
CASES.wrong("affine_squeezes_a_gradient", affine, squeezed_gradient, *affine_args(1, 4, 3))
CASES.wrong("deviations_of_one_sample", sampled, sampled_wrongly, randn(1, 5))
for rows in (1, 4):
    CASES.right(affine, *affine_args(rows, 4, 3), backward=affine_backward)
    CASES.right(sampled, randn(rows, 5), backward=sampled_backward)

test_first_code, test_right = CASES.tests()
