"""The error against the step: where rounding rules, where truncation does, and outside a domain."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_layer
from gradcheck.numeric.curve import RATIO, RUNGS, is_asked, recording


def steps(forward, backward, x):
    with recording():
        report = check_layer(forward, backward, x)
    return report.arguments[0].steps


def test_truncation_falls_with_the_square_of_the_step():
    found = steps(lambda x: (np.exp(x), x), lambda dout, x: dout * np.exp(x), np.ones(1))
    step, central, _ = np.array(found).T
    error = np.abs(central / central[len(central) // 2] - 1)
    assert len(found) == RUNGS
    np.testing.assert_allclose(error[:2] / error[1:3], RATIO**2, rtol=0.01)
    np.testing.assert_allclose(step[:-1] / step[1:], RATIO, rtol=0.2)


def test_what_lies_outside_the_domain_is_left_out():
    found = steps(lambda x: (np.log(x), x), lambda dout, x: dout / x, np.array([1e-3, 1.0]))
    assert 4 < len(found) <= RUNGS
    assert np.all(np.isfinite(found))


def test_nothing_more_is_evaluated_and_nothing_recorded_unless_asked_for():
    calls = []

    def forward(x):
        calls.append(0)
        return x**2, x

    report = check_layer(forward, lambda dout, x: 2 * x * dout, np.ones(3))
    unasked = len(calls)
    assert report.arguments[0].steps == ()
    asked = steps(forward, lambda dout, x: 2 * x * dout, np.ones(3))
    assert len(asked) == RUNGS
    assert len(calls) - unasked == unasked + 2 * RUNGS


def test_an_exception_of_forward_at_a_wide_step_spoils_no_check():
    def forward(x):
        if np.any(np.abs(x) > 1.01):
            raise ValueError("too large")
        return x**2, x

    with recording():
        report = check_layer(forward, lambda dout, x: 2 * x * dout, np.array([1.0]))
    assert report.passed
    assert report.arguments[0].steps == ()


def test_the_wish_ends_with_its_block():
    def raising(x):
        raise ValueError(str(is_asked()))

    with pytest.raises(ValueError, match="True"), recording():
        raising(1)
    assert not is_asked()
