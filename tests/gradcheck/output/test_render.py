"""Every format is valid whatever the texts, and known by its name."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given, settings

from gradcheck.command import options
from gradcheck.output.folder import as_csv
from gradcheck.output.html.page import as_page
from gradcheck.output.record import Record
from gradcheck.output.render import FORMATS, TOGETHER, OneRecordError, render, render_all
from tests.gradcheck.output.records import EVERY, RECORD, RECORDS
from tests.gradcheck.output.schemas import valid_json, valid_junit


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_every_format_is_valid_whatever_the_texts(record: Record) -> None:
    for name in ("json", "gradescope", "prairielearn"):
        json.loads(render(record, name), parse_constant=pytest.fail)
    valid_json(render(record, "json"))
    valid_junit(render(record, "junit"))
    ET.fromstring(render(record, "junit").encode("utf-8"))
    text = render(record, "text")
    assert not set(text) & {"\x1b", "\x00", "\x07", "\r"}
    text.encode("utf-8")
    assert all(len(row) == 9 for row in csv.reader(io.StringIO(as_csv([record]))))


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="junit"):
        render(RECORD, "yaml")
    assert set(FORMATS) == set(options.FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_several_records_are_one_document_or_refused(name: str) -> None:
    if name not in TOGETHER and name != "text":
        with pytest.raises(OneRecordError, match="one at a time"):
            render_all([RECORD, EVERY], name)
    else:
        assert len(render_all([RECORD, EVERY], name)) > len(render(RECORD, name))


@pytest.mark.parametrize("name", ["text", "junit", "prairielearn", "page"])
@pytest.mark.parametrize("hints", [0, 1])
def test_a_verdict_alone_comes_without_its_seed_and_what_was_printed(name, hints):
    record = replace(RECORD, output="x was [[0.25]]", settings={"seed": 4711, "hints": hints})
    shown = as_page([record]) if name == "page" else render(record, name, verbose=True)
    assert ("x was" in shown) == bool(hints)
    assert ("4711" in shown) == (bool(hints) and name != "junit")
