"""Edits with what stands around: arrays for numbers, expressions of other lines, unread names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import numpy as np

from gradcheck.repair.atoms import Atom, arrays, parsed, scalars
from gradcheck.repair.grows import fits, has_value
from gradcheck.repair.sites import Site
from gradcheck.repair.swaps import called, number


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
    shape = has_value(site)
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
