"""What has changed between two judgements of the same targets, in a line a function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.output.plain import one_line
from gradcheck.output.problems import problems
from gradcheck.output.record import Item, Record

Judged = tuple[str, tuple[str, ...]]  # a status, and the findings and laws behind it


def changes(before: Sequence[Record], after: Sequence[Record]) -> list[tuple[str, str]]:
    """Return what became of each function whose status or findings are others now.

    Parameters
    ----------
    before, after : sequence of Record
        One a target.

    Returns
    -------
    list of (str, str)
        What is said of it, and its status now; '' for one that is gone.

    Examples
    --------
    >>> wrong = Record("check", "a.py", (Item("relu", "relu", "failed", "no"),))
    >>> right = Record("check", "a.py", (Item("relu", "relu", "passed"),))
    >>> changes([wrong], [right])
    [('relu: failed -> passed', 'passed')]
    """
    old, new = dict(_judged(before)), dict(_judged(after))
    several = len({target for target, _ in (*old, *new)}) > 1
    told = []
    for key in dict.fromkeys((*new, *old)):
        text = _change(old.get(key), new.get(key))
        if text:
            name = f"{key[0]}: {key[1]}" if several else key[1]
            told.append((one_line(f"{name}: {text}"), new[key][0] if key in new else ""))
    return told


def _judged(records: Sequence[Record]) -> Iterator[tuple[tuple[str, str], Judged]]:
    """Yield target, name, status and findings of every item."""
    for record in records:
        for item in record.items:
            yield (record.target, item.name), (item.status, _codes(record, item))


def _codes(record: Record, item: Item) -> tuple[str, ...]:
    """Return the findings and laws that an item tells, such as 'scaled in dx'; no status is one."""
    alone = replace(record, items=(item,), error="")
    titles = (problem.title.removeprefix(f"{one_line(item.name)}: ")
              for problem in problems(alone) if problem.rule != item.status)
    return tuple(dict.fromkeys(titles))


def _change(old: Judged | None, new: Judged | None) -> str:
    """Return what became of a function; '' where nothing did."""
    if new is None:
        return "is not there any more"
    if old is None:
        return f"is new, {_with(new[0], new[1])}"
    if old[0] != new[0]:
        return _with(f"{old[0]} -> {new[0]}", new[1])
    come = [code for code in new[1] if code not in old[1]]
    gone = [code for code in old[1] if code not in new[1]]
    told = [f"{word} {', '.join(codes)}" for word, codes in (("now", come), ("no more", gone))
            if codes]
    return f"still {new[0]}, {'; '.join(told)}" if told else ""


def _with(status: str, codes: Sequence[str]) -> str:
    return f"{status}: {', '.join(codes)}" if codes else status
