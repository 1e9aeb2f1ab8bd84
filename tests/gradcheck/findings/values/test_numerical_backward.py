"""Backwards that take differences of their forward, and those that call it for other reasons."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from gradcheck import check_layer, eval_numerical_gradient_array
from gradcheck.grading.file import judge_file
from tests.gradcheck.findings.cases import Cases, randn

CASES = Cases("numerical-backward")
X, W = randn(4, 6), randn(6, 3)


def cube_forward(x):
    return x**3, x


def by_loop(dout, x):
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-5
        dx[place] = np.sum(dout * (cube_forward(x + step)[0] - cube_forward(x - step)[0])) / 2e-5
    return dx


def in_place(dout, x):
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        old = x[place]
        x[place] = old + 1e-5
        above = cube_forward(x)[0]
        x[place] = old - 1e-5
        below = cube_forward(x)[0]
        x[place] = old
        dx[place] = np.sum(dout * (above - below)) / 2e-5
    return dx


def one_sided(dout, x):
    out, dx = cube_forward(x)[0], np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-7
        dx[place] = np.sum(dout * (cube_forward(x + step)[0] - out)) / 1e-7
    return dx


def by_complex_step(dout, x):
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape, complex)
        step[place] = 1e-30j
        dx[place] = np.sum(dout * cube_forward(x + step)[0].imag) / 1e-30
    return dx


def by_the_course(dout, x):
    return eval_numerical_gradient_array(lambda x: cube_forward(x)[0], x, dout)


def cubed(x):
    return x**3


def by_a_helper(dout, x):
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-5
        dx[place] = np.sum(dout * (cubed(x + step) - cubed(x - step))) / 2e-5
    return dx


def in_a_thread(dout, x):
    found = []
    thread = threading.Thread(target=lambda: found.append(by_a_helper(dout, x)))
    thread.start()
    thread.join()
    return found[0]


# One-sided differences are wrong in the eighth digit, too.
for backward in (by_loop, in_place, one_sided, by_complex_step, by_the_course, by_a_helper,
                 in_a_thread):
    CASES.wrong(f"cube_{backward.__name__}", cube_forward, backward, X)


@pytest.mark.parametrize("backward", [by_loop, by_complex_step])
def test_a_gradient_that_is_right_so_far_is_warned_of(backward):
    assert check_layer(cube_forward, backward, X.copy()).status == "warned"


def recomputed(dout, x):
    out, x = cube_forward(x)
    return dout * 3 * out / x


def conv_forward(x, w):
    """Return the valid correlation of every row of x with w."""
    width = x.shape[1] - len(w) + 1
    return sum(w[i] * x[:, i:i + width] for i in range(len(w))), (x, w)


def conv_backward(dout, cache):
    x, w = cache
    wide = np.pad(dout, ((0, 0), (len(w) - 1, len(w) - 1)))
    dw = np.array([np.sum(dout * x[:, i:i + dout.shape[1]]) for i in range(len(w))])
    return conv_forward(wide, w[::-1])[0], dw


def affine_forward(x, w):
    return x @ w, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return affine_forward(dout, w.T)[0], affine_forward(x.T, dout)[0]


def linear_forward(x):
    return 2 * x, None


def element_by_element(dout, x):
    return np.array([[of_one(d, entry) for d, entry in zip(*rows, strict=True)]
                     for rows in zip(dout, x, strict=True)])


def of_one(d, entry):
    return d * 3 * entry**2


def row_by_row(dout, x):
    return np.stack([slope(row) * d for row, d in zip(x, dout, strict=True)])


def slope(row):
    return 3 * row**2


# A forward that is recomputed, or a building block, is no difference.
CASES.right(cube_forward, X, backward=recomputed)
CASES.right(cube_forward, X, backward=element_by_element)
CASES.right(cube_forward, X, backward=row_by_row)
CASES.right(cube_forward, X, backward=lambda dout, x: dout * slope(np.abs(x) + 0.0))
CASES.right(conv_forward, X, W[:3, 0].copy(), backward=conv_backward)
CASES.right(affine_forward, X, W, backward=affine_backward)
CASES.right(linear_forward, X, backward=lambda dout, _: linear_forward(dout)[0])


SUBMISSION = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x):
    dx, x = np.zeros(x.shape), x.astype(float)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-5
        above, below = relu_forward(x + step)[0], relu_forward(x - step)[0]
        dx[place] = (dout * (above - below)).sum() / 2e-5
    return dx.astype(dout.dtype)
"""


@pytest.mark.parametrize(("ignore", "earned"), [((), {"value"}), (
    ("numerical-backward",), {"value", "gradient", "contract"})])
def test_in_a_submission_it_earns_no_points_for_the_gradient(tmp_path, ignore, earned):
    file = tmp_path / "homework.py"
    file.write_text(SUBMISSION)
    record = judge_file(file, ignore=ignore, seed=0)  # no corner within a difference
    assert {item.name.partition(": ")[2] for item in record.items if item.points} == earned
    messages = {item.name: item.message for item in record.items}
    if not ignore:
        assert "relu_forward" not in messages["relu: gradient"].partition("numerical")[0]
        assert "numerical-backward" in messages["relu: gradient"]


test_first_code, test_right = CASES.tests()
