"""The notebook view of a record: a table with one row an item, what is wrong below it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from gradcheck.output.plain import clean
from gradcheck.output.pointer import repairs_in, shown

if TYPE_CHECKING:
    from gradcheck.output.record import Item, Record

COLOURS = {"passed": "#1b7837", "warned": "#8c510a", "failed": "#b2182b", "error": "#b2182b",
           "inconclusive": "#8c510a", "todo": "#666666", "skipped": "#666666"}
CELL = 'style="text-align:left;vertical-align:top;padding:0.2em 1em 0.2em 0"'


def page(record: Record) -> str:
    """Return a record as HTML.

    >>> from gradcheck.output.record import Item, Record
    >>> "relu" in page(Record("check", "homework.py", (Item("relu", "relu", "passed"),)))
    True
    """
    rows = "".join(map(_row, record.items))
    notes = "".join(f"<p>note: {_safe(note)}</p>" for note in record.notes)
    return (f"<div><b>{_safe(record.path or record.target)}</b><table>{rows}</table>{notes}"
            f"<pre>{html.escape(_summary(record))}</pre></div>")


def _summary(record: Record) -> str:
    # the record shows itself by this module, and the summary is made of the record
    from gradcheck.output.parts import summary

    return summary(record)


def _row(item: Item) -> str:
    """Return an item's row, and a row for what it says where something is wrong."""
    error = "" if item.worst_error is None else f"{item.worst_error:.1e}"
    status = f'<span style="color:{COLOURS[item.status]}">{item.status}</span>'
    cells = (_safe(item.name), _safe(", ".join(item.arguments)), error, status)
    row = "".join(f"<td {CELL}>{cell}</td>" for cell in cells)
    lines = [line for pointed, said, diff in shown(repairs_in(item.details))
             for line in (*pointed, said, *diff)]
    said = "\n".join([*([item.message] if item.status != "passed" else []), *lines, *item.advice])
    below = f'<tr><td colspan="4" {CELL}><pre>{_safe(said)}</pre></td></tr>' if said else ""
    return f"<tr>{row}</tr>{below}"


def _safe(text: str) -> str:
    return html.escape(clean(text))
