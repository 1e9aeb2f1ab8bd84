"""A target that is judged in another process; behind a lost process another one is started."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradcheck.output.record import Item, item_of
from gradcheck.target.errors import NothingToCheckError, TargetError
from gradcheck.target.process import EndedError, Process, SlowError
from gradcheck.target.settings import Settings, settled
from gradcheck.target.sources import Source

SECONDS = 60.0
SHARE = 0.5
ENDED = ("the process ended ({how}) while this was judged. Likely slip: the function calls "
         "os._exit, crashes in C, or exhausts the memory")
FAILED = "gradcheck itself failed, which is not the target's fault; -v shows where"


class Deadline:
    """A time limit for everything; with None there is none.

    Examples
    --------
    >>> Deadline(None).left, Deadline(0.0).left
    (inf, 0.0)
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = float("inf") if seconds is None else seconds
        self._end = time.monotonic() + self.seconds

    @property
    def left(self) -> float:
        """Seconds that are left, never negative."""
        return max(0.0, self._end - time.monotonic())

    @property
    def told(self) -> str:
        """What is said where the time is up."""
        return f"timed out after {self.seconds:g} s in all; --timeout sets the limit"

    @property
    def of_one(self) -> float:
        """How long one function may take: a minute, or half of a limit that leaves more."""
        return SECONDS if self.seconds == float("inf") else max(SECONDS, SHARE * self.seconds)


@dataclass(frozen=True)
class Listed:
    """What there is to judge under a name, and where it is defined."""

    name: str
    base: str
    file: str
    line: int

    def error(self, reason: str, label: str = "", **more: Any) -> Item:
        """Return the item for what could not be judged."""
        return Item(label or self.name, self.base, "error", reason, file=self.file, line=self.line,
                    **more)


class OurFaultError(Exception):
    """The judging process failed, which is not the target's fault; the message is a traceback."""


@dataclass
class Remote:
    """A target in another process.

    Attributes
    ----------
    source : Source
        What is imported there.
    settings : Settings
        How it is judged.
    deadline : Deadline
        Limits what is done here in all.
    memory : float, optional
        Megabytes for the target.
    entries : list of Listed
        What there is to judge, once `load` has run.
    notes : list of str
        Remarks on what is not.
    """

    source: Source
    settings: Settings
    deadline: Deadline = field(default_factory=lambda: Deadline(None))
    memory: float | None = None
    entries: list[Listed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _process: Process | None = None
    _used: bool = False

    @classmethod
    def of(cls, source: Source, given: Mapping[str, Any], deadline: Deadline,
           memory: float | None = None) -> Remote:
        """Return a target with settings of which some are given; its project's file has others."""
        place = None if source.kind == "installed" else Path(source.where)
        return cls(source, settled(given, place), deadline, memory)

    def load(self) -> None:
        """Have the target imported, and learn what there is to judge.

        Raises
        ------
        TargetError
            It cannot be imported, or not in time.
        NothingToCheckError
            There is nothing to judge in it, or none of the names that were asked for.
        OurFaultError
            The judging process failed.
        """
        self.close()
        if not self.deadline.left:
            raise TargetError(f"{self.source.where}: not reached: {self.deadline.told}")
        self._process = Process(self.memory)
        request = {"source": vars(self.source), "settings": self.settings.to_dict()}
        try:
            reply, = self._ask(request)
        except EndedError as how:
            raise TargetError(f"{self.source.where}: the process ended ({how}) while it was "
                              "imported. Likely slip: it calls os._exit, or crashes in C. Remedy: "
                              "import it in python, and leave out what ends it.") from None
        except SlowError as limit:
            raise TargetError(f"{self.source.where}: importing it {limit}. Remedy: put what it "
                              'computes or waits for under if __name__ == "__main__":.') from None
        if "error" in reply:
            raise {"usage": NothingToCheckError, "target": TargetError,
                   "judge": OurFaultError}[reply["fault"]](reply["error"])
        self.entries, self.notes = [Listed(*entry) for entry in reply["entries"]], reply["notes"]

    def items(self, place: int, part: str = "all") -> list[Item]:
        """Return what is said of an entry, or of a part of it: the gradient, or a law by its name.

        A process that others have used before may have ended for what they left in it: the entry
        is judged once more in a new one.
        """
        entry = self.entries[place]
        while True:
            before = self._used
            items, trouble = self._items(place, part)
            if trouble is None:
                return items
            self.close()
            if not (before and isinstance(trouble, EndedError)) or not self.deadline.left:
                label = f"{entry.name} laws" if items else entry.name
                return [*items, _of_trouble(entry, trouble, label)]

    def _items(self, place: int, part: str) -> tuple[list[Item], Exception | None]:
        """Return the items of one attempt, and what kept it from its end."""
        items: list[Item] = []
        try:
            if self._process is None:
                self.load()
            self._used = True
            for reply in self._ask({"judge": place, "part": part}):
                if "error" in reply:
                    raise OurFaultError(reply["error"])
                items.append(item_of(reply["item"]))
        except (EndedError, SlowError, TargetError, NothingToCheckError, OurFaultError) as trouble:
            return items, trouble
        return items, None

    def _ask(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the replies within the limit for one function, and what is left in all."""
        most, left = self.deadline.of_one, self.deadline.left
        assert self._process is not None
        try:
            yield from self._process.ask(request, min(most, left))
        except SlowError:
            raise SlowError(self.deadline.told if left < most else f"timed out after {most:g} s, "
                            "the limit for one function; twice as much as --timeout raises it"
                            ) from None

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._process, self._used = None, False


def _of_trouble(entry: Listed, trouble: Exception, label: str) -> Item:
    """Return the item for what kept a judgement from its end."""
    if isinstance(trouble, OurFaultError):
        return entry.error(FAILED, label, fault="judge", details={"traceback": str(trouble)})
    if isinstance(trouble, EndedError):
        return entry.error(ENDED.format(how=trouble), label)
    if isinstance(trouble, SlowError):
        return entry.error(str(trouble), label)
    return entry.error(f"not reached: {trouble}", label)
