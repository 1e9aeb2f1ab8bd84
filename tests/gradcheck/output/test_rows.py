"""One reason is one row of the text; nothing that differs is lost, and JSON has every part."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from gradcheck.output.record import Item, Record
from gradcheck.output.render import render
from gradcheck.output.rows import in_few


def parts(*told: tuple[str, str], group: str = "dropout") -> list[Item]:
    """Return a layer's parts of one point each, by status and message."""
    return [Item(f"{group}: law_{place}", group, status, message.format(f"law_{place}"),
                 1.0 if status == "passed" else 0.0, 1.0)
            for place, (status, message) in enumerate(told)]


def rows(items: Sequence[Item]) -> list[tuple[str, str, float | None]]:
    return [(item.name, item.message, item.max_points) for item in in_few(items)]


@pytest.mark.parametrize("message", ["missing", "{}: it raised ValueError", ""])
def test_what_failed_as_a_whole_is_one_row_with_all_its_points(message):
    reason = message.removeprefix("{}: ")
    assert rows(parts(*[("failed", message)] * 3)) == [("dropout: all 3 laws", reason, 3.0)]


def test_the_parts_of_a_layer_that_is_no_dropout_are_no_laws():
    items = [Item(f"batchnorm: {name}", "batchnorm", "failed", "missing", 0.0, points)
             for name, points in (("value", 4.0), ("gradient", 4.0), ("contract", 2.0))]
    text = render(Record("grade", "a.py", tuple(items)))
    assert [line.split() for line in text.splitlines()[1:3]] == [
        ["batchnorm:", "all", "3", "parts", "0/10", "failed"], ["missing"]]


def test_some_that_fail_for_one_reason_are_one_row_and_others_stay():
    items = parts(*[("failed", "{}: same")] * 2, ("failed", "other"), *[("failed", "{}: same")] * 2,
                  *[("passed", "")] * 4)
    assert rows(items) == [("dropout: 4 laws", "same", 4.0), ("dropout: law_2", "other", 1.0),
                           ("dropout: 4 laws", "", 4.0)]


def test_which_laws_failed_is_told_where_nothing_else_is():
    items = parts(*[("failed", "")] * 5, ("passed", ""))
    assert [name for name, *_ in rows(items)] == [item.name for item in items]


def test_a_few_stay_as_they_are_and_so_do_two_layers():
    items = [*parts(("failed", "same"), ("failed", "same"), ("passed", "")),
             *parts(("failed", "same"), group="relu")]
    assert list(in_few(items)) == items


def test_advice_and_a_report_are_never_folded_away():
    one, two = parts(("failed", "same"), ("failed", "same"))
    for odd in (Item(**{**vars(two), "advice": ("mind",)}),
                Item(**{**vars(two), "details": {"report": {}}})):
        assert list(in_few([one, odd])) == [one, odd]


def test_all_rows_are_told_where_more_is_asked_for_and_in_json():
    record = Record("grade", "a.py", tuple(parts(*[("failed", "missing")] * 5)))
    assert render(record).count("failed") == 2  # its row and the summary
    assert render(record, verbose=True).count("law_") == 5
    assert len(json.loads(render(record, "json"))["items"]) == 5
