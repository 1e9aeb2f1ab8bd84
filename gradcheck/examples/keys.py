"""The keys under which a function reads its dicts: what to write for them in an example."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def keys_read(function: Callable[..., Any]) -> dict[str, list[str]]:
    """Return the keys that a function reads of each parameter which is a dict, as its text says.

    ``params.get("eps", 1e-5)`` can do without, and is no such key.

    Examples
    --------
    >>> def dense_forward(x, params):
    ...     return x @ params["W"] + params["b"], (x, params)
    >>> keys_read(dense_forward)
    {'params': ['W', 'b']}
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        parameters = set(inspect.signature(function).parameters)
    except (OSError, TypeError, ValueError, SyntaxError, IndexError):
        return {}
    found: dict[str, list[str]] = {}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if (isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name)
                and node.value.id in parameters and isinstance(node.slice, ast.Constant)
                and isinstance(node.slice.value, str)):
            keys = found.setdefault(node.value.id, [])
            keys += [node.slice.value] * (node.slice.value not in keys)
    return found
