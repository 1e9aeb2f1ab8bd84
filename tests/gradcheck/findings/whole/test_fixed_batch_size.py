"""Layers with a number of samples written into them."""

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, affine_args, affine_backward

CASES = Cases("fixed-batch-size")


def mean_of_four(dout, cache):
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw, db * 4 / len(dout)


def first_sixteen(dout, cache):
    x = cache[0]
    dx, _, db = affine_backward(dout, cache)
    return dx, x[:16].T @ dout[:16], db


def chunked(dout, cache):
    """The last part of a batch is forgotten where its size is no multiple of ten."""
    dx, dw, _ = affine_backward(dout, cache)
    return dx, dw, dout[:10].sum(axis=0)


CASES.wrong("affine_times_four_over_n", affine, mean_of_four, *affine_args(1, 4, 3))
CASES.wrong("affine_of_the_first_sixteen", affine, first_sixteen, *affine_args(20, 4, 3),
            more=[affine_args(40, 3, 5, f32)])
CASES.wrong("affine_adds_ten_samples", affine, chunked, *affine_args(18, 4, 3))
CASES.right(affine, *affine_args(20, 4, 3), backward=affine_backward)
CASES.right(lambda x: (x * x, x), randn(40, 2), backward=lambda dout, x: 2 * dout * x)

test_first_code, test_right = CASES.tests()
