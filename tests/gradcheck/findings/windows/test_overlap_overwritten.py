"""Gradients of overlapping windows assigned where they must be added."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course, windows

CASES = Cases("overlap-overwritten")

CASES.wrong("conv_assigns_where_it_should_add", windows.conv, windows.conv_slip(add=False),
            *windows.conv_args((2, 3, 5, 4), (2, 3, 3, 3), pad=1),
            more=[windows.conv_args((3, 1, 6, 6), (2, 1, 2, 2), dtype=f32)])
CASES.wrong("dilated_assigns", windows.conv1d, windows.conv1d_slip(add=False),
            randn(2, 12, dtype=f32), randn(3, dtype=f32), 2)
CASES.wrong("max_pool_assigns_where_it_should_add", windows.max_pool,
            windows.pooled(windows.at_maximum, add=False), randn(2, 2, 5, 6), 3, 1,
            more=[(randn(1, 3, 7, 7, dtype=f32), 3, 2)])
CASES.wrong("average_pool_assigns_where_it_should_add", windows.average_pool,
            windows.pooled(windows.evenly, add=False), randn(2, 2, 5, 5), 2, 1)
CASES.wrong("upsample_keeps_the_last_copy", windows.upsample, lambda dout, shape: dout[:, 2::3],
            randn(4, 5), also=("samples-ignored", "unexplained"))


@CASES.backward(windows.conv1d, randn(3, 9), randn(4))
def conv1d_assigns_where_it_should_add(dout, cache):
    dx, dw = windows.conv1d.backward(dout, cache)
    for t in range(dout.shape[1]):
        dx[:, t:t + len(dw)] = dout[:, t, None] * cache[1]
    return dx, dw


def moving_sum(x):
    """Sums of three neighbours of x (N, T)."""
    return x[:, :-2] + x[:, 1:-1] + x[:, 2:], x.shape


@CASES.backward(moving_sum, randn(4, 9))
def moving_sum_assigns(dout, shape):
    dx = np.zeros(shape)
    for start in range(3):
        dx[:, start:start + dout.shape[1]] = dout
    return dx


def embedding(w, indices):
    return w[indices], (w, indices)


# A row that is looked up twice receives only the last gradient, as an overlapping window does.
@CASES.backward(embedding, randn(5, 3), np.array([1, 4, 1, 0, 1, 4]), also=("samples-ignored",))
def embedding_loses_repeated_rows(dout, w, indices):
    dw = np.zeros_like(w)
    dw[indices] += dout
    return dw


def embedding_backward(dout, w, indices):
    dw = np.zeros_like(w)
    np.add.at(dw, indices, dout)
    return dw


CASES.right(embedding, randn(6, 3), np.array([[0, 5], [5, 2], [1, 5]]), backward=embedding_backward,
            more=[(randn(4, 2, dtype=f32), np.array([3, 3, 0]))])
CASES.wrong("looped_conv_assigns", course.looped_conv, course.looped_conv_slip(add=False),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 3, 3), pad=1))
CASES.wrong("looped_pool_assigns", course.looped_pool, course.looped_pool_slip(add=False),
            *course.pool_args(2, 2, 5, 6, height=3, width=3, stride=1))

test_first_code, test_right = CASES.tests()
