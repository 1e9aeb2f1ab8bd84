"""What a target prints, kept apart from the report: its first lines, and how many there were."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import select
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradcheck.output.record import Item

CHUNK = 1 << 16
MOST = 16_000
SHOWN = 3
SETTLING_SECONDS = 0.2


@dataclass
class Printed:
    """What was printed while something was judged.

    Attributes
    ----------
    who : str
        What was judged.
    text : str
        The beginning of it.
    lines : int
        The lines of all of it.
    """

    who: str = ""
    text: str = ""
    lines: int = 0
    _open: bool = False

    def add(self, text: str) -> None:
        """Take in what was printed next."""
        if text:
            self.lines += text.count("\n") + (not text.endswith("\n")) - self._open
            self._open = not text.endswith("\n")
            self.text += text[:max(0, MOST - len(self.text))]


class Tally(io.TextIOBase):
    """A stream that takes in what is written to it."""

    def __init__(self) -> None:
        self.printed = Printed()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take in a text."""
        self.printed.add(text)
        return len(text)


class Pipe:
    """What another process prints, read as it comes, so that it never waits for a reader.

    Parameters
    ----------
    number : int
        The file descriptor to read from.
    """

    def __init__(self, number: int) -> None:
        self._number, self._printed = number, Printed()
        self._lock = threading.Lock()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with contextlib.suppress(OSError):
            while chunk := os.read(self._number, CHUNK):
                with self._lock:
                    self._printed.add(decoder.decode(chunk))

    def taken(self, who: str) -> Printed:
        """Return what has come since this was asked last."""
        until = time.monotonic() + SETTLING_SECONDS
        with contextlib.suppress(OSError, ValueError):
            while (self.thread.is_alive() and time.monotonic() < until
                   and select.select([self._number], [], [], 0)[0]):
                time.sleep(0.001)
        with self._lock:
            taken, self._printed = self._printed, Printed()
        taken.who = who
        return taken


def with_printed(items: Sequence[Item], printed: Sequence[Printed]
                 ) -> tuple[list[Item], list[Printed]]:
    r"""Return items that tell what their layers printed, and what others printed.

    It is told once a layer, with its last item: how many lines, and the first of them.

    Examples
    --------
    >>> loss = Printed("svm_loss", "0.1\n", 1)
    >>> items, rest = with_printed([Item("svm_loss", "svm_loss", "passed")], [loss])
    >>> items[0].details["printed"], rest
    ({'lines': 1, 'first': ['0.1']}, [])
    """
    told, rest = list(items), []
    for entry in printed:
        places = [place for place, item in enumerate(told)
                  if item.name in (entry.who, f"{entry.who} laws")]
        if not places:
            rest.append(entry)
        elif entry.lines:
            item = told[places[-1]]
            first = [line for line in entry.text.splitlines() if line.strip()]
            told[places[-1]] = replace(item, details={
                **item.details, "printed": {"lines": entry.lines, "first": first[:SHOWN]}})
    return told, rest


def note_of(printed: Sequence[Printed]) -> str:
    r"""Return one note on everything that was printed: who, how much, and its first lines.

    >>> loss = Printed("svm_loss")
    >>> loss.add("0.1\n0.2\n0.3\n0.4\n")
    >>> print(note_of([loss]))
    svm_loss printed 4 lines; -v shows them. The first:
      0.1
      0.2
      0.3
    """
    count = Counter[str]()
    for entry in printed:
        count[entry.who] += entry.lines
    told = [f"{who} printed {lines} line{'s' * (lines > 1)}"
            for who, lines in count.most_common() if lines]
    if not told:
        return ""
    first = [line for entry in printed for line in entry.text.splitlines() if line.strip()]
    more = "; -v shows them. The first:" if count.total() > SHOWN else ":"
    return "\n  ".join([f"{', '.join(told)}{more}", *first[:SHOWN]])
