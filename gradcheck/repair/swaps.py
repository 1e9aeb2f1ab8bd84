"""Edits in place: one operator, sign, name, constant or function for another."""

from __future__ import annotations

import ast
import builtins
import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.repair.atoms import arrays, kind_of, scalars, values
from gradcheck.repair.nodes import filled, is_loaded, number, parsed, remade
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
FAMILIES = tuple(map(str.split, (
    "sum mean max prod", "maximum minimum", "max min", "argmax argmin", "sqrt square abs",
    "exp log expm1 log1p", "sin cos", "sinh cosh", "tanh cosh arctan sinh", "ones zeros",
    "ones_like zeros_like", "var std", "outer multiply dot", "floor ceil round", "add subtract",
    "sign abs", "cumsum sum", "mean var", "hstack vstack", "tile repeat", "greater less",
    "multiply divide")))
CALLED = ("range", "len", "reversed")
EXPONENTS = (2, 1, 3, -1, -2, 0.5, -0.5, -1.5, -3)


def operators(site: Site) -> Iterator[ast.AST]:
    """Yield other operators: + for -, * for /, @ for *; += for =."""
    node, place = site.node, site.place
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for kind in OPERATORS.get(type(node.op), ()):
            if kind is not ast.MatMult or place.shape(getattr(node, "right", node)):
                yield remade(node, op=kind())
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: Any = node.targets[0]
        if isinstance(target, ast.Subscript) or getattr(target, "id", None) in place.scope:
            yield ast.AugAssign(target, ast.Add(), node.value)


def signs(site: Site) -> Iterator[ast.AST]:
    """Yield it with another sign."""
    node = site.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield node.operand
    elif isinstance(site.statement, ast.If) and not site.parents:
        yield ast.UnaryOp(ast.Not(), node)
    elif not isinstance(node, ast.Constant | ast.Tuple | ast.Slice) and site.shape is not None and (
            site.is_value or isinstance(site.parent, ast.Call)):
        is_mask = np.asarray(site.place.value(node)).dtype.kind == "b"
        yield ast.UnaryOp(ast.Invert() if is_mask else ast.USub(), node)


def names(site: Site) -> Iterator[ast.AST]:
    """Yield other names whose values have the same form."""
    node = site.node
    if not isinstance(node, ast.Name | ast.Subscript) or not is_loaded(node):
        return
    own = getattr(node, "id", "")
    kind = kind_of(site.place.value(node))
    if kind is None or not (own or kind != "number"):
        return
    yield from (parsed(name) for name, value in site.place.scope.items()
                if name != own and kind_of(value) == kind)
    if kind == "number" or kind[0] == "array":
        yield from (atom.node for atom in (*arrays(site.place), *scalars(site.place))
                    if not atom.text.isidentifier() and kind_of(atom.value) == kind)


def other_names(site: Site) -> Iterator[ast.AST]:
    """Yield other names whose values have another form, and any for one that means nothing."""
    node, scope = site.node, site.place.scope
    if not isinstance(node, ast.Name) or not is_loaded(node) or (
            node.id not in scope and (node.id in site.place.names or hasattr(builtins, node.id))):
        return
    if getattr(site.parent, "func", None) is node:
        yield from map(parsed, CALLED)
    kind = kind_of(scope.get(node.id))
    yield from (parsed(name) for name, value in scope.items()
                if name != node.id and kind_of(value) not in (None, kind))


def constants(site: Site) -> Iterator[ast.AST]:
    """Yield other constants, and the numbers in scope."""
    node = site.node
    if not isinstance(node, ast.Constant) or not isinstance(node.value, int | float) or (
            isinstance(site.parent, ast.keyword) and site.parent.arg in (*AXIS, *KEPT)):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
        return
    power = isinstance(getattr(site.parent, "op", None), ast.Pow)
    near = (value + 1, value - 1, 2 * value, value / 2, -value, 0, 1, 0.5, 2, 3)
    yield from (number(n) for n in dict.fromkeys(EXPONENTS if power else near) if n != value)
    if any(isinstance(above, ast.Subscript) for above in (site.parent, *site.parents[1:2])):
        yield from (parsed(name) for name, held in site.place.scope.items()
                    if isinstance(held, int) and not isinstance(held, bool))
    elif not power:
        yield from (atom.node for atom in scalars(site.place))


def settings(site: Site) -> Iterator[ast.AST]:
    """Yield a setting in the place of a number: one that is assigned, or that a tuple repeats."""
    node, scope = site.node, values(site.place.scope)
    found = [(parsed(text), value) for text, value in scope if type(value) is int]
    if _is_number(node) and site.is_value and isinstance(site.statement, ast.Assign):
        yield from (new for new, _ in found)
    elif isinstance(node, ast.Tuple) and not isinstance(site.parent, ast.Tuple) and is_loaded(node):
        numbers: Any = filter(_is_number, ast.walk(node))
        held = Counter(part.value for part in numbers)
        yield from (_Put(number, new).visit(copy.deepcopy(node))
                    for number, count in held.items() if number > 0 and count > 1
                    for new, value in found if value != number)


def _is_number(node: Any) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


class _Put(ast.NodeTransformer):
    """Puts an expression in the place of a number."""

    def __init__(self, number: int, new: ast.expr) -> None:
        self.number, self.new = number, new

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Return the expression for the number, any other constant as it is."""
        return self.new if _is_number(node) and node.value == self.number else node


def exponents(site: Site) -> Iterator[ast.AST]:
    """Yield it with another exponent, or none."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield node.left
        for atom in scalars(site.place)[:6]:
            yield remade(node, right=atom.node)
            yield remade(node, right=filled("a - 1", a=atom.node))
        if isinstance(node.right, ast.UnaryOp | ast.BinOp):
            yield from (remade(node, right=number(e)) for e in EXPONENTS if e != 1)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call) and is_loaded(
            node) and site.shape is not None and (
            np.asarray(site.place.value(node)).dtype.kind == "f"):
        yield from site.made("_ ** 2", "_ ** 3", "_ ** 0.5", "_ ** -1", "np.sqrt(_)")


def comparisons(site: Site) -> Iterator[ast.AST]:
    """Yield other comparisons."""
    node = site.node
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from (remade(node, ops=[kind()]) for kind in COMPARISONS.get(type(node.ops[0]), ()))


def functions(site: Site) -> Iterator[ast.AST]:
    """Yield other functions of the same family."""
    node = site.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        own = node.func.attr
        others = dict.fromkeys(name for family in FAMILIES if own in family for name in family)
        yield from (node.args[0] if name == "abs" and _is_positive(node, site) else
                    remade(node, func=remade(node.func, attr=name))
                    for name in others if name != own)


def _is_positive(call: ast.Call, site: Site) -> bool:
    """Whether what a function is called with is its own absolute value, as a variance is."""
    value = np.asarray(site.place.value(call.args[0])) if len(call.args) == 1 else np.array(-1.0)
    return value.dtype.kind == "f" and bool(np.all(value >= 0))
