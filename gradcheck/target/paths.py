"""The way to an array in a layer object: an attribute, and what lies in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from types import FunctionType, ModuleType
from typing import Any

DEEPEST = 4
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
    """Yield the mappings in which a layer holds its arrays: its attributes, and what is in them.

    A net's layers are among these, and the lists of their parameters.
    """
    left, seen = [(layer, 0)], set()
    while left:
        held, depth = left.pop(0)
        if id(held) in seen or depth > DEEPEST:
            continue
        seen.add(id(held))
        inside = _inside(held)
        if inside is not None:
            yield inside
            left += [(entry, depth + 1) for entry in list(inside.values())]


def _inside(held: Any) -> MutableMapping[Any, Any] | None:
    """Return what a value holds under names or places; None for what holds nothing."""
    if isinstance(held, MutableMapping):
        return held
    if isinstance(held, list):
        return _ListItems(held)
    if isinstance(held, tuple):
        return dict(enumerate(held))
    is_object = hasattr(held, "__dict__") and not isinstance(held, type | ModuleType | FunctionType)
    return vars(held) if is_object else None
