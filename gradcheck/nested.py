"""The leaves of nested containers and objects: arrays and plain values, each with its path."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), np.generic)


class Wrapped:
    """Something of the checker's own around a value `cache`; the paths are those of the value."""

    cache: Any


def leaves(value: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield (path, leaf) for the arrays and plain values inside nested containers and objects.

    An array of objects is a container, too.

    >>> [path for path, _ in leaves({"x": np.zeros(2), "rest": (1, 2.0)}, "cache")]
    ["cache['x']", "cache['rest'][0]", "cache['rest'][1]"]
    """
    if (not _holds_objects(value) if isinstance(value, np.ndarray)
            else isinstance(value, IMMUTABLE)):
        yield path, value
        return
    seen = set() if seen is None else seen
    if isinstance(value, Wrapped):
        yield from leaves(value.cache, path, seen)
        return
    if id(value) in seen or callable(value):
        return
    seen.add(id(value))
    for child_path, entry in _children(value, path):
        yield from leaves(entry, child_path, seen)


def _children(value: Any, path: str) -> list[tuple[str, Any]]:
    """Return what a container or an object holds, each with its path."""
    if isinstance(value, np.ndarray):
        return [(f"{path}{_index(at)}", value[at]) for at in np.ndindex(value.shape)]
    if isinstance(value, Mapping):
        return [(f"{path}[{key!r}]", entry) for key, entry in value.items()]
    if isinstance(value, list | tuple):
        return [(f"{path}[{i}]", entry) for i, entry in enumerate(value)]
    return [(f"{path}.{key}", entry) for key, entry in getattr(value, "__dict__", {}).items()]


def with_leaf(value: Any, target: str, leaf: Any, path: str = "") -> Any:
    """Return a nested value whose leaf at the path `target` is another; containers are rebuilt.

    >>> with_leaf((1, {"mask": 2}), "cache[1]['mask']", 3, "cache")
    (1, {'mask': 3})
    """
    if path == target:
        return leaf
    if not target.startswith(path):
        return value
    if isinstance(value, Wrapped):
        wrapped = copy.copy(value)
        wrapped.cache = with_leaf(value.cache, target, leaf, path)
        return wrapped
    if isinstance(value, np.ndarray) and _holds_objects(value):
        array = value.copy()
        for at in np.ndindex(value.shape):
            array[at] = with_leaf(value[at], target, leaf, f"{path}{_index(at)}")
        return array
    if isinstance(value, dict):
        return {key: with_leaf(entry, target, leaf, f"{path}[{key!r}]")
                for key, entry in value.items()}
    if isinstance(value, list | tuple):
        entries = [with_leaf(entry, target, leaf, f"{path}[{i}]") for i, entry in enumerate(value)]
        return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
    if hasattr(value, "__dict__"):
        changed = copy.copy(value)
        vars(changed).update({key: with_leaf(entry, target, leaf, f"{path}.{key}")
                              for key, entry in vars(value).items()})
        return changed
    return value


def _holds_objects(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.kind == "O"


def _index(at: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, at))}]"
