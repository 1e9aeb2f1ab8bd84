"""Imports a target's file as its package's module, with stand-ins for what is not installed.

Runs in the process that judges the target; nothing that is imported here is forgotten again.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from gradcheck.sandbox.absent import Absences
from gradcheck.target.errors import TargetError
from gradcheck.target.failure import absence, failure
from gradcheck.target.guarded import guarded_notes
from gradcheck.target.home import Home, dotted, home_of
from gradcheck.target.installed import leave_out_current_folder, spec_of
from gradcheck.target.notebook import import_notebook
from gradcheck.target.scripts import DefinitionsLoader, trains_when_imported
from gradcheck.target.sources import Source

PRIVATE_NAME = "_gradcheck_target"
MOST_ABSENCES = 24
OWN = {"numpy", "scipy", "tqdm", "hypothesis", "gradcheck"}


@dataclass
class Loaded:
    """A module, and what was absent when it was imported."""

    module: ModuleType
    notes: list[str] = field(default_factory=list)


def import_source(source: Source) -> Loaded:
    """Import what was named, as its kind wants it."""
    if source.kind == "installed":
        return import_name(source.where)
    path = Path(source.where).resolve()
    if source.kind == "notebook":
        found: list[str] = []

        def load() -> ModuleType:
            module, found[:] = import_notebook(path, f"{PRIVATE_NAME}_notebook")
            return module

        loaded = _import(load, path, Home((path.parent,)))
        return Loaded(loaded.module, [*loaded.notes, *found])
    return import_file(path / "__init__.py" if source.kind == "package" else path)


def import_file(path: Path) -> Loaded:
    """Import a file; a missing module costs the functions that use it, and no others.

    Raises
    ------
    TargetError
        It cannot be imported; the message names file and line, and the remedy.
    """
    path = path.resolve()
    home = home_of(path)
    sys.path[:0] = [str(folder) for folder in home.folders]
    _make_way(home)
    before = set(sys.modules)
    notes: list[str] = []
    load = _script_of if trains_when_imported(path) else _module_of
    loaded = _import(lambda: load(path, home, notes), path, home)
    own = [sys.modules[name] for name in set(sys.modules) - before
           if _is_the_targets(sys.modules[name], home)]
    return Loaded(loaded.module, [*loaded.notes, *notes, *guarded_notes(own)])


def import_name(name: str) -> Loaded:
    """Import an installed module or package by its name, whatever lies in the current folder."""
    if spec_of(name) is not None:
        leave_out_current_folder()
    return _import(lambda: importlib.import_module(name), None, Home((), name))


def _module_of(path: Path, home: Home, notes: list[str]) -> ModuleType:
    """Import the file, under its package's name if it has one."""
    if home.name:
        module = importlib.import_module(home.name)
        found = getattr(module, "__file__", None)
        if found is not None and Path(found).resolve() == path:
            return module
    return _loaded_by(importlib.machinery.SourceFileLoader(_name_of(path, home), str(path)))


def _script_of(path: Path, home: Home, notes: list[str]) -> ModuleType:
    """Import of a file what it defines, as it trains besides."""
    loader = DefinitionsLoader(_name_of(path, home), str(path))
    module = _loaded_by(loader)
    notes[:] = [f"{path.name} trains when it is imported; only what it defines was run. Remedy: "
                'put the rest under if __name__ == "__main__":', *loader.notes]
    return module


def _name_of(path: Path, home: Home) -> str:
    return home.name or f"{PRIVATE_NAME}_{path.stem}"


def _loaded_by(loader: importlib.machinery.SourceFileLoader) -> ModuleType:
    spec = importlib.util.spec_from_file_location(loader.name, loader.path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


def _import(load: Callable[[], ModuleType], path: Path | None, home: Home) -> Loaded:
    """Import, again and again as stand-ins are put in for what is missing."""
    absences = Absences()
    notes: list[str] = []
    known = set(sys.modules)
    for _ in range(MOST_ABSENCES):
        try:
            with absences.in_place():
                return Loaded(load(), notes)
        except (ImportError, SyntaxError) as error:
            missing = _missing(error, path, home)
            if not missing or not absences.add(error, missing):
                raise TargetError(failure(error, path)) from error
            notes.append(absence(error, path, home))
            for name in set(sys.modules) - known:
                if _is_the_targets(sys.modules[name], home):
                    del sys.modules[name]
        except BaseException as error:
            raise TargetError(failure(error, path)) from error
    raise TargetError(f"{path or home.name}: more than {MOST_ABSENCES} of its imports fail. "
                      "Remedy: install what it imports.")


def _missing(error: ImportError | SyntaxError, path: Path | None, home: Home) -> str:
    """Return the name of the module that cannot be had; '' where it is the target itself."""
    if isinstance(error, ImportError):
        return error.name or ""
    broken = Path(error.filename or "").resolve()
    if path is None or broken == path or broken.suffix != ".py":
        return ""
    inside = [folder for folder in home.folders if broken.is_relative_to(folder)]
    return dotted(broken, inside[0]) if inside else ""


def _is_the_targets(module: ModuleType, home: Home) -> bool:
    file = getattr(module, "__file__", None)
    return bool(file) and "site-packages" not in str(file) and any(
        Path(str(file)).resolve().is_relative_to(folder) for folder in home.folders)


def _make_way(home: Home) -> None:
    """Forget imported modules that one of the target's own folders holds under the same name."""
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top in OWN or top in sys.stdlib_module_names or top.startswith("_"):
            continue
        if any((folder / f"{top}.py").is_file() or (folder / top).is_dir()
               for folder in home.folders):
            del sys.modules[name]
