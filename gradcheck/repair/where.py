"""What is known where a statement stands: the names in scope, and what they hold."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.foreign import as_array
from gradcheck.repair.trace import Scope

# What is only computed, so that a part of the source may be evaluated by itself.
PURE_METHODS = frozenset({"T", "shape", "ndim", "size", "sum", "mean", "reshape", "transpose",
                          "dot", "astype", "copy", "max", "min", "ravel", "flatten", "std", "var",
                          "t", "exp", "pow", "abs", "sign", "sqrt", "rsqrt", "clone", "float",
                          "clamp", "view", "unsqueeze", "tanh", "sigmoid"})

IMPURE = frozenset({"random", "as_strided", "save", "load", "lib", "at", "put", "copyto"})

_UNKNOWN = object()


@dataclass(frozen=True)
class Known:
    """What is known of a function apart from its values.

    Attributes
    ----------
    packed : tuple of tuple of str
        The tuples that forward packs, which are what a cache is made of: names, or '' for what
        has none.
    missing : str
        A name that is used and not defined.
    lent : tuple of str
        Expressions that stand somewhere in forward or backward.
    unused : frozenset of str
        Names that are given a value and never read.
    undefined : tuple of str
        Names that are read and never given a value.
    """

    packed: tuple[tuple[str, ...], ...] = ()
    missing: str = ""
    lent: tuple[str, ...] = ()
    unused: frozenset[str] = frozenset()
    undefined: tuple[str, ...] = ()


@dataclass(eq=False)
class Where:
    """A statement's surroundings: the names in scope and what they hold.

    `index` holds the indices at which the arrays in scope may be looked at here, such as the
    variables of the loops around it.
    """

    scope: Scope
    names: Scope
    numpy: str
    score: int = 0
    known: Known = Known()
    index: tuple[str, ...] = ()
    values: dict[ast.AST, Any] = field(default_factory=dict)
    atoms: dict[str, Any] = field(default_factory=dict)

    def value(self, node: ast.AST) -> Any:
        """Return what an expression is worth here; None where that cannot be told."""
        found = self.values.get(node, _UNKNOWN)
        if found is _UNKNOWN:
            found = self.values[node] = as_array(self._evaluated(node))
        return found

    def _evaluated(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Name):
            return self.scope.get(node.id)
        if not isinstance(node, ast.expr) or not is_pure(node):
            return None
        try:
            return eval(compile(ast.Expression(node), "", "eval"), dict(self.names), self.scope)
        except Exception:
            return None

    def shape(self, node: ast.AST) -> tuple[int, ...] | None:
        """Return the shape of an expression's value; None where it is no number or array."""
        value = self.value(node)
        return np.shape(value) if isinstance(value, np.ndarray | np.number | float | int) else None


def is_pure(node: ast.AST) -> bool:
    """Whether an expression only computes."""
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute) and (child.attr in IMPURE or (
                child.attr[-1] == "_" and child.attr[:1] != "_")):  # torch writes in place so
            return False
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and not (
                isinstance(child.func.value, ast.Name) or child.func.attr in PURE_METHODS):
            return False
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and (
                child.func.id not in ("len", "int", "float", "abs", "max", "min", "range")):
            return False
        if isinstance(child, ast.NamedExpr | ast.Lambda | ast.Await | ast.Yield):
            return False
    return True
