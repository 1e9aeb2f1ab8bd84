"""The command `gradcheck`, and `python -m gradcheck`: the command line in a process of its own.

A checked target shares its process with the check, and can end it: `os._exit(0)` in a forward, a
crash in C, an atexit handler, a thread that never ends. So the check runs in a forked child, which
reports that it came to its end before it leaves without further ceremony.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import NoReturn

from gradcheck.cli import NOT_IMPORTABLE, main

DONE = b"done"
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP")
           if hasattr(signal, name)]


def run() -> NoReturn:
    """Run the command line with the process's arguments and leave with its exit code."""
    if not hasattr(os, "fork"):
        _leave(main())
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _end_with_parent()
        _leave(main(), writer)
    os.close(writer)
    passed_on: list[int] = []

    def pass_on(number: int, _: object) -> None:
        passed_on.append(number)
        os.kill(child, number)

    for number in SIGNALS:
        signal.signal(number, pass_on)
    status = os.waitpid(child, 0)[1]
    os.set_blocking(reader, False)
    code = os.waitstatus_to_exitcode(status)
    with contextlib.suppress(BlockingIOError):
        if os.read(reader, len(DONE)) == DONE:
            os._exit(code)
    if -code in passed_on:
        os._exit(128 - code)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    if code != NOT_IMPORTABLE:
        os.write(2, f"gradcheck: error: the process ended ({how}) before the check was complete. "
                 "Likely slip: the target calls os._exit, or code in C crashed.\n".encode())
    os._exit(NOT_IMPORTABLE)


def _leave(code: int, writer: int | None = None) -> NoReturn:
    """End the process: no handler and no thread that a target left behind has a say in it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    if writer is not None:
        os.write(writer, DONE)
    os._exit(code)


def _end_with_parent() -> None:
    """Have the kernel end this process should its parent be killed, where it can (Linux)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    run()
