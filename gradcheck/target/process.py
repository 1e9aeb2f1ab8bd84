"""The judging process as its parent sees it: started, asked within a time limit, ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

from gradcheck.target.printed import Pipe

BOOTSTRAP = ("import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
             "from gradcheck.target.worker import main; main()")
ENDING_SECONDS = 2.0
FRAME = re.compile(r'\s*File "(.*)", line (\d+) in (.+)')  # as faulthandler writes it
FRAME_SECONDS = 0.3
MOST = 1 << 25  # characters that answer one request: some hundred times the largest item
UNREADABLE = "what it answered cannot be read"


class EndedError(Exception):
    """The process ended before it had answered; the message says how."""


class Frame(NamedTuple):
    """A line that a process is at, and the function that it is in."""

    file: str
    line: int
    function: str


class SlowError(Exception):
    """The time was up before the process had answered; it was ended.

    Parameters
    ----------
    said : str
        What is said of it.
    frames : sequence of Frame
        Where the process was, the innermost first; empty where it could not tell.
    """

    def __init__(self, said: str = "", frames: Sequence[Frame] = ()) -> None:
        super().__init__(said)
        self.frames = tuple(frames)


class Process:
    """A process that judges one target.

    It is a new interpreter, not a fork: this one may have threads, and may be one that cannot fork.
    Where there are sessions it has one of its own, so that what the target starts ends with it.
    """

    def __init__(self, memory: float | None = None) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-X", "utf8", *_flags(), "-c", BOOTSTRAP, str(memory or 0),
             json.dumps(sys.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", start_new_session=True)
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        self.printed = Pipe(self._child.stderr.fileno())
        self._left = MOST
        self._pump = threading.Thread(target=self._hand_on, args=(self._child.stdout,),
                                      daemon=True)
        self._pump.start()

    def ask(self, request: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
        """Yield the replies to a request.

        Raises
        ------
        EndedError
            The process ended meanwhile, or was ended because its answer is none of ours: the
            target has found the way to us.
        SlowError
            The time was up.
        """
        self._left = MOST
        deadline = time.monotonic() + seconds
        try:
            assert self._child.stdin is not None
            self._child.stdin.write(json.dumps(request) + "\n")
            self._child.stdin.flush()
        except OSError:
            raise EndedError(self._how()) from None
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                frames = list(self._frames())
                self.end()
                raise SlowError(frames=frames) from None
            if line is None:
                raise EndedError(self._how())
            reply = self._understood(line)
            if "done" in reply:
                return
            yield reply

    def _understood(self, line: str) -> dict[str, Any]:
        """Return what a line says."""
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict):
            self.end()
            raise EndedError(UNREADABLE)
        return reply

    def _hand_on(self, stream: IO[str]) -> None:
        """Hand lines on as they come, so that whoever waits for one can stop waiting.

        A line without an end was cut short by the process's end, or is longer than any of ours.
        """
        with contextlib.suppress(ValueError, OSError):
            while self._left > 0 and (line := stream.readline(MOST)).endswith("\n"):
                self._left -= len(line)
                self._lines.put(line)
        self._lines.put(None)

    def _frames(self) -> Iterator[Frame]:
        """Yield where the process is, the innermost frame first, where the system can ask it."""
        if not hasattr(signal, "SIGUSR1"):
            return
        self._child.send_signal(signal.SIGUSR1)
        with contextlib.suppress(queue.Empty):
            while (line := self._lines.get(timeout=FRAME_SECONDS)) is not None:
                found = FRAME.match(line)
                if found is not None:
                    yield Frame(found[1], int(found[2]), found[3].strip())
                if found is not None and found[1] == "<string>":  # where it was started
                    return

    def end(self) -> None:
        """End the process, whatever it is doing, and what it started."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        self._child.wait()
        for stream, reader in ((self._child.stdin, self._pump), (self._child.stdout, self._pump),
                               (self._child.stderr, self.printed.thread)):
            reader.join(ENDING_SECONDS)
            with contextlib.suppress(OSError):
                if stream is not None and not reader.is_alive():
                    stream.close()

    def _how(self) -> str:
        """Return how it ended, and make sure that it has."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(ENDING_SECONDS)
        code = self._child.poll()
        self.end()
        if code is None:
            return "its output was closed"
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _flags() -> list[str]:
    """Return the interpreter's options that a child should have, too."""
    return [*(["-B"] if sys.dont_write_bytecode else []), *(["-O"] if not __debug__ else [])]
