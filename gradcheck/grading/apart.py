"""Work in a fork of this process, which ends at a deadline: what meets what a submission answers.

The process that asks reads no more of it than its result, so nothing that a submission does can
keep that process.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from typing import Any

from gradcheck.sandbox import jail
from gradcheck.sandbox.frames import write_all

MOST_BYTES = 64 << 20


class ApartError(Exception):
    """The fork gave no result.

    Parameters
    ----------
    how : int or None
        Its exit code; None where it was too slow, or wrote too much.
    """

    def __init__(self, how: int | None) -> None:
        super().__init__(how)
        self.how = how


def apart(work: Callable[[], Any], seconds: float, requests: int) -> Any:
    """Return what a function returns in a fork, as JSON has it.

    Parameters
    ----------
    work : callable
        Called there; new temporary files of its own are gone at the end.
    seconds : float
        At most.
    requests : int
        A descriptor that becomes readable where nobody waits for the result any more: this process
        then ends.

    Raises
    ------
    ApartError
        It ended without a result, or was too slow.
    """
    scratch = tempfile.mkdtemp(prefix="gradcheck-")
    os.chmod(scratch, 0o711)  # another user's process passes through it to its own folder
    reading, writing = os.pipe()
    deadline = time.monotonic() + seconds
    process = os.fork()
    if process == 0:
        _work(work, scratch, writing)
    os.close(writing)
    try:
        text = _read(reading, requests, deadline)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing must come between
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        os.close(reading)
        shutil.rmtree(scratch, ignore_errors=True)
        signal.signal(signal.SIGTERM, end)
    if text is None:
        raise ApartError(None)
    if not text.endswith(b"\n"):
        raise ApartError(os.waitstatus_to_exitcode(status))
    return json.loads(text)


def _work(work: Callable[[], Any], scratch: str, writing: int) -> None:
    """Do the work, write what comes of it, and end."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        jail.die_with_parent()
        tempfile.tempdir = scratch
        text = json.dumps(work())
        write_all(writing, [text.encode() + b"\n"])
    finally:
        os._exit(0)


def _read(reading: int, requests: int, deadline: float) -> bytes | None:
    """Return all that the fork writes, None where it is too slow or writes too much.

    Ends this process where nobody waits for the answer any more.
    """
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    poll.register(requests, select.POLLIN)
    text = b""
    while len(text) < MOST_BYTES:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        ready = [descriptor for descriptor, _ in poll.poll(left * 1000)]
        if requests in ready:  # one request at a time: this is its end
            raise SystemExit(0)
        if reading in ready:
            data = os.read(reading, 1 << 20)
            if not data:
                return text
            text += data
    return None


def end(*_: object) -> None:
    """End this process in order, where a signal asks for it."""
    raise SystemExit(0)
