"""The process in which a target is imported and judged, one function at a time on request.

Requests and replies are lines of JSON on what were standard input and output when the process
began. The target gets an empty input, and prints to stderr; whatever it does to its process ends
that process and no other.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

# Out of the way of a target that closes the low numbers, or all that it does not know.
REQUESTS, REPLIES, ERRORS = 90, 91, 92
OURS = f"{Path(__file__).parents[1]}{os.sep}"


def main() -> None:
    """Serve until the parent ends this process, or is gone."""
    channel = Channel()
    _end_with_parent()
    _limit_memory(float(sys.argv.pop()))
    from gradcheck.target.serving import Server

    server = Server(channel.send)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for request in channel.requests():
            server.answer(request)


class Channel:
    """The way to the parent and back, and the standard streams that the target sees."""

    def __init__(self) -> None:
        for number, kept in enumerate((REQUESTS, REPLIES, ERRORS)):
            os.dup2(number, kept, inheritable=False)
        if hasattr(faulthandler, "register"):  # the parent asks where a function hangs
            faulthandler.register(signal.SIGUSR1, REPLIES, all_threads=False)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_in_a_copy)

    def requests(self) -> Iterator[dict[str, Any]]:
        """Yield requests as they come; before each the standard streams are put in place."""
        while True:
            _open_streams()
            yield json.loads(self._lines.get())

    def send(self, reply: dict[str, Any]) -> None:
        """Send one reply; without the way back, which a target may have closed, all is lost."""
        data = f"{json.dumps(reply)}\n".encode()
        try:
            while data:
                data = data[os.write(REPLIES, data):]
        except OSError:
            os._exit(1)

    def _read(self) -> None:
        """Hand requests on, and end this process with the parent, whatever it is doing."""
        with contextlib.suppress(OSError), open(REQUESTS, encoding="utf-8", closefd=False) as lines:
            for line in lines:
                self._lines.put(line)
        os._exit(0)


def _open_streams() -> None:
    """Give the target an empty standard input, and standard error for both its outputs."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if nothing:
        os.close(nothing)
    os.dup2(ERRORS, 1)
    os.dup2(ERRORS, 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", errors="backslashreplace", buffering=1,  # noqa: SIM115
             closefd=False) for number in (1, 2))


def _in_a_copy() -> None:
    """Keep a copy of this process, which the target made by forking, out of the judging.

    It may do what the target made it for, but has no way to the parent, and ends where it would
    return to the checker's own code.
    """
    for number in (REQUESTS, REPLIES):
        with contextlib.suppress(OSError):
            os.close(number)
    _end_with_parent()
    sys.setprofile(_end_in_our_code)


def _end_in_our_code(frame: FrameType, event: str, arg: object) -> None:
    if frame.f_code.co_filename.startswith(OURS) and frame.f_code is not _in_a_copy.__code__:
        os._exit(0)


def _end_with_parent() -> None:
    """Have the kernel end this process should its parent be killed, where it can (Linux)."""
    with contextlib.suppress(ValueError):  # a copy that a thread made has no main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def _limit_memory(megabytes: float) -> None:
    """Let the target have so much memory beyond what the libraries take, where that can be set."""
    try:
        import resource
    except ImportError:
        return
    if megabytes:
        import numpy  # noqa: F401  (its address space is not the target's)
        import scipy.special  # noqa: F401

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = _address_space() + int(megabytes * 2**20)
        resource.setrlimit(resource.RLIMIT_AS, (
            wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _address_space() -> int:
    """Return this process's virtual memory in bytes, where the system tells it; else 4 GB."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 4 * 2**30
