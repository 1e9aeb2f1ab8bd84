"""A target that is judged in another process; behind a lost process another one is started."""

from __future__ import annotations

import os
import re
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gradcheck.exceptions.words import LIBRARY
from gradcheck.output.fitting import fits
from gradcheck.output.record import Item, item_of
from gradcheck.target.errors import NothingToCheckError, TargetError
from gradcheck.target.printed import Printed
from gradcheck.target.process import UNREADABLE, EndedError, Frame, Process, SlowError
from gradcheck.target.settings import Settings, WrongSettingError, settled
from gradcheck.target.sources import Source, as_named

T = TypeVar("T")
SECONDS = 60.0
SHARE = 0.5
IMPORT = "its import"
OURS_IN = f"{Path(__file__).parents[1]}{os.sep}"
NOT_OWN = re.compile(rf"{LIBRARY.pattern}|^<string>$|^{re.escape(sysconfig.get_path('stdlib'))}")
ENDED = ("the process ended ({how}) while this was judged. Likely slip: the function calls "
         "os._exit, crashes in C, or exhausts the memory")
OF_ONE = ("{}. Likely slip: a loop that does not end. If it is only slow, --timeout {:g} allows "
          "one function {:g} s")
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
        """How long one function may take: half of a limit, a minute where there is none."""
        return SECONDS if self.seconds == float("inf") else SHARE * self.seconds


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


FAULTS = {"usage": NothingToCheckError, "setting": WrongSettingError, "target": TargetError,
          "judge": OurFaultError}


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
    names : list of str
        All layers that there are, wanted or not.
    printed : list of Printed
        What the target printed, function by function.
    """

    source: Source
    settings: Settings
    deadline: Deadline = field(default_factory=lambda: Deadline(None))
    memory: float | None = None
    entries: list[Listed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    printed: list[Printed] = field(default_factory=list)
    _process: Process | None = None
    _used: bool = False

    @classmethod
    def of(cls, source: Source, given: Mapping[str, Any], deadline: Deadline,
           memory: float | None = None) -> Remote:
        """Return a target with settings of which some are given; its project's file has others."""
        place = None if source.kind == "installed" else Path(source.where)
        settings = settled(given, place)
        if settings.timeout is not None and deadline.seconds == float("inf"):
            deadline = Deadline(settings.timeout)
        return cls(source, settings, deadline, settings.memory if memory is None else memory)

    @property
    def only(self) -> tuple[str, ...]:
        """What is asked for by name; a pair that two flags name is that."""
        return () if self.settings.forward else self.settings.only

    def load(self) -> None:
        """Have the target imported, and learn what there is to judge.

        Raises
        ------
        TargetError
            It cannot be imported, or not in time.
        NothingToCheckError
            There is nothing to judge in it.
        WrongSettingError
            What is to be ignored does not exist.
        OurFaultError
            The judging process failed.
        """
        self.close()
        if not self.deadline.left:
            raise TargetError(f"{self.source.where}: not reached: {self.deadline.told}")
        self._process = Process(self.memory)
        request = {"source": vars(self.source), "settings": self.settings.to_dict()}
        try:
            replies = list(self._ask(request, max(SECONDS, self.deadline.of_one), IMPORT))
            fault, entries, notes, names = _understood(_found, replies)
        except EndedError as how:
            raise TargetError(f"{self.source.where}: the process ended ({how}) while it was "
                              "imported. Likely slip: it calls os._exit, or crashes in C. Remedy: "
                              "import it in python, and leave out what ends it.") from None
        except SlowError as limit:
            if self.entries:  # it could be imported before
                raise TargetError(str(limit)) from None
            raise TargetError(f"{self.source.where}: importing it {limit}. Remedy: put what it "
                              'computes or waits for under if __name__ == "__main__":.') from None
        if fault is not None:
            raise fault
        self.entries, self.notes, self.names = entries, notes, names

    def items(self, place: int, part: str = "all") -> list[Item]:
        """Return what is said of an entry, or of a part of it: the gradient, or a law by its name.

        A process that others have used before may have ended for what they left in it: the entry
        is judged once more in a new one.
        """
        entry = self.entries[place]
        while True:
            before = self._used
            items, trouble = self._items(place, part, entry.name)
            if trouble is None:
                return items
            self.close()
            if not (before and isinstance(trouble, EndedError)) or not self.deadline.left:
                label = f"{entry.name} laws" if items else entry.name
                return [*items, _of_trouble(entry, trouble, label)]

    def _items(self, place: int, part: str, name: str) -> tuple[list[Item], Exception | None]:
        """Return the items of one attempt, and what kept it from its end."""
        items: list[Item] = []
        try:
            if self._process is None:
                self.load()
            self._used = True
            for reply in self._ask({"judge": place, "part": part}, self.deadline.of_one, name):
                if "error" in reply:
                    raise OurFaultError(str(reply["error"]))
                items.append(_understood(_judged, reply))
        except (EndedError, SlowError, TargetError, NothingToCheckError, OurFaultError) as trouble:
            return items, trouble
        return items, None

    def _ask(self, request: dict[str, Any], most: float, who: str) -> Iterator[dict[str, Any]]:
        """Yield the replies within so many seconds, and what is left in all."""
        left = self.deadline.left
        assert self._process is not None
        try:
            yield from self._process.ask(request, min(most, left))
        except SlowError as slow:
            place = _place(slow.frames)
            told = self.deadline.told if left < most else f"timed out after {most:g} s"
            at = f"{'; it was' if left < most else ''}{place}" if place else ""
            slip = OF_ONE if left >= most and who != IMPORT else "{}"
            raise SlowError(slip.format(told + at, 2 / SHARE * most, 2 * most)) from None
        finally:
            self.printed.append(self._process.printed.taken(who))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._process, self._used = None, False


def _understood(read: Callable[[Any], T], reply: Any) -> T:
    """Return what a reply says; one that is none of ours counts as the process's end."""
    try:
        return read(reply)
    except (LookupError, TypeError, ValueError):
        raise EndedError(UNREADABLE) from None


def _found(replies: Sequence[dict[str, Any]]
           ) -> tuple[Exception | None, list[Listed], list[str], list[str]]:
    """Return why there is nothing to judge, or what there is, the remarks on it, all names."""
    reply, = replies
    if "error" in reply:
        return FAULTS[str(reply["fault"])](str(reply["error"])), [], [], []
    return (None, [_listed(*entry) for entry in reply["entries"]], [*map(str, reply["notes"])],
            [*map(str, reply["names"])])


def _listed(name: object, base: object, file: object, line: Any) -> Listed:
    return Listed(str(name), str(base), str(file), int(line))


def _judged(reply: Mapping[str, Any]) -> Item:
    if not fits(reply["item"], "item"):
        raise ValueError("no item")
    return item_of(reply["item"])


def _place(frames: Sequence[Frame]) -> str:
    """Return in which function of the target's a process was, and at which line."""
    own = [frame for frame in frames if not frame.file.startswith(OURS_IN)
           and not NOT_OWN.search(frame.file)]
    if not own:
        return ""
    inner, outer = own[0], own[-1]
    via = "" if inner.function.startswith("<") or inner == outer else f", in {inner.function}"
    where = f"{as_named(inner.file)}:{inner.line}{via}"
    return f" at {where}" if outer.function == "<module>" else f" in {outer.function} ({where})"


def _of_trouble(entry: Listed, trouble: Exception, label: str) -> Item:
    """Return the item for what kept a judgement from its end."""
    if isinstance(trouble, OurFaultError):
        return entry.error(FAILED, label, fault="judge", details={"traceback": str(trouble)})
    if isinstance(trouble, EndedError):
        return entry.error(ENDED.format(how=trouble), label)
    if isinstance(trouble, SlowError):
        return entry.error(str(trouble), label)
    return entry.error(f"not reached: {trouble}", label)
