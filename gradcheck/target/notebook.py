"""The functions and classes of a notebook's cells, as a module.

Only what defines is run: imports, functions, classes, and the assignments that these look at. Cells
that load data, plot or train are not: a check of one function has no business there.
"""

from __future__ import annotations

import ast
import json
import linecache
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from gradcheck.target.errors import TargetError

MAGIC = re.compile(r"^\s*[%!?].*$|^.*\?\s*$", re.MULTILINE)
OTHER_LANGUAGES = re.compile(r"^\s*%%(?!time|timeit|capture|prun)\w+")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Assignment = ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Cell:
    """One code cell: its number among the code cells, from 1, and its source without magics."""

    number: int
    name: str
    source: str


def cells_of(path: Path) -> list[Cell]:
    """Return the code cells of a notebook, formats 3 and 4.

    Raises
    ------
    TargetError
        It is not a notebook.
    """
    try:
        book = json.loads(path.read_text(encoding="utf-8"))
        listed = book.get("cells") or [cell for sheet in book.get("worksheets", ())
                                       for cell in sheet["cells"]]
        sources = [cell.get("source", cell.get("input", "")) for cell in listed
                   if cell["cell_type"] == "code"]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise TargetError(f"{path}: this is not a notebook ({type(error).__name__}: {error}). "
                          "Remedy: save it again as .ipynb.") from None
    return [Cell(number, f"{path.name} cell {number}", _without_magics("".join(source)))
            for number, source in enumerate(sources, 1)]


def _without_magics(source: str) -> str:
    """Blank out the lines that are IPython's, and whole cells of another language."""
    return "" if OTHER_LANGUAGES.match(source) else MAGIC.sub("", source)


def import_notebook(path: Path, name: str) -> tuple[ModuleType, list[str]]:
    """Return the module that a notebook's definitions make, and notes on what failed.

    Parameters
    ----------
    path : Path
        The notebook.
    name : str
        What the module is called.

    Returns
    -------
    module : ModuleType
    notes : list of str
        Cells that are not Python, and definitions that raised, each with its cell.
    """
    module = ModuleType(name)
    notes: list[str] = []
    module.__file__ = str(path)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    parsed = list(_parsed(cells_of(path), notes))
    statements = [(node, cell) for cell, tree in parsed for node in tree.body]
    wanted = _names_wanted([node for node, _ in statements])
    for node, cell in statements:
        if _defines(node, wanted):
            notes += _run(node, cell, module)
    return module, notes


def _parsed(cells: list[Cell], notes: list[str]) -> Iterator[tuple[Cell, ast.Module]]:
    for cell in cells:
        linecache.cache[cell.name] = (len(cell.source), None,
                                      cell.source.splitlines(keepends=True), cell.name)
        try:
            yield cell, ast.parse(cell.source, cell.name)
        except SyntaxError as error:
            notes.append(f"cell {cell.number}, line {error.lineno}: {error.msg}; the cell was left "
                         "out")


def _defines(node: ast.stmt, wanted: set[str]) -> bool:
    """Whether a statement is an import, a definition, or an assignment that one looks at."""
    if isinstance(node, Definition | ast.Import | ast.ImportFrom):
        return True
    if not isinstance(node, Assignment):
        return False
    return bool(_names(node, ast.Store) & wanted)


def _names_wanted(nodes: list[ast.stmt]) -> set[str]:
    """Return the names that definitions look at, and those by which these are assigned."""
    wanted = set[str]().union(*(_names(node, ast.Load) for node in nodes
                                if isinstance(node, Definition)))
    while True:
        more = wanted.union(*(_names(node, ast.Load) for node in nodes
                              if isinstance(node, Assignment) and _names(node, ast.Store) & wanted))
        if more == wanted:
            return wanted
        wanted = more


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """Return the names that a statement loads or stores."""
    return {child.id for child in ast.walk(node)
            if isinstance(child, ast.Name) and isinstance(child.ctx, context)}


def _run(node: ast.stmt, cell: Cell, module: ModuleType) -> list[str]:
    """Run one statement in the module; return a note where it raises."""
    try:
        exec(compile(ast.Module([node], []), cell.name, "exec"), vars(module))
    except ImportError:
        raise
    except Exception as error:
        return [f"cell {cell.number}, line {node.lineno}: {type(error).__name__}: {error}; what it "
                "defines is missing"]
    return []
