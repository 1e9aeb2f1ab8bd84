"""A record as a table for people."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from gradcheck.output.parts import summary
from gradcheck.output.plain import OUTPUT_LIMIT, clean, one_line
from gradcheck.output.pointer import repairs_in, shown
from gradcheck.output.problems import relative
from gradcheck.output.record import FINE, Item, Record

COLOURS = {"passed": "32", "warned": "33", "failed": "31", "inconclusive": "33", "todo": "36",
           "skipped": "36", "error": "31"}
TIE = "\xa0"
TIED = re.compile(r" (?:[-+*/=±]|[<>]=?) (?=\S)|\[[\d, ]+\]")  # formulas and indices stay whole
LEAST = 12  # columns that the arguments keep in a narrow terminal


def as_text(record: Record, color: bool = False, width: int = 100, verbose: bool = False) -> str:
    """Return a table with one line an item, what is wrong below it, and a one-line summary.

    Parameters
    ----------
    record : Record
        What was judged.
    color : bool
        Whether the statuses are coloured.
    width : int
        Columns within which paragraphs are folded and arguments shortened.
    verbose : bool
        Whether the checker's own tracebacks are shown, why something counts as not written, for
        which examples there was no time, all notes on what passed, and what the target printed.

    Examples
    --------
    >>> print(as_text(Record("check", "a.py", (Item("relu", "relu", "todo"),), path="a.py")))
    a.py
    name  verdict
    relu  todo
    <BLANKLINE>
    a.py: 1 todo in 0.0 s
    <BLANKLINE>
    """
    lines = [*([one_line(record.path)] if record.path else []),
             *_table(record, color, width, verbose)]
    for item in record.items if verbose else ():
        lines += _more(item, width)
    if record.output and (verbose or record.kind == "grade"):
        who = "submission" if record.kind == "grade" else "target"
        lines += ["", f"the {who} printed:", clean(record.output, OUTPUT_LIMIT).rstrip()]
    if record.notes:
        lines += ["", *_notes(record, width)]
    return "\n".join([*lines, *([""] if lines else []), summary(record)]) + "\n"


def _more(item: Item, width: int) -> list[str]:
    """Return what is said of an item where more is asked for."""
    lines = []
    notes = item.details.get("report", {}).get("notes") if item.status in FINE else ()
    unseen = ", ".join(item.details.get("not_run") or ())
    for text in ("; ".join(notes or ()), unseen and f"there was no time for examples {unseen}"):
        if text:
            lines += ["", *folded(f"{one_line(item.name)}: {clean(text)}", "", width)]
    if "traceback" in item.details:
        lines += ["", f"{one_line(item.name)}:", clean(item.details["traceback"]).rstrip()]
    return lines


def _notes(record: Record, width: int) -> list[str]:
    lines = []
    for note in record.notes:
        text = clean(note)
        lines += folded(text if text.startswith("advice") else f"note: {text}", "", width)
    return lines


def _table(record: Record, color: bool, width: int, verbose: bool) -> list[str]:
    """Return a line for each item, without the columns that are empty, and what it says below."""
    points = any(item.max_points is not None for item in record.items)
    rows = [_row(item, points) for item in record.items]
    heading = ("name", "arguments", "worst error", "examples", "calls",
               *(["points"] if points else []), "verdict")
    kept = [i for i, title in enumerate(heading)
            if title in ("name", "verdict") or any(row[i] for row in rows)]
    widths = [max(len(row[i]) for row in [heading, *rows]) for i in kept]
    if 1 in kept:
        spare = width - sum(widths) - 2 * (len(widths) - 1)
        place = kept.index(1)
        widths[place] = max(min(widths[place], LEAST), widths[place] + min(spare, 0))
    lines = [_line(heading, kept, widths)] if rows else []
    said = ("", "")
    for item, row in zip(record.items, rows, strict=True):
        lines.append(_colored(_line(row, kept, widths), item.status, color))
        before, said = said, (item.group, item.message)
        if item.status != "todo" or verbose:
            lines += _below(item, record.kind, width, repeated=said == before)
    return lines


def _below(item: Item, kind: str, width: int, repeated: bool) -> list[str]:
    """Return an item's message, unless the one above has just said it, and its advice."""
    lines = []
    repairs = list(repairs_in(item.details))
    if item.message and item.status != "passed" and not repeated and not (
            kind == "grade" and item.status == "skipped"):
        placed = item.file and item.line and not repairs  # the line itself is shown below
        lines += [f"    {_place(item)}"] if placed else []
        lines += folded(clean(item.message), "    ", width)
    for pointed, said, diff in shown(repairs):
        lines += [*(f"    {line}" for line in pointed), *folded(said, "    ", width), *diff]
    never = item.details.get("uncovered", "") if item.uncovered else ""
    remark = "; ".join(filter(None, (item.details.get("convention", ""), never)))
    if remark and item.status in FINE:
        lines += folded(f"{item.status}; {clean(remark)}", "    ", width)
    for text in item.advice:
        lines += folded(f"advice: {clean(text)}", "    ", width)
    return lines


def _place(item: Item) -> str:
    """Return file and line as terminals and editors know them; of a cell, its number and line."""
    line = f", line {item.line}" if " code cell " in item.file else f":{item.line}"
    file = one_line(relative(item.file)).replace(" code cell ", ", code cell ")
    return f"--> {file}{line}"


def folded(text: str, indent: str, width: int) -> list[str]:
    """Return `text` indented, its long lines folded between words within `width` columns."""
    lines = []
    for line in text.splitlines():
        start = indent + line[:len(line) - len(line.lstrip())]
        tied = TIED.sub(lambda found: found[0].replace(" ", TIE), line.strip())
        lines += textwrap.wrap(tied, max(width, 40), initial_indent=start,
                               subsequent_indent=start + "  ", break_long_words=False,
                               break_on_hyphens=False)
    return [line.replace(TIE, " ") for line in lines]


def _row(item: Item, points: bool) -> tuple[str, ...]:
    error = "" if item.worst_error is None else f"{item.worst_error:.1e}"
    calls = "" if item.evaluations is None else str(item.evaluations)
    earned = [f"{item.points or 0:g}/{item.max_points or 0:g}"] if points else []
    examples = str(item.details.get("report", {}).get("examples", ""))
    return (one_line(item.name), ", ".join(map(one_line, item.arguments)), error, examples, calls,
            *earned, item.status)


def _line(row: Sequence[str], kept: Sequence[int], widths: Sequence[int]) -> str:
    cells = (_cut(row[i], width).ljust(width) for i, width in zip(kept, widths, strict=True))
    return "  ".join(cells).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width - 3]}..."


def _colored(line: str, status: str, color: bool) -> str:
    if not color:
        return line
    return f"{line.removesuffix(status)}\x1b[{COLOURS[status]}m{status}\x1b[0m"
