"""The process in which a target is imported and judged, one function at a time on request.

Requests and replies are lines of JSON on what were standard input and output when the process
began. The target gets an empty input, and prints to stderr; whatever it does to its process ends
that process and no other.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import warnings
from typing import IO


def main() -> None:
    """Serve until the requests end."""
    requests, replies = _taken_over()
    _end_with_parent()
    _limit_memory(float(sys.argv.pop()))
    from gradcheck.target.serving import Server

    server = Server(replies)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for line in requests:
            server.answer(json.loads(line))


def _taken_over() -> tuple[IO[str], IO[str]]:
    """Return the two channels, and put others in the place of standard input and output."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (as long as the process)
    return requests, replies


def _end_with_parent() -> None:
    """Have the kernel end this process should its parent be killed, where it can (Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's Ctrl-C is the parent's to answer
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
        import scipy.stats  # noqa: F401

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
