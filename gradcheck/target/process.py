"""The judging process as its parent sees it: started, asked within a time limit, ended."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

START_SECONDS = 60.0
BOOTSTRAP = ("import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
             "from gradcheck.target.worker import main; main()")


class EndedError(Exception):
    """The process ended before it had answered; the message says how."""


class SlowError(Exception):
    """The time was up before the process had answered."""


class Process:
    """A process that judges one target.

    It is a new interpreter, not a fork: this one may have threads, and may be one that cannot fork.
    """

    def __init__(self, memory: float | None = None) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-X", "utf8", *_flags(), "-c", BOOTSTRAP, str(memory or 0),
             json.dumps(sys.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self._lines: queue.Queue[str | None] = queue.Queue()
        assert self._child.stdout is not None
        threading.Thread(target=_pump, args=(self._child.stdout, self._lines), daemon=True).start()

    def ask(self, request: dict[str, Any], seconds: float | None) -> Iterator[dict[str, Any]]:
        """Yield the replies to a request.

        Raises
        ------
        EndedError
            The process ended meanwhile.
        SlowError
            The time was up; the process is ended.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            assert self._child.stdin is not None
            self._child.stdin.write(json.dumps(request) + "\n")
            self._child.stdin.flush()
        except OSError:
            raise EndedError(self._how()) from None
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                self.end()
                raise SlowError from None
            if line is None:
                raise EndedError(self._how())
            reply = json.loads(line)
            if "done" in reply:
                return
            yield reply

    def end(self) -> None:
        """End the process, whatever it is doing."""
        with contextlib.suppress(OSError):
            self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()

    def _how(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(2.0)
        code = self._child.poll()
        if code is None:
            self.end()
            return "its output was closed"
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _flags() -> list[str]:
    """Return the interpreter's options that a child should have, too."""
    return [*(["-B"] if sys.dont_write_bytecode else []), *(["-O"] if not __debug__ else [])]


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    """Hand lines on as they come, so that whoever waits for one can stop waiting."""
    with contextlib.suppress(ValueError, OSError):
        for line in stream:
            lines.put(line)
    lines.put(None)
