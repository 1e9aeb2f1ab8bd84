"""The records of a folder: a line each, or a row each of a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from gradcheck.output.parts import summary
from gradcheck.output.plain import one_line
from gradcheck.output.record import Record


def as_line(record: Record) -> str:
    """Return a record in one line, for lists of many.

    >>> from gradcheck.output.record import Item
    >>> as_line(Record("grade", "a.py", (Item("relu", "relu", "failed", "", 1.0, 4.0),)))
    'a.py: 1 failed, 1 of 4 points in 0.0 s'
    """
    return one_line(summary(record).replace("\n", "; "))


def as_csv(records: Sequence[Record]) -> str:
    """Return one row a record. A cell that a spreadsheet would run as a formula gets a quote."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", "score", "max_score", "passed", "failed", "exit_code", "seconds",
                     "error"])
    for record in records:
        passed = sum(item.status == "passed" for item in record.items)
        writer.writerow([_cell(record.target), f"{record.score:g}", f"{record.max_score:g}",
                         passed, len(record.items) - passed, record.exit_code,
                         f"{record.seconds:.3f}", _cell(record.error.partition("\n")[0])])
    return table.getvalue()


def _cell(text: str) -> str:
    shown = one_line(text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown
