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


@pytest.mark.parametrize(("text", "expected"), [
    ("a" + "\u0335" * 9 + "b", "a" + "\u0335" * 4 + "\ufffd" * 5 + "b"),
    ("a" + "\u0335\u200d" * 6, "a" + "\u0335\u200d" * 4 + "\ufffd\u200d" * 2),
    ("a" + "\u20dd" * 5, "a" + "\u20dd" * 4 + "\ufffd"),
    *((text, text) for text in ("\u0939\u093f\u0928\u094d\u0926\u0940", "\u00e9te\u0301",
                                "\u1ec7" * 9, "\u0e17\u0e35\u0e48" * 5))])
def test_no_letter_bears_more_marks_than_writing_needs(text, expected):
    assert clean(text) == expected


@pytest.mark.parametrize("mark", [*"\u034f\u115f\u1160\u17b4\u17b5\u2060\u2064\u3164\uffa0\ufe00",
                                  "\ufe0f", "\U000e0000", "\U000e01ef"])
def test_what_cannot_be_seen_is_shown_as_a_mark_that_can(mark):
    assert clean(f"a{mark}b") == "a\ufffdb"
