"""The records of a folder: a line each, or a row each of a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from gradcheck.output.parts import summary
from gradcheck.output.plain import inert, one_line
from gradcheck.output.record import Record

MOST_PARTS = 4


def as_line(record: Record) -> str:
    """Return a record in one line, for lists of many.

    >>> from gradcheck.output.record import Item
    >>> as_line(Record("grade", "a.py", (Item("relu", "relu", "failed", "", 1.0, 4.0),)))
    'a.py: 1 failed, 1 of 4 points in 0.0 s; lost: relu'
    """
    lost = "" if reason(record) else _lost(record)
    why = "" if record.error else reason(record) or (lost and f"lost: {lost}")
    told = one_line("; ".join(filter(None, [summary(record).replace("\n", "; "), why])))
    return inert(told)


def reason(record: Record) -> str:
    """Return why a record could not be judged, or not to its end; '' where it was.

    >>> from gradcheck.output.record import Item
    >>> reason(Record("grade", "a.py", (Item("relu: value", "relu", "error", "it ended"),)))
    'relu: it ended'
    """
    ended = next((item for item in record.items if item.status == "error"), None)
    if record.error or ended is None:
        return record.error.partition("\n")[0]
    return f"{ended.group}: {ended.message.partition(chr(10))[0]}"


def _lost(record: Record) -> str:
    """Return the layers that lost points, with the parts that did, unless all of them did."""
    found = []
    for group in dict.fromkeys(item.group for item in record.items):
        items = [item for item in record.items if item.group == group]
        lost = [item.name.partition(": ")[2] for item in items if not item.passed]
        if lost:
            some = 0 < len(lost) < min(len(items), MOST_PARTS)
            found.append(f"{group} ({', '.join(lost)})" if some else group)
    return ", ".join(found)


def as_csv(records: Sequence[Record]) -> str:
    """Return one row a record. A cell that a spreadsheet would run as a formula gets a quote."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", "score", "max_score", "passed", "failed", "exit_code", "seconds",
                     "error", "lost"])
    for record in records:
        passed = sum(item.status == "passed" for item in record.items)
        writer.writerow([_cell(record.target), f"{record.score:g}", f"{record.max_score:g}",
                         passed, len(record.items) - passed, record.exit_code,
                         f"{record.seconds:.3f}", _cell(reason(record)), _cell(_lost(record))])
    return table.getvalue()


def _cell(text: str) -> str:
    shown = one_line(text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown
