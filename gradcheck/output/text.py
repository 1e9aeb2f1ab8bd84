"""A record as a table for people."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gradcheck.output.brief import FILE, MOST_LINES, advised, brief, printed
from gradcheck.output.parts import output_of, summary
from gradcheck.output.plain import below, clean, inert, one_line
from gradcheck.output.pointer import repairs_in, shown
from gradcheck.output.problems import relative
from gradcheck.output.record import FINE, Item, Record
from gradcheck.output.rows import in_few

COLOURS = {"passed": "32", "warned": "33", "failed": "31", "inconclusive": "33", "todo": "36",
           "skipped": "36", "error": "31"}
TIE = "\xa0"
TIED = re.compile(r" (?:[-+*/=±]|[<>]=?) (?=\S)|\[[\d, ]+\]")  # formulas and indices stay whole
MOST_OF_A_NAME = 44  # a longer one would push the verdicts of all rows out of view
LEAST = 12  # columns that the arguments keep in a narrow terminal


def as_text(record: Record, color: bool = False, width: int = 100, verbose: bool = False,
            advice: bool = False) -> str:
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
        which examples there was no time, all notes on what passed, and what the target printed; a
        layer may have more than ten lines then.
    advice : bool
        Whether all remarks that cost nothing are shown, or the first of each layer in one line.

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
             *_table(record, color, Width(width, verbose, advice))]
    for item in record.items if verbose else ():
        lines += _more(item, width)
    output = output_of(record).rstrip().splitlines()
    if output and (verbose or record.kind == "grade"):
        who = "submission" if record.kind == "grade" else "target"
        lines += ["", f"the {who} printed:", *(f"  | {line}".rstrip() for line in output)]
    if record.notes:
        lines += ["", *_notes(record, width, advice or verbose)]
    counts, *error = summary(record).split("\n", 1)
    return inert("\n".join([*lines, *([""] if lines else []), counts, *map(below, error)]) + "\n")


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


def _notes(record: Record, width: int, whole: bool) -> list[str]:
    """Return the notes; of remarks that cost nothing the first in one line, unless all are told."""
    lines = []
    remarks = [clean(note).removeprefix("advice on ") for note in record.notes
               if note.startswith("advice on ")]
    if remarks and not whole:
        lines += advised(remarks, "", width)
    for note in record.notes:
        if note.startswith("advice on ") and not whole:
            continue
        text = clean(note)
        told = text if text.startswith("advice") else f"note: {text}"
        lines += folded(below(told), "", width)
    return lines


@dataclass(frozen=True)
class Width:
    """How much is shown.

    Attributes
    ----------
    columns : int
        Within which paragraphs are folded.
    verbose, advice : bool
        Whether a layer may have more than ten lines; whether every remark is shown.
    """

    columns: int
    verbose: bool = False
    advice: bool = False


def _table(record: Record, color: bool, how: Width) -> list[str]:
    """Return a line for each item, without the columns that are empty, and what it says below."""
    items = record.items if how.verbose else tuple(in_few(record.items))
    points = any(item.max_points is not None for item in items)
    rows = [_row(item, points) for item in items]
    heading = ("name", "arguments", "worst error", "examples", "calls",
               *(["points"] if points else []), "verdict")
    kept = [i for i, title in enumerate(heading)
            if title in ("name", "verdict") or any(row[i] for row in rows)]
    widths = [max(len(row[i]) for row in [heading, *rows]) for i in kept]
    if 1 in kept:
        spare = how.columns - sum(widths) - 2 * (len(widths) - 1)
        place = kept.index(1)
        widths[place] = max(min(widths[place], LEAST), widths[place] + min(spare, 0))
    lines = [_line(heading, kept, widths)] if rows else []
    said = ("", "")
    for item, row in zip(items, rows, strict=True):
        lines.append(_colored(_line(row, kept, widths), item.status, color))
        before, said = said, (item.group, item.message)
        lines += [f"    {one_line(item.name)}"] * (row[0] != one_line(item.name))
        if how.verbose or not _is_plainly_todo(item, record.kind):
            lines += _below(item, record.kind, how, repeated=said == before)
    return lines


def _is_plainly_todo(item: Item, kind: str) -> bool:
    """Whether an item is not written yet, and there is nothing to do but to write it."""
    return item.status == "todo" and kind != "grade" and "Remedy: " not in item.message


def _below(item: Item, kind: str, how: Width, repeated: bool) -> list[str]:
    """Return an item's message, unless the one above has just said it, and its advice."""
    width, lines = how.columns, _beside(item, how)
    repairs = list(repairs_in(item.details))
    if item.message and item.status != "passed" and not repeated and not (
            kind == "grade" and item.status == "skipped"):
        shown_below = repairs or '\n  File "' in item.message
        placed = item.file and item.line and not shown_below  # the line itself is shown below
        head = [f"    {_place(item)}"] if placed else []
        fold = partial(folded, indent="    ", width=width)
        room = MOST_LINES - 1 - len(head) - len(lines) if kind == "check" and not how.verbose else (
            sys.maxsize)
        lines = [*head, *brief(clean(item.message), fold, room), *lines]
    never = item.details.get("uncovered", "") if item.uncovered else ""
    remark = "; ".join(filter(None, (item.details.get("convention", ""), never)))
    if remark and item.status in FINE:
        lines += folded(f"{item.status}; {clean(remark)}", "    ", width)
    return lines


def _beside(item: Item, how: Width) -> list[str]:
    """Return the lines and edits that were found, and the advice."""
    lines = []
    for pointed, said, diff in shown(repairs_in(item.details)):
        lines += [*(f"    {line}" for line in pointed), *folded(said, "    ", how.columns), *diff]
    texts = [clean(text) for text in item.advice]
    told = printed(item.details, "    ", how.columns)
    if not (how.advice or how.verbose):
        return [*lines, *advised(texts, "    ", how.columns), *told]
    for text in texts:
        lines += folded(f"advice: {text}", "    ", how.columns)
    return [*lines, *told]


def _place(item: Item) -> str:
    """Return file and line as terminals and editors know them; of a cell, its number and line."""
    line = f", line {item.line}" if " code cell " in item.file else f":{item.line}"
    file = one_line(relative(item.file)).replace(" code cell ", ", code cell ")
    return f"--> {file}{line}"


def folded(text: str, indent: str, width: int) -> list[str]:
    """Return `text` indented, its long lines folded between words within `width` columns."""
    lines: list[str] = []
    quoted = False
    for line in text.splitlines():
        of_file = FILE.match(line) is not None
        if of_file or quoted:  # a line of code stays one
            lines.append(indent + line)
            quoted = of_file
            continue
        start = indent + line[:len(line) - len(line.lstrip())]
        tied = TIED.sub(lambda found: found[0].replace(" ", TIE), line.strip())
        lines += textwrap.wrap(tied, max(width, 40), initial_indent=start,
                               subsequent_indent=start + "  ", break_long_words=False,
                               break_on_hyphens=False)
    return [line.replace(TIE, " ") for line in lines]


def _row(item: Item, points: bool) -> tuple[str, ...]:
    error = "" if item.worst_error is None else f"{item.worst_error:.1e}"
    calls = "" if item.evaluations is None else str(item.evaluations)
    earned = [f"{item.points or 0:.4g}/{item.max_points or 0:.4g}"] if points else []
    examples = str(item.details.get("report", {}).get("examples", ""))
    name = _cut(one_line(item.name), MOST_OF_A_NAME)
    return (name, ", ".join(map(one_line, item.arguments)), error, examples, calls,
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
