"""A process that judges submissions, each in a fork of its own that ends at its deadline.

Started by `gradcheck.grading.remote`. Requests come in and records go out as lines of JSON on its
standard streams. The fork meets what a submission answers; this process reads no more of it than
the record, so nothing that a submission does can keep it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import traceback
from typing import Any

from gradcheck.grading.apart import ApartError, apart, end
from gradcheck.grading.asked import references
from gradcheck.grading.file import OUR_FAULT, judge_file
from gradcheck.grading.hints import with_hints
from gradcheck.grading.shading import with_shades
from gradcheck.output.plain import clean, named
from gradcheck.output.record import Record
from gradcheck.sandbox.frames import write_all

# Beyond the submission's own time: its process starts, and verdicts are written.
GRACE = 20.0
SLOW = ("judging it took longer than {seconds:g} s, which its own time limit should have ended; "
        "the judge was ended")
ENDED = "its judge ended before it had answered (exit code {how})"


def serve(requests: int, replies: int) -> None:
    """Answer requests until there are no more, or nobody is there to read the answers."""
    with open(requests, "rb", buffering=0, closefd=False) as lines:
        for line in lines:
            reply = _answer(json.loads(line), requests)
            write_all(replies, [json.dumps(reply).encode() + b"\n"])


def _answer(request: dict[str, Any], requests: int) -> dict[str, Any]:
    """Return what the judge of one submission tells; once that stands, with lines where asked."""
    seconds = request.pop("grace", GRACE)

    def judged(asked: dict[str, Any]) -> dict[str, Any]:
        return _judged(asked, asked["timeout"] + seconds, requests)

    reply = judged(request)
    if "record" not in reply:
        return reply
    record = with_hints(reply["record"], request, judged, requests)
    return {"record": with_shades(record, request, requests)}


def _judged(request: dict[str, Any], seconds: float, requests: int) -> dict[str, Any]:
    """Return what a judge in a fork tells, or what there is to tell without it."""
    if not hasattr(os, "fork"):  # no submission runs there, and the record says so
        return _attempt(request)
    started = time.monotonic()
    try:
        reply: dict[str, Any] = apart(lambda: _attempt(request), seconds, requests)
    except ApartError as reason:
        told = SLOW.format(seconds=seconds) if reason.how is None else ENDED.format(how=reason.how)
        return _told(request, told, time.monotonic() - started)
    return reply


def _attempt(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"record": judge_file(**request).to_dict()}
    except ValueError as error:
        return {"refused": str(error)}
    except BaseException:
        told = clean(f"{OUR_FAULT}\n{traceback.format_exc(limit=-5)}")
        if request.get("given_up"):
            return {"record": Record("grade", named(request["path"]), fault="judge",
                                     error=told).to_dict()}
        reply = _attempt({**request, "given_up": told})
        return {"record": {**reply["record"], "fault": "judge"}}


def _told(request: dict[str, Any], reason: str, seconds: float) -> dict[str, Any]:
    """Return a record in which everything that counts is an error."""
    reply = _attempt({**request, "given_up": reason})
    if "record" in reply:
        reply["record"]["seconds"] = round(seconds, 3)
    return reply


def main() -> None:
    """Serve until the standard input ends, or the parent does."""
    signal.signal(signal.SIGTERM, end)
    # What a library prints must not get between the replies.
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    references()
    with contextlib.suppress(BrokenPipeError, SystemExit):
        serve(requests, replies)
    os._exit(0)  # a signal must not find an interpreter that is being taken down

