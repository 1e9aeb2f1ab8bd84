"""What tells that a call wrote into something: copies compared to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.contract.mutation import differences, same_bits, snapshot


@pytest.mark.parametrize(("one", "two", "same"), [
    (np.array([0.0]), np.array([-0.0]), False),
    (np.array([np.nan]), np.array([np.nan]), True),
    (np.ones(2), np.ones(2, np.float32), False),
    (np.ones(2), np.ones((2, 1)), False),
    (np.array(["a", None], object), np.array(["a", None], object), True),
    (1, 1.0, False), (float("nan"), float("nan"), True), ("a", "a", True), (None, 0, False),
])
def test_two_leaves_are_the_same_only_in_every_bit(one, two, same):
    assert same_bits(one, two) is same


def test_differences_name_new_gone_and_changed_paths():
    before = snapshot({"a": np.ones(2), "b": 1, "c": 2}, "p")
    after = snapshot({"a": np.zeros(2), "b": 1, "d": 2}, "p")
    assert differences(before, after) == ["p['a']", "p['c']", "p['d']"]
