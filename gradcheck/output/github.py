"""Annotations of a GitHub workflow: one line for each finding, with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.output.problems import Problem, problems
from gradcheck.output.record import Record

# What stands for the characters that a workflow command gives a meaning.
IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
IN_PROPERTY = {**IN_TEXT, ":": "%3A", ",": "%2C"}
LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(records: Sequence[Record]) -> str:
    r"""Return the records as workflow commands.

    Examples
    --------
    >>> from gradcheck.output.record import Item
    >>> item = Item("relu", "relu", "failed", "no", file="homework.py", line=3)
    >>> print(as_github([Record("check", "homework.py", (item,))]), end="")
    ::error file=homework.py,line=3,title=relu%3A failed::no
    """
    return "".join(f"{line}\n" for record in records for line in _lines(record))


def _lines(record: Record) -> Iterator[str]:
    for problem in problems(record):
        yield f"::{LEVELS[problem.level]} {_properties(problem)}::{_escaped(problem.text, IN_TEXT)}"


def _properties(problem: Problem) -> str:
    named = {"file": problem.file, "line": problem.line or "", "title": problem.title}
    return ",".join(f"{name}={_escaped(str(value), IN_PROPERTY)}"
                    for name, value in named.items() if value)


def _escaped(text: str, table: dict[str, str]) -> str:
    return text.translate({ord(character): word for character, word in table.items()})
