"""A limit of time for edited code: an edit may turn a loop into one without an end."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

from gradcheck.repair.code import restored

# Of this thread's own time: the same edits are found however busy the machine is.
clock = time.thread_time
# Seconds beyond twice the search's own limit, which it looks at between two edits: the alarm rings
# by the time that passes, on a machine that others use, too.
GRACE = 1.0
AGAIN = 0.1  # a bare except in the code may swallow the first alarm


class TimeUpError(BaseException):
    """The time for edited code is up. No Exception: edited code may catch those."""


@contextlib.contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Leave the block when twice the time is up, with every function as it was.

    Alarms are the main thread's. In another one, or where somebody else uses them, or where the
    system has none, there is no limit but the search's own.

    Examples
    --------
    >>> import time
    >>> with ended_after(-0.45):
    ...     time.sleep(2)
    """
    if not _is_possible():
        yield
        return

    def ring(*_: Any) -> None:
        raise TimeUpError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(2 * seconds + GRACE, AGAIN), AGAIN)
        yield
    except TimeUpError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        restored()


def _is_possible() -> bool:
    return (hasattr(signal, "setitimer") and hasattr(signal, "SIGALRM")
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
            and signal.getitimer(signal.ITIMER_REAL)[0] == 0.0)
