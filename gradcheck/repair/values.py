"""Expressions for a value: what could stand where the value is known that makes all right.

The value is a product of a number and an array in scope, a sum over one, a product of two; or the
expression that stands there lacks such a factor or such a term.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.repair.atoms import Atom, arrays, parsed, scalars
from gradcheck.repair.sites import Site
from gradcheck.repair.where import Where

Array = NDArray[Any]
ALIKE = 1e-6
MOST_FORMS = 240
MOST_NAMES = 6


def expressions(site: Site, wanted: Array) -> Iterator[tuple[str, ast.expr]]:
    """Yield expressions whose value is the wanted one, with the kind of edit that each is.

    Parameters
    ----------
    site : Site
        Where it is to stand.
    wanted : ndarray
        The value.

    Examples
    --------
    >>> where = Where({"x": np.array([1.0, 2.0]), "y": np.array([3.0, 1.0])}, {}, "np")
    >>> found = expressions(Site(None, "", parsed("x"), None, (), where), np.array([6.0, 4.0]))
    >>> kind, node = next(found)
    >>> kind, ast.unparse(node)
    ('array-factor', 'x * (2 * y)')
    """
    for node in _with_less(site.node):
        value = site.place.value(node)
        if np.shape(value) == wanted.shape and _is_alike(value, wanted):
            yield "deletion", node
    now = site.place.value(site.node)
    pool = _forms(site.place, wanted.shape)
    if isinstance(now, np.ndarray) and now.shape == wanted.shape and now.dtype.kind == "f":
        for node in _matching(wanted - now, pool, site.place):
            yield "term", _joined(site.node, node)
        yield from _factors(site, now, wanted, pool)
    for node in _matching(wanted, pool, site.place):
        yield "rewritten", node


def _with_less(node: ast.expr) -> Iterator[ast.expr]:
    """Yield a product with a factor less: `x / n * n` is no way to write `x`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        yield node.left
        if isinstance(node.op, ast.Mult):
            yield node.right
        for left in _with_less(node.left):
            yield ast.BinOp(left, node.op, node.right)


def _is_alike(value: Any, wanted: Array) -> bool:
    """Whether a value is the wanted one, but for rounding."""
    found = np.asarray(value)
    return found.dtype.kind in "fiu" and bool(
        np.linalg.norm(found - wanted) <= ALIKE * np.linalg.norm(wanted))


def _factors(site: Site, now: Array, wanted: Array, pool: list[tuple[str, Array]]
             ) -> Iterator[tuple[str, ast.expr]]:
    """Yield the expression times what it lacks."""
    live = np.abs(now) > ALIKE * float(np.max(np.abs(now), initial=0.0))
    if not np.any(live) or np.any(np.abs(wanted[~live]) > ALIKE * float(np.max(np.abs(wanted)))):
        return
    ratio = wanted[live] / now[live]
    if np.ptp(ratio) <= ALIKE * abs(ratio[0]):
        for text in named_numbers(float(ratio[0]), site.place):
            yield "factor", scaled(site.node, text)
        return
    own = ast.unparse(site.node)
    masked = [(text, value[live]) for text, value in pool if own not in text]
    for node in _matching(ratio, masked, site.place):
        yield "array-factor", ast.BinOp(site.node, ast.Mult(), node)
    for node in _matching(wanted * now, pool, site.place):
        yield "array-factor", ast.BinOp(node, ast.Div(), site.node)


def scaled(node: ast.expr, coefficient: str) -> ast.expr:
    """Return an expression times a number, or over one."""
    inverse = re.fullmatch(r"(-?)\(1 / (.*)\)", coefficient)
    if inverse is None:
        return ast.BinOp(node, ast.Mult(), parsed(coefficient))
    whole = ast.BinOp(node, ast.Div(), parsed(inverse[2]))
    return ast.UnaryOp(ast.USub(), whole) if inverse[1] else whole


def _joined(node: ast.expr, term: ast.expr) -> ast.expr:
    """Return a sum, a difference where the term has a minus."""
    if isinstance(term, ast.UnaryOp):
        return ast.BinOp(node, ast.Sub(), term.operand)
    return ast.BinOp(node, ast.Add(), term)


def _matching(wanted: Array, pool: list[tuple[str, Array]], where: Where) -> Iterator[ast.expr]:
    """Yield the forms of which the wanted value is a multiple by a number that has a name."""
    size = float(np.linalg.norm(wanted))
    if not size or not np.isfinite(size):
        return
    for text, value in [*pool, *_pairs(wanted, pool)]:
        square = float(np.sum(value * value))
        if not square:
            continue
        factor = float(np.sum(wanted * value)) / square
        if abs(factor) > 1e-12 and np.linalg.norm(wanted - factor * value) <= ALIKE * size:
            yield from (_times(coefficient, text) for coefficient in named_numbers(factor, where))


def _pairs(wanted: Array, pool: list[tuple[str, Array]]) -> Iterator[tuple[str, Array]]:
    """Yield the products of two forms of which the wanted value is a multiple."""
    if wanted.size * len(pool) ** 2 > 2e6 or not pool:
        return
    stacked = np.array([value.ravel() for _, value in pool])
    flat = wanted.ravel()
    for i, (text, _) in enumerate(pool):
        products = stacked[i] * stacked[i:]
        squares = np.einsum("ij,ij->i", products, products)
        along = (products @ flat) ** 2
        for j in np.flatnonzero(along >= (1 - 1e-11) * squares * float(flat @ flat)):
            if squares[j]:
                yield f"({text} * {pool[i + j][0]})", products[j].reshape(wanted.shape)


def _times(coefficient: str, text: str) -> ast.expr:
    if coefficient in ("1", "-1"):
        return parsed(text if coefficient == "1" else f"-{text}")
    sign = "-" * coefficient.startswith("-")
    return parsed(f"{sign}({coefficient.removeprefix('-')} * {text})")


def named_numbers(factor: float, where: Where) -> Iterator[str]:
    """Yield names for a number: 2, 1 / N, p / N; two of them where one does not do."""
    sign, size = "-" * (factor < 0), abs(factor)
    if abs(size - 1) <= ALIKE:
        yield f"{sign}1"
        return
    atoms = [Atom("1", 1), Atom("2", 2), Atom("3", 3), *scalars(where)]
    single = ((text, value) for atom in atoms
              for text, value in ((atom.text, atom.value), (f"1 / {_held(atom)}", 1 / atom.value)))
    double = ((text, value) for a, b in itertools.product(atoms[1:], repeat=2)
              for text, value in ((f"{_held(a)} * {_held(b)}", a.value * b.value),
                                  (f"1 / ({_held(a)} * {_held(b)})", 1 / (a.value * b.value)),
                                  (f"{_held(a)} / {_held(b)}", a.value / b.value)))
    found: set[tuple[str, ...]] = set()
    for text, value in itertools.chain(single, double):
        words = tuple(sorted(text.replace("(", "").replace(")", "").split()))
        if abs(value - size) <= ALIKE * size and words not in found:
            found.add(words)
            yield f"{sign}{text}" if text.isidentifier() or text.isdigit() else f"{sign}({text})"
            if len(found) == MOST_NAMES:
                return


def _held(atom: Atom) -> str:
    return f"({atom.text})" if " " in atom.text else atom.text


def _forms(where: Where, shape: tuple[int, ...]) -> list[tuple[str, Array]]:
    """Return what can be made of one array, or of two by a product, that has a shape."""
    found: dict[str, Array] = {}
    atoms = arrays(where)
    with np.errstate(all="ignore"):
        for text, value in itertools.chain(
                (form for atom in atoms for form in _of_one(atom, shape, where.numpy)),
                (form for a, b in itertools.permutations(atoms, 2)
                 for form in _of_two(a, b, shape, where.numpy))):
            if len(found) < MOST_FORMS and np.all(np.isfinite(value)):
                found.setdefault(text, np.broadcast_to(value, shape))
    return list(found.items())


def _of_one(atom: Atom, shape: tuple[int, ...], alias: str) -> Iterator[tuple[str, Array]]:
    text = atom.text
    value = atom.value.astype(float)
    if _reaches(value.shape, shape):
        yield text, value
        if atom.value.dtype.kind == "f":
            yield f"({text} > 0)", (value > 0).astype(float)
            yield f"(1 - {text})", 1 - value
            yield f"(1 / {text})", 1 / value
            yield f"{text} ** 2", value**2
            yield f"(1 - {text} ** 2)", 1 - value**2
        else:
            yield f"(1 - {text})", 1 - value
    if value.ndim == 2 and value.T.shape == shape and value.shape != shape:
        yield f"{text}.T", value.T
    for axis in range(value.ndim) if alias else ():
        rest = tuple(i for i in range(value.ndim) if i != axis)
        for axes in dict.fromkeys((axis, rest if len(rest) > 1 else axis)):
            total = value.sum(axis=axes)
            if total.shape == shape:
                yield f"{alias}.sum({text}, axis={axes})", total
            kept = value.sum(axis=axes, keepdims=True)
            if _reaches(kept.shape, shape):
                yield f"{alias}.sum({text}, axis={axes}, keepdims=True)", kept


def _of_two(a: Atom, b: Atom, shape: tuple[int, ...], alias: str) -> Iterator[tuple[str, Array]]:
    left, right = a.value.astype(float), b.value.astype(float)
    if left.ndim == right.ndim == len(shape) == 2:
        for first, one in ((a.text, left), (f"{a.text}.T", left.T)):
            for second, other in ((b.text, right), (f"{b.text}.T", right.T)):
                if (one.shape[0], other.shape[1]) == shape and one.shape[1] == other.shape[0]:
                    yield f"({first} @ {second})", one @ other
    if shape and left.shape == shape and _reaches(right.shape, shape):
        yield f"({a.text} - {b.text})", left - right
    if alias and left.shape == right.shape and left.shape != shape and a.text < b.text:
        for axis in range(left.ndim):
            total = (left * right).sum(axis=axis)
            if total.shape == shape:
                yield f"{alias}.sum({a.text} * {b.text}, axis={axis})", total


def _reaches(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, wanted) == wanted and (bool(shape) or not wanted)
    except ValueError:
        return False
