"""Whether an exception is a refusal, by the target's own raise or its def line, or a slip."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable
from typing import Any

from gradcheck.exceptions.words import LIBRARY, OURS, reason_of

RAISES = re.compile(r"(^|[:;]\s*)(raise|assert)\b")
FRAME = re.compile(r'^  File "(.*)", line \d+, in .*\n    (.*)$', re.MULTILINE)


def is_own_raise(error: BaseException) -> bool:
    """Whether an exception comes from a raise or an assert in the target's own lines."""
    place = _raised_at(error)
    return place is not None and not LIBRARY.search(place[0]) and (
        RAISES.search(place[1]) is not None)


def is_not_entered(error: BaseException) -> bool:
    """Whether arguments did not fit the target's def line, so that none of its lines ran.

    >>> def forward(x): ...
    >>> try:
    ...     forward(1, 2)
    ... except TypeError as error:
    ...     is_not_entered(error.with_traceback(None))
    True
    """
    return isinstance(error, TypeError) and _raised_at(error) is None


def refusal_of(error: BaseException) -> str:
    """Return why arguments were refused; '' where an exception is a slip.

    A key or a name that is missing is a setting that is called otherwise.

    Examples
    --------
    >>> refusal_of(KeyError("moving_mean")), refusal_of(ZeroDivisionError("division by zero"))
    ("KeyError: 'moving_mean'", '')
    """
    if not (isinstance(error, KeyError | NameError) or is_own_raise(error)):
        return ""
    return reason_of(error).partition("\n")[0]


def _raised_at(error: BaseException) -> tuple[str, str] | None:
    """Return the file and the line that raised; None where it is none but the checker's.

    An exception of another process has an attribute `trace` that tells its frames there.
    """
    if (trace := getattr(error, "trace", None)) is not None:
        frames = FRAME.findall(trace)
        return frames[-1] if frames else None
    others = [frame for frame in traceback.extract_tb(error.__traceback__)
              if not frame.filename.startswith(OURS)]
    return (others[-1].filename, str(others[-1].line)) if others else None


def reached(function: Callable[..., Any], error: BaseException) -> tuple[int, int]:
    """Return the line of a function at which it raised, and how far in it; zeros where nowhere."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code is not code:
        trace = trace.tb_next
    return (trace.tb_lineno, trace.tb_lasti) if trace is not None else (0, 0)
