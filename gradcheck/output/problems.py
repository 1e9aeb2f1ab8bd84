"""What is wrong in a record, one entry a finding, for the formats that point at lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.output.record import Item, Record, clean

LEVELS = {"failed": "error", "error": "error", "inconclusive": "error", "warned": "warning",
          "todo": "note", "skipped": "note"}


@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    Attributes
    ----------
    level : {'error', 'warning', 'note'}
        How grave it is.
    rule : str
        The code of the finding, or the status where there is none.
    title, text : str
        What is wrong, in few words and in whole.
    file : str
        Where; '' where that is not known.
    line : int
        The line, from 1; 0 where that is not known.
    """

    level: str
    rule: str
    title: str
    text: str
    file: str = ""
    line: int = 0


def problems(record: Record) -> Iterator[Problem]:
    """Yield what is wrong in a record, in its order."""
    if record.error:
        yield Problem("error", record.fault or "error", f"{record.target} was not judged",
                      clean(record.error), record.target if record.fault == "target" else "")
    for item in record.items:
        if item.status in LEVELS:
            yield from _of_item(item)


def _of_item(item: Item) -> Iterator[Problem]:
    level = LEVELS[item.status]
    found = item.details.get("report", {}).get("findings", ())
    for entry in found:
        argument = f" in d{entry['argument']}" if entry.get("argument") else ""
        yield Problem(level, entry["code"], f"{item.name}: {entry['code']}{argument}",
                      clean(entry["message"]), item.file, item.line)
    if not found:
        yield Problem(level, item.status, f"{item.name}: {item.status}", clean(item.message),
                      item.file, item.line)
