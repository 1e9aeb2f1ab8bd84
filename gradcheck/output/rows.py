"""Rows of a table: parts of one layer of which the same is to be said are one; `-v` shows all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.output.record import Item

LEAST_FOLDED = 4  # parts of one layer of which the same is said; all of them are one row anyway
NO_LAWS = {"value", "gradient", "contract"}  # the parts of what is no dropout


def in_few(items: Sequence[Item]) -> Iterator[Item]:
    """Yield items; parts of one layer of which the same is to be said, as one where they are many.

    Those are laws of a mask that passed, and whatever failed for one reason.

    Examples
    --------
    >>> laws = [Item(f"dropout: {n}", "dropout", "passed", "", 1.0, 1.0) for n in range(33)]
    >>> [(item.name, item.points) for item in in_few(laws)]
    [('dropout: 33 laws', 33.0)]
    >>> parts = [Item(f"layernorm: {name}", "layernorm", "failed", "missing", 0.0, 5.0)
    ...          for name in ("value", "gradient")]
    >>> [(item.name, item.max_points) for item in in_few(parts)]
    [('layernorm: all 2 parts', 10.0)]
    """
    for _, run in itertools.groupby(items, lambda item: item.group):
        parts = list(run)
        alike: dict[tuple[str, str], list[Item]] = {}
        for item in filter(_is_plain, parts):
            alike.setdefault((item.status, _reason(item)), []).append(item)
        folded = {id(same[0]): same for same in alike.values() if _are_one(same, parts)}
        behind = {id(item) for same in folded.values() for item in same[1:]}
        first = [item for item in parts if id(item) not in behind]
        for item in sorted(first, key=lambda item: item.status == "passed" and id(item) in folded):
            yield _as_one(folded[id(item)], len(parts)) if id(item) in folded else item


def _is_plain(item: Item) -> bool:
    """Whether of an item nothing is to be told but its verdict, its points and one reason."""
    if item.max_points is None or ": " not in item.name or item.advice or item.arguments:
        return False
    told = "report" in item.details or "repairs" in item.details
    return not told and not (item.status == "passed" and item.message)


def _reason(item: Item) -> str:
    """Return what is said of a part, without its own name before it."""
    return item.message.removeprefix(f"{_part(item)}: ")


def _part(item: Item) -> str:
    return item.name.partition(": ")[2]


def _are_one(same: Sequence[Item], parts: Sequence[Item]) -> bool:
    """Whether parts alike are one row: nothing is lost by it, and something is won."""
    if len(same) == len(parts) and same[0].status != "passed":
        return len(same) > 1
    return len(same) >= LEAST_FOLDED and (same[0].status == "passed" or bool(_reason(same[0])))


def _as_one(same: Sequence[Item], of: int) -> Item:
    first = same[0]
    what = "parts" if {_part(item) for item in same} & NO_LAWS else "laws"
    every = "all " if len(same) == of and first.status != "passed" else ""
    return replace(first, name=f"{first.group}: {every}{len(same)} {what}", message=_reason(first),
                   points=sum(item.points or 0.0 for item in same),
                   max_points=sum(item.max_points or 0.0 for item in same),
                   seconds=sum(item.seconds for item in same))
