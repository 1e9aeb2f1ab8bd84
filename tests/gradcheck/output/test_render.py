"""Every format is valid whatever the texts, and known by its name."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings

from gradcheck.output.folder import as_csv
from gradcheck.output.record import Record
from gradcheck.output.render import FORMATS, render
from tests.gradcheck.output.records import RECORD, RECORDS


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


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="junit"):
        render(RECORD, "yaml")
    assert set(FORMATS) == {"text", "json", "junit", "github", "sarif", "gradescope", "prairielearn"}
