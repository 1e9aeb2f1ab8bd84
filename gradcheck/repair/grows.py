"""Edits that take something away or add something: bounds, factors, terms, calls, statements."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.repair.atoms import Atom, arrays, parsed, scalars
from gradcheck.repair.sites import Site
from gradcheck.repair.swaps import called, number

WRAPPERS = ("sqrt", "square", "exp", "log", "abs", "tanh", "cos", "sin")
PRODUCTS = (ast.Mult, ast.Div, ast.MatMult, ast.Pow)


def bounds(site: Site) -> Iterator[ast.AST]:
    """Yield other bounds of a slice or a range, other offsets of an index."""
    node = site.node
    if isinstance(node, ast.Subscript):
        new = list(_indices(site, node.slice))
        yield from (ast.Subscript(node.value, index, node.ctx) for index in new)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (
            node.func.id == "range"):
        for place, arg in enumerate(node.args):
            for new_arg in _moved(site, arg):
                yield ast.Call(node.func, [*node.args[:place], new_arg, *node.args[place + 1:]], [])
        if len(node.args) == 1:
            yield ast.Call(ast.Name("reversed", ast.Load()), [node], [])
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (
            node.func.id == "reversed") and len(node.args) == 1:
        yield node.args[0]


def _indices(site: Site, index: ast.expr) -> Iterator[ast.expr]:
    if isinstance(index, ast.Tuple):
        for place, entry in enumerate(index.elts):
            for new in _indices(site, entry):
                yield ast.Tuple([*index.elts[:place], new, *index.elts[place + 1:]], ast.Load())
        for made in zip(*(list(_windows(site, entry)) if isinstance(entry, ast.Slice) and (
                entry.upper or entry.lower) else itertools.repeat(entry) for entry in index.elts),
                        strict=False):
            if made != tuple(index.elts):
                yield ast.Tuple(list(made), ast.Load())
            else:
                break
    elif isinstance(index, ast.Slice):
        for lower in _bound(site, index.lower):
            yield ast.Slice(lower, index.upper, index.step)
        for upper in _bound(site, index.upper):
            yield ast.Slice(index.lower, upper, index.step)
        yield from _windows(site, index)
        if index.step is None:
            yield ast.Slice(index.lower, index.upper, number(-1))
        else:
            yield ast.Slice(index.lower, index.upper, None)
        if index.lower is index.upper is index.step is None:
            yield from (atom.node for atom in arrays(site.place)
                        if atom.value.dtype.kind in "iu" and atom.text.isidentifier())
    elif not (isinstance(index, ast.Constant) and not isinstance(index.value, int)):
        yield from _moved(site, index)
        yield from (atom.node for atom in arrays(site.place)
                    if atom.value.dtype.kind in "iu" and atom.value.ndim == 0)


def _windows(site: Site, index: ast.Slice) -> Iterator[ast.Slice]:
    """Yield a slice that lies elsewhere: both its ends moved, or its first one scaled in both."""
    lower, upper = index.lower, index.upper
    whole = [parsed(name) for name, value in site.place.scope.items()
             if isinstance(value, int | np.integer) and not isinstance(value, bool)]
    for by in whole:
        start = by if lower is None else ast.BinOp(lower, ast.Mult(), by)
        yield ast.Slice(start, _replaced(upper, lower, start), index.step)
    for by in whole if upper is None else ():
        yield ast.Slice(by, ast.UnaryOp(ast.USub(), by), index.step)
    if lower is not None and upper is not None:
        yield ast.Slice(lower, ast.BinOp(lower, ast.Add(), upper), index.step)


def _replaced(node: ast.expr | None, old: ast.expr | None, new: ast.expr) -> ast.expr | None:
    """Return an end with another start in it, or counted from the start."""
    if node is None or old is None:
        return None if node is None else ast.BinOp(new, ast.Add(), node)
    if isinstance(node, ast.BinOp):
        left, right = (_replaced(part, old, new) for part in (node.left, node.right))
        assert left is not None
        assert right is not None
        return ast.BinOp(left, node.op, right)
    return new if ast.unparse(node) == ast.unparse(old) else node


def _bound(site: Site, bound: ast.expr | None) -> Iterator[ast.expr | None]:
    if bound is None:
        whole = [atom for atom in scalars(site.place) if isinstance(atom.value, int)]
        for atom in whole[:6]:
            yield atom.node
            yield ast.UnaryOp(ast.USub(), atom.node)
        yield number(1)
        yield number(-1)
        return
    yield from _moved(site, bound)
    yield None


def _moved(site: Site, node: ast.expr) -> Iterator[ast.expr]:
    """Yield an index one further, one less, or times or plus a whole number in scope."""
    if site.place.shape(node) not in ((), None):
        return
    yield ast.BinOp(node, ast.Add(), number(1))
    yield ast.BinOp(node, ast.Sub(), number(1))
    for atom in scalars(site.place)[:8]:
        if isinstance(atom.value, int | np.integer) and "." not in atom.text:
            yield ast.BinOp(node, ast.Mult(), atom.node)
            yield ast.BinOp(node, ast.Add(), atom.node)
            yield ast.BinOp(node, ast.Sub(), atom.node)


def shapes(site: Site) -> Iterator[ast.AST]:
    """Yield other orders of a reshape, or a transpose instead of one."""
    node = site.node
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and node.func.attr == "reshape"):
        return
    args = node.args[0].elts if len(node.args) == 1 and isinstance(
        node.args[0], ast.Tuple) else node.args
    base = node.func.value
    shape = site.place.shape(base)
    for order in itertools.islice(itertools.permutations(args), 1, 24):
        yield ast.Call(node.func, [ast.Tuple(list(order), ast.Load())], node.keywords)
    yield ast.Attribute(base, "T", ast.Load())
    if shape is not None and 2 < len(shape) < 6:
        for axes in itertools.permutations(range(len(shape))):
            if list(axes) != sorted(axes):
                turned = ast.Call(ast.Attribute(base, "transpose", ast.Load()),
                                  [parsed(str(axis)) for axis in axes], [])
                yield ast.Call(ast.Attribute(turned, "reshape", ast.Load()), node.args,
                               node.keywords)
    for atom in arrays(site.place):
        yield ast.Call(node.func, [parsed(f"{atom.text}.shape")], [])


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
            yield ast.BinOp(node.left.left, node.op, node.right)
    elif isinstance(node, ast.Call):
        if node.args:
            yield node.args[0]
        if isinstance(node.func, ast.Attribute) and not (
                isinstance(node.func.value, ast.Name) and node.func.value.id == site.place.numpy):
            yield node.func.value
        if node.keywords:
            yield ast.Call(node.func, node.args, [])
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))


def statements(site: Site) -> Iterator[Any]:
    """Yield nothing in the place of a statement."""
    node = site.node
    if isinstance(node, ast.AugAssign | ast.Expr) or (isinstance(node, ast.Assign) and isinstance(
            node.targets[0], ast.Name | ast.Subscript)):
        yield ast.Pass()


def scattered(site: Site) -> Iterator[ast.stmt]:
    """Yield an assignment at indices as one that adds up where an index stands twice."""
    node = site.node
    target = node.target if isinstance(node, ast.AugAssign) else (
        node.targets[0] if isinstance(node, ast.Assign) else None)
    if isinstance(target, ast.Subscript) and site.place.numpy and any(
            isinstance(site.place.value(entry), np.ndarray) for entry in (
                target.slice, *getattr(target.slice, "elts", ()))):
        func = ast.Attribute(ast.Attribute(ast.Name(site.place.numpy, ast.Load()), "add",
                                           ast.Load()), "at", ast.Load())
        base = ast.parse(ast.unparse(target.value), mode="eval").body
        yield ast.Expr(ast.Call(func, [base, target.slice, node.value], []))


def room(site: Site) -> tuple[int, ...] | None:
    """Return the shape that may stand at a place: its own, or that of what it is combined into."""
    place, shape = site.place, site.place.shape(site.node)
    statement, above = site.statement, site.parent
    if isinstance(above, ast.UnaryOp) and len(site.parents) > 1:
        above = site.parents[1]
    if isinstance(above, ast.UnaryOp | ast.stmt) and isinstance(
            statement, ast.AugAssign | ast.Assign):
        target = statement.target if isinstance(statement, ast.AugAssign) else (
            statement.targets[0])
        if isinstance(target, ast.Subscript):
            load = ast.Subscript(target.value, target.slice, ast.Load())
            wide = place.values.setdefault(load, place.shape(parsed(ast.unparse(load))))
        elif isinstance(statement, ast.AugAssign):
            wide = place.shape(parsed(ast.unparse(target)))
        else:
            wide = None
    else:
        wide = place.shape(above) if isinstance(above, ast.BinOp | ast.Call) else None
    if shape is None or not wide:
        return shape
    try:
        return wide if np.broadcast_shapes(shape, wide) == wide else shape
    except ValueError:
        return shape


def wider(site: Site) -> Iterator[ast.AST]:
    """Yield a number times an array, or the array or a sum of it in its place."""
    node, shape = site.node, site.place.shape(site.node)
    wide = room(site)
    if shape != () or not wide or isinstance(site.parent, ast.Subscript | ast.Slice | ast.keyword):
        return
    for atom in arrays(site.place):
        if fits(atom, wide):
            if isinstance(node, ast.Constant):
                yield atom.node
            if node != ast.Constant(1):
                yield ast.BinOp(node, ast.Mult(), atom.node)
        for axis in range(atom.value.ndim if site.place.numpy else 0):
            if isinstance(node, ast.Constant) and np.delete(
                    atom.value.shape, axis).tolist() == list(wide):
                yield called(site, "sum", atom.node, axis=number(axis))
                if atom.value.dtype.kind == "f":
                    yield called(site, "sum", parsed(f"{atom.text} > 0"), axis=number(axis))


def borrowed(site: Site) -> Iterator[ast.AST]:
    """Yield an expression that stands elsewhere, and in which this one is a part."""
    if isinstance(getattr(site.node, "ctx", ast.Load()), ast.Load):
        text = ast.unparse(site.node)
        shape = room(site)
        for lent in site.place.known.lent:
            if shape is not None and lent != text and re.search(
                    rf"(?<![\w.]){re.escape(text)}(?!\w)", lent) and (
                    site.place.shape(parsed(lent)) in (shape, site.place.shape(site.node))):
                yield parsed(lent)


def unread(site: Site) -> Iterator[ast.AST]:
    """Yield it with a name that is given a value and never read."""
    shape = _has_value(site)
    if shape is None:
        return
    wide = room(site) or shape
    for atom in (*arrays(site.place), *scalars(site.place)):
        if atom.text in site.place.known.unused:
            value = np.asarray(atom.value)
            if value.shape == () or fits(Atom("", value), wide):
                yield ast.BinOp(site.node, ast.Mult(), atom.node)
                yield ast.BinOp(site.node, ast.Div(), atom.node)
                if value.shape or value.dtype.kind == "f":
                    yield ast.BinOp(site.node, ast.Add(), atom.node)
                    yield ast.BinOp(site.node, ast.Sub(), atom.node)
                    yield atom.node


def is_term(site: Site) -> bool:
    """Whether it is a whole term: what is a factor of another has that one's factors."""
    return not (isinstance(site.parent, ast.BinOp) and isinstance(site.parent.op, PRODUCTS)
                ) and not isinstance(site.parent, ast.Subscript | ast.Slice | ast.Attribute)


def _has_value(site: Site) -> tuple[int, ...] | None:
    """Return the shape of a term that is loaded and is a number or an array."""
    node = site.node
    if not isinstance(node, ast.expr) or isinstance(node, ast.Constant | ast.Tuple):
        return None
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or not is_term(site):
        return None
    return site.place.shape(node)


def fits(atom: Atom, shape: tuple[int, ...]) -> bool:
    """Whether an array times one of this shape has this shape.

    >>> fits(Atom("x", np.ones((3, 1))), (3, 2)), fits(Atom("x", np.ones((3, 2))), (3, 1))
    (True, False)
    """
    try:
        return bool(np.broadcast_shapes(atom.value.shape, shape) == shape)
    except ValueError:
        return False


def scalar_factors(site: Site) -> Iterator[ast.AST]:
    """Yield it times or over a number in scope."""
    shape = _has_value(site)
    if shape is None:
        return
    for atom in [*scalars(site.place), Atom("2", 2), Atom("3", 3)]:
        yield ast.BinOp(site.node, ast.Mult(), atom.node)
        yield ast.BinOp(site.node, ast.Div(), atom.node)
    if shape == () and site.is_value:
        named = [atom for atom in scalars(site.place) if atom.text.isidentifier()]
        for a, b in itertools.permutations(named, 2):
            yield ast.BinOp(ast.BinOp(site.node, ast.Mult(), a.node), ast.Div(), b.node)
            if a.text < b.text:
                yield ast.BinOp(ast.BinOp(site.node, ast.Mult(), a.node), ast.Mult(), b.node)


def array_factors(site: Site) -> Iterator[ast.AST]:
    """Yield it times or over an array in scope, or what is made of one."""
    shape = _has_value(site)
    if shape is None or (not site.is_value and isinstance(site.node, ast.Name) and not shape):
        return
    for atom in arrays(site.place):
        if atom.text != ast.unparse(site.node) and fits(atom, shape):
            yield ast.BinOp(site.node, ast.Mult(), atom.node)
            if atom.value.dtype.kind == "f":
                yield ast.BinOp(site.node, ast.Div(), atom.node)
                yield ast.BinOp(atom.node, ast.Div(), site.node)
                yield ast.BinOp(site.node, ast.Mult(), parsed(f"({atom.text} > 0)"))
                yield ast.BinOp(site.node, ast.Mult(), parsed(f"(1 - {atom.text})"))
                yield ast.BinOp(site.node, ast.Mult(), parsed(f"(1 - {atom.text} ** 2)"))


def terms(site: Site) -> Iterator[ast.AST]:
    """Yield it plus or minus an array in scope."""
    shape = _has_value(site)
    if shape is None:
        return
    for atom in arrays(site.place):
        if fits(atom, shape) and atom.value.dtype.kind == "f":
            yield ast.BinOp(site.node, ast.Add(), atom.node)
            yield ast.BinOp(site.node, ast.Sub(), atom.node)
    yield ast.BinOp(number(1), ast.Sub(), site.node)
    yield ast.BinOp(site.node, ast.Add(), number(1))
    for atom in scalars(site.place):
        if isinstance(atom.value, float) and atom.value < 1:
            yield ast.BinOp(site.node, ast.Add(), atom.node)


def calls(site: Site) -> Iterator[ast.AST]:
    """Yield a sum, a root or a reshape of it."""
    shape = _has_value(site)
    if shape is None or not site.place.numpy:
        return
    node = site.node
    for axis in range(len(shape)):
        for kept in ({}, {"keepdims": ast.Constant(True)}):
            yield called(site, "sum", node, axis=number(axis), **kept)
    if len(shape) > 2:
        for axis in range(len(shape)):
            rest = ", ".join(str(i) for i in range(len(shape)) if i != axis)
            yield called(site, "sum", node, axis=parsed(f"({rest})"))
    if shape:
        yield called(site, "sum", node)
        for other in {atom.value.shape: atom for atom in arrays(site.place)}.values():
            if other.value.size == np.prod(shape) and other.value.shape != shape:
                yield ast.Call(ast.Attribute(node, "reshape", ast.Load()),
                               [parsed(f"{other.text}.shape")], [])
        yield parsed_with("{}[:, None]", node)
        yield ast.Call(ast.Attribute(ast.Compare(node, [ast.Gt()], [number(0)]), "astype",
                                     ast.Load()), [ast.Name("float", ast.Load())], [])
    for name in WRAPPERS:
        yield called(site, name, node)


def parsed_with(template: str, node: ast.expr) -> ast.expr:
    """Return a template with a node in the place of its braces."""
    made = ast.parse(template.format("_"), mode="eval").body
    assert isinstance(made, ast.Subscript)
    made.value = node
    return made


def insertions(site: Site) -> Iterator[list[ast.stmt]]:
    """Yield it after a statement more: a gradient times a number, plus or times an array."""
    node = site.node
    if not isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.For):
        return
    yield from _again(site)
    floats = [atom for atom in arrays(site.place) if atom.value.dtype.kind == "f"
              and atom.text.isidentifier()]
    for atom in [entry for entry in floats if is_written(entry.text)]:
        target = ast.Name(atom.text, ast.Store())
        for scalar in scalars(site.place):
            yield [ast.AugAssign(target, ast.Mult(), scalar.node), node]
            yield [ast.AugAssign(target, ast.Div(), scalar.node), node]
        for other in arrays(site.place):
            if other.text != atom.text and fits(other, atom.value.shape):
                for kind in (ast.Mult, ast.Add, ast.Sub):
                    yield [ast.AugAssign(target, kind(), other.node), node]


def _again(site: Site) -> Iterator[list[ast.stmt]]:
    """Yield it and once more at another index that stands somewhere, with either sign."""
    node = site.node
    seen: set[str] = set()
    if not isinstance(node, ast.AugAssign) or not isinstance(node.target, ast.Subscript):
        return
    for text in site.place.known.lent:
        index = getattr(parsed(text), "slice", None)
        if index is not None and ast.unparse(index) not in seen | {ast.unparse(node.target.slice)}:
            seen.add(ast.unparse(index))
            for kind in (ast.Sub, ast.Add):
                target = ast.Subscript(node.target.value, index, ast.Store())
                yield [node, ast.AugAssign(target, kind(), node.value)]


def is_written(name: str) -> bool:
    """Whether a name is one that a gradient has."""
    return name.startswith("d") or "grad" in name
