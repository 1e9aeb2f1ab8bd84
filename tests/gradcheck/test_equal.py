"""What counts as equal, and what does not; where nothing is compared, nothing is claimed."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import equal


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(3)])
def test_nothing_has_the_size_zero(values):
    assert equal.rms(values) == 0
    assert not np.any(equal.size_of(values))


def test_the_size_of_a_zero_among_others_is_the_others():
    np.testing.assert_allclose(equal.size_of(np.array([0.0, 2.0, 2.0, 0.0])),
                               np.sqrt(2) + np.array([0.0, 2.0, 2.0, 0.0]))


def test_a_wider_epsilon_lets_one_difference_be_further_off():
    narrow, wide = (equal.of_one_difference(float(np.finfo(dtype).eps))
                    for dtype in (np.float64, np.float32))
    assert equal.AGREES < narrow < wide < 1e-3


@pytest.mark.parametrize(("left", "explained"), [(0.5e-4, True), (2e-4, False)])
def test_a_prediction_explains_if_it_leaves_less_than_a_ten_thousandth_of_the_gap(left, explained):
    numeric = np.array([1.0, -3.0])
    analytic = 2 * numeric
    prediction = analytic + left * 3.0
    assert equal.explains(prediction, analytic, numeric) is explained
    assert equal.explains(prediction, analytic, numeric, bound=left) is True


def test_a_prediction_of_another_shape_explains_nothing():
    assert not equal.explains(np.ones(3), np.ones(2), np.zeros(2))


def test_quotients_that_are_no_numbers_tell_no_multiple_apart():
    assert equal.one_multiple(np.array([np.nan, 1.0]))


@pytest.mark.parametrize(("got", "want", "rtol"), [
    (np.float64, np.float64, 1e-6), (np.float32, np.float64, 1e-3), (np.float64, np.float16, 2e-2),
    (int, np.float32, 1e-3), (int, int, 1e-6), (np.longdouble, np.float64, 1e-6),
])
def test_a_reference_is_met_to_the_coarser_dtype(got, want, rtol):
    assert equal.of_a_reference(np.zeros(1, got), np.zeros(1, want)) == rtol
    near = np.array([1 + 0.5 * rtol, 1 + 20 * rtol], want).astype(got)
    if np.dtype(got).kind == "f":
        assert equal.unlike_reference(near, np.ones(2, want)).tolist() == [False, True]


def test_infinities_and_nan_equal_themselves_and_set_no_scale():
    want = np.array([np.inf, np.nan, 1.0])
    assert not equal.unlike_reference(want.copy(), want).any()
    assert equal.unlike_reference(np.array([-np.inf, 0.0, 2.0]), want).all()
