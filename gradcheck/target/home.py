"""Where a file has to be imported from: the folder of its package, read from its own imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gradcheck.target.installed import spec_of
from gradcheck.target.parsed import parsed

MOST_LEVELS = 6


@dataclass(frozen=True)
class Home:
    """How a file is imported.

    Attributes
    ----------
    folders : tuple of Path
        What stands in front of ``sys.path``: the file's own folder, and its package's root.
    name : str
        The module's full name from there; empty for a file that belongs to no package.
    lacking : tuple of str
        Packages that the file imports and that are nowhere to be found.
    """

    folders: tuple[Path, ...]
    name: str = ""
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Imports:
    """What a module imports: the levels that it climbs, and names at the top of packages."""

    climbs: int
    tops: tuple[str, ...]


def home_of(path: Path) -> Home:
    """Return where a file has to be imported from.

    Parameters
    ----------
    path : Path
        A Python file.

    Returns
    -------
    Home
        A file with relative imports is a module of the packages above it, with or without
        ``__init__.py``; one that imports its own package by name, too. Other files stand alone.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()).resolve()
    >>> (folder / "cs231n").mkdir()
    >>> path = folder / "cs231n" / "layer_utils.py"
    >>> _ = path.write_text("from .layers import *")
    >>> home = home_of(path)
    >>> home.name, home.folders[0] == folder
    ('cs231n.layer_utils', True)
    """
    path = path.resolve()
    found = _imports(path)
    if found.climbs or path.name == "__init__.py":
        root = _above_packages(path, max(1, found.climbs))
        beside = [path.parent for top in found.tops if _within(top, [path.parent])]
        return Home(_unique(root, *beside), dotted(path, root),
                    tuple(top for top in found.tops if not _within(top, [root, path.parent])))
    roots, lacking = [], []
    for top in found.tops:
        holders = [folder for folder in _ancestors(path) if _within(top, [folder])]
        if holders:
            roots.append(holders[0])
        else:
            lacking.append(top)
    inside = [root for root in roots if _is_inside(path, root, found.tops)]
    return Home(_unique(*(inside[:1] or [path.parent]), *roots),
                dotted(path, inside[0]) if inside else "", tuple(lacking))


def _imports(path: Path) -> _Imports:
    """Return what a file imports at its top level; nothing where it does not parse."""
    tree = parsed(path)
    if tree is None:
        return _Imports(0, ())
    climbs, tops = 0, []
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            climbs = max(climbs, node.level)
        elif isinstance(node, ast.ImportFrom):
            tops.append(str(node.module))
        elif isinstance(node, ast.Import):
            tops += [alias.name for alias in node.names]
    first = (name.partition(".")[0] for name in tops)
    own = {folder.name for folder in _ancestors(path)}  # its own package is never another one
    return _Imports(climbs, tuple(dict.fromkeys(
        top for top in first if top in own or not _is_installed(top))))


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that importing the module runs, those in its blocks among them."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop(0)):
            if isinstance(node, ast.stmt | ast.ExceptHandler) and not isinstance(
                    node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting.append(node)
                if isinstance(node, ast.stmt):
                    yield node


def _is_installed(top: str) -> bool:
    """Whether a package is importable, as far as that can be told without importing it."""
    return top in sys.stdlib_module_names or spec_of(top) is not None


def _ancestors(path: Path) -> list[Path]:
    return list(path.parents)[:MOST_LEVELS]


def _within(top: str, folders: list[Path]) -> bool:
    """Whether a package or module of this name lies in one of the folders."""
    return any((folder / top).is_dir() or (folder / f"{top}.py").is_file() for folder in folders)


def _is_inside(path: Path, root: Path, tops: tuple[str, ...]) -> bool:
    """Whether the file belongs to a package that it imports from this root."""
    parts = path.relative_to(root).parts
    return len(parts) > 1 and parts[0] in tops and all(part.isidentifier() for part in parts[:-1])


def _above_packages(path: Path, climbs: int) -> Path:
    """Return the folder above the package: `climbs` up at least, and all with an __init__.py."""
    folder = path.parent
    for _ in range(climbs - 1):
        folder = folder.parent
    while (folder.parent / "__init__.py").is_file() and folder.parent.name.isidentifier():
        folder = folder.parent
    return folder.parent


def dotted(path: Path, root: Path) -> str:
    """Return a file's name as a module, seen from a folder above it."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _unique(*folders: Path) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(folders))
