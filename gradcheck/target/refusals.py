"""Whether an exception is a refusal, by the target's own raise or assert, or a slip."""

from __future__ import annotations

import re
import traceback

from gradcheck.exceptions.words import LIBRARY, reason_of

RAISES = re.compile(r"(^|[:;]\s*)(raise|assert)\b")


def is_own_raise(error: BaseException) -> bool:
    """Whether an exception comes from a raise or an assert in the target's own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and not LIBRARY.search(frames[-1].filename) and (
        RAISES.search(str(frames[-1].line)) is not None)


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
