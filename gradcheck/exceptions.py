"""An exception in words, whatever its own methods do."""

from __future__ import annotations

import re
import traceback

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
    return f"{type(error).__name__}: {text}".removesuffix(": ")


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
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not LIBRARY.search(frame.filename)] or frames
    place = f"line {own[-1].lineno}, in {own[-1].name}" if own else ""
    place = getattr(error, "place", place)
    return f"{reason_of(error).rstrip('.')}{f' ({place})' if place else ''}"
