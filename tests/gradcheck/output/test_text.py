"""The text is a table with the cause below and a summary."""

from __future__ import annotations

from gradcheck.output.render import render
from tests.gradcheck.output.records import RECORD


def test_the_text_is_a_table_with_the_cause_below_and_a_summary() -> None:
    lines = render(RECORD).splitlines()
    assert lines[0].split() == ["name", "points", "verdict"]
    assert lines[1].split() == ["relu:", "value", "2/2", "passed"]
    assert lines[3] == "    dx is twice too large"
    assert lines[-1] == ("homework.py: 1 passed, 1 failed, 1 skipped, 1 error, 2 of 10 points in "
                         "1.2 s")
    assert "\x1b" not in render(RECORD)
    assert "\x1b[31m" in render(RECORD, color=True)
