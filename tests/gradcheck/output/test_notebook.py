"""A record in a notebook is valid HTML that says what the record says, whatever its texts."""

from __future__ import annotations

from hypothesis import example, given, settings

from gradcheck.output.plain import clean
from gradcheck.output.record import STATUSES, Record
from tests.gradcheck.output.html.test_maps import Balanced
from tests.gradcheck.output.records import EVERY, RECORD, RECORDS

TAGS = {"div", "b", "table", "tr", "td", "span", "pre", "p"}


def test_every_status_is_shown_with_what_is_said():
    page = Balanced(EVERY._repr_html_())
    assert [text for text in page.texts if text in STATUSES][::2] == list(STATUSES)
    assert [text for text in page.texts if text.startswith("it is ")] == [
        f"it is {status}" for status in STATUSES if status != "passed"]


def test_points_notes_and_advice_are_shown():
    text = "".join(Balanced(RECORD._repr_html_()).texts)
    for words in ("2 of 10 points", "note: a note", "mind the mask"):
        assert words in text


@settings(max_examples=60, deadline=None)
@given(RECORDS)
@example(Record("check", "m", error="x" * 9000))
def test_texts_appear_as_text_and_never_as_markup(record):
    page = Balanced(record._repr_html_())
    assert set(page.tags) <= TAGS
    shown = "".join(page.texts)
    for text in (record.error, *record.notes, *(item.name for item in record.items)):
        assert clean(text) in shown
