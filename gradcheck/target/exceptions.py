"""The exceptions that end a check, told apart from a target's own; and a target's own as text."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class TimedOut(BaseException):
    """The time is up; no exception of the target's own kind, so that it cannot be caught as one."""


class Interrupted(KeyboardInterrupt):
    """The user pressed Ctrl-C; a target that raises KeyboardInterrupt itself raises its parent."""


OURS = (Interrupted, TimedOut)


@contextlib.contextmanager
def interrupts_told_apart() -> Iterator[None]:
    """Let Ctrl-C raise Interrupted, so that a target's own KeyboardInterrupt is its failure."""
    if (threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield
        return

    def interrupt(*_: object) -> None:
        raise Interrupted

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
