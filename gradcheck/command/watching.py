"""`gradcheck watch`: judge again whenever a file was saved, and say what has changed."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gradcheck.command.saved import Saved, Stamp
from gradcheck.command.terminal import CLEAR, colored, columns
from gradcheck.output.changes import changes
from gradcheck.output.plain import one_line
from gradcheck.output.record import Record
from gradcheck.output.text import COLOURS
from gradcheck.target.sources import as_named

LOOK = 0.25  # seconds between two looks at the files
SETTLED = 0.1  # seconds without a change after which a save is complete
STOPPED = 130  # the exit code of what Ctrl-C ends before it has come to one

ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

Judge = Callable[[], tuple[int, list[Record]]]


@contextlib.contextmanager
def _as_interrupts() -> Iterator[None]:
    """Take a signal that ends this process for Ctrl-C, so that what it has started ends, too."""
    main = threading.current_thread() is threading.main_thread()
    taken = [number for number in ENDING if main and signal.getsignal(number) is signal.SIG_DFL]

    def interrupt(*_: object) -> None:
        for number in taken:  # a second one must not keep the first from its end
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@_as_interrupts()
def watch(saved: Saved, name: str, judge: Judge) -> int:
    """Judge, and judge again after every save, until Ctrl-C, or a signal that asks for the end.

    Parameters
    ----------
    saved : Saved
        What is looked at.
    name : str
        What is watched, as the user named it.
    judge : callable
        Writes a judgement, and returns its exit code and its records.

    Returns
    -------
    int
        The exit code of the last judgement that came to an end. That of the first one where there
        is nothing of a target's name, which no save will mend.
    """
    code, known = STOPPED, list[Record]()
    try:
        lacking = bool(saved.missing())
        while True:
            seen = saved.look()
            code, records = judge()
            if lacking:
                return code
            known = _compared(known, records)
            saved.find()
            _say(f"watching {one_line(name)}; Ctrl-C ends")
            now = _next(saved, seen)
            _begin(_names(seen, now))
    except KeyboardInterrupt:
        if sys.stdout.isatty():
            print()  # the prompt stands behind ^C otherwise
        return code


def _next(saved: Saved, seen: dict[Path, Stamp]) -> dict[Path, Stamp]:
    """Wait until files are others than were seen, and have been written to their end.

    A file that is gone is waited for: an editor may write it under another name first.
    """
    told = False
    while True:
        now = saved.look()
        while (later := _after(SETTLED, saved)) != now:
            now = later
        missing = saved.missing()
        if not missing and (told or now != seen):
            return now
        if missing and not told:
            _say(f"{', '.join(map(one_line, missing))}: gone; waiting until it is there again")
            told = True
        time.sleep(LOOK)


def _after(seconds: float, saved: Saved) -> dict[Path, Stamp]:
    time.sleep(seconds)
    return saved.look()


def _names(before: dict[Path, Stamp], now: dict[Path, Stamp]) -> list[str]:
    """Return the files that were saved, are new, or are gone."""
    paths = [path for path in {**now, **before} if before.get(path) != now.get(path)]
    return [one_line(as_named(path)) for path in paths]


def _begin(names: Sequence[str]) -> None:
    """Begin the next judgement: on an empty screen, or below a line in what is no terminal."""
    if sys.stdout.isatty():
        sys.stdout.write(CLEAR)
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    told = f"{time.strftime('%H:%M:%S')} {names[0]}{others} saved" if names else ""
    print(f"-- {told} ".ljust(min(columns(), 100), "-"), flush=True)


def _compared(before: list[Record], after: list[Record]) -> list[Record]:
    """Tell what has changed since the last judgement that could be made; return this one if so."""
    if not any(record.items for record in after):
        return before
    if before:
        told = changes(before, after)
        print("\nsince the last save" + ("" if told else ": nothing has changed"))
        for text, status in told:
            print(f"  {_painted(text, status)}")
    return after


def _painted(text: str, status: str) -> str:
    if status not in COLOURS or not colored(sys.stdout):
        return text
    return f"\x1b[{COLOURS[status]}m{text}\x1b[0m"


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)
