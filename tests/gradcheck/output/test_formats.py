"""Laws of the formats: valid whatever the text, faithful to the record, written whole or not."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.output.formats import FORMATS, as_csv, render, write_result
from gradcheck.output.record import STATUSES, Item, Record, clean, plain

TEXTS = st.one_of(
    st.text(max_size=50),
    st.sampled_from(["]]>", "\x00\x1b[31m", "\ud800", "\u202eevil", "<a>&\"'", "=cmd()", "\r\n",
                     "\x1b]0;title\x07", "\uffff", "x" * 9000]))
NUMBERS = st.floats(0, 100)
ITEMS = st.builds(
    Item, TEXTS, TEXTS, st.sampled_from(STATUSES), TEXTS, st.none() | NUMBERS,
    st.none() | NUMBERS, NUMBERS, st.lists(TEXTS, max_size=2).map(tuple),
    st.none() | st.floats(), st.none() | st.integers(0), st.lists(TEXTS, max_size=2).map(tuple),
    st.dictionaries(TEXTS, st.floats() | TEXTS, max_size=2))
RECORDS = st.builds(
    Record, st.sampled_from(["check", "grade"]), TEXTS, st.lists(ITEMS, max_size=4).map(tuple),
    TEXTS, st.sampled_from(["", "target", "judge"]), NUMBERS, TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple), st.dictionaries(TEXTS, st.floats(), max_size=2))

ITEM = Item("relu: value", "relu", "passed", points=2.0, max_points=2.0, seconds=0.5)
WRONG = Item("relu: gradient", "relu", "failed", "dx is twice too large\nsecond line",
             points=0.0, max_points=6.0, advice=("mind the mask",))
SKIPPED = Item("dropout: seeds", "dropout", "skipped", "no seed", points=0.0, max_points=0.0)
LATE = Item("affine: value", "affine", "error", "took too long", points=0.0, max_points=2.0)
RECORD = Record("grade", "homework.py", (ITEM, WRONG, SKIPPED, LATE), seconds=1.25,
                output="hello\n", notes=("a note",), settings={"seed": 3})


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_every_format_is_valid_whatever_the_texts(record: Record) -> None:
    for name in ("json", "gradescope", "prairielearn"):
        json.loads(render(record, name), parse_constant=pytest.fail)
    ET.fromstring(render(record, "junit").encode("utf-8"))
    text = render(record, "text")
    assert not set(text) & {"\x1b", "\x00", "\x07", "\r"}
    text.encode("utf-8")
    assert all(len(row) == 8 for row in csv.reader(io.StringIO(as_csv([record]))))


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


def test_junit_counts_what_it_lists() -> None:
    (suite,) = ET.fromstring(render(RECORD, "junit"))
    assert [suite.get(k) for k in ("tests", "failures", "errors", "skipped")] == [
        "4", "1", "1", "1"]
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 4, "system-out",
                                             "system-err"]
    assert [[child.tag for child in case] for case in suite.iter("testcase")] == [
        [], ["failure"], ["skipped"], ["error"]]


def test_a_check_without_points_counts_each_item_once() -> None:
    record = Record("check", "m", (Item("a", "a", "passed"), Item("b", "b", "failed", "no")))
    result = json.loads(render(record, "gradescope"))
    assert (result["score"], [t["max_score"] for t in result["tests"]]) == (1.0, [1.0, 1.0])
    assert json.loads(render(record, "prairielearn"))["score"] == 0.5
    assert "points" not in render(record).splitlines()[0]


@pytest.mark.parametrize(("record", "code"), [
    (Record("check", "m", (Item("a", "a", "passed"), SKIPPED)), 0),
    (Record("check", "m", (Item("a", "a", "failed"),)), 1),
    (Record("check", "m", (Item("a", "a", "inconclusive"),)), 1),
    (Record("check", "m"), 1),
    (Record("check", "m", error="no", fault="target"), 3),
    (Record("check", "m", (Item("a", "a", "passed"),), error="no", fault="judge"), 4),
])
def test_the_exit_code_follows_from_the_record(record: Record, code: int) -> None:
    assert record.exit_code == code


def test_the_text_is_a_table_with_the_cause_below_and_a_summary() -> None:
    lines = render(RECORD).splitlines()
    assert lines[0].split() == ["name", "points", "verdict"]
    assert lines[1].split() == ["relu:", "value", "2/2", "passed"]
    assert lines[3] == "    dx is twice too large"
    assert lines[-1] == ("homework.py: 1 passed, 1 failed, 1 skipped, 1 error, 2 of 10 points in "
                         "1.2 s")
    assert "\x1b" not in render(RECORD)
    assert "\x1b[31m" in render(RECORD, color=True)


def test_an_unknown_format_or_status_is_refused() -> None:
    with pytest.raises(ValueError, match="junit"):
        render(RECORD, "yaml")
    with pytest.raises(ValueError, match="inconclusive"):
        Item("a", "a", "great")
    assert set(FORMATS) == {"text", "json", "junit", "gradescope", "prairielearn"}


def test_plain_values_are_json() -> None:
    value = {"a": np.float32(1.5), 2: np.arange(2), "c": (np.nan, -np.inf), "d": object, "e": None}
    assert json.loads(json.dumps(plain(value), allow_nan=False))["c"] == ["nan", "-inf"]


@given(TEXTS)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text, 100_000), 100_000) == clean(text, 100_000)


def test_a_csv_cell_is_no_formula() -> None:
    row = list(csv.reader(io.StringIO(as_csv([Record("grade", "=HYPERLINK(1).py", (ITEM,))]))))[1]
    assert row[:5] == ["'=HYPERLINK(1).py", "2", "2", "1", "0"]


def test_a_result_replaces_a_link_and_spares_its_target(tmp_path: Path) -> None:
    precious, link = tmp_path / "precious", tmp_path / "results.json"
    precious.write_text("keep me")
    link.symlink_to(precious)
    write_result(link, "{}")
    assert precious.read_text() == "keep me"
    assert not link.is_symlink()
    assert link.read_text() == "{}"


def test_a_result_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "results.json"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_result(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_result_has_the_usual_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_result(tmp_path / "r", "x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o644


def test_devices_and_pipes_are_written_to(tmp_path: Path) -> None:
    write_result("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(OSError, match="directory"):
        write_result(tmp_path, "x")
