"""Edits of where arrays are looked at: bounds, indices, windows, other reshapes."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

import numpy as np

from gradcheck.repair.atoms import arrays, parsed, scalars
from gradcheck.repair.sites import Site
from gradcheck.repair.swaps import number


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
        yield from _together(site, index)
    elif isinstance(index, ast.Slice):
        yield from _slices(site, index)
    elif not (isinstance(index, ast.Constant) and not isinstance(index.value, int)):
        yield from _moved(site, index)
        yield from _whole_numbers(site, 0)


def _together(site: Site, index: ast.Tuple) -> Iterator[ast.expr]:
    """Yield an index of which all windows are moved alike."""
    bounded = [isinstance(entry, ast.Slice) and bool(entry.lower or entry.upper)
               for entry in index.elts]
    moved = [list(_windows(site, entry)) if isinstance(entry, ast.Slice) and has_bound else (
        itertools.repeat(entry)) for entry, has_bound in zip(index.elts, bounded, strict=True)]
    for made in zip(*moved, strict=False) if any(bounded) else ():
        yield ast.Tuple(list(made), ast.Load())


def _slices(site: Site, index: ast.Slice) -> Iterator[ast.expr]:
    for lower in _bound(site, index.lower):
        yield ast.Slice(lower, index.upper, index.step)
    for upper in _bound(site, index.upper):
        yield ast.Slice(index.lower, upper, index.step)
    yield from _windows(site, index)
    yield ast.Slice(index.lower, index.upper, number(-1) if index.step is None else None)
    if index.lower is index.upper is index.step is None:
        yield from _whole_numbers(site, 1)


def _whole_numbers(site: Site, dimensions: int) -> Iterator[ast.expr]:
    """Yield the arrays of whole numbers, which may be indices."""
    yield from (atom.node for atom in arrays(site.place)
                if atom.value.dtype.kind in "iu" and atom.value.ndim == dimensions)


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
