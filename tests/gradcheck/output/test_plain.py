"""Values become JSON's own, and text harmless."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given

from gradcheck.output.plain import clean, plain
from tests.gradcheck.output.records import TEXTS


def test_plain_values_are_json() -> None:
    value = {"a": np.float32(1.5), 2: np.arange(2), "c": (np.nan, -np.inf), "d": object, "e": None}
    assert json.loads(json.dumps(plain(value), allow_nan=False))["c"] == ["nan", "-inf"]


@pytest.mark.parametrize(("value", "expected"), [
    (np.float32(0.5), 0.5), (np.int8(3), 3), (np.bool_(True), True), (float("nan"), "nan"),
    (np.float64("-inf"), "-inf"), (np.array([[1, 2]]), [[1, 2]]), ({1: (2, {3})}, {"1": [2, [3]]}),
    (None, None), ("text", "text"), (np.array(1.5), 1.5), (1 + 2j, "(1+2j)"),
    (np.array([np.nan]), ["nan"]), (ValueError("x"), "x"),
])
def test_values_become_what_json_can_hold(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


@given(TEXTS)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text, 100_000), 100_000) == clean(text, 100_000)
