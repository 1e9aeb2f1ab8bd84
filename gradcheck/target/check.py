"""Check everything in a target, each function alone: what the command does, from Python, too."""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck.output.plain import OUTPUT_LIMIT
from gradcheck.output.record import Item, Record
from gradcheck.target.errors import NoneWantedError, NothingToCheckError, TargetError
from gradcheck.target.printed import Printed, Tally, note_of, with_printed
from gradcheck.target.remote import Deadline, OurFaultError, Remote
from gradcheck.target.settings import Settings, WrongSettingError, settled
from gradcheck.target.sources import Source, sources_of
from gradcheck.target.wanted import Wanted

NOTEBOOK = "ipykernel"
OUR_FAULT = "gradcheck itself failed, which is not the target's fault:"


def _silent(name: str) -> None:
    """Show no progress."""


def check_all(target: Any, *, timeout: float | None = None, memory: float | None = None,
              **settings: Any) -> Record:
    """Check every layer, loss and layer class of a target: gradients, contracts, mask laws.

    Parameters
    ----------
    target : str, path, module, mapping, class, or pair of functions
        A file, folder, package, notebook or module name is judged in a process of its own, a
        function at a time. A module, ``globals()`` of a notebook, a class, or ``(forward,
        backward)`` is judged here.
    timeout, memory : float, optional
        Seconds in all, and megabytes, for what is judged in a process of its own.
    **settings
        Those of `gradcheck.target.settings.Settings`, such as ``only=["relu"]``, ``p_is="keep"``.
        In a notebook ``detailed`` is true unless it is given: the record is shown with maps.

    Returns
    -------
    Record
        With an item for each function, and ``passed``; it shows itself in a notebook. Of a folder
        with several files, the items of all, each called after its file.

    Raises
    ------
    NothingToCheckError
        There is no layer in it.
    ValueError, TypeError
        A setting is none, or the target is of no such kind.

    Examples
    --------
    >>> def relu_forward(x): return x * (x > 0), x
    >>> def relu_backward(dout, x): return dout
    >>> record = check_all((relu_forward, relu_backward))
    >>> [(item.name, item.status) for item in record.items]
    [('relu', 'failed')]
    """
    settings = {"detailed": NOTEBOOK in sys.modules, **settings}
    if isinstance(target, str | Path):
        sources = sources_of(str(target), Settings.of(settings).installed)
        records = check_sources(sources, settings, Deadline(timeout), memory)
        return records[0] if len(records) == 1 else _together(str(target), records)
    if timeout is not None or memory is not None:
        raise ValueError("timeout, memory: got a limit for a target that is judged in this "
                         "process; expected none. Remedy: pass the path of its file.")
    return check_objects(target, settings)


def check_sources(sources: Sequence[Source], given: Mapping[str, Any], deadline: Deadline,
                  memory: float | None = None, progress: Callable[[str], None] = _silent,
                  wanted: Wanted | None = None) -> list[Record]:
    """Check files, notebooks, packages or modules, each in a process of its own.

    Parameters
    ----------
    sources : sequence of Source
        What is imported.
    given : mapping
        Settings that flags or keywords name; each source's project has others.
    deadline : Deadline
        Limits all of them together.
    memory : float, optional
        Megabytes for each of them.
    progress : callable
        Called with the name of what is judged next, and with '' at the end.
    wanted : Wanted, optional
        Learns which of the names that are asked for there were, and of other targets before; who
        hands it in says in the end what none of them had.

    Returns
    -------
    list of Record
        Of every source that holds something to check; a note in the last says which do not.

    Raises
    ------
    NothingToCheckError
        None of them holds anything to check, or a name that is asked for is in none of them; a
        NoneWantedError if other targets may have it.
    """
    records, reasons = [], []
    known = Wanted(alone=len(sources) == 1) if wanted is None else wanted
    for source in sources:
        try:
            records.append(_checked(source, given, deadline, memory, progress, known))
        except NothingToCheckError as reason:
            reasons.append(reason)
    if wanted is None:
        known.refuse_unfound()
    if not records:
        raise next((one for one in reasons if isinstance(one, NoneWantedError)), reasons[0])
    left_out = [f"left out: {str(reason).partition('. Remedy')[0]}" for reason in reasons]
    return [*records[:-1], replace(records[-1], notes=(*records[-1].notes, *left_out))]


def _checked(source: Source, given: Mapping[str, Any], deadline: Deadline, memory: float | None,
             progress: Callable[[str], None], wanted: Wanted) -> Record:
    """Check one source: one function's crash, hang or exit is the item of that function alone."""
    started = time.perf_counter()
    remote = Remote.of(source, given, deadline, memory)
    items: list[Item] = []
    error, fault = "", ""
    try:
        remote.load()
        wanted.meet(remote.only, remote.names, source.where)
        items += _items_of(remote, progress)
    except TargetError as reason:
        error, fault = str(reason), "target"
    except OurFaultError as reason:
        error, fault = f"{OUR_FAULT}\n{reason}", "judge"
    except (NothingToCheckError, WrongSettingError):
        raise
    except Exception:
        error, fault = f"{OUR_FAULT}\n{traceback.format_exc(limit=-6)}", "judge"
    finally:
        remote.close()
        progress("")
    wanted.unread = wanted.unread or not remote.names
    return _record(source.where, items, remote.notes, remote.settings, started, remote.printed,
                   error=error, fault=fault, path=source.told)


def _items_of(remote: Remote, progress: Callable[[str], None]) -> Iterator[Item]:
    """Yield what is said of each function in turn."""
    for place, entry in enumerate(remote.entries):
        progress(entry.name)
        if remote.deadline.left:
            yield from remote.items(place)
        else:
            yield entry.error(f"not reached: {remote.deadline.told}")


def check_objects(target: Any, given: Mapping[str, Any]) -> Record:
    """Check what lives in this process: a module, a namespace, a class, a pair of functions."""
    from gradcheck.target.exceptions import interrupts_told_apart
    from gradcheck.target.items import Judging
    from gradcheck.target.plan import plan_of
    from gradcheck.target.quiet import quiet

    started = time.perf_counter()
    module, more = _as_module(target)
    file = getattr(target, "__file__", None) if isinstance(target, ModuleType) else None
    settings = settled({**given, **more}, Path(file) if file else None)
    printed: list[Printed] = []
    items: list[Item] = []
    with interrupts_told_apart():
        plan = plan_of(module, settings)
        if not settings.forward:
            Wanted(alone=True).meet(settings.only, plan.names, module.__name__)
        spent: list[float] = []
        for entry in plan.entries:
            tally = Tally()
            with quiet(tally):
                items += Judging(entry, settings, spent).items()
            printed.append(replace(tally.printed, who=entry.name))
    return _record(module.__name__, items, plan.notes, settings, started, printed)


def _as_module(target: Any) -> tuple[ModuleType, dict[str, Any]]:
    """Return an object as a module whose names can be judged, and the settings that it needs."""
    if isinstance(target, ModuleType):
        return target, {}
    more: dict[str, Any] = {}
    if isinstance(target, Mapping):
        module = ModuleType(str(target.get("__name__", "globals()")))
        names = {name: value for name, value in target.items() if not name.startswith("__")}
    elif isinstance(target, type):
        module = ModuleType(target.__module__)
        names = {target.__name__: target, **_example_beside(target, target.__name__)}
    elif isinstance(target, Sequence) and len(target) == 2 and all(map(callable, target)):
        named = str(getattr(target[0], "__name__", "")).removesuffix("_forward")
        base = named if named.isidentifier() and not named.startswith("_") else "layer"
        module = ModuleType(base)
        names = {f"{base}_forward": target[0], f"{base}_backward": target[1],
                 **_example_beside(target[0], base)}
        more = {"imported": True, "only": ()}
    else:
        raise TypeError(f"target: got {type(target).__name__}; expected a path, a module, "
                        "globals(), a class, or (forward, backward). Remedy: pass one of these.")
    vars(module).update(names)
    return module, more


def _example_beside(target: Any, base: str) -> dict[str, Any]:
    """Return the function that makes a layer's arguments, from the module that defines it."""
    home = vars(sys.modules.get(str(getattr(target, "__module__", "")), ModuleType("")))
    name = f"{base}_example"
    return {name: home[name]} if name in home else {}


def _record(target: str, items: Sequence[Item], notes: Sequence[str], settings: Settings,
            started: float, printed: Sequence[Printed], **more: Any) -> Record:
    told, others = with_printed(items, printed)
    said = [note_of(others)] if any(entry.lines for entry in others) else []
    return Record("check", target, tuple(told), notes=(*notes, *_count_of_ignored(items), *said),
                  settings=settings.to_dict(), seconds=time.perf_counter() - started,
                  output="".join(entry.text for entry in printed)[:OUTPUT_LIMIT], **more)


def _count_of_ignored(items: Sequence[Item]) -> Iterator[str]:
    """Yield one line that counts what was ignored, if anything was."""
    count = Counter(code for item in items for code in item.details.get("ignored", ()))
    if count:
        named = ", ".join(f"{code} {times} times" if times > 1 else code
                          for code, times in count.items())
        yield f"ignored: {count.total()} finding{'s' * (count.total() > 1)} ({named})"


def _together(target: str, records: Sequence[Record]) -> Record:
    """Return several files' records as one."""
    items = tuple(replace(item, name=f"{record.target}: {item.name}")
                  for record in records for item in record.items)
    faults = [record for record in records if record.error]
    return Record("check", target, items, error="\n".join(entry.error for entry in faults),
                  fault=min((entry.fault for entry in faults), default=""),
                  seconds=sum(record.seconds for record in records),
                  notes=tuple(f"{record.target}: {note}" for record in records
                              for note in record.notes),
                  settings=records[0].settings)
