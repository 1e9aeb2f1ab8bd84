"""What a submission's text and place tell before it is run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from gradcheck.exceptions.remedies import remedy_of
from gradcheck.target.home import home_of
from gradcheck.target.parsed import parsed

RAISED = re.compile(r"raised (\w+): (.*)")
NOT_FOUND = ("ImportError", "ModuleNotFoundError", "FileNotFoundError")
ALONE = ("--folder FOLDER says that its folder is its own, with all that lies there; a file is "
         "graded alone otherwise.")


def classes_of(path: Path) -> list[str]:
    """Return the classes with a method forward in a submission's text, which is not run for it."""
    tree = parsed(path)
    nodes = tree.body if tree is not None else []
    return [node.name for node in nodes if isinstance(node, ast.ClassDef)
            and any(isinstance(child, ast.FunctionDef) and child.name == "forward"
                    for child in node.body)]


def remedy_for(reason: str, path: Path, folder: Path | None) -> str:
    """Return what to do about an import that failed, where that is known."""
    found = RAISED.search(reason)
    if found is None:
        return ""
    remedy = remedy_of(type(found[1], (Exception,), {})(found[2]), path.name)
    told = [f"{remedy}."] if remedy else []
    told += [ALONE] if folder is None and found[1] in NOT_FOUND else []
    return f"\nRemedy: {' '.join(told)}" if told else ""


def missing(name: str, path: Path, folder: Path | None) -> str:
    """Say of a module that could not be imported what it costs, and what to do."""
    reason = f"raised ModuleNotFoundError: No module named '{name}'"
    told = remedy_for(reason, path, folder).strip()
    return f"{name} could not be imported: functions that need it fail. {told}"


def package_of(path: Path, folder: Path | None) -> Path | None:
    """Return the top folder of the package that a submission is a module of, None without one.

    It has an ``__init__.py``, and is the submission's own folder or lies in it: beside a file alone
    other submissions may lie, and above a folder, too.
    """
    home = home_of(path) if folder is not None and path.is_file() else None
    if folder is None or home is None or not home.name:
        return None
    top, own = home.folders[0] / home.name.partition(".")[0], folder.resolve()
    top = top if top.is_relative_to(own) else own
    return top if (top / "__init__.py").is_file() else None
