"""Edits that take something away or add something: factors, terms, calls, statements."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.repair.atoms import Atom, arrays, scalars
from gradcheck.repair.nodes import is_loaded, parsed, remade
from gradcheck.repair.sites import Site

WRAPPERS = ("sqrt", "square", "exp", "log", "abs", "tanh", "cos", "sin")
PRODUCTS = (ast.Mult, ast.Div, ast.MatMult, ast.Pow)
FACTOR, TERM = ("_ * a", "_ / a"), ("_ + a", "_ - a")
OF_FLOATS = ("_ / a", "a / _", "_ * (a > 0)", "_ * (1 - a)")
SLOPES = ("_ * (1 - a ** 2)", "_ * a * (1 - a)")
MOST_PAIRS, MOST_ORDERS = 8, 6


def deletions(site: Site) -> Iterator[ast.AST]:
    """Yield it with a factor, a term, a call or an index less."""
    node = site.node
    if isinstance(node, ast.BinOp):
        yield node.left
        if isinstance(node.op, ast.Add | ast.Mult | ast.MatMult):
            yield node.right
        elif isinstance(node.op, ast.Sub):
            yield ast.UnaryOp(ast.USub(), node.right)
        # a - b * c: what is inside a factor goes with its own operand
        if isinstance(node.left, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            yield remade(node, left=node.left.left)
    elif isinstance(node, ast.Call):
        yield from node.args[:1]
        if getattr(getattr(node.func, "value", None), "id", None) != site.place.numpy:
            yield from [node.func.value] if isinstance(node.func, ast.Attribute) else ()
        if node.keywords:
            yield remade(node, keywords=[])
    elif isinstance(node, ast.Subscript) and is_loaded(node):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, remade(node, body=node.orelse, orelse=node.body))


def has_value(site: Site) -> tuple[int, ...] | None:
    """Return the shape of a whole term that is loaded and is a number or an array.

    What is a factor of another has that one's factors.
    """
    node, parent = site.node, site.parent
    if isinstance(node, ast.Constant | ast.Tuple) or not is_loaded(node) or (
            isinstance(parent, ast.Subscript | ast.Slice | ast.Attribute)) or (
            isinstance(parent, ast.BinOp) and isinstance(parent.op, PRODUCTS)):
        return None
    return site.shape


def fits(value: Any, shape: tuple[int, ...] | None) -> bool:
    """Whether an array times one of this shape has this shape.

    >>> fits(np.ones((3, 1)), (3, 2)), fits(np.ones((3, 2)), (3, 1))
    (True, False)
    """
    try:
        return shape is not None and bool(np.broadcast_shapes(np.shape(value), shape) == shape)
    except ValueError:
        return False


def scalar_factors(site: Site) -> Iterator[ast.AST]:
    """Yield it times or over a number in scope."""
    if has_value(site) is not None:
        for atom in [*scalars(site.place), Atom("2", 2), Atom("3", 3)]:
            yield from site.made(*FACTOR, a=atom.node)


def array_factors(site: Site) -> Iterator[ast.AST]:
    """Yield it times or over an array in scope, or what is made of one."""
    shape = has_value(site)
    if not site.is_value and isinstance(site.node, ast.Name) and not shape:
        return
    for atom in arrays(site.place):
        if fits(atom.value, shape) and atom.text != ast.unparse(site.node):
            more = OF_FLOATS if atom.value.dtype.kind == "f" else ()
            yield from site.made("_ * a", *more, a=atom.node)


def slopes(site: Site) -> Iterator[ast.AST]:
    """Yield it times the slope of a tanh or a sigmoid that is in scope."""
    shape = has_value(site)
    for atom in arrays(site.place) if shape else ():
        if np.shape(atom.value) == shape and atom.value.dtype.kind == "f":
            yield from site.made(*SLOPES, a=atom.node)


def shares(site: Site) -> Iterator[ast.AST]:
    """Yield a mask with which what is tied has one share in all; for a window, of its maximum."""
    node, shape = site.node, site.shape or ()
    axes = (*range(len(shape)), *([(len(shape) - 2, len(shape) - 1)] if len(shape) > 2 else []))
    mask = node.args[0] if isinstance(node, ast.Call) and node.args else node
    if isinstance(mask, ast.Compare) and isinstance(mask.ops[0], ast.Eq):
        yield from site.made("_ / np.sum(m)", *(f"_ / np.sum(m, axis={axis}, keepdims=True)"
                                                for axis in axes), m=mask)
    for atom in arrays(site.place) if site.is_value else ():
        if np.shape(atom.value) == shape and atom.value.dtype.kind == "f":
            yield from site.made(*(f"_ * (a == np.max(a, axis={axis}, keepdims=True))"
                                   for axis in axes), a=atom.node)


def terms(site: Site) -> Iterator[ast.AST]:
    """Yield it plus or minus an array in scope."""
    shape = has_value(site)
    if shape is None:
        return
    for atom in arrays(site.place):
        if fits(atom.value, shape) and atom.value.dtype.kind == "f":
            yield from site.made(*TERM, a=atom.node)
    yield from site.made("1 - _", "_ + 1")
    for atom in scalars(site.place):
        if isinstance(atom.value, float) and atom.value < 1:
            yield from site.made("_ + a", a=atom.node)


def calls(site: Site) -> Iterator[ast.AST]:
    """Yield a sum, a root or a reshape of it."""
    shape = has_value(site)
    if shape is None:
        return
    yield from site.made(*(f"np.sum(_, axis={axis}{kept})" for axis in range(len(shape))
                           for kept in ("", ", keepdims=True")))
    rests = itertools.combinations(range(len(shape)), len(shape) - 1) if len(shape) > 2 else ()
    yield from site.made(*(f"np.sum(_, axis={rest})" for rest in rests))
    if shape:
        for other in {atom.value.shape: atom for atom in arrays(site.place)}.values():
            if other.value.size == np.prod(shape) and other.value.shape != shape:
                yield from site.made("_.reshape(a.shape)", a=other.node)
        yield from site.made("np.sum(_)", "_[:, None]", "(_ > 0).astype(float)")
    yield from site.made(*(f"np.{name}(_)" for name in WRAPPERS))


def room(site: Site) -> tuple[int, ...] | None:
    """Return the shape that may stand at a place: its own, or that of what it is combined into."""
    place, statement, above = site.place, site.statement, site.parent
    if isinstance(above, ast.UnaryOp) and len(site.parents) > 1:
        above = site.parents[1]
    wide = place.shape(above) if isinstance(above, ast.BinOp | ast.Call) else None
    if isinstance(above, ast.UnaryOp | ast.stmt):
        target = getattr(statement, "target", *getattr(statement, "targets", [None])[:1])
        if isinstance(target, ast.Subscript) or isinstance(statement, ast.AugAssign):
            wide = place.shape(parsed(ast.unparse(target)))
    return wide if wide and site.shape is not None and fits(
        np.empty(site.shape), wide) else site.shape


def wider(site: Site) -> Iterator[ast.AST]:
    """Yield a number times an array, or the array or a sum of it in its place."""
    constant, wide = isinstance(site.node, ast.Constant), room(site)
    if site.shape != () or not wide or isinstance(
            site.parent, ast.Subscript | ast.Slice | ast.keyword):
        return
    for atom in arrays(site.place):
        if fits(atom.value, wide):
            yield from site.made(*["a"][:constant], "_ * a", a=atom.node)
        for axis in range(atom.value.ndim if constant else 0):
            if np.delete(atom.value.shape, axis).tolist() == list(wide):
                yield from site.made(f"np.sum(a, axis={axis})", f"np.sum(a > 0, axis={axis})",
                                     a=atom.node)


def borrowed(site: Site) -> Iterator[ast.AST]:
    """Yield an expression that stands elsewhere, and in which this one is a part."""
    shape = room(site) if is_loaded(site.node) else None
    if shape is not None:
        text = ast.unparse(site.node)
        part = re.compile(rf"(?<![\w.]){re.escape(text)}(?!\w)")
        for lent in site.place.known.lent:
            if lent != text and part.search(lent) and (
                    site.place.shape(parsed(lent)) in (shape, site.shape)):
                yield parsed(lent)


def unread(site: Site) -> Iterator[ast.AST]:
    """Yield it with a name that is given a value and never read."""
    is_factor = isinstance(site.parent, ast.BinOp) and isinstance(site.parent.op, ast.Mult)
    whole = site.shape if is_factor and is_loaded(site.node) else has_value(site)
    wide = room(site) if whole is not None else None
    for atom in (*arrays(site.place), *scalars(site.place)) if wide is not None else ():
        if atom.text.partition("[")[0] in site.place.known.unused and (
                np.shape(atom.value) == () or fits(atom.value, wide)):
            yield from site.made(*FACTOR, *TERM, "a", a=atom.node)


def scattered(site: Site) -> Iterator[ast.stmt]:
    """Yield an assignment at indices as one that adds up where an index stands twice."""
    node = site.node
    target = getattr(node, "target", *getattr(node, "targets", [None])[:1])
    if isinstance(target, ast.Subscript) and any(
            isinstance(site.place.value(entry), np.ndarray) for entry in (
                target.slice, *getattr(target.slice, "elts", ()))):
        base = parsed(ast.unparse(target.value))
        yield from map(ast.Expr, site.made("np.add.at(a, i, v)", a=base, i=target.slice,
                                           v=node.value))


def unpackings(site: Site) -> Iterator[list[ast.AST]]:
    """Yield the first statement after one that unpacks the cache as forward packed it.

    What has no name there, or another one, may be any name that backward does not define.
    """
    known = site.place.known
    first = isinstance(site.holder, list) and site.holder[0] is site.node
    for packed in known.packed if first else ():
        rest = [name for name in known.undefined if name not in packed]
        held = [name if name in known.undefined or not rest else "" for name in packed]
        names = [*rest, *["_"] * (held.count("") - len(rest))]
        for order in itertools.islice(itertools.permutations(names, held.count("")), MOST_ORDERS):
            left = iter(order)
            target = ", ".join(name or next(left) for name in held)
            for name, value in site.place.scope.items():
                if isinstance(value, tuple) and len(packed) == len(value):
                    yield [*ast.parse(f"{target} = {name}").body, site.node]


def definitions(site: Site) -> Iterator[list[ast.AST]]:
    """Yield the first statement that needs a missing name after one that defines it.

    As an array of zeros, a length, a product, a sum of what is in scope.
    """
    name, node = site.place.known.missing, site.node
    if name and not site.is_nested and name not in site.place.scope and any(
            getattr(child, "id", "") == name and is_loaded(child) for child in ast.walk(node)):
        for text in _definitions(site):
            yield [ast.Assign([ast.Name(name, ast.Store())], parsed(text)), node]


def _definitions(site: Site) -> Iterator[str]:
    alias, held = site.place.numpy, arrays(site.place)
    yield from (atom.text for atom in scalars(site.place))
    yield from (f"{alias}.zeros_like({atom.text})" for atom in held)
    yield from (f"{alias}.zeros({name})" for name, value in site.place.scope.items()
                if isinstance(value, tuple) and all(isinstance(n, int) for n in value))
    yield from (f"{atom.text}.copy()" for atom in held)
    floats = [atom for atom in held if atom.value.dtype.kind == "f"][:MOST_PAIRS]
    for atom in floats:
        yield from _sums(atom.text, atom, alias)
        yield from (f"({atom.text} > 0)", *(f"{alias}.{name}({atom.text})" for name in WRAPPERS))
    for a, b in itertools.permutations(floats, 2):
        if a.value.ndim == b.value.ndim == 2:
            yield from (f"{a.text} @ {b.text}", f"{a.text}.T @ {b.text}", f"{a.text} @ {b.text}.T")
        yield from (f"{a.text} - {b.text}", f"{a.text} * {b.text}")
        yield from _sums(f"{a.text} * {b.text}", a, alias)


def _sums(text: str, atom: Atom, alias: str) -> Iterator[str]:
    yield from (f"{alias}.sum({text}, axis={axis}{kept})" for axis in range(min(atom.value.ndim, 3))
                for kept in (", keepdims=True", ""))
