"""The files that a target is made of, and when each was saved: what `gradcheck watch` looks at."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from gradcheck.target.home import home_of
from gradcheck.target.installed import spec_of
from gradcheck.target.parsed import parsed
from gradcheck.target.sources import files_below

SOURCES = (".py", ".ipynb")
Stamp = tuple[int, int, int]


class Saved:
    """What targets are made of, and when that was last saved.

    Parameters
    ----------
    targets : sequence of str
        What `gradcheck check` takes.
    installed : bool
        Whether a name means the installed module.
    """

    def __init__(self, targets: Sequence[str], installed: bool = False) -> None:
        self._targets, self._installed = targets, installed
        self._folders = any(Path(target).is_dir() for target in targets)
        self._files: dict[str, list[Path]] = {}
        self.find()

    def find(self) -> None:
        """Find the files anew: what is imported may have changed with what was saved."""
        self._files = {target: files_of(target, self._installed) for target in self._targets}

    def look(self) -> dict[Path, Stamp]:
        """Return the stamps of the files that are there; of a folder, of new ones, too."""
        if self._folders:
            self.find()
        return stamps([path for files in self._files.values() for path in files])

    def missing(self) -> list[str]:
        """Return the targets of which there is nothing now: a file, or a module that is one."""
        return [target for target, files in self._files.items()
                if not Path(target).is_dir() and not any(path.exists() for path in files[:1])]


def stamps(paths: Sequence[Path]) -> dict[Path, Stamp]:
    """Return when each file was saved, how large it is, and which file it is; of those that exist.

    An editor that writes a new file and renames it makes another file of it, perhaps within the
    same tick of the clock.
    """
    found = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def files_of(target: str, installed: bool = False) -> list[Path]:
    """Return the files that a target is made of, as they are now.

    Parameters
    ----------
    target : str
        What `gradcheck check` takes: a path, or a module's name.
    installed : bool
        Whether a name means the installed module, whatever lies in the current folder.

    Returns
    -------
    list of Path
        Of a file, it and those of its own folders that it imports; of a folder, all in it.

    Examples
    --------
    >>> [path.name for path in files_of("homework.py")]
    ['homework.py']
    """
    path = Path(target)
    if path.is_dir() and not installed:
        return [found for found in files_below(path) if found.suffix in SOURCES]
    if path.suffix in SOURCES:
        return [path.absolute()] if path.suffix == ".ipynb" else with_imported(path)
    beside = Path(*target.split(".")).with_suffix(".py")
    if beside.is_file() and not installed:
        return with_imported(beside)
    spec = spec_of(target, anywhere=installed)
    if spec is None or spec.origin is None:
        return [beside.absolute()]
    origin = Path(spec.origin)
    if spec.submodule_search_locations is None:
        return [origin]
    return [found for found in files_below(origin.parent) if found.suffix in SOURCES]


def with_imported(path: Path) -> list[Path]:
    """Return a file, and the files beside it or in its package that it imports, and they."""
    waiting, found = [path.absolute()], dict[Path, None]()
    while waiting:
        file = waiting.pop(0)
        if file not in found:
            found[file] = None
            waiting += _imported(file)
    return list(found)


def _imported(file: Path) -> Iterator[Path]:
    """Yield the files of a file's own folders that it imports."""
    tree = parsed(file)
    if tree is None:
        return
    folders = home_of(file).folders
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from _files(folders, names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)]
            above = [file.parents[node.level - 1]] if 0 < node.level <= len(file.parents) else []
            yield from _files(above if node.level else folders, names)


def _files(folders: Sequence[Path], names: Sequence[str]) -> Iterator[Path]:
    """Yield the files that names of modules mean, as far as they lie in the folders."""
    for folder in folders:
        for name in filter(None, names):
            place = folder.joinpath(*name.split("."))
            for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
                if path.is_file():
                    yield path
