"""From what was typed to what is imported: files, notebooks, packages, installed modules."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gradcheck.target.content import content_of
from gradcheck.target.errors import NothingToCheckError, TargetError
from gradcheck.target.installed import spec_of
from gradcheck.target.names import CHARACTER, as_read
from gradcheck.target.parsed import parsed

DEFINES = re.compile(
    rf"^[ \t]*def (?!test_)(?:{CHARACTER}+_(?:forward|backward){CHARACTER}*|"
    rf"(?![\d_]){CHARACTER}+_loss{CHARACTER}*)\s*\(|"
    r"^[ \t]+def backward\s*\(", re.MULTILINE)
SKIPPED = {"build", "dist", "node_modules", "site-packages", "venv", "env", "__pycache__"}


@dataclass(frozen=True)
class Source:
    """One thing to import.

    Attributes
    ----------
    kind : {'file', 'notebook', 'package', 'installed'}
        How it is imported.
    where : str
        A path, or the name of an installed module.
    """

    kind: str
    where: str

    @property
    def told(self) -> str:
        """What the first line of a report says was checked."""
        if self.kind != "installed":
            return self.where
        spec = spec_of(self.where) or spec_of(self.where, anywhere=True)
        return f"{self.where} ({spec.origin if spec else 'installed'}, installed)"


def sources_of(target: str, installed: bool = False) -> list[Source]:
    """Return what a target means.

    Parameters
    ----------
    target : str
        A path, or a name. A file or folder with layers in it wins over an installed module of that
        name: who stands beside his own layers.py means that one.
    installed : bool
        Take the name for an installed module's, whatever lies in the current folder.

    Returns
    -------
    list of Source
        One for a file, a notebook, a package that exports layers, a module; for any other folder,
        one for each file in it that defines layers.

    Raises
    ------
    TargetError
        There is nothing of that name.
    NothingToCheckError
        A folder holds no file that defines a layer.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "homework.py").write_text("def relu_forward(x): return x, x")
    >>> [source.kind for source in sources_of(str(folder))]
    ['file']
    """
    path, beside = Path(target), _beside(target)
    if not installed:
        if path.is_file():
            return [_file(path)]
        if beside is not None and _defines(beside):
            return [_file(beside)]
        if path.is_dir() and (found := list(_in_folder(path))):
            return found
    if _is_name(target) and spec_of(target, anywhere=installed) is not None:
        return [Source("installed", target)]
    if beside is not None:
        return [_file(beside)]
    if path.is_dir():
        raise NothingToCheckError(f"{path}: got a folder without layers; expected files with "
                                  "<name>_forward and <name>_backward in them. Remedy: name the "
                                  "folder that holds them.")
    raise TargetError(_nothing(target))


def _beside(target: str) -> Path | None:
    """Return the file in the current folder that a module's name may mean, if it is there."""
    path = Path(*target.split(".")).with_suffix(".py") if _is_name(target) else None
    return path if path is not None and path.is_file() else None


def _nothing(target: str) -> str:
    if target.endswith((".py", ".ipynb")) or len(Path(target).parts) != 1:
        return (f"{target}: there is no such file. Remedy: check the spelling; the current folder "
                f"is {Path.cwd()}.")
    if not _is_name(target):
        return (f"{target}: neither a file nor the name of a module. Remedy: pass a path that ends "
                "in .py or .ipynb, a folder, or a name such as layers.")
    return (f"{target}: there is no such module or file. Remedy: check the spelling, install it, "
            f"or pass the path of a file, such as {target}.py.")


def _is_name(target: str) -> bool:
    return all(part.isidentifier() for part in target.split("."))


def _file(path: Path) -> Source:
    return Source("notebook" if path.suffix == ".ipynb" else "file", str(path))


def _in_folder(folder: Path) -> Iterator[Source]:
    """Yield the package that a folder is, or the files in it that define layers."""
    if (folder / "__init__.py").is_file() and _exports(folder / "__init__.py"):
        yield Source("package", str(folder))
        return
    for path in files_below(folder):
        if path.suffix in (".py", ".ipynb") and _defines(path):
            yield _file(path)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in order; environments and what is hidden are left out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED
                            and not name.startswith(".")
                            and not Path(here, name, "pyvenv.cfg").exists())
        yield from (Path(here, name) for name in sorted(files) if not name.startswith("."))


def _defines(path: Path) -> bool:
    """Whether a file's text defines a layer; it may be of any age of Python."""
    try:
        text = content_of(path).decode("utf-8", "replace")
    except OSError:
        return False
    if path.suffix == ".ipynb":
        try:
            text = "\n".join(line for cell in json.loads(text).get("cells", ())
                             for line in cell.get("source", ()))
        except (ValueError, AttributeError, TypeError):
            return False
    return DEFINES.search(as_read(text)) is not None


def _exports(path: Path) -> bool:
    """Whether a package's __init__ defines or imports a pair by name."""
    tree = parsed(path)
    if tree is None:
        return False
    names = {alias.asname or alias.name for node in ast.walk(tree)
             if isinstance(node, ast.ImportFrom) for alias in node.names}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return any("_forward" in name and name.replace("_forward", "_backward") in names
               for name in names)


def as_named(file: str | Path) -> str:
    """Return a file's path from the current folder, where it lies below it.

    >>> as_named(Path.cwd() / "week2" / "homework.py") == str(Path("week2", "homework.py"))
    True
    """
    try:
        path = Path(file).resolve()
        return os.path.relpath(path) if str(file) and path.is_relative_to(Path.cwd()) else str(file)
    except (OSError, ValueError):
        return str(file)
