"""Annotations of a GitHub workflow: one line for each finding, with file and line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from gradcheck.output.problems import Problem, problems
from gradcheck.output.record import Record

# What stands for the characters that a workflow command gives a meaning.
IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(records: Sequence[Record]) -> str:
    r"""Return the records as workflow commands, one a finding; nothing where all is well.

    Parameters
    ----------
    records : sequence of Record
        One a target.

    Returns
    -------
    str
        Lines such as ``::error file=homework.py,line=3,title=...::...`` (GitHub documentation,
        Workflow commands). Warned is a warning; what is not written or was skipped is a notice.

    Examples
    --------
    >>> from gradcheck.output.record import Item
    >>> item = Item("relu", "relu", "failed", "no", file="homework.py", line=3)
    >>> print(as_github([Record("check", "homework.py", (item,))]), end="")
    ::error file=homework.py,line=3,title=relu%3A failed::no
    """
    return "".join(_command(problem) for record in records for problem in problems(record))


def _command(problem: Problem) -> str:
    named = {"file": PurePath(problem.file).as_posix() if problem.file else "",
             "line": str(problem.line) if problem.file and problem.line else "",
             "col": str(problem.column) if problem.file and problem.column else "",
             "title": problem.title}
    properties = ",".join(f"{name}={value.translate(IN_PROPERTY)}"
                          for name, value in named.items() if value)
    return f"::{COMMANDS[problem.level]} {properties}::{problem.text.translate(IN_TEXT)}\n"
