"""Outputs that hide each other are compared in parts."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import Report, check_layer
from gradcheck.run.parts import MOST_CHECKS, in_parts

X = np.array([0.3, -0.7, 1.1])
LARGE = 3e12


def beside_a_large_one(x):
    return np.concatenate([1e13 + x, np.sin(30 * x)]), x


def beside_a_large_one_backward(factor):
    def backward(dout, x):
        return dout[:3] + factor * 30 * np.cos(30 * x) * dout[3:]
    return backward


def cancelling(x):
    return np.stack([LARGE * np.sin(x), np.cos(x) - LARGE * np.sin(x)]), x


def cancelling_backward(factor):
    def backward(dout, x):
        first, second = dout
        return factor * ((first - second) * LARGE * np.cos(x) - second * np.sin(x))
    return backward


def test_an_output_is_seen_beside_one_that_rounds_off_more_than_it_moves():
    report = check_layer(beside_a_large_one, beside_a_large_one_backward(1.0), X, progress=False)
    assert report.passed


@pytest.mark.parametrize("factor", [1.0012, 0.5, -1.0, 0.0])
def test_an_error_at_one_output_is_seen_beside_a_large_one(factor):
    report = check_layer(beside_a_large_one, beside_a_large_one_backward(factor), X,
                         progress=False)
    assert report.status == "failed"


def test_terms_that_cancel_are_compared_in_parts():
    report = check_layer(cancelling, cancelling_backward(1.0), X, dout=np.ones((2, 3)),
                         progress=False)
    assert report.passed
    assert any("compared in parts" in note for note in report.notes)


@pytest.mark.parametrize("factor", [1.0012, 0.5, -1.0, 0.0])
def test_an_error_in_terms_that_cancel_fails(factor):
    report = check_layer(cancelling, cancelling_backward(factor), X, dout=np.ones((2, 3)),
                         progress=False)
    assert report.status == "failed"
    assert any("some of the outputs" in note for note in report.notes)


@pytest.mark.parametrize("factor", [1.0, 1.0012, -1.0])
def test_many_coordinates_are_compared_in_parts_along_directions(factor):
    x = np.random.default_rng(0).standard_normal(2000)

    def forward(x):
        total = np.sum(x) / 50
        return np.array([LARGE * np.sin(total), np.cos(total) - LARGE * np.sin(total)]), total

    def backward(dout, total):
        slope = (dout[0] - dout[1]) * LARGE * np.cos(total) - dout[1] * np.sin(total)
        return np.full(2000, factor * slope / 50)

    report = check_layer(forward, backward, x, dout=np.ones(2), progress=False)
    assert report.status == ("passed" if factor == 1 else "failed")


def test_the_checks_of_parts_are_bounded_and_end_at_an_output_that_tells_nothing():
    calls = []

    def check(part):
        calls.append(np.flatnonzero(part))
        return Report(False, True, (), 1, 2, 0.0)

    assert not in_parts(np.arange(1.0, 10.0**5), np.ones(10**5 - 1), check).right
    assert len(calls) <= MOST_CHECKS
    calls.clear()
    assert not in_parts(np.arange(1.0, 5.0), np.ones(4), check).right
    assert list(calls[-1]) == [3]
