"""A process that judges submissions, each in a fork of its own that ends at its deadline.

Started by `gradcheck.grading.remote`. Requests come in and records go out as lines of JSON on its
standard streams. The fork meets what a submission answers; this process reads no more of it than
the record, so nothing that a submission does can keep it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import tempfile
import time
import traceback
from typing import Any

from gradcheck.grading.file import OUR_FAULT, judge_file
from gradcheck.grading.submission import references
from gradcheck.output.plain import clean
from gradcheck.output.record import Record
from gradcheck.sandbox import jail
from gradcheck.sandbox.frames import write_all

# Beyond the submission's own time: its process starts, and verdicts are written.
GRACE = 20.0
MOST_BYTES = 64 << 20
SLOW = ("judging it took longer than {seconds:g} s, which its own time limit should have ended; "
        "the judge was ended")


def serve(requests: int, replies: int) -> None:
    """Answer requests until there are no more, or nobody is there to read the answers."""
    with open(requests, "rb", buffering=0, closefd=False) as lines:
        for line in lines:
            reply = _answer(json.loads(line), requests)
            write_all(replies, [json.dumps(reply).encode() + b"\n"])


def _answer(request: dict[str, Any], requests: int) -> dict[str, Any]:
    """Return what the judge of one submission tells, or what there is to tell without it."""
    seconds = request["timeout"] + request.pop("grace", GRACE)
    if not hasattr(os, "fork"):  # no submission runs there, and the record says so
        return _attempt(request)
    scratch = tempfile.mkdtemp(prefix="gradcheck-")
    os.chmod(scratch, 0o711)  # another user's process passes through it to its own folder
    reading, writing = os.pipe()
    started = time.monotonic()
    judge = os.fork()
    if judge == 0:
        _judge(request, scratch, writing)
    os.close(writing)
    try:
        text = _read(reading, requests, started + seconds)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing must come between
        os.kill(judge, signal.SIGKILL)
        _, status = os.waitpid(judge, 0)
        os.close(reading)
        shutil.rmtree(scratch, ignore_errors=True)
        signal.signal(signal.SIGTERM, _end)
    if text is None:
        return _told(request, SLOW.format(seconds=seconds), time.monotonic() - started)
    if not text.endswith(b"\n"):
        how = os.waitstatus_to_exitcode(status)
        return _told(request, f"its judge ended before it had answered (exit code {how})",
                     time.monotonic() - started)
    reply: dict[str, Any] = json.loads(text)
    return reply


def _judge(request: dict[str, Any], scratch: str, writing: int) -> None:
    """Judge one submission, write what is to be told, and end."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        jail.die_with_parent()
        tempfile.tempdir = scratch
        text = json.dumps(_attempt(request))
        write_all(writing, [text.encode() + b"\n"])
    finally:
        os._exit(0)


def _attempt(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"record": judge_file(**request).to_dict()}
    except ValueError as error:
        return {"refused": str(error)}
    except BaseException:
        return {"record": Record("grade", clean(request["path"]), fault="judge", error=clean(
            f"{OUR_FAULT}\n{traceback.format_exc(limit=-5)}")).to_dict()}


def _told(request: dict[str, Any], reason: str, seconds: float) -> dict[str, Any]:
    """Return a record in which everything that counts is an error."""
    reply = _attempt({**request, "given_up": reason})
    if "record" in reply:
        reply["record"]["seconds"] = round(seconds, 3)
    return reply


def _read(reading: int, requests: int, deadline: float) -> bytes | None:
    """Return all that the judge writes, None where it is too slow or writes too much.

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


def _end(*_: object) -> None:
    raise SystemExit(0)


def main() -> None:
    """Serve until the standard input ends, or the parent does."""
    signal.signal(signal.SIGTERM, _end)
    # What a library prints must not get between the replies.
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    references()
    with contextlib.suppress(BrokenPipeError, SystemExit):
        serve(requests, replies)
    os._exit(0)  # a signal must not find an interpreter that is being taken down

