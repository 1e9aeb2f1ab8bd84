"""Names that a file tries to import, goes on without, and uses all the same.

``try: from .im2col_cython import im2col_cython`` with an ``except ImportError`` that prints what to
build leaves thirty functions of which some raise a NameError: no slip of theirs. The same goes for
what ``from .layers import *`` would have brought, had it been there.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from gradcheck.exceptions.remedies import remedy_of
from gradcheck.sandbox.absent import AbsentModule
from gradcheck.target.parsed import parsed


@dataclass(frozen=True)
class Attempt:
    """An import inside a ``try``, or of everything a module has.

    Attributes
    ----------
    module : str
        What is imported, or imported from.
    name : str
        The name that it gives; ``*`` for all.
    line : int
        Where it stands.
    used : bool
        Whether a function of the file looks the name up.
    """

    module: str
    name: str
    line: int
    used: bool


def missing_names(module: ModuleType) -> dict[str, Attempt]:
    """Return the names that a module goes on without; ``*`` stands for any other."""
    return {attempt.name: attempt for attempt in _attempts(str(getattr(module, "__file__", "")))
            if _is_missing(attempt, module)}


def _is_missing(attempt: Attempt, module: ModuleType) -> bool:
    if attempt.name != "*":
        return vars(module).get(attempt.name) is None
    package = module.__name__.rpartition(".")[0]
    try:
        name = importlib.util.resolve_name(attempt.module, package)
    except ImportError:
        return False
    return isinstance(sys.modules.get(name), AbsentModule) or name not in sys.modules


def guarded_notes(modules: Iterable[ModuleType]) -> list[str]:
    """Return a line for each import that was tried in vain and is used by functions."""
    found: dict[str, str] = {}
    for module in modules:
        for attempt in missing_names(module).values():
            if attempt.used and attempt.name != "*":
                where = f"{Path(str(module.__file__)).name}:{attempt.line}"
                found.setdefault(attempt.module.lstrip("."), where)
    return [f"{where}: {name} could not be imported, which the file goes on without; functions "
            f"that need it are not judged. Remedy: "
            f"{remedy_of(ModuleNotFoundError(f'No module named {name!r}'))}."
            for name, where in sorted(found.items())]


@functools.cache
def _attempts(file: str) -> tuple[Attempt, ...]:
    """Return the imports of a file that it can go on without."""
    tree = parsed(Path(file))
    if tree is None:
        return ()
    used = {node.id for function in ast.walk(tree) if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function) if isinstance(node, ast.Name)}
    guarded = [child for node in ast.walk(tree) if isinstance(node, ast.Try)
               for statement in node.body for child in ast.walk(statement)]
    stars = [node for node in tree.body if isinstance(node, ast.ImportFrom)
             and node.names[0].name == "*"]
    return tuple(_of_imports([*guarded, *stars], used))


def _of_imports(nodes: list[ast.AST], used: set[str]) -> Iterator[Attempt]:
    for node in nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            module = alias.name if isinstance(node, ast.Import) else (
                "." * node.level + (node.module or ""))
            yield Attempt(module, name, node.lineno, name in used)
