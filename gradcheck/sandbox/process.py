"""A submission's process as its judge sees it: started, asked within a time limit, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from gradcheck.sandbox import frames, surroundings
from gradcheck.sandbox.budget import Budget

REPLY_LIMIT = 256 << 20
CAPTURE_LIMIT = 16_000
START_SECONDS = 30.0
TICK = 0.25
CHILD = Path(__file__).with_name("child.py")
PIPE_BYTES = 1 << 20
UNCONFINED = (
    "on this system a submission could read the reference or other submissions ({why}). Remedy: "
    "grade where namespaces or Landlock are allowed, or as root with the grader and the class in "
    "folders of mode 700; --unconfined grades all the same")
NO_ANSWER = "its process wrote something else than answers"
# What hides the reference, the first that works; fewer, as on a system that has no more.
WALLS = ("namespaces", "landlock", "user")


class SandboxError(RuntimeError):
    """The submission's process gave no valid answer; `SandboxError` ends its evaluation."""

    place = ""  # no line of the judge is to blame


class UnconfinedError(SandboxError):
    """On this system a submission could read the reference, or other submissions."""


class SandboxTimeoutError(SandboxError, TimeoutError):
    """The submission did not answer in time."""


class Process:
    """The process that evaluates a submission, without any knowledge of what is in it.

    Parameters
    ----------
    budget : Budget
        Wall-clock time.
    memory : int
        Megabytes beyond what NumPy itself takes.
    own : Path
        The submission's file, or its folder; what else lies beside it cannot be read.
    unconfined : bool
        Whether it may start although nothing hides the reference.
    tools, hidden : sequence of str
        Folders of packages of the judge's own that it may read and import; files that it must not.

    Attributes
    ----------
    notes : list of str
        What the system did not allow by way of isolation.
    failure : str
        Why the process is of no more use; empty while it works.
    timed_out : bool
        Whether that is because it took too long.
    """

    def __init__(self, budget: Budget, memory: int, own: Path, unconfined: bool = False,
                 tools: Sequence[str] = (), hidden: Sequence[str] = ()) -> None:
        self.budget = budget
        self.notes: list[str] = []
        self.failure = ""
        self.timed_out = False
        self._captured = bytearray()
        self._buffer = bytearray()
        self._number = 0
        self._inner = 0
        self._cleanup = contextlib.ExitStack()
        try:
            self._start(memory, own.resolve(), unconfined, tools, hidden)
        except EOFError:
            self.close()
            raise SandboxError("the sandbox's process did not start: " + self.output) from None
        except BaseException:
            self.close()
            raise

    @property
    def output(self) -> str:
        """What the submission printed so far, capped."""
        if not self._printed.closed:
            self._drain()
        return self._captured.decode("utf-8", "replace")

    def _start(self, memory: int, own: Path, unconfined: bool, tools: Sequence[str],
               hidden: Sequence[str]) -> None:
        """Start the process and wait until it has given up its privileges."""
        scratch = tempfile.mkdtemp(prefix="gradcheck-")
        self._cleanup.callback(shutil.rmtree, scratch, ignore_errors=True)
        requests, self._requests = _pipe(self._cleanup)
        self._replies, replies = _pipe(self._cleanup)
        readable = [*surroundings.readable(own), *tools]
        secret = [*surroundings.secret(own), *map(os.path.realpath, hidden)]
        config = {
            "requests": requests.fileno(), "replies": replies.fileno(), "scratch": scratch,
            "readable": readable, "hidden": surroundings.within(secret, readable),
            "secret": secret, "own": str(own), "needed": surroundings.needed(), "walls": WALLS,
            "memory": memory, "cpu": int(self.budget.seconds) + 2,
            "path": surroundings.search_path(own), "tools": list(tools),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-u", "-X", "utf8", str(CHILD), json.dumps(config)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=scratch,
            env=surroundings.environment(scratch), start_new_session=True,
            pass_fds=(requests.fileno(), replies.fileno()),
        )
        assert self._process.stdout is not None
        self._printed = self._cleanup.enter_context(self._process.stdout)
        self._cleanup.callback(self._kill)
        os.set_blocking(self._printed.fileno(), False)
        os.set_blocking(self._requests.fileno(), False)
        requests.close()
        replies.close()
        deadline = time.monotonic() + START_SECONDS
        self._inner = int.from_bytes(self._take(8, deadline), "little")
        reply = self._receive(deadline)[0]
        self.notes += reply["notes"]
        if not (reply["confined"] or unconfined):
            raise UnconfinedError(UNCONFINED.format(why="; ".join(self.notes)))
        if not reply["confined"]:
            self.notes.append("nothing hides the reference, nor other submissions")

    def exchange(
        self, tree: Any, arrays: list[Any], seconds: float, what: str
    ) -> tuple[Any, list[Any]]:
        """Send a request and return the reply to it: JSON's types, and arrays.

        Raises SandboxError, at once or within `seconds`, where there is no valid reply.
        """
        return next(self.exchange_each(tree, arrays, 1, lambda: seconds, what))

    def exchange_each(
        self, tree: Any, arrays: list[Any], count: int, limit: Callable[[], float], what: str
    ) -> Iterator[tuple[Any, list[Any]]]:
        """Send a request and yield so many replies to it; one that tells of an error is the last.

        All of them are to be taken before the next request. Raises SandboxError as `exchange`
        does; each reply has the time that `limit` says then.
        """
        if self.failure:
            raise SandboxError(self.failure)
        self._number += 1
        request = b"".join(frames.pack(self._number, tree, arrays))
        for left in range(count)[::-1]:
            seconds = limit()
            deadline = time.monotonic() + seconds
            try:
                self._write(request, deadline)
                reply, values = self._receive(deadline)
            except SandboxTimeoutError:
                self.fail(f"{what} took longer than the {seconds:.3g} s allowed"
                          f"{self.budget.of_all()}", SandboxTimeoutError)
            except EOFError:
                self.fail(f"{what} ended the submission's process ({self._ending()})")
            last = not left or "error" in reply
            if last and self._buffer:
                self.fail(NO_ANSWER)
            yield reply, values
            if last:
                return
            request = b""

    def _write(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._requests.fileno(), rest):]
            except BlockingIOError:
                self._wait(deadline, writing=True)
            except BrokenPipeError:
                raise EOFError from None

    def _receive(self, deadline: float) -> tuple[Any, list[Any]]:
        header = self._take(frames.HEADER.size, deadline)
        magic, number, text_size, payload_size = frames.HEADER.unpack(header)
        if magic != frames.MAGIC or number != self._number:
            self.fail(NO_ANSWER)
        if text_size > frames.JSON_LIMIT or payload_size > REPLY_LIMIT:
            self.fail(f"a value takes {payload_size >> 20} MB; expected at most "
                       f"{REPLY_LIMIT >> 20} MB")
        text = self._take(text_size, deadline)
        payload = self._take(payload_size, deadline)
        try:
            reply, arrays = frames.unpack(text, memoryview(payload))
        except frames.WireError as error:
            self.fail(f"its process answered with something that is no value: {error}")
        if not isinstance(reply, dict):
            self.fail(NO_ANSWER)
        return reply, arrays

    def _take(self, size: int, deadline: float) -> bytes:
        """Return the next `size` bytes of the replies."""
        while len(self._buffer) < size:
            self._wait(deadline)
            data = os.read(self._replies.fileno(), max(1 << 16, size - len(self._buffer)))
            if not data:
                raise EOFError
            self._buffer += data
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _wait(self, deadline: float, writing: bool = False) -> None:
        """Wait until the pipe is ready; meanwhile collect what the submission prints."""
        pipe = self._requests if writing else self._replies
        poll = select.poll()
        poll.register(pipe, select.POLLOUT if writing else select.POLLIN)
        poll.register(self._printed, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise SandboxTimeoutError
            ready = {descriptor for descriptor, _ in poll.poll(min(left, TICK) * 1000)}
            if pipe.fileno() in ready:
                return
            if ready and not self._drain():
                poll.unregister(self._printed)
            if not ready and self._process.poll() is not None:
                raise EOFError

    def _drain(self) -> bool:
        """Read what was printed, keep the first part of it; return False at its end."""
        try:
            data = os.read(self._printed.fileno(), 1 << 16)
        except BlockingIOError:
            return True
        self._captured += data[:CAPTURE_LIMIT - len(self._captured)]
        return bool(data)

    def fail(self, reason: str, error: type[SandboxError] = SandboxError) -> NoReturn:
        """End the process and raise."""
        self.failure = reason
        self.timed_out = issubclass(error, SandboxTimeoutError)
        self._kill()
        raise error(reason)

    def _ending(self) -> str:
        """Name how the process ended, for the message only."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        code = self._process.returncode
        if code is None:
            return "it closed its pipe"
        if code > 128:
            with contextlib.suppress(ValueError):
                return f"signal {signal.Signals(code - 128).name}"
        return f"exit code {code}"

    def _kill(self) -> None:
        """End the submission and everything that it started."""
        process = self._process
        for _ in range(8):  # What was printed last may say why.
            self._drain()
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                # The warden lives, so its child's number cannot belong to anyone else yet.
                os.kill(self._inner or process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1.5)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """End the process, close the pipes and remove the scratch directory."""
        self.failure = self.failure or "the sandbox is closed"
        self._cleanup.close()


def _pipe(cleanup: contextlib.ExitStack) -> tuple[Any, Any]:
    """Return a pipe's two ends as unbuffered files that `cleanup` closes."""
    import fcntl  # Missing on Windows, where nothing here is called.

    reading, writing = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return (cleanup.enter_context(open(reading, "rb", buffering=0)),
            cleanup.enter_context(open(writing, "wb", buffering=0)))
