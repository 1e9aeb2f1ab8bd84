"""The package holds what it reads to the same schema as any other reader does."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given

from gradcheck.output.fitting import WORDS, fits
from gradcheck.output.json import schema
from gradcheck.output.record import Item, Record
from tests.gradcheck.output.records import RECORDS, REPORT

NO_RULES = {"$schema", "$id", "title", "description", "$defs"}


def words(rules: Any) -> set[str]:
    """Return the words that rules are written in; the names of properties are none."""
    if isinstance(rules, list):
        return set().union(*map(words, rules))
    if not isinstance(rules, dict):
        return set()
    return set(rules).union(*(
        words(list(rule.values()) if word in ("properties", "$defs") else rule)
        for word, rule in rules.items()))


def test_every_word_of_the_schema_is_known() -> None:
    assert words(schema()) - NO_RULES == set(WORDS)


@given(record=RECORDS)
def test_what_is_written_fits(record: Record) -> None:
    assert fits(record.to_dict(), "record")


ITEM = Item("relu", "relu", "failed", details={"report": {**REPORT, "findings": []}})
RIGHT = Record("check", "a.py", (ITEM,)).to_dict()["items"][0]
WRONG = [
    ("name", None), ("name", 3), ("status", "great"), ("status", []), ("seconds", "soon"),
    ("seconds", True), ("points", []), ("worst_error", 10**400), ("evaluations", -1),
    ("evaluations", 1.5), ("arguments", "x"), ("arguments", [1]), ("advice", {}), ("details", []),
    ("line", "1"), ("uncovered", [0]), ("fault", "none"),
    ("details", {"report": {**REPORT, "findings": [], "checked": "<b>"}}),
    ("details", {"report": {**REPORT, "findings": [{"code": "scaled"}]}}),
    ("details", {"repairs": ["<b>"]}),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_has_another_type_does_not_fit(name: str, value: object) -> None:
    assert fits(RIGHT, "item")
    assert not fits({**RIGHT, name: value}, "item")
    if value != 10**400:  # which is an integer, but no float
        rules = {"$ref": "#/$defs/item", "$defs": schema()["$defs"]}
        assert not jsonschema.Draft202012Validator(rules).is_valid({**RIGHT, name: value})


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_an_item_that_lacks_a_field_does_not_fit(name: str) -> None:
    assert not fits({key: value for key, value in RIGHT.items() if key != name}, "item")
