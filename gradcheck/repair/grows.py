"""Edits that take something away or add something: factors, terms, calls."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

import numpy as np

from gradcheck.repair.atoms import Atom, arrays, parsed, scalars
from gradcheck.repair.sites import Site
from gradcheck.repair.swaps import called, number

WRAPPERS = ("sqrt", "square", "exp", "log", "abs", "tanh", "cos", "sin")
PRODUCTS = (ast.Mult, ast.Div, ast.MatMult, ast.Pow)


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


def is_term(site: Site) -> bool:
    """Whether it is a whole term: what is a factor of another has that one's factors."""
    return not (isinstance(site.parent, ast.BinOp) and isinstance(site.parent.op, PRODUCTS)
                ) and not isinstance(site.parent, ast.Subscript | ast.Slice | ast.Attribute)


def has_value(site: Site) -> tuple[int, ...] | None:
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
    shape = has_value(site)
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
    shape = has_value(site)
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
    shape = has_value(site)
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
    shape = has_value(site)
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
