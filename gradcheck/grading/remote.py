"""The process that judges submissions, as whoever asks for a grade sees it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from gradcheck.output.plain import named
from gradcheck.output.record import Record, record_of

BOOTSTRAP = ("import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
             "from gradcheck.sandbox import jail; jail.die_with_parent(15); "
             "from gradcheck.grading.worker import main; main()")
ENDING_SECONDS = 1.0


class Judge:
    """A process that judges one submission after the other; to be used by one thread.

    It is a new interpreter in a session of its own: Ctrl-C at a terminal reaches this process
    alone, which then ends the other one.

    Examples
    --------
    >>> with Judge() as judge:
    ...     record = judge.record({"path": "none.py", "timeout": 5.0})
    >>> record.exit_code, record.error
    (3, 'none.py: there is no such file. Remedy: check the spelling')
    """

    def __init__(self) -> None:
        self._ended = False

    def __enter__(self) -> Judge:
        self._start()
        return self

    def _start(self) -> None:
        flags = ["-B"] if sys.dont_write_bytecode else []
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", *flags, "-c", BOOTSTRAP, json.dumps(_search_path())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    def record(self, request: Mapping[str, Any]) -> Record:
        """Return the record of one submission.

        Raises
        ------
        ValueError
            A setting is wrong.
        """
        reply = self._reply(json.dumps(request).encode() + b"\n")
        if "refused" in reply:
            raise ValueError(reply["refused"])
        return record_of(reply["record"])

    def _reply(self, request: bytes) -> dict[str, Any]:
        """Return what the process answers; where it ended, a new one is there for the next."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = b""
        with contextlib.suppress(OSError):
            self._process.stdin.write(request)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if line.endswith(b"\n"):
            reply: dict[str, Any] = json.loads(line)
            return reply
        self.close()
        if self._ended:
            raise InterruptedError("the judge was ended")
        told = f"the grader's process ended (exit code {self._process.returncode})"
        self._start()
        asked = json.loads(request)
        if "given_up" in asked:
            return {"record": Record("grade", named(asked["path"]), fault="judge",
                                     error=told).to_dict()}
        reply = self._reply(json.dumps({**asked, "given_up": told}).encode() + b"\n")
        return {"record": {**reply["record"], "fault": "judge"}} if "record" in reply else reply

    def end(self) -> None:
        """End the process from another thread; whoever waits for it gets an InterruptedError."""
        self._ended = True
        self._process.terminate()

    def close(self) -> None:
        """End the process, and with it the submission that it judges."""
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def _search_path() -> list[str]:
    """Return where modules are found, without the current folder: submissions may lie there."""
    own, here = Path(__file__).resolve().parents[2], Path.cwd()
    return [entry for entry in sys.path
            if here == own or (entry and Path(entry).resolve() != here)]
