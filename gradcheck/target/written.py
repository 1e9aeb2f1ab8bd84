"""The line at which a function writes into an argument of its own."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

IN_PLACE = frozenset({"fill", "sort", "put", "partition", "resize"})
INTO_THE_FIRST = frozenset({"put", "copyto", "place", "putmask", "fill_diagonal", "at"})


def line_of_write(function: Callable[..., Any], name: str) -> int:
    """Return the line of the first statement that writes into an argument; 0 where none is seen.

    An array that has another name there, or is written into by another function, is not followed.
    """
    if not inspect.isfunction(function):
        return 0
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(function))
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, ValueError, SyntaxError):
        return 0
    found = [node.lineno for node in ast.walk(tree)
             if isinstance(node, ast.stmt | ast.Call) and _writes(node, name)]
    return min(found) + max(first, 1) - 1 if found else 0


def _writes(node: ast.stmt | ast.Call, name: str) -> bool:
    """Whether a statement or a call writes into what has a name."""
    if isinstance(node, ast.AugAssign):
        return _base(node.target) == name
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Subscript) and _base(target) == name
                   for target in node.targets)
    if not isinstance(node, ast.Call):
        return False
    out = [keyword.value for keyword in node.keywords if keyword.arg == "out"]
    if isinstance(node.func, ast.Attribute):
        out += [node.func.value] if node.func.attr in IN_PLACE else []
        out += node.args[:1] if node.func.attr in INTO_THE_FIRST else []
    return any(_base(entry) == name for entry in out)


def _base(node: ast.expr) -> str:
    """Return the name of the array that an element or a part belongs to."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return getattr(node, "id", "")
