"""Limits of time and memory for a target that shares this process."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from gradcheck.target.exceptions import TimedOut

# The exit code of a target that cannot be stopped otherwise.
TIMED_OUT = 3
# So many times is a target asked to stop, every half second, before the process ends.
GRACE = 4


class LimitError(Exception):
    """A limit is asked for that this system cannot set."""


@contextlib.contextmanager
def limited(seconds: float | None, megabytes: float | None) -> Iterator[None]:
    """Raise TimedOut once the time is up, MemoryError where more memory is asked for."""
    with _limited_time(seconds), _limited_memory(megabytes):
        yield


@contextlib.contextmanager
def _limited_time(seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return
    if not hasattr(signal, "setitimer") or threading.current_thread() is not (
            threading.main_thread()):
        raise LimitError("--timeout: this system has no timer signals; use gradcheck grade")

    message = f"timed out after {seconds:g} s; --timeout sets the limit"
    ticks = itertools.count()

    def stop(*_: object) -> None:
        if next(ticks) < GRACE:
            raise TimedOut(message)
        # A bare `except` in a loop swallows every exception.
        os.write(2, f"gradcheck: error: {message}\n".encode())
        os._exit(TIMED_OUT)

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _limited_memory(megabytes: float | None) -> Iterator[None]:
    if megabytes is None:
        yield
        return
    try:
        import resource
    except ImportError:
        raise LimitError("--memory: this system has no resource limits") from None
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    # The libraries' own address space is not the target's.
    wanted = _address_space() + int(megabytes * 2**20)
    resource.setrlimit(resource.RLIMIT_AS, (
        wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int:
    """Return this process's virtual memory in bytes, where the system tells it; else 4 GB."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 4 * 2**30
    return pages * os.sysconf("SC_PAGE_SIZE")
