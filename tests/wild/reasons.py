"""Why a file could not be loaded, as a line that many files share."""

from __future__ import annotations

import re

from .run import Outcome

# An exception's own line ends a message that quotes a traceback or a line of source.
EXCEPTION = re.compile(r"[A-Z]\w*(Error|Exception|Exit|Interrupt)\b")
NAMES = (
    (re.compile(r"'[^']*'|\"[^\"]*\"|‘[^’]*’"), "'...'"),
    (re.compile(r"(/[^\s:/()]+)+/?"), "..."),
    (re.compile(r"\b\d+\b"), "#"),
)


def told(outcome: Outcome) -> str:
    """Return the line of a message that says what went wrong, without the file's own path."""
    lines = outcome.error.strip().splitlines() or [""]
    line = lines[-1].strip() if EXCEPTION.match(lines[-1].strip()) else lines[0]
    return re.sub(rf"^\S*{re.escape(outcome.file)}: ", "", line)


def reason(line: str) -> str:
    """Return a line with names, paths and numbers blanked out.

    Examples
    --------
    >>> reason("ModuleNotFoundError: No module named 'six.moves'")
    "ModuleNotFoundError: No module named '...'"
    """
    for pattern, blank in NAMES:
        line = pattern.sub(blank, line)
    return line
