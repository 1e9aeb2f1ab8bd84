"""A name that nothing defines: the statement that is lost, as far as it can be guessed.

An array of zeros, a length, a product, a sum of what is in scope: each is put before the first
statement that needs the name.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from gradcheck.repair.atoms import Atom, arrays, parsed, scalars
from gradcheck.repair.sites import Site

QUOTED = re.compile(r"'(\w+)'")
MOST_PAIRS = 8


def missing_name(error: Exception | None) -> str:
    """Return the name that an exception says is not defined, '' for another exception.

    >>> missing_name(NameError("name 'dx' is not defined"))
    'dx'
    """
    found = QUOTED.search(str(error)) if isinstance(error, NameError) else None
    return found[1] if found else ""


def definitions(site: Site) -> Iterator[list[ast.AST]]:
    """Yield the first statement that needs the missing name after one that defines it."""
    name, node = site.place.known.missing, site.node
    if not name or site.is_nested or name in site.place.scope or not any(
            isinstance(child, ast.Name) and child.id == name and isinstance(child.ctx, ast.Load)
            for child in ast.walk(node)):
        return
    for text in _texts(site):
        yield [ast.Assign([ast.Name(name, ast.Store())], parsed(text)), node]


def _texts(site: Site) -> Iterator[str]:
    alias, held = site.place.numpy, arrays(site.place)
    yield from (f"{alias}.zeros_like({atom.text})" for atom in held)
    yield from (f"{alias}.zeros({name})" for name, value in site.place.scope.items()
                if isinstance(value, tuple) and all(isinstance(n, int) for n in value))
    yield from (f"{atom.text}.copy()" for atom in held)
    yield from (atom.text for atom in scalars(site.place))
    floats = [atom for atom in held if atom.value.dtype.kind == "f"][:MOST_PAIRS]
    for atom in floats:
        yield from _sums(atom.text, atom, alias)
        yield from (f"({atom.text} > 0)", f"{atom.text} ** 2", f"{alias}.sqrt({atom.text})")
    for a, b in itertools.permutations(floats, 2):
        if a.value.ndim == b.value.ndim == 2:
            yield from (f"{a.text} @ {b.text}", f"{a.text}.T @ {b.text}", f"{a.text} @ {b.text}.T")
        yield f"{a.text} - {b.text}"
        if a.text < b.text:
            yield f"{a.text} * {b.text}"
            yield from _sums(f"{a.text} * {b.text}", a, alias)


def _sums(text: str, atom: Atom, alias: str) -> Iterator[str]:
    for axis in range(min(atom.value.ndim, 3)):
        yield f"{alias}.sum({text}, axis={axis}, keepdims=True)"
        yield f"{alias}.sum({text}, axis={axis})"
