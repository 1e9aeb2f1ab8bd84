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
