"""What a terminal is shown besides text: colour, and which function is under way."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from typing import TextIO

from gradcheck.output.plain import one_line

ERASE = "\r\x1b[K"
CLEAR = "\x1b[H\x1b[2J"  # what has scrolled away stays


def colored(stream: TextIO) -> bool:
    """Whether what is written to a stream may have colours.

    NO_COLOR says no, whatever else holds; FORCE_COLOR says yes, off a terminal, too. Each counts
    if it is not empty (no-color.org, force-color.org).
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (
        stream.isatty() and os.environ.get("TERM") != "dumb")


def columns() -> int:
    """Return how many columns the terminal has; 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


def progress() -> Callable[[str], None]:
    """Return what shows the function under way, and erases it: on stderr, only on a terminal."""
    if not sys.stderr.isatty():
        return lambda name: None

    def show(name: str) -> None:
        # a line that wraps could not be erased
        sys.stderr.write(f"{ERASE}{one_line(name)[:columns() - 1]}")
        sys.stderr.flush()

    return show
