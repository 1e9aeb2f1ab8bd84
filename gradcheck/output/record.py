"""The one record that `gradcheck check` and `gradcheck grade` end in: a list of items."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gradcheck.output.plain import OUTPUT_LIMIT, clean, plain

SCHEMA = 1
STATUSES = ("passed", "warned", "failed", "inconclusive", "todo", "skipped", "error")
FINE = ("passed", "warned")


@dataclass(frozen=True)
class Item:
    """One judgement: a layer that was checked, a value, a gradient, a law.

    Attributes
    ----------
    name : str
        What is judged, unique within the record: ``'affine'``, ``'dropout: rate'``.
    group : str
        The layer it belongs to; formats with a hierarchy use it.
    status : str
        One of `STATUSES`. `warned`: right, with something to mend that spoils no number; `todo`:
        not written yet; `skipped`: judged at no example; `error`: no judgement was possible (time
        ran out, the process died). Only `passed` and `warned` earn points.
    message : str
        What is wrong, where, and what to change; may span lines.
    points, max_points : float, optional
        None where no points are given (`check`).
    seconds : float
        Time spent on this item.
    arguments : tuple of str
        Names or shapes of the arguments whose gradients were compared.
    worst_error : float, optional
        The largest relative error.
    evaluations : int, optional
        Forward calls that it took.
    advice : tuple of str
        Remarks that cost nothing.
    details : mapping
        Anything else of JSON's types, such as ``report.to_dict()``.
    file : str
        Where the layer is defined, such as ``'hw.py'`` or ``'hw.ipynb code cell 4'``; '' where
        that is not known.
    line : int
        The line of its definition, from 1: of backward's, where a gradient is wrong; 0 where that
        is not known.
    uncovered : tuple of int
        Lines that no example reached.
    fault : str
        ``'judge'`` where an error is the checker's own.
    """

    name: str
    group: str
    status: str
    message: str = ""
    points: float | None = None
    max_points: float | None = None
    seconds: float = 0.0
    arguments: tuple[str, ...] = ()
    worst_error: float | None = None
    evaluations: int | None = None
    advice: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    uncovered: tuple[int, ...] = ()
    fault: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status: got {self.status!r}; expected one of {STATUSES}. "
                             "Remedy: use 'error' where no judgement was possible.")

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong; of what has points, what was skipped is not wrong either."""
        return self.status in FINE or (self.status == "skipped" and self.max_points is not None)


@dataclass(frozen=True, repr=False)
class Record:
    """Everything that was judged about one target; ``print`` shows it as the command does.

    Attributes
    ----------
    kind : str
        ``'check'`` or ``'grade'``.
    target : str
        The module or file, as the user named it.
    items : tuple of Item
        In the order in which they were judged.
    error : str
        Why the target could not be judged at all, or not to its end; empty otherwise.
    fault : str
        Whose fault `error` is: ``''``, ``'target'`` (exit code 3) or ``'judge'`` (exit code 4).
    seconds : float
        Wall-clock time in total.
    output : str
        What the target printed, capped. Never evidence.
    notes : tuple of str
        Remarks on the whole: missing isolation, pairs without points, advice.
    settings : mapping
        What is needed to repeat the run, such as the seed.
    path : str
        What was judged under the target's name; '' where that goes without saying.

    Examples
    --------
    >>> record = Record("check", "homework.py", (Item("relu", "relu", "failed", "no"),))
    >>> print(record)
    name  verdict
    relu  failed
        no
    <BLANKLINE>
    homework.py: 1 failed in 0.0 s
    >>> record
    <Record homework.py: 1 failed in 0.0 s>
    """

    kind: str
    target: str
    items: tuple[Item, ...] = ()
    error: str = ""
    fault: str = ""
    seconds: float = 0.0
    output: str = ""
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""

    @property
    def score(self) -> float:
        """Points earned, the sum over the items."""
        return round(math.fsum(item.points or 0.0 for item in self.items), 9)

    @property
    def max_score(self) -> float:
        """Points that could be had."""
        return round(math.fsum(item.max_points or 0.0 for item in self.items), 9)

    @property
    def passed(self) -> bool:
        """Whether there was something to judge and all of it passed."""
        return bool(self.items) and not self.error and all(item.passed for item in self.items)

    @property
    def exit_code(self) -> int:
        """0 all passed, 1 something failed, 3 not importable or timed out, 4 our own fault."""
        codes = [0 if self.passed else 1]
        if self.fault:
            codes.append({"target": 3, "judge": 4}[self.fault])
        if self.kind == "check":
            codes += [4 if item.fault == "judge" else 3 for item in self.items
                      if item.status == "error"]
        return max(codes)

    def __str__(self) -> str:
        from gradcheck.output.text import as_text  # which is made of records

        return as_text(self).rstrip("\n")

    def __repr__(self) -> str:
        from gradcheck.output.parts import summary

        return f"<Record {summary(self).partition(chr(10))[0]}>"

    def _repr_html_(self) -> str:
        from gradcheck.output.html.small import record_view  # which is made of records

        return record_view(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON's own types, every text cleaned."""
        return plain({
            "schema": SCHEMA, "kind": self.kind, "target": self.target,
            "path": self.path, "passed": self.passed,
            "score": self.score, "max_score": self.max_score, "exit_code": self.exit_code,
            "error": self.error, "fault": self.fault, "seconds": round(self.seconds, 3),
            "notes": self.notes, "settings": self.settings,
            "items": [_item_dict(item) for item in self.items],
            "output": clean(self.output, OUTPUT_LIMIT),
        })


def _item_dict(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Item.__dataclass_fields__} | {
        "message": clean(item.message)}


def item_of(entries: Mapping[str, Any]) -> Item:
    """Return an item as the judging process had it."""
    item = Item(**entries)
    error = item.worst_error
    return replace(item, arguments=tuple(item.arguments), advice=tuple(item.advice),
                   uncovered=tuple(item.uncovered),
                   worst_error=None if error is None else float(error))


def record_of(entries: Mapping[str, Any]) -> Record:
    """Return the record that `Record.to_dict` wrote.

    >>> record = Record("grade", "a.py", (Item("relu", "relu", "failed", "", 1.0, 4.0),))
    >>> record_of(record.to_dict()) == record
    True
    """
    kept = {name: entries[name] for name in Record.__dataclass_fields__}
    return Record(**{**kept, "items": tuple(map(item_of, entries["items"])),
                     "notes": tuple(entries["notes"])})
