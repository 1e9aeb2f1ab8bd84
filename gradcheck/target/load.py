"""Load a module or a file, and forget it again."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck.target.exceptions import OURS

IS_FOLDER = "{}: this is a folder. Remedy: name one Python file in it, or an installed package."
PRIVATE_NAME = "_gradcheck_target"
# A sibling of these names never replaces the module that the checker itself runs on.
OWN_MODULES = {"numpy", "scipy", "tqdm", "hypothesis", "gradcheck", *sys.stdlib_module_names}


class TargetError(Exception):
    """The target cannot be imported; the message says why and what to do."""


@contextlib.contextmanager
def loaded(target: str) -> Iterator[ModuleType]:
    """Import a target, and forget it again at the end.

    Parameters
    ----------
    target : str
        The path of a Python file (it ends in .py or names a folder on the way), or the name of a
        module. A name means the installed module first, whatever lies in the current folder.

    Yields
    ------
    ModuleType
        The module. While the context lasts, a file's own folder is importable.

    Raises
    ------
    TargetError
        There is no such file or module, or importing it fails.
    """
    path = Path(target)
    is_path = path.suffix == ".py" or path.is_file() or len(path.parts) != 1 or (
        path.exists() and not target.isidentifier())
    with _restored_imports():
        yield _load_file(path) if is_path else _load_module(target)


@contextlib.contextmanager
def _restored_imports() -> Iterator[None]:
    """Put sys.path back, and every module of sys.modules that a target's siblings replaced."""
    path, modules = list(sys.path), dict(sys.modules)
    try:
        yield
    finally:
        folders = [Path(entry).resolve() for entry in sys.path if entry not in path]
        sys.path[:] = path
        for name, module in list(sys.modules.items()):
            if name not in modules and (name.startswith(PRIVATE_NAME)
                                        or any(_is_sibling(name, module, f) for f in folders)):
                del sys.modules[name]
        sys.modules.update(modules)
        importlib.invalidate_caches()


def _load_file(path: Path) -> ModuleType:
    """Import a file by its path, under a private name."""
    if not path.exists():
        raise TargetError(f"{path}: there is no such file. Remedy: check the spelling; the current "
                          f"folder is {Path.cwd()}.")
    if path.is_dir():
        raise TargetError(IS_FOLDER.format(path))
    if path.suffix == ".ipynb":
        raise TargetError(f"{path}: this is a notebook. Remedy: jupyter nbconvert --to script "
                          f"{path}, then check the file that it writes.")
    path = path.resolve()
    _hide_strangers(path.parent)
    sys.path.insert(0, str(path.parent))
    name = f"{PRIVATE_NAME}_{re.sub(r'[^0-9a-zA-Z]', '_', path.stem)}"
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _import_errors(str(path)):
        spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


def _load_module(name: str) -> ModuleType:
    """Import a module by its name, from the current folder only where none is installed."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise TargetError(f"{name}: neither a file nor the name of a module. Remedy: pass a path "
                          "that ends in .py, or a name such as layers.")
    here = ("", str(Path.cwd()))
    if sys.path and sys.path[0] in here:
        del sys.path[0]
    with _import_errors(name):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not _is_missing(error, name):
                raise
        sys.path.append(here[1])
        try:
            module = importlib.import_module(name)
            if getattr(module, "__file__", None) is None and hasattr(module, "__path__"):
                raise TargetError(IS_FOLDER.format(name))
            return module
        except ModuleNotFoundError as error:
            if not _is_missing(error, name):
                raise
    raise TargetError(f"{name}: there is no such module or file. Remedy: check the spelling, "
                      f"install it, or pass the path of a file, such as {name}.py.")


def _is_missing(error: ModuleNotFoundError, name: str) -> bool:
    """Whether the target itself was not found, rather than something that it imports."""
    return error.name is not None and f"{name}.".startswith(f"{error.name}.")


@contextlib.contextmanager
def _import_errors(what: str) -> Iterator[None]:
    """Turn whatever a target raises while it is imported into a TargetError."""
    try:
        yield
    except (*OURS, TargetError):
        raise
    except SyntaxError as error:
        lines = "".join(traceback.format_exception_only(error)).rstrip()
        raise TargetError(f"{what}: it is not valid Python.\n{lines}") from None
    except BaseException as error:
        where = [frame for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename not in (__file__, importlib.__file__)
                 and not frame.filename.startswith("<frozen")]
        lines = "".join(traceback.format_list(where[-3:])
                        + traceback.format_exception_only(error)).rstrip()
        message = f"{what}: importing it raised {type(error).__name__}.\n{lines}"
        raise TargetError(message) from error


def _hide_strangers(folder: Path) -> None:
    """Forget imported modules that a file of this folder shadows, as running the file would."""
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top in OWN_MODULES or top.startswith("_") or _is_sibling(name, module, folder):
            continue
        if (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file():
            del sys.modules[name]


def _is_sibling(name: str, module: Any, folder: Path) -> bool:
    """Whether a module was imported from a folder itself, not from an environment inside it."""
    file = getattr(module, "__file__", None)
    if file is None or name.partition(".")[0] in OWN_MODULES:
        return False
    path = Path(file).resolve()
    return path.is_relative_to(folder) and "site-packages" not in path.relative_to(folder).parts
