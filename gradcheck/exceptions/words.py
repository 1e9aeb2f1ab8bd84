"""An exception in words, whatever its own methods do."""

from __future__ import annotations

import contextlib
import os
import re
import textwrap
import traceback
from pathlib import Path

OURS = str(Path(__file__).parent.parent) + os.sep
LIBRARY = re.compile(r"site-packages|[/\\]numpy[/\\]|^<frozen |\.pyx$")


def reason_of(error: BaseException) -> str:
    """Return an exception's type and text, also where its own __str__ raises.

    Examples
    --------
    >>> reason_of(ValueError("no"))
    'ValueError: no'
    """
    try:
        text = str(error)
    except Exception:
        text = "(its __str__ raises, too)"
    return f"{type(error).__name__}: {text.rstrip()}".removesuffix(": ")


def reason_and_place(error: BaseException) -> str:
    """Return an exception's type, its text without a full stop, and where it was raised.

    Where that is inside a library, the line that called it is told. An exception of another
    process has an attribute `place` that tells its own line.

    Examples
    --------
    >>> def forward(x):
    ...     return x / 0
    >>> try:
    ...     forward(1)
    ... except ZeroDivisionError as error:
    ...     print(reason_and_place(error))
    ZeroDivisionError: division by zero (line 2, in forward)
    """
    own = own_frames(error)
    place = f"line {own[-1].lineno}, in {own[-1].name}" if own else ""
    place = getattr(error, "place", place)
    return f"{reason_of(error).rstrip('.')}{f' ({place})' if place else ''}"


def own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of an exception that are no library's, and none of the checker's."""
    return [frame for frame in traceback.extract_tb(error.__traceback__)
            if not LIBRARY.search(frame.filename) and not frame.filename.startswith(OURS)]


def raising_line(error: BaseException) -> str:
    """Return the user's file, line and code line as a traceback shows them; '' if not known.

    Examples
    --------
    >>> raising_line(ValueError("never raised"))
    ''
    """
    own = own_frames(error)
    if not own or hasattr(error, "place"):
        return ""
    frame = own[-1]
    told = f'File "{_from_here(frame.filename)}", line {frame.lineno}, in {frame.name}'
    return f"{told}\n  {frame.line}" if frame.line else told


def with_line(told: str, error: BaseException | None) -> str:
    """Return what is said of an exception with the line that raised it below, where it is known.

    >>> with_line("it raised ValueError: no", ValueError("no"))
    'it raised ValueError: no'
    """
    line = "" if error is None else raising_line(error)
    return f"{told}\n{textwrap.indent(line, '  ')}" if line else told


def _from_here(file: str) -> str:
    """Return a path from the current folder, where it lies below it."""
    with contextlib.suppress(OSError, ValueError):
        return str(Path(file).resolve().relative_to(Path.cwd()))
    return file
