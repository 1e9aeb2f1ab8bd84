"""One forward call a group is enough where nothing is curved, and hides no corner."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_layer
from gradcheck.numeric.compare import compare
from gradcheck.numeric.dependence import align
from gradcheck.numeric.differences import central_differences
from gradcheck.numeric.ladder import step_lengths
from gradcheck.numeric.one_sided import one_sided_differences
from tests.gradcheck.numeric.test_compare import problem

RNG = np.random.default_rng(0)
X, W = RNG.standard_normal((4, 6)), RNG.standard_normal((6, 3))
DOUT = RNG.standard_normal((4, 3))


def times(x):
    return x @ W, x


def differences(forward, analytic, x=X, dout=DOUT):
    """Return what one side gives, how many calls it took, and what both give."""
    asked = problem(forward, x, dout)
    lengths = step_lengths(x, asked.evaluator.eps)
    alignment = align(asked.evaluator, 0, asked.origin, lengths)
    before = asked.evaluator.count
    found = one_sided_differences(asked, 0, alignment, lengths, analytic)
    calls = asked.evaluator.count - before
    return found, calls, central_differences(asked, 0, alignment, lengths)


def test_a_linear_layer_takes_one_call_a_group_and_one_more_for_the_same_numbers():
    (numeric, bound), calls, (central, roundoff) = differences(times, DOUT @ W.T)
    assert calls == X.shape[1] + 1
    assert np.all(np.abs(numeric - DOUT @ W.T) <= bound)
    assert np.allclose(bound, roundoff, rtol=1e-6)
    assert np.all(np.abs(numeric - central) <= bound + roundoff)


def test_a_curved_layer_is_known_by_its_first_group():
    found, calls, _ = differences(lambda x: ((x @ W)**2, x), 2 * (DOUT * (X @ W)) @ W.T)
    assert (found, calls) == (None, 1)


@pytest.mark.parametrize("wrong", [1e-6, -1.0])
def test_a_wrong_element_is_left_to_central_differences(wrong):
    analytic = DOUT @ W.T
    analytic[2, 3] += wrong
    assert differences(times, analytic)[0] is None
    assert list(map(tuple, np.argwhere(compare(problem(times, X, DOUT), 0, "x", analytic).failed))
                ) == [(2, 3)]


def largest_forward(x):
    return x.max(axis=1), x


@pytest.mark.parametrize(("share", "passes"), [(1.0, False), (0.5, True)])
def test_of_tied_maxima_each_agrees_on_one_side_and_both_together_on_none(share, passes):
    x = np.array([[1.0, 3.0, 3.0, 0.5], [2.0, 0.1, -1.0, 0.7]])

    def backward(dout, x):
        largest = x == x.max(axis=1, keepdims=True)
        return dout[:, None] * np.where(largest.sum(axis=1, keepdims=True) > 1, share, 1) * largest

    dout = np.ones(2)
    assert differences(largest_forward, backward(dout, x), x, dout)[0] is None
    assert check_layer(largest_forward, backward, x, dout=dout).passed == passes


def test_where_forward_takes_no_step_so_wide_smaller_ones_are_taken():
    length = step_lengths(X, 2.0**-52).max()

    def near(x):
        if np.abs(x - X).max() > 1.5 * length:
            raise ValueError("too far")
        return x @ W, x

    found = one_sided_differences(problem(near, X, DOUT), 0, align(
        problem(times, X, DOUT).evaluator, 0, X @ W, X), step_lengths(X, 2.0**-52), DOUT @ W.T)
    assert found is None
