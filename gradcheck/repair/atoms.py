"""The numbers and arrays that a statement could use: names, entries of dicts, lengths of axes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.foreign import as_array
from gradcheck.repair.nodes import parsed
from gradcheck.repair.where import Where

MOST_ARRAYS, MOST_SCALARS = 24, 18
MOST_INDEXED, MOST_GLOBAL = 10, 6
OBJECTS = ("self", "ctx")


@dataclass(frozen=True, eq=False)
class Atom:
    """An expression of one name, and its value."""

    text: str
    value: Any

    @property
    def node(self) -> ast.expr:
        """The expression."""
        return parsed(self.text)


def arrays(where: Where) -> list[Atom]:
    """Return the arrays in scope.

    Examples
    --------
    >>> where = Where({"x": np.ones(2), "cache": {"mask": np.ones(3)}, "p": 0.5}, {}, "np")
    >>> [atom.text for atom in arrays(where)]
    ['x', "cache['mask']"]
    """
    if "arrays" not in where.atoms:
        found = [Atom(text, value) for text, value in _apart(values(where.scope))
                 if isinstance(value, np.ndarray) and value.dtype.kind in "fbiu" and value.size]
        where.atoms["arrays"] = [*found, *_at_index(found, where)][:MOST_ARRAYS]
    held: list[Atom] = where.atoms["arrays"]
    return held


def _apart(values: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield what has a name of its own, once: what is unpacked is also an entry of the cache."""
    seen: set[int] = set()
    for text, value in values:
        if text.isidentifier() or id(value) not in seen:
            seen.add(id(value))
            yield text, value


def _at_index(found: list[Atom], where: Where) -> Iterator[Atom]:
    """Yield the elements of arrays at which a statement or the loops around it are."""
    for index in where.index:
        for atom in found[:MOST_INDEXED]:
            if atom.text.isidentifier():
                text = f"{atom.text}[{index}]"
                value = where.value(parsed(text))
                if value is not None and np.size(value):
                    yield Atom(text, np.asarray(value))


def scalars(where: Where) -> list[Atom]:
    """Return the numbers in scope, one for each value: named ones, then lengths of axes.

    Examples
    --------
    >>> where = Where({"x": np.ones((2, 3)), "p": 0.25, "N": 2}, {}, "np")
    >>> [atom.text for atom in scalars(where)]
    ['p', 'N', '1 - p', 'x.shape[1]', 'x.size']
    """
    if "scalars" not in where.atoms:
        where.atoms["scalars"] = _scalars(where)
    held: list[Atom] = where.atoms["scalars"]
    return held


def _scalars(where: Where) -> list[Atom]:
    named = [Atom(text, value) for text, value in values(where.scope) if _is_number(value)]
    named += [Atom(name, value) for name, value in where.names.items()
              if _is_number(value) and name not in where.scope and name[0] != "_"][:MOST_GLOBAL]
    made = [Atom(f"1 - {atom.text}", 1 - atom.value) for atom in named if 0 < atom.value < 1]
    made += [Atom(f"{where.numpy}.sqrt({atom.text})", np.sqrt(atom.value)) for atom in named
             if where.numpy in where.names and isinstance(atom.value, int) and atom.value > 1]
    sizes = [Atom(f"{atom.text}.{what}", value) for atom in arrays(where)
             if atom.text.isidentifier()
             for what, value in [*((f"shape[{i}]", n) for i, n in enumerate(atom.value.shape)),
                                 (_size(where), atom.value.size)]]
    seen: set[float] = {0.0, 1.0}
    found = []
    for atom in (*named, *made, *sizes):
        if float(atom.value) not in seen:
            seen.add(float(atom.value))
            found.append(atom)
    return found[:MOST_SCALARS]


def _size(where: Where) -> str:
    """Return what the count of an array's elements is called: torch's size is a method."""
    module = where.names.get(where.numpy)
    return "numel()" if getattr(module, "__name__", "") == "torch" else "size"


def values(scope: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return what has a name, then entries of something with a name, and attributes.

    >>> values({"conv_param": {"pad": 1}, "stride": 2})
    [('stride', 2), ("conv_param['pad']", 1)]
    """
    held = {name: as_array(value) for name, value in scope.items()}
    return sorted(_all_values(held), key=lambda pair: not pair[0].isidentifier())


def _all_values(scope: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in scope.items():
        if isinstance(value, dict):
            for key, entry in value.items():
                if isinstance(key, str):
                    yield f"{name}[{key!r}]", entry
        elif name in OBJECTS:
            for key, entry in getattr(value, "__dict__", {}).items():
                yield f"{name}.{key}", as_array(entry)
                if isinstance(entry, dict):
                    for inner, held in entry.items():
                        yield f"{name}.{key}[{inner!r}]", as_array(held)
        elif isinstance(value, tuple | list) and len(value) < 12:
            for place, entry in enumerate(value):
                if isinstance(array := as_array(entry), np.ndarray):
                    yield f"{name}[{place}]", array
        else:
            yield name, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(
        np.isfinite(value))


def kind_of(value: Any) -> Any:
    """Return what two values have in common that may stand for each other; None for no value.

    >>> kind_of(np.ones((2, 3))) == kind_of(np.zeros((2, 3))), kind_of(2) == kind_of(3.0)
    (True, True)
    """
    if isinstance(value, np.ndarray):
        return ("array", value.shape)
    if _is_number(value):
        return "number"
    if isinstance(value, tuple | list | dict | str):
        return (type(value), len(value))
    return None
