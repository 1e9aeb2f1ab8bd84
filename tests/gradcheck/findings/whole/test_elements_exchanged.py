"""The right elements at each other's places."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, to_channels_last
from tests.gradcheck.findings.forwards.elementwise import tanh

CASES = Cases("elements-exchanged")


@CASES.backward(tanh, randn(4, 5))
def tanh_exchanges_two_elements(dout, x, out):
    dx = dout * (1 - out**2)
    dx[0, 1], dx[2, 3] = dx[2, 3], dx[0, 1]
    return dx


CASES.wrong("dx_reshaped_in_column_order", affine, but(affine, 0, lambda dx, dout, x, w, b:
            np.stack([row.reshape(x.shape[1:], order="F") for row in dout @ w.T])),
            randn(4, 2, 3), randn(6, 5), randn(5))


def sort(x):
    order = np.argsort(x, axis=0)
    return np.take_along_axis(x, order, axis=0), order


CASES.wrong("sort_permutes_instead_of_unpermuting", sort,
            lambda dout, order: np.take_along_axis(dout, order, axis=0), randn(6, 4),
            more=[(randn(9, dtype=f32),)])


def sort_backward(dout, order):
    dx = np.empty_like(dout)
    np.put_along_axis(dx, order, dout, axis=0)
    return dx


CASES.right(sort, randn(7, 4), backward=sort_backward)


@CASES.backward(tanh, randn(50, 40))
@CASES.backward(tanh, randn(900, dtype=f32))
def tanh_exchanges_two_among_many(dout, cache):
    dx = tanh.backward(dout, cache).reshape(-1)
    dx[[100, 700]] = dx[[700, 100]]
    return dx.reshape(dout.shape)


def weighted_squares_exchange_two(x):
    dx = 2 * np.arange(12).reshape(3, 4) * x
    dx[0, 2], dx[2, 1] = dx[2, 1], dx[0, 2]
    return dx


CASES.gradient("weighted_squares_exchange_two",
               lambda x: (np.arange(12).reshape(3, 4) * x**2).sum(), weighted_squares_exchange_two,
               randn(3, 4))


CASES.wrong("rotation_applied_twice", lambda x: (x[:, [2, 0, 3, 4, 1]], None),
            lambda dout, cache: dout[:, [2, 0, 3, 4, 1]], randn(6, 5))
CASES.wrong("channels_reshaped_not_transposed", to_channels_last,
            lambda dout, shape: dout.reshape(shape), randn(2, 3, 4, 5))
# What is exchanged is what a transposition would have put in place.
CASES.wrong("transposition_reshaped", lambda x: (x.T.copy(), None),
            lambda dout, cache: dout.reshape(4, 6), randn(4, 6), also=("transposed",))

test_first_code, test_right = CASES.tests()
