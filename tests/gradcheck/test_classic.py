"""The classic functions agree with the course's, restore what they touch, and refuse integers."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

from gradcheck import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    eval_numerical_gradient_blobs,
    eval_numerical_gradient_net,
    grad_check_sparse,
    rel_error,
)


class Interrupted(Exception):
    """What a function under test raises in its midst."""


def raising_after(calls, value=0.0):
    seen = []

    def f(*_):
        seen.append(1)
        if len(seen) > calls:
            raise Interrupted
        return value
    return f


def blob(vals):
    return SimpleNamespace(vals=vals, diffs=np.zeros_like(vals))


@pytest.fixture
def x():
    return np.random.default_rng(1).standard_normal((3, 4))


def test_gradient_of_a_scalar_function(x):
    grad = eval_numerical_gradient(lambda x: np.sum(np.sin(x)), x, verbose=False)
    assert rel_error(grad, np.cos(x)) < 1e-8


def test_gradient_of_an_array_function_is_weighted_by_df(x):
    w, df = np.arange(20.0).reshape(4, 5), np.arange(15.0).reshape(3, 5)
    assert rel_error(eval_numerical_gradient_array(lambda x: x @ w, x, df), df @ w.T) < 1e-8
    assert rel_error(eval_numerical_gradient_array(lambda w: x @ w, w, df), x.T @ df) < 1e-8


def test_gradients_of_blobs_come_in_the_order_of_the_inputs(x):
    a, w, out = blob(x.copy()), blob(np.ones((4, 2))), blob(np.zeros((3, 2)))
    out.diffs = np.arange(6.0).reshape(3, 2)

    def f(a, w, out):
        out.vals[...] = a.vals @ w.vals
    da, dw = eval_numerical_gradient_blobs(f, [a, w], out)
    assert rel_error(da, out.diffs @ w.vals.T) < 1e-8
    assert rel_error(dw, x.T @ out.diffs) < 1e-8


def test_gradient_of_a_net_calls_its_forward(x):
    a, out = blob(x.copy()), blob(x.copy())
    out.diffs = np.ones_like(x)

    class Net:
        def forward(self):
            out.vals = a.vals**2
    assert rel_error(eval_numerical_gradient_net(Net(), (a,), out)[0], 2 * x) < 1e-8
    assert np.array_equal(a.vals, x)


def test_verbose_prints_index_and_derivative_of_every_element(capsys):
    grad = eval_numerical_gradient(lambda x: float(np.sum(x * x)), np.array([[1.0, 2.0]]))
    assert capsys.readouterr().out == f"(0, 0) {grad[0, 0]}\n(0, 1) {grad[0, 1]}\n"


def test_sparse_prints_the_course_line_for_every_check(capsys):
    grad_check_sparse(lambda x: np.sum(x**2), np.full(2, 1.5), np.full(2, 3.0), num_checks=3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("numerical: 3.000000 analytic: 3.000000, relative error: ")
               for line in lines)


def test_sparse_draws_the_elements_that_random_draws_in_the_course(capsys):
    x = np.arange(35.0).reshape(5, 7)
    random.seed(3)
    picked = [(random.randrange(5), random.randrange(7)) for _ in range(4)]
    random.seed(3)
    grad_check_sparse(lambda x: np.sum(x**2) / 2, x, x, num_checks=4)
    printed = [float(line.split()[3].rstrip(",")) for line in capsys.readouterr().out.splitlines()]
    assert printed == [x[ix] for ix in picked]


@pytest.mark.parametrize("make", [random.Random, np.random.default_rng, np.random.RandomState])
def test_sparse_with_an_rng_repeats_and_leaves_the_global_one_alone(make, capsys):
    x, state = np.arange(64.0), random.getstate()
    for _ in range(2):
        grad_check_sparse(lambda x: np.sum(x**2) / 2, x, x, rng=make(5))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:10] == lines[10:]
    assert len(set(lines)) > 1
    assert random.getstate() == state


def test_sparse_calls_two_zeros_equal(capsys):
    grad_check_sparse(lambda x: 0.0, np.ones(2), np.zeros(2), num_checks=1)
    assert "relative error: 0.000000e+00" in capsys.readouterr().out


@pytest.mark.parametrize("calls", [0, 1, 2, 5])
@pytest.mark.parametrize("check", [
    lambda f, x: eval_numerical_gradient(f, x, verbose=False),
    lambda f, x: eval_numerical_gradient_array(f, x, np.float64(1)),
    lambda f, x: grad_check_sparse(f, x, x),
    lambda f, x: eval_numerical_gradient_blobs(f, (blob(x),), blob(np.zeros(2))),
    lambda f, x: eval_numerical_gradient_net(SimpleNamespace(forward=f), (blob(x),),
                                             blob(np.zeros(2))),
])
def test_what_was_perturbed_is_restored_when_f_raises(check, calls, x):
    before = x.tobytes()
    with pytest.raises(Interrupted):
        check(raising_after(calls), x)
    assert x.tobytes() == before


def test_what_was_perturbed_is_restored_bit_for_bit():
    x = np.array([1e-320, -0.0, 3e9 + 0.1, 0.1])
    before = x.tobytes()
    eval_numerical_gradient(lambda x: np.sum(x), x, verbose=False)
    assert x.tobytes() == before


def test_views_are_perturbed_in_place():
    base = np.arange(24.0).reshape(4, 6)
    view = base[::2, 1::2].T
    grad = eval_numerical_gradient(lambda _: np.sum(base**2), view, verbose=False)
    assert rel_error(grad, 2 * view) < 1e-7


def test_a_function_that_returns_a_view_of_x_is_differentiated(x):
    assert np.allclose(eval_numerical_gradient_array(lambda x: x.T, x, np.ones((4, 3))), 1.0)
    x = np.ones(1)
    assert np.allclose(eval_numerical_gradient(lambda x: x[0:1], x, verbose=False), 1.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_gradient_has_the_dtype_and_shape_of_x(dtype):
    grad = eval_numerical_gradient(lambda x: np.sum(x), np.ones((2, 0, 3), dtype), verbose=False)
    assert (grad.dtype, grad.shape) == (dtype, (2, 0, 3))


def test_a_scalar_array_is_differentiated():
    assert np.isclose(eval_numerical_gradient(lambda x: x**2, np.array(3.0), verbose=False), 6.0)


def test_a_step_lost_in_rounding_is_refused_not_answered_with_zero():
    with pytest.raises(ValueError, match=r"h: got 1e-05.*float32.*float64"):
        eval_numerical_gradient(lambda x: np.sum(x), np.full(2, 1e4, np.float32), verbose=False)


def test_rel_error_is_the_largest_of_the_elements():
    assert rel_error(np.array([1.0, -2.0]), np.array([1.0, 2.0])) == 1.0
    assert rel_error(1.0, 3.0) == 0.5
    assert rel_error(np.array([1e-10]), np.array([0.0])) == 1e-2


@pytest.mark.parametrize(("x", "y", "error"), [
    ([], [], 0.0),
    (np.zeros((0, 3)), np.zeros((0, 3)), 0.0),
    ([0.0], [0.0], 0.0),
    ([np.inf], [np.inf], 0.0),
    (np.array([200], np.uint8), np.array([100], np.uint8), 1 / 3),
    (np.array([6e4], np.float16), np.array([6e4], np.float16), 0.0),
])
def test_rel_error_at_the_edges(x, y, error):
    assert rel_error(x, y) == error


@pytest.mark.parametrize("other", [np.nan, np.inf, 1.0])
def test_rel_error_with_nan_passes_no_threshold(other):
    assert np.isnan(rel_error([0.0, np.nan], [0.0, other]))


def test_rel_error_refuses_to_broadcast():
    with pytest.raises(ValueError, match=r"y: got .*\(3, 1\).*expected the shape \(3,\) of x"):
        rel_error(np.zeros(3), np.zeros((3, 1)))
