"""Edits of statements: one less, one more, one that adds up where an index stands twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.repair.atoms import arrays, parsed, scalars
from gradcheck.repair.grows import fits
from gradcheck.repair.sites import Site


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
