"""Scripts: files that define layers and go on to train with them as soon as they are imported.

Books write so, and students after them. Of such a file only what defines is run: imports,
functions, classes, and the assignments that these look at. Training would take minutes, and tell
nothing of a layer.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from gradcheck.target.parsed import parsed

TRAINS = frozenset({"forward", "backward", "train", "fit"})
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom
GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})


def trains_when_imported(path: Path) -> bool:
    """Whether a file calls forward, backward, train or fit in a loop, or trains, at its top level.

    >>> trains_when_imported(Path("none.py"))
    False
    """
    tree = parsed(path)
    return tree is not None and any(map(_trains, tree.body))


def _trains(node: ast.stmt) -> bool:
    """Whether a statement at the top level trains."""
    if isinstance(node, ast.For | ast.While):
        return bool(_called(node) & TRAINS)
    return isinstance(node, ast.Expr | ast.Assign) and bool(_called(node) & {"train", "fit"})


def _called(node: ast.AST) -> set[str]:
    """Return the names of the methods that a statement calls."""
    return {call.func.attr for call in ast.walk(node)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)}


class DefinitionsLoader(SourceFileLoader):
    """Runs of a file what defines, and nothing else.

    Attributes
    ----------
    notes : list of str
        What raised, each with its line.
    """

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self.notes: list[str] = []

    def exec_module(self, module: ModuleType) -> None:
        """Run the definitions, each for itself."""
        tree = ast.parse(self.get_data(self.path), self.path)
        for node in defining(tree):
            code = compile(ast.Module([node], []), self.path, "exec")
            try:
                exec(code, vars(module))
            except ImportError:
                raise
            except Exception as error:
                self.notes.append(f"{Path(self.path).name}:{node.lineno}: {type(error).__name__}: "
                                  f"{error}; what it defines is missing")


def defining(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that define, and the assignments that definitions look at.

    >>> [ast.unparse(node) for node in defining(ast.parse("k = 2; n = 3; import os; print(k)"))]
    ['import os']
    """
    definitions = list(filter(_defines, tree.body))
    wanted = {name for node in definitions
              for name in _globals_of(compile(ast.Module([node], []), "", "exec"))}
    kept = {*map(id, definitions), *map(id, _looked_at(tree, wanted))}
    yield from (node for node in tree.body if id(node) in kept)


def _defines(node: ast.stmt) -> bool:
    """Whether a statement defines something, or imports it: a block of such ones does."""
    if isinstance(node, Definition | Import):
        return True
    return isinstance(node, ast.Try | ast.If) and not _is_guard(node) and any(
        isinstance(part, Definition | Import) for part in ast.walk(node))


def _looked_at(tree: ast.Module, wanted: set[str]) -> Iterator[ast.stmt]:
    """Yield the assignments of names that are wanted, and of those that these are made of."""
    for node in reversed(tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and _names(node, ast.Store) & wanted:
            wanted |= _names(node, ast.Load)
            yield node


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {child.id for child in ast.walk(node)
            if isinstance(child, ast.Name) and isinstance(child.ctx, context)}


def _globals_of(code: CodeType) -> Iterator[str]:
    """Yield the names that code looks up in its module, and what it defines with it."""
    yield from (str(step.argval) for step in dis.get_instructions(code) if step.opname in GLOBAL)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _globals_of(inner)


def _is_guard(node: ast.AST) -> bool:
    """Whether a statement is ``if __name__ == "__main__":``."""
    return isinstance(node, ast.If) and "__name__" in _names(node.test, ast.Load)
