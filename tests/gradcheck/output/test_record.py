"""An exit code and a status follow from what was judged."""

from __future__ import annotations

import pytest

from gradcheck.output.record import Item, Record
from tests.gradcheck.output.records import SKIPPED


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


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="inconclusive"):
        Item("a", "a", "great")


def test_a_record_prints_as_the_report_and_is_one_line_in_an_assertion() -> None:
    wrong = Item("relu", "relu", "failed", "dx is wrong", details={"traceback": "x" * 5000})
    record = Record("check", "m.py", (wrong,), notes=("one",), error="no", fault="target")
    assert "    dx is wrong\n" in str(record)
    assert "note: one" in str(record)
    assert str(record).endswith("\nno")
    assert repr(record) == "<Record m.py: 1 failed in 0.0 s>"
