"""Edits in place: one operator, sign, name, constant, axis or order for another."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.repair.atoms import arrays, kind_of, scalars
from gradcheck.repair.sites import Site
from gradcheck.repair.turns import AXIS, KEPT

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult), ast.Sub: (ast.Add, ast.Mult), ast.Mult: (ast.Div, ast.MatMult,
    ast.Add, ast.Sub), ast.Div: (ast.Mult,), ast.MatMult: (ast.Mult,), ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mod), ast.Mod: (ast.FloorDiv,), ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,)}
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Gt: (ast.Lt, ast.GtE, ast.LtE), ast.Lt: (ast.Gt, ast.LtE, ast.GtE),
    ast.GtE: (ast.LtE, ast.Gt, ast.Lt), ast.LtE: (ast.GtE, ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq, ast.Gt)}
# Functions that are taken for each other.
FAMILIES = (
    ("sum", "mean", "max", "prod"), ("maximum", "minimum"), ("max", "min"), ("argmax", "argmin"),
    ("sqrt", "square", "abs"), ("exp", "log", "expm1", "log1p"), ("sin", "cos"), ("sinh", "cosh"),
    ("tanh", "cosh", "arctan", "sinh"), ("ones", "zeros"), ("ones_like", "zeros_like"),
    ("var", "std"), ("outer", "multiply", "dot"), ("floor", "ceil", "round"), ("dot", "multiply"),
    ("add", "subtract"), ("sign", "abs"), ("cumsum", "sum"), ("mean", "var"),
    ("hstack", "vstack"), ("tile", "repeat"), ("greater", "less"), ("multiply", "divide"))
EXPONENTS = (2, 1, 3, -1, -2, 0.5, -0.5, -1.5, -3)


def operators(site: Site) -> Iterator[ast.AST]:
    """Yield other operators: + for -, * for /, @ for *; += for =."""
    node = site.node
    if isinstance(node, ast.BinOp):
        for kind in OPERATORS.get(type(node.op), ()):
            if not (kind is ast.MatMult and not site.place.shape(node.right)):
                yield ast.BinOp(node.left, kind(), node.right)
    elif isinstance(node, ast.AugAssign):
        for kind in OPERATORS.get(type(node.op), ()):
            yield ast.AugAssign(node.target, kind(), node.value)
        target = node.target
        yield ast.Assign([target], node.value)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1 and (
            isinstance(node.targets[0], ast.Subscript) or (
                isinstance(node.targets[0], ast.Name) and node.targets[0].id in site.place.scope)):
        yield ast.AugAssign(node.targets[0], ast.Add(), node.value)


def signs(site: Site) -> Iterator[ast.AST]:
    """Yield it with another sign."""
    node = site.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield node.operand
    elif isinstance(site.statement, ast.If) and not site.parents:
        yield ast.UnaryOp(ast.Not(), node)
    elif isinstance(node, ast.expr) and not isinstance(node, ast.Constant | ast.Tuple | ast.Slice):
        inner = site.is_value or isinstance(site.parent, ast.Call)
        if inner and site.place.shape(node) is not None:
            value = site.place.value(node)
            if isinstance(value, np.ndarray) and value.dtype.kind == "b":
                yield ast.UnaryOp(ast.Invert(), node)
            else:
                yield ast.UnaryOp(ast.USub(), node)


def names(site: Site) -> Iterator[ast.AST]:
    """Yield other names whose values have the same form."""
    node = site.node
    if isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Load):
        own = getattr(node, "id", "")
        kind = kind_of(site.place.value(node))
        if kind is not None and (own or kind != "number"):
            same = [name for name, value in site.place.scope.items()
                    if name != own and kind_of(value) == kind]
            yield from (ast.Name(name, ast.Load()) for name in same)
            if kind == "number" or kind[0] == "array":
                yield from (atom.node for atom in (*arrays(site.place), *scalars(site.place))
                            if not atom.text.isidentifier() and kind_of(atom.value) == kind)


def other_names(site: Site) -> Iterator[ast.AST]:
    """Yield other names whose values have another form, and any for one that means nothing."""
    node, scope = site.node, site.place.scope
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    if node.id not in scope and (node.id in site.place.names or hasattr(builtins, node.id)):
        return
    kind = kind_of(scope.get(node.id))
    yield from (ast.Name(name, ast.Load()) for name, value in scope.items()
                if name != node.id and (other := kind_of(value)) is not None and other != kind)


def unpackings(site: Site) -> Iterator[list[ast.AST]]:
    """Yield the first statement after one that unpacks the cache as forward packed it."""
    cache = [name for name, value in site.place.scope.items() if isinstance(value, tuple)]
    first = isinstance(site.holder, list) and site.holder[0] is site.node
    for packed in site.place.known.packed if first else ():
        for name in cache:
            if len(packed) == len(site.place.scope[name]):
                names: list[ast.expr] = [ast.Name(entry, ast.Store()) for entry in packed]
                yield [ast.Assign([ast.Tuple(names, ast.Store())], ast.Name(name, ast.Load())),
                       site.node]


def keys(site: Site) -> Iterator[ast.AST]:
    """Yield other entries of a dict or a tuple, other attributes."""
    node = site.node
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        for key in _alike(site.place.value(node.value), node.slice.value):
            yield ast.Subscript(node.value, ast.Constant(key), ast.Load())
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        held = getattr(site.place.value(node.value), "__dict__", None)
        for key in _alike(held, node.attr):
            yield ast.Attribute(node.value, str(key), ast.Load())


def _alike(held: Any, key: Any) -> Iterator[Any]:
    """Yield the keys of what has the form of the entry at `key`."""
    entries = held if isinstance(held, dict) else dict(enumerate(held)) if isinstance(
        held, tuple | list) else {}
    kind = kind_of(entries.get(key))
    if kind is not None:
        yield from (other for other, entry in entries.items()
                    if other != key and kind_of(entry) == kind)


def constants(site: Site) -> Iterator[ast.AST]:
    """Yield other constants, and the numbers in scope."""
    node = site.node
    if not isinstance(node, ast.Constant) or isinstance(node.value, str | bytes | type(None)) or (
            node.value is Ellipsis):
        return
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
        return
    if isinstance(site.parent, ast.keyword) and site.parent.arg in (*AXIS, *KEPT):
        return
    power = isinstance(site.parent, ast.BinOp) and isinstance(site.parent.op, ast.Pow)
    yield from _other_numbers(node.value, power)
    if any(isinstance(above, ast.Subscript) for above in (site.parent, *site.parents[1:2])):
        yield from (ast.Name(name, ast.Load()) for name, held in site.place.scope.items()
                    if isinstance(held, int) and not isinstance(held, bool))
    elif not power:
        yield from (atom.node for atom in scalars(site.place))


def _other_numbers(value: Any, power: bool) -> Iterator[ast.AST]:
    others = EXPONENTS if power else (value + 1, value - 1, 2 * value, value / 2, -value, 0, 1, 0.5,
                                      2, 3)
    for other in dict.fromkeys(others):
        if other != value and np.isfinite(other):
            yield number(other)


def number(value: Any) -> ast.expr:
    """Return a number as source has it: 2 for 2.0, a minus as an operator."""
    plain = int(value) if float(value).is_integer() else float(value)
    return ast.UnaryOp(ast.USub(), ast.Constant(-plain)) if plain < 0 else ast.Constant(plain)


def exponents(site: Site) -> Iterator[ast.AST]:
    """Yield it with another exponent, or none."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield node.left
        for atom in scalars(site.place)[:6]:
            yield ast.BinOp(node.left, ast.Pow(), atom.node)
            yield ast.BinOp(node.left, ast.Pow(), ast.BinOp(atom.node, ast.Sub(), number(1)))
        if isinstance(node.right, ast.UnaryOp | ast.BinOp):
            yield from (ast.BinOp(node.left, ast.Pow(), number(e)) for e in EXPONENTS if e != 1)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call) and isinstance(
            getattr(node, "ctx", ast.Load()), ast.Load) and _floats(site):
        for exponent in (2, 3, 0.5, -1):
            yield ast.BinOp(node, ast.Pow(), number(exponent))
        if site.place.numpy:
            yield called(site, "sqrt", node)


def comparisons(site: Site) -> Iterator[ast.AST]:
    """Yield other comparisons."""
    node = site.node
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for kind in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [kind()], node.comparators)


def functions(site: Site) -> Iterator[ast.AST]:
    """Yield other functions of the same family."""
    node = site.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        for family in FAMILIES:
            if node.func.attr in family:
                for name in family:
                    if name != node.func.attr:
                        func = ast.Attribute(node.func.value, name, ast.Load())
                        yield ast.Call(func, node.args, node.keywords)


def called(site: Site, name: str, *args: ast.expr, **words: ast.expr) -> ast.Call:
    """Return a call of a function of NumPy's."""
    func = ast.Attribute(ast.Name(site.place.numpy, ast.Load()), name, ast.Load())
    return ast.Call(func, list(args), [ast.keyword(key, value) for key, value in words.items()])


def _floats(site: Site) -> bool:
    value = site.place.value(site.node)
    return isinstance(value, float) or (isinstance(value, np.ndarray | np.generic)
                                        and value.dtype.kind == "f")
