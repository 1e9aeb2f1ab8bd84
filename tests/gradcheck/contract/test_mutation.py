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


def ragged():
    array = np.empty(2, object)
    array[0], array[1] = np.ones(2), np.zeros(3)
    return array


@pytest.mark.parametrize("make", [ragged, lambda: [np.ones(2), np.zeros(3)],
                                  lambda: {"cols": (ragged(), [ragged()])}])
def test_what_is_written_into_arrays_of_arrays_is_seen(make):
    value = make()
    before = snapshot(value, "cache")
    assert differences(before, snapshot(value, "cache")) == []
    entry = value["cols"][1][0] if isinstance(value, dict) else value
    entry[1][2] = 7
    changed, = differences(before, snapshot(value, "cache"))
    assert changed.endswith("[1]")


def test_records_with_objects_in_them_are_compared():
    kind = [("n", int), ("o", object)]
    one, two = (np.array([(1, [2])], kind) for _ in range(2))
    assert same_bits(one, two)
    two["o"][0].append(3)
    assert not same_bits(one, two)
