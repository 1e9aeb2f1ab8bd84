"""Which files define a layer or a loss: by their names alone, nothing imported."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

LAYER = re.compile(r"(?P<base>\w+?)_(?P<way>forward|backward)(_\w+)?")
LOSS = re.compile(r"[^_]\w*_loss(_naive|_vectorized)?")
TOP_LEVEL_DEF = re.compile(r"^def\s+(\w+)\s*\(", re.MULTILINE)
INSTALLED = {"site-packages", "node_modules", "__pycache__"}
Block = ast.Module | ast.If | ast.Try | ast.With


def target_files(folder: Path, only: str = "") -> list[str]:
    """Return the files below a folder that define a layer or a loss, relative to it.

    Parameters
    ----------
    folder : Path
        Holds the repositories; their hidden folders and installed packages are left out.
    only : str
        A pattern that some part of the path must match.

    Returns
    -------
    list of str
        Paths with forward slashes, sorted.
    """
    return sorted(path for path in _python_files(folder)
                  if fnmatchcase(path, f"*{only}*")
                  and defines_target(function_names((folder / path).read_bytes())))


def _python_files(folder: Path) -> Iterator[str]:
    """Yield every Python file's path relative to the folder; links are not followed."""
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and name not in INSTALLED]
        for name in files:
            path = Path(root, name)
            if path.suffix == ".py" and name[0] != "." and path.is_file():
                yield path.relative_to(folder).as_posix()


def function_names(source: bytes) -> set[str]:
    """Return the names of a source's top-level functions, also where it is Python 2.

    Examples
    --------
    >>> sorted(function_names(b"def f(x): print x"))
    ['f']
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a source's own "\\d"
            return set(_defined(ast.parse(source)))
    except (SyntaxError, ValueError):
        return set(TOP_LEVEL_DEF.findall(source.decode("latin-1").replace("\r", "\n")))


def _defined(block: Block) -> Iterator[str]:
    """Yield the functions that running a block defines, in its branches as well."""
    for node in ast.iter_child_nodes(block):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, Block | ast.ExceptHandler):
            yield from _defined(node)


def defines_target(names: Iterable[str]) -> bool:
    """Whether the names hold a forward with its backward, or a loss.

    Examples
    --------
    >>> defines_target(["relu_forward", "relu_backward"]), defines_target(["relu_forward"])
    (True, False)
    >>> defines_target(["svm_loss_naive"])
    True
    """
    ways: dict[str, set[str]] = {"forward": set(), "backward": set()}
    for name in names:
        layer = LAYER.fullmatch(name)
        if layer and name[0] != "_":
            ways[layer["way"]].add(layer["base"])
        elif LOSS.fullmatch(name):
            return True
    return bool(ways["forward"] & ways["backward"])
