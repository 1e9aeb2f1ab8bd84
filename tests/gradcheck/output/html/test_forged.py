"""A record that was forged by what it judges: no tag of it gets into a page."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from gradcheck.output.html.overview import as_overview
from gradcheck.output.html.page import as_page
from gradcheck.output.html.small import record_view
from gradcheck.output.record import Record, record_of
from tests.gradcheck.output.html.records import CHECKED
from tests.gradcheck.output.records import LAWFUL

HOSTILE = "1<forged>\"'x=forged "
LAWS = Record("check", "a.py", (LAWFUL,), output="printed", notes=("a note",), error="late",
              fault="target")


def _forged(value, path=()):
    """Yield the record's entries with each leaf in turn made hostile; of a list its first alone."""
    if isinstance(value, dict):
        for key, entry in value.items():
            for found in _forged(entry, (*path, key)):
                yield {**value, key: found}
    elif isinstance(value, list) and value and path[-1:] != ("items",):
        for found in _forged(value[0], path):
            yield [found, *value[1:]]
        yield [HOSTILE]
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            for found in _forged(entry, (*path, place)):
                yield [*value[:place], found, *value[place + 1:]]
    elif not isinstance(value, bool):
        yield HOSTILE


def _class_page(record):
    return as_overview([record], ["a"], ["a.html"], "class")


def _page(record):
    return as_page([record])


def _shown(show, forged):
    """Return what is shown of a record; nothing where it is refused as none."""
    with contextlib.suppress(TypeError, ValueError, KeyError, AttributeError):
        return show(record_of(forged))
    return ""


@pytest.mark.parametrize(("show", "record", "least"), [
    (_page, replace(CHECKED, items=CHECKED.items[:1]), 15),
    (_page, replace(CHECKED, items=CHECKED.items[1:]), 15),
    (_page, replace(CHECKED, items=CHECKED.items[:1], kind="grade"), 15), (_page, LAWS, 10),
    (record_view, CHECKED, 15), (_class_page, CHECKED, 2)])
def test_no_tag_of_a_forged_record_gets_into_a_page(show, record, least):
    pages = [_shown(show, forged) for forged in _forged(record.to_dict())]
    assert sum("&lt;forged" in page for page in pages) >= least
    assert not [page for page in pages if "<forged" in page or "\"'x=" in page]
