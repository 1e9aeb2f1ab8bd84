"""Slips put into right functions: what a tired author does to one, by rules of its own.

It shares nothing with the edits that the checker tries: it deletes and swaps in the text's tree
without looking at values.
"""

from __future__ import annotations

import ast
import pickle
import random
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = {ast.Add: [ast.Sub, ast.Mult], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add],
             ast.Div: [ast.Mult], ast.MatMult: [ast.Mult], ast.Pow: [ast.Mult]}
FUNCTIONS = {"sum": "mean", "mean": "sum", "sqrt": "exp", "exp": "sqrt", "zeros_like": "ones_like",
             "max": "min", "maximum": "minimum", "outer": "dot", "cumsum": "sum"}


@dataclass(frozen=True)
class Slip:
    """A wrong function: its source, what was done to the right one, and in which lines."""

    layer: str
    kind: str
    source: str
    lines: tuple[int, ...] = ()


def slips(name: str, function: ast.FunctionDef) -> Iterator[Slip]:
    """Yield the function with one slip in it, for every place and every rule."""
    seen = {ast.unparse(function)}
    frozen = pickle.dumps(function)
    for place, node in enumerate(ast.walk(function)):
        for kind, rule in RULES.items():
            if not isinstance(node, KINDS.get(kind, ast.AST)):
                continue
            for turn in range(4):
                changed = pickle.loads(frozen)
                target = list(ast.walk(changed))[place]
                if not rule(target, turn, changed):
                    break
                try:
                    source = ast.unparse(ast.fix_missing_locations(changed))
                    compile(source, "slip", "exec")
                except (SyntaxError, ValueError, TypeError):
                    continue
                if source not in seen:
                    seen.add(source)
                    yield Slip(name, kind, source)


def _operator(node: ast.AST, turn: int, _: ast.AST) -> bool:
    kinds = OPERATORS.get(type(getattr(node, "op", None)), []) if isinstance(
        node, ast.BinOp | ast.AugAssign) else []
    if turn < len(kinds):
        node.op = kinds[turn]()
    return turn < len(kinds)


def _comparison(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if not isinstance(node, ast.Compare) or turn > 1:
        return False
    node.ops = [[ast.Lt, ast.NotEq][turn]() if not isinstance(node.ops[0], ast.Lt) else ast.Gt()]
    return True


def _constant(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float) or turn > 1:
        return False
    node.value = node.value + 1 if turn == 0 else node.value * 2 or -1
    return True


def _sign(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if turn or not isinstance(node, ast.Assign | ast.Return | ast.AugAssign) or isinstance(
            node.value, ast.Tuple | ast.Name | None):
        return False
    node.value = ast.UnaryOp(ast.USub(), node.value)
    return True


def _name(node: ast.AST, turn: int, function: ast.AST) -> bool:
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id == "np":
        return False
    names = sorted({child.id for child in ast.walk(function) if isinstance(child, ast.Name)
                    and child.id not in ("np", node.id, "range", "reversed", "len", "cache")})
    others = random.Random(f"{node.id}{node.lineno}{node.col_offset}").sample(
        names, min(2, len(names)))
    if turn < len(others):
        node.id = others[turn]
    return turn < len(others)


def _turned(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if turn:
        return False
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.Attribute) and value.attr == "T":
            setattr(node, field, value.value)
            return True
    return False


def _keyword(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or turn >= len(node.keywords):
        return False
    node.keywords.pop(turn)
    return True


def _side(node: ast.AST, turn: int, _: ast.AST) -> bool:
    """Lose one operand: a factor or a term."""
    if turn > 1:
        return False
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.BinOp):
            setattr(node, field, value.left if turn == 0 else value.right)
            return True
    return False


def _order(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if turn:
        return False
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        node.left, node.right = node.right, node.left
    elif isinstance(node, ast.Call) and len(node.args) == 2:
        node.args.reverse()
    elif isinstance(node, ast.Tuple) and len(node.elts) > 1:
        node.elts[0], node.elts[1] = node.elts[1], node.elts[0]
    else:
        return False
    return True


def _statement(node: ast.AST, turn: int, _: ast.AST) -> bool:
    """Leave a statement out."""
    body = getattr(node, "body", None)
    if not isinstance(body, list) or turn >= len(body) or len(body) < 2 or isinstance(
            body[turn], ast.Return):
        return False
    body.pop(turn)
    return True


def _adding(node: ast.AST, turn: int, _: ast.AST) -> bool:
    """Assign where it should be added up."""
    body = getattr(node, "body", None)
    if not isinstance(body, list) or turn >= len(body):
        return False
    if isinstance(body[turn], ast.AugAssign):
        body[turn] = ast.Assign([body[turn].target], body[turn].value)
    return True


def _slice(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if not isinstance(node, ast.Slice) or turn > 1:
        return False
    field = ("lower", "upper")[turn]
    if getattr(node, field) is None:
        return turn == 0
    setattr(node, field, None)
    return True


def _function(node: ast.AST, turn: int, _: ast.AST) -> bool:
    if turn or not isinstance(node, ast.Attribute) or node.attr not in FUNCTIONS:
        return False
    node.attr = FUNCTIONS[node.attr]
    return True


RULES = {"operator": _operator, "comparison": _comparison, "constant": _constant, "sign": _sign,
         "name": _name, "transpose": _turned, "keyword": _keyword, "operand lost": _side,
         "order": _order, "statement deleted": _statement, "assigned, not added": _adding,
         "slice": _slice, "function": _function}
# What each rule is for, where it is one kind of node.
BLOCKS = (ast.FunctionDef, ast.For, ast.If)
KINDS = {"operator": (ast.BinOp, ast.AugAssign), "comparison": ast.Compare,
         "constant": ast.Constant, "sign": (ast.Assign, ast.Return, ast.AugAssign),
         "name": ast.Name, "keyword": ast.Call, "order": (ast.BinOp, ast.Call, ast.Tuple),
         "statement deleted": BLOCKS, "assigned, not added": BLOCKS, "slice": ast.Slice,
         "function": ast.Attribute,
         "operand lost": (ast.stmt, ast.BinOp, ast.UnaryOp, ast.keyword, ast.Subscript)}
