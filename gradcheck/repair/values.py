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

from gradcheck.repair.atoms import Atom, arrays, scalars
from gradcheck.repair.grows import fits
from gradcheck.repair.nodes import filled, parsed
from gradcheck.repair.sites import Site
from gradcheck.repair.where import Where

Array = NDArray[Any]
ALIKE = 1e-6
MOST_FORMS = 240
JACOBIAN = ", keepdims=True)))"
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
        if site.place.shape(node) == wanted.shape and (
                np.linalg.norm(value - wanted) <= ALIKE * np.linalg.norm(wanted)):
            yield "deletion", node
    now = site.place.value(site.node)
    several = isinstance(now, tuple | list)  # of arrays, as a cache is, which may not be one
    empty = now is None or not (several or np.any(now))  # to be written into below
    pool = [form for form in _forms(site.place, wanted.shape)
            if not (empty and JACOBIAN in form[0])]
    if isinstance(now, np.ndarray) and now.shape == wanted.shape and now.dtype.kind == "f":
        for node in _matching(wanted - now, pool, site.place):
            sign, term = ("-", node.operand) if isinstance(node, ast.UnaryOp) else ("+", node)
            yield "term", filled(f"_ {sign} a", _=site.node, a=term)
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
        yield "array-factor", filled("_ * a", _=site.node, a=node)
    for node in _matching(wanted * now, pool, site.place):
        yield "array-factor", filled("a / _", _=site.node, a=node)


def scaled(node: ast.expr, coefficient: str) -> ast.expr:
    """Return an expression times a number, or over one."""
    inverse = re.fullmatch(r"(-?)\(1 / (.*)\)", coefficient)
    if inverse is None:
        return filled(f"_ * {coefficient}", _=node)
    return filled(f"{inverse[1]}(_ / ({inverse[2]}))", _=node)


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
            for times in named_numbers(factor, where):
                yield parsed(f"{times[:-1]}{text}" if times in ("1", "-1") else
                             f"-({times[1:]} * {text})" if times[0] == "-" else
                             f"({times} * {text})")


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
    held = [(atom.text, atom.value.astype(float), atom.value.dtype.kind == "f")
            for atom in arrays(where)]
    with np.errstate(all="ignore"):
        for text, value in itertools.chain(
                (form for atom in held for form in _of_one(*atom, shape, where.numpy)),
                (form for a, b in itertools.permutations(held, 2)
                 for form in _of_two(*a[:2], *b[:2], shape, where.numpy))):
            if len(found) < MOST_FORMS and _reaches(value.shape, shape) and (
                    np.all(np.isfinite(value))):
                found.setdefault(text, np.broadcast_to(value, shape))
    return list(found.items())


def _of_one(text: str, value: Array, is_float: bool, shape: tuple[int, ...], alias: str
            ) -> Iterator[tuple[str, Array]]:
    """Yield an array, what a slope is made of, its transpose and its sums."""
    yield text, value
    yield f"(1 - {text})", 1 - value
    if is_float:
        yield f"({text} > 0)", (value > 0).astype(float)
        yield f"(1 / {text})", 1 / value
        yield f"{text} ** 2", value**2
        yield f"(1 - {text} ** 2)", 1 - value**2
    if value.ndim == 2 and value.T.shape == shape != value.shape:
        yield f"{text}.T", value.T
    for count in (1, value.ndim - 1) if alias and value.ndim else ():
        for axes in itertools.combinations(range(value.ndim), count) if count else ():
            axis = axes if count > 1 else axes[0]
            total, kept = value.sum(axis=axes), value.sum(axis=axes, keepdims=True)
            if total.shape == shape:
                yield f"{alias}.sum({text}, axis={axis})", total
            yield f"{alias}.sum({text}, axis={axis}, keepdims=True)", kept


def _of_two(a: str, left: Array, b: str, right: Array, shape: tuple[int, ...], alias: str
            ) -> Iterator[tuple[str, Array]]:
    """Yield the matrix products of two arrays, their difference and the sums of their product."""
    if left.ndim == right.ndim == len(shape) == 2:
        for (first, one), (second, other) in itertools.product(
                ((a, left), (f"{a}.T", left.T)), ((b, right), (f"{b}.T", right.T))):
            if one.shape[1] == other.shape[0] and (one.shape[0], other.shape[1]) == shape:
                yield f"({first} @ {second})", one @ other
    if shape and left.shape == shape and fits(right, shape):
        yield f"({a} - {b})", left - right
    if not alias or left.shape != right.shape:
        return
    product = left * right
    for axis in range(left.ndim):
        total = f"{alias}.sum({a} * {b}, axis={axis}"
        if left.shape == shape:  # a softmax's Jacobian times a vector
            yield (f"({a} * ({b} - {total}, keepdims=True)))",
                   left * (right - product.sum(axis=axis, keepdims=True)))
        elif a < b:
            kept = ", keepdims=True" * (left.ndim == len(shape))
            yield f"{total}{kept})", product.sum(axis=axis, keepdims=bool(kept))


def _reaches(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return fits(np.empty(shape), wanted) and (bool(shape) or not wanted)
