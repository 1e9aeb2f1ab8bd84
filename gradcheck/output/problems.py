"""What is wrong in a record, one entry a finding, for the formats that point at lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from gradcheck.output.plain import clean, one_line
from gradcheck.output.pointer import diff_of, relative, repairs_in, sentence
from gradcheck.output.record import Item, Record

LEVELS = {"failed": "error", "error": "error", "inconclusive": "error", "warned": "warning",
          "todo": "note", "skipped": "note"}
MUTATED = "-mutated"
SOURCES = (".py", ".ipynb")
CELL = re.compile(r"(.*\.ipynb) (code cell \d+)", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    Attributes
    ----------
    level : {'error', 'warning', 'note'}
        How grave it is.
    rule : str
        The code of the finding, the name of the law, or the status where there is neither.
    title, text : str
        What is wrong, in few words and in whole.
    file : str
        Where, from the current folder if it lies there; '' where that is not known.
    line : int
        The line, from 1; 0 where that is not known.
    column, end_column : int
        Where in the line it begins and ends, from 1; 0 where that is not known.
    diff : tuple of str
        The lines of a unified diff that mends it.
    """

    level: str
    rule: str
    title: str
    text: str
    file: str = ""
    line: int = 0
    column: int = 0
    end_column: int = 0
    diff: tuple[str, ...] = ()


def problems(record: Record) -> Iterator[Problem]:
    """Yield what is wrong in a record, in its order.

    Examples
    --------
    >>> [problem.rule for problem in problems(Record("check", "a.py", error="no", fault="target"))]
    ['error']
    """
    if record.error:
        file, line = _culprit(record)
        yield Problem("error", "error", one_line(f"{record.target} was not judged"),
                      clean(record.error), file, line)
    for item in record.items:
        if item.status in LEVELS:
            yield from _of_item(item)


def _of_item(item: Item) -> Iterator[Problem]:
    """Yield a problem for each finding or broken law, or one for the item's message."""
    level, (file, line, prefix) = LEVELS[item.status], _place(item)
    told = [*_findings(item), *_laws(item)] or [(item.status, "", item.message or item.status)]
    advice = [f"\nadvice: {text}" for text in item.advice]
    for rule, where, text in told:
        yield _at_line(item, rule, where, Problem(
            level, one_line(rule), one_line(f"{item.name}: {rule}{where}"),
            clean("".join([prefix, text, *advice])), file, line))


def _place(item: Item) -> tuple[str, int, str]:
    """Return an item's file and line; of a notebook, whose lines are no cell's, what says both."""
    cell = CELL.fullmatch(item.file)
    if cell is None:
        return relative(item.file), item.line, ""
    return relative(cell[1]), 0, f"{cell[2]}{f', line {item.line}' if item.line else ''}: "


def _at_line(item: Item, rule: str, where: str, problem: Problem) -> Problem:
    """Return a problem at the line that its slip is in, where that was found."""
    repair = next((repair for repair in repairs_in(item.details)
                   if _is_about(repair, rule, where)), None)
    if repair is None or CELL.fullmatch(item.file):
        return problem
    width = len(repair["before"].partition("\n")[0])
    return replace(problem, text=f"{problem.text}\n{clean(sentence(repair))}",
                   file=relative(repair["file"]), line=repair["line"], column=repair["column"],
                   end_column=repair["column"] + width, diff=tuple(diff_of(repair)))


def _is_about(repair: Mapping[str, Any], rule: str, where: str) -> bool:
    """Whether a line is that of a finding: one that writes is of what it writes into alone."""
    if repair["kind"] == "statistics":
        return rule == "value-differs"
    if repair["kind"] != "write":
        return True
    written = [*repair["arguments"], *(f" in d{name}" for name in repair["arguments"])]
    return rule.endswith(MUTATED) and (where or rule.removesuffix(MUTATED)) in written


def _findings(item: Item) -> Iterator[tuple[str, str, str]]:
    for entry in item.details.get("report", {}).get("findings", ()):
        argument = f" in d{entry['argument']}" if entry.get("argument") else ""
        yield entry["code"], argument, entry["message"]


def _laws(item: Item) -> Iterator[tuple[str, str, str]]:
    for entry in item.details.get("laws", ()):
        if entry["status"] == "failed" and "follows" not in entry:
            yield entry["name"], "", entry["message"]


def _culprit(record: Record) -> tuple[str, int]:
    """Return the file that could not be judged, and the line of it that a traceback ends in."""
    if record.fault != "target" or PurePath(record.target).suffix not in SOURCES:
        return "", 0
    name = re.escape(PurePath(record.target).name)
    lines = re.findall(rf'File "(?:[^"\n]*[/\\])?{name}", line (\d{{1,9}})', record.error)
    return relative(record.target), int(lines[-1]) if lines else 0
