"""The way to an array in a layer object: an attribute, and what lies in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

Path = tuple[Any, ...]  # an attribute's name, then keys, places, or names of attributes


def at(layer: Any, path: Path) -> Any:
    """Follow a path; None where it leads nowhere."""
    held = vars(layer).get(path[0])
    for step in path[1:]:
        if isinstance(held, Mapping):
            held = held.get(step)
        elif isinstance(held, list | tuple):
            held = held[step] if step < len(held) else None
        else:
            held = getattr(held, step, None)
    return held


class _ListItems(dict[Any, Any]):
    """A list's entries by place, written through to it."""

    def __init__(self, entries: list[Any]) -> None:
        super().__init__(enumerate(entries))
        self._entries = entries

    def __setitem__(self, place: int, value: Any) -> None:
        self._entries[place] = value


def holders(layer: Any) -> Iterator[MutableMapping[Any, Any]]:
    """Yield the mappings in which a layer holds its arrays: its attributes, and what is in them."""
    yield vars(layer)
    for held in list(vars(layer).values()):
        if isinstance(held, MutableMapping):
            yield held
        elif isinstance(held, list):
            yield _ListItems(held)
        elif hasattr(held, "__dict__") and not isinstance(held, type):
            yield vars(held)
