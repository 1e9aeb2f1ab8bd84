"""The formats of a record by name. Each is a function of the record; none computes a verdict."""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.output.gradescope import as_gradescope
from gradcheck.output.json import as_json
from gradcheck.output.junit import as_junit
from gradcheck.output.prairielearn import as_prairielearn
from gradcheck.output.record import Record
from gradcheck.output.text import as_text

FORMATS: dict[str, Callable[[Record], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "gradescope": as_gradescope,
    "prairielearn": as_prairielearn,
}


def render(record: Record, format: str = "text", *, color: bool = False,
           width: int = 100) -> str:
    """Return `record` in one of `FORMATS`; `color` (of the verdicts) and `width` are the text's.

    >>> from gradcheck.output.record import Item
    >>> record = Record("check", "homework.py", (Item("relu", "relu", "passed"),), seconds=0.25)
    >>> print(render(record))
    name  verdict
    relu  passed
    <BLANKLINE>
    homework.py: 1 passed in 0.2 s
    <BLANKLINE>
    """
    if format not in FORMATS:
        raise ValueError(f"format: got {format!r}; expected one of {', '.join(FORMATS)}. "
                         "Remedy: pass one of these words.")
    return as_text(record, color, width) if format == "text" else FORMATS[format](record)
