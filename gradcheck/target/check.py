"""Check everything in a target, each function alone: what the command does, from Python, too."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck.output.record import Item, Record
from gradcheck.target.errors import NothingToCheckError, TargetError
from gradcheck.target.process import EndedError, Process, SlowError
from gradcheck.target.settings import Settings, with_project
from gradcheck.target.sources import Source, sources_of

FUNCTION_SECONDS = 60.0
LOAD_SECONDS = 120.0
ENDED = ("the process ended ({how}) while this was judged. Likely slip: the function calls "
         "os._exit, exhausts the memory, or crashes in C")


@dataclass(frozen=True)
class Limits:
    """How long a target may take in all, and what memory it may use; None for no limit."""

    seconds: float | None = None
    megabytes: float | None = None


def check_all(target: Any, *, timeout: float | None = None, memory: float | None = None,
              **settings: Any) -> Record:
    """Check every layer, loss and layer class of a target: gradients, contracts, mask laws.

    Parameters
    ----------
    target : str, path, module, mapping, class, or pair of functions
        A file, package, notebook or module name is judged in a process of its own, a function at a
        time. A module, ``globals()`` of a notebook, a class, or ``(forward, backward)`` is judged
        here.
    timeout, memory : float, optional
        Seconds in all, and megabytes, for what is judged in a process of its own.
    **settings
        Those of `gradcheck.target.settings.Settings`, such as ``only=["relu"]``, ``p_is="keep"``.

    Returns
    -------
    Record
        With an item for each function, and ``passed``; it shows itself in a notebook. Of a folder
        with several files, the items of all, each called after its file.

    Raises
    ------
    NothingToCheckError
        There is no layer in it.

    Examples
    --------
    >>> def relu_forward(x): return x * (x > 0), x
    >>> def relu_backward(dout, x): return dout
    >>> record = check_all((relu_forward, relu_backward))
    >>> [(item.name, item.status) for item in record.items]
    [('relu', 'failed')]
    """
    chosen = Settings(**settings)
    if not isinstance(target, str | Path):
        return check_objects(target, chosen)
    records = [check_source(source, chosen, Limits(timeout, memory))
               for source in sources_of(str(target), chosen.installed)]
    return records[0] if len(records) == 1 else _together(str(target), records)


def _together(target: str, records: Sequence[Record]) -> Record:
    """Return several files' records as one."""
    items = tuple(Item(**{**vars(item), "name": f"{record.target}: {item.name}"})
                  for record in records for item in record.items)
    faults = [record for record in records if record.error]
    return Record("check", target, items, error="\n".join(entry.error for entry in faults),
                  fault=max((entry.fault for entry in faults), default=""),
                  seconds=sum(record.seconds for record in records),
                  notes=tuple(note for record in records for note in record.notes),
                  settings=records[0].settings)


def check_objects(target: Any, settings: Settings) -> Record:
    """Check what lives in this process: a module, a namespace, a class, a pair of functions."""
    from gradcheck.target.items import items_of
    from gradcheck.target.plan import plan_of
    from gradcheck.target.quiet import quiet

    started = time.perf_counter()
    module, settings = _as_module(target, settings)
    with quiet():
        plan = plan_of(module, settings)
        items = [item for pair in plan.pairs for item in items_of(pair, settings)]
    return Record("check", module.__name__, tuple(items), notes=plan.notes,
                  seconds=time.perf_counter() - started, settings=settings.to_dict())


def _as_module(target: Any, settings: Settings) -> tuple[ModuleType, Settings]:
    """Return an object as a module whose names can be judged."""
    if isinstance(target, ModuleType):
        return target, settings
    names: dict[str, Any] = {}
    if isinstance(target, Mapping):
        module = ModuleType(str(target.get("__name__", "globals()")))
        names = {name: value for name, value in target.items() if not name.startswith("__")}
    elif isinstance(target, type):
        module = ModuleType(target.__module__)
        names = {target.__name__: target}
    elif isinstance(target, Sequence) and len(target) == 2 and all(map(callable, target)):
        base = getattr(target[0], "__name__", "layer").removesuffix("_forward")
        module = ModuleType(base)
        names = {f"{base}_forward": target[0], f"{base}_backward": target[1]}
        settings = Settings.from_dict({**settings.to_dict(), "imported": True})
    else:
        raise TypeError(f"target: got a {type(target).__name__}; expected a path, a module, "
                        "globals(), a class, or (forward, backward). Remedy: pass one of these.")
    vars(module).update(names)
    return module, settings


def check_source(source: Source, settings: Settings, limits: Limits = Limits(),
                 progress: Callable[[str], None] = lambda name: None) -> Record:
    """Check one file, notebook, package or module in a process of its own.

    Parameters
    ----------
    source : Source
        What is imported.
    settings : Settings
        How it is judged; the project's file fills in what they leave open.
    limits : Limits
        Time and memory.
    progress : callable
        Called with the name of what is judged next.

    Returns
    -------
    Record
        One function's crash, hang or exit is the item of that function alone.

    Raises
    ------
    NothingToCheckError
        There is no layer in it, or none of the names that were asked for.
    """
    started = time.perf_counter()
    run = _Run(source, settings, limits, progress)
    error, fault = "", ""
    try:
        if source.kind != "installed":
            run.settings = with_project(settings, Path(source.where))
        run.judge_all()
    except TargetError as reason:
        error, fault = str(reason), "target"
    except NothingToCheckError:
        raise
    except Exception:
        error = ("gradcheck itself failed, which is not the target's fault:\n"
                 + traceback.format_exc(limit=-6))
        fault = "judge"
    finally:
        run.end()
    return Record("check", source.where, tuple(run.items), error=error, fault=fault,
                  seconds=time.perf_counter() - started, notes=tuple(run.notes),
                  settings=run.settings.to_dict(), path=source.told)


@dataclass
class _Run:
    """The judging of one target under way; behind a lost process another one is started."""

    source: Source
    settings: Settings
    limits: Limits
    progress: Callable[[str], None]
    items: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._process: Process | None = None
        self._deadline = (None if self.limits.seconds is None
                          else time.monotonic() + self.limits.seconds)

    def judge_all(self) -> None:
        """Judge one function after the other."""
        names = self._load()
        for place, (name, base, file, line) in enumerate(names):
            if self._left() == 0.0:
                self._not_reached(names[place:])
                return
            self.progress(name)
            before = len(self.items)
            trouble = self._judge(name)
            if trouble:
                item = f"{name} laws" if len(self.items) > before else name
                self.items.append(Item(item, base, "error", trouble, file=file, line=line))

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def _judge(self, name: str) -> str:
        """Judge one function; return what kept it from an end, if anything did."""
        try:
            if self._process is None:
                self._load()
            for reply in self._ask({"judge": name}, FUNCTION_SECONDS):
                if "item" in reply:
                    self.items.append(_item(reply["item"]))
                elif "error" in reply:
                    return f"gradcheck itself failed: {reply['error']}"
        except EndedError as how:
            self.end()
            return ENDED.format(how=how)
        except SlowError as limit:
            self.end()
            return str(limit)
        return ""

    def _load(self) -> list[tuple[str, str, str, int]]:
        """Start the process and have the target imported; return what there is to judge."""
        self._process = Process(self.limits.megabytes)
        request = {"source": vars(self.source), "settings": self.settings.to_dict()}
        try:
            for reply in list(self._ask(request, LOAD_SECONDS)):
                if "error" in reply:
                    kind = NothingToCheckError if reply["fault"] == "usage" else (
                        TargetError if reply["fault"] == "target" else RuntimeError)
                    raise kind(reply["error"])
                if not self.notes:
                    self.notes += reply["notes"]
                return [(name, base, file, line) for name, base, file, line in reply["pairs"]]
        except EndedError as how:
            raise TargetError(f"{self.source.where}: the process ended ({how}) while it was "
                              "imported. Likely slip: it calls os._exit.") from None
        except SlowError as limit:
            raise TargetError(f"{self.source.where}: importing it {limit}") from None
        raise TargetError(f"{self.source.where}: nothing came back from its import")

    def _ask(self, request: dict[str, Any], most: float) -> Iterator[dict[str, Any]]:
        """Yield the replies within what is left of the time."""
        left = self._left()
        seconds = most if left is None else min(most, left)
        assert self._process is not None
        try:
            yield from self._process.ask(request, seconds)
        except SlowError:
            whole = self.limits.seconds is not None and seconds < most
            told = f"{self.limits.seconds:g} s in all; --timeout sets the limit" if whole else (
                f"{most:g} s, the limit for one function")
            raise SlowError(f"timed out after {told}") from None

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _not_reached(self, names: Sequence[tuple[str, str, str, int]]) -> None:
        self.items += [Item(name, base, "error", f"not reached: timed out after "
                            f"{self.limits.seconds:g} s in all; --timeout sets the limit",
                            file=file, line=line) for name, base, file, line in names]


def _item(entries: Mapping[str, Any]) -> Item:
    """Return an item as the judging process had it."""
    lists = {name: tuple(entries[name]) for name in ("arguments", "advice", "uncovered")}
    error = entries["worst_error"]
    return Item(**{**entries, **lists, "worst_error": float(error) if error is not None else None})
