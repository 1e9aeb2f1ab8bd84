"""Gradescope and PrairieLearn get their fields, and scores in their range."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from gradcheck.output.record import Item, Record
from gradcheck.output.render import render
from tests.gradcheck.output.records import RECORD, RECORDS


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_platforms_get_scores_in_their_range(record: Record) -> None:
    gradescope = json.loads(render(record, "gradescope"))
    assert gradescope["score"] == pytest.approx(sum(t["score"] for t in gradescope["tests"]))
    prairie = json.loads(render(record, "prairielearn"))
    assert 0.0 <= prairie["score"] <= 1.0
    assert prairie["gradable"] is (record.fault != "judge")
    assert len(render(record, "prairielearn")) < 1_000_000


def test_gradescope_gets_its_fields() -> None:
    result = json.loads(render(RECORD, "gradescope"))
    assert result["score"] == 2.0
    assert [t["max_score"] for t in result["tests"]] == [2.0, 6.0, 0.0, 2.0]
    assert [t["status"] for t in result["tests"]] == ["passed", "failed", "passed", "failed"]
    assert set(result["tests"][0]) == {"name", "score", "max_score", "status", "output",
                                       "output_format", "visibility"}
    assert "mind the mask" in result["tests"][1]["output"]


def test_prairielearn_gets_its_fields() -> None:
    result = json.loads(render(RECORD, "prairielearn"))
    assert result["score"] == pytest.approx(0.2)
    assert result["tests"][1]["points"] == 0.0
    assert result["tests"][1]["max_points"] == 6.0
    assert result["tests"][1]["message"] == "dx is twice too large"


def test_a_check_without_points_counts_each_item_once() -> None:
    record = Record("check", "m", (Item("a", "a", "passed"), Item("b", "b", "failed", "no")))
    result = json.loads(render(record, "gradescope"))
    assert (result["score"], [t["max_score"] for t in result["tests"]]) == (1.0, [1.0, 1.0])
    assert json.loads(render(record, "prairielearn"))["score"] == 0.5
    assert "points" not in render(record).splitlines()[0]


def test_gradescope_is_told_what_the_system_did_not_allow():
    record = Record("grade", "a.py", notes=("nothing hides the reference",))
    assert json.loads(render(record, "gradescope"))["output"].endswith(
        "\nnote: nothing hides the reference")
