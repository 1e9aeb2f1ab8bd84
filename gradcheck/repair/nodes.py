"""Nodes of new source: templates with nodes in them, other fields, numbers as source has them."""

from __future__ import annotations

import ast
import functools
from typing import Any


@functools.lru_cache(maxsize=4096)
def parsed(text: str) -> ast.expr:
    """Return an expression; one text is always the same node."""
    return ast.parse(text, mode="eval").body


def filled(template: str, **parts: ast.expr) -> Any:
    """Return an expression with nodes in the place of some of its names.

    >>> ast.unparse(filled("_ * a", _=parsed("x"), a=parsed("y + 1")))
    'x * (y + 1)'
    """
    return _filled(parsed(template), parts)


def _filled(node: Any, parts: dict[str, ast.expr]) -> Any:
    if isinstance(node, list):
        return [_filled(entry, parts) for entry in node]
    if not isinstance(node, ast.AST):
        return node
    if isinstance(node, ast.Name) and node.id in parts:
        return parts[node.id]
    return type(node)(**{name: _filled(value, parts) for name, value in ast.iter_fields(node)})


def remade(node: ast.AST, **fields: Any) -> Any:
    """Return a node with other fields.

    >>> ast.unparse(remade(parsed("x + y"), op=ast.Sub()))
    'x - y'
    """
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def number(value: Any) -> ast.expr:
    """Return a number as source has it: 2 for 2.0, a minus as an operator."""
    plain = int(value) if float(value).is_integer() else float(value)
    return ast.UnaryOp(ast.USub(), ast.Constant(-plain)) if plain < 0 else ast.Constant(plain)


def is_loaded(node: ast.AST) -> bool:
    """Whether a node is an expression that is read, and not what is assigned to."""
    return isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def replaced(entries: list[Any], place: int, new: Any) -> list[Any]:
    """Return a list with another entry at a place."""
    return [*entries[:place], new, *entries[place + 1:]]
