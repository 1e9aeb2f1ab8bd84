"""What to check: load a module or a file, and find the layers and losses in it."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.machinery
import importlib.util
import inspect
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

IS_FOLDER = "{}: this is a folder. Remedy: name one Python file in it, or an installed package."
PRIVATE_NAME = "_gradcheck_target"
LAYER_NAME = re.compile(r"(?P<base>\w+?)_(?P<way>forward|backward)(?P<suffix>_\w+)?")
LOSS_NAME = re.compile(r"[^_]\w*_loss(_naive|_vectorized)?")
# A sibling of these names never replaces the module that the checker itself runs on.
OWN_MODULES = {"numpy", "scipy", "tqdm", "hypothesis", "gradcheck", *sys.stdlib_module_names}


class TargetError(Exception):
    """The target cannot be imported; the message says why and what to do."""


class TimedOut(BaseException):
    """The time is up; no exception of the target's own kind, so that it cannot be caught as one."""


class Interrupted(KeyboardInterrupt):
    """The user pressed Ctrl-C; a target that raises KeyboardInterrupt itself raises its parent."""


OURS = (Interrupted, TimedOut)


@contextlib.contextmanager
def interrupts_told_apart() -> Iterator[None]:
    """Let Ctrl-C raise Interrupted, so that a target's own KeyboardInterrupt is its failure."""
    if (threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield
        return

    def interrupt(*_: object) -> None:
        raise Interrupted

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Pair:
    """A layer (forward and backward) or a loss (forward alone, which returns loss and dx)."""

    name: str
    base: str
    forward: Callable[..., Any]
    backward: Callable[..., Any] | None = None
    example: Callable[..., Any] | None = None

    @property
    def is_loss(self) -> bool:
        """Whether forward returns (loss, dx) and there is no backward."""
        return self.backward is None


@dataclass(frozen=True)
class Found:
    """The pairs of a module, and the names that have no partner."""

    pairs: tuple[Pair, ...]
    unpaired: tuple[str, ...]


def find_pairs(module: ModuleType) -> Found:
    """Return every layer and loss that is defined or re-exported in a module.

    `<name>_forward` goes with `<name>_backward`; a variant (`conv_forward_fast`,
    `batchnorm_backward_alt`) goes with the same variant, or else with the plain function.

    Examples
    --------
    >>> module = ModuleType("homework")
    >>> module.relu_forward = module.relu_backward = module.tanh_forward = abs
    >>> found = find_pairs(module)
    >>> [pair.name for pair in found.pairs], found.unpaired
    (['relu'], ('tanh_forward',))
    """
    names = {name: _tame(value) for name, value in vars(module).items()
             if callable(value) and not issubclass(type(value), type)
             and not name.startswith("_")}
    ways: dict[str, dict[tuple[str, str], Callable[..., Any]]] = {"forward": {}, "backward": {}}
    pairs: list[tuple[str, Pair]] = []
    for name, value in names.items():
        match = LAYER_NAME.fullmatch(name)
        if match:
            ways[match["way"]][match["base"], match["suffix"] or ""] = value
        elif LOSS_NAME.fullmatch(name) and not inspect.isgeneratorfunction(value):
            pairs.append((name, Pair(name, name, value, example=names.get(f"{name}_example"))))
    forwards, backwards = ways["forward"], ways["backward"]
    unpaired = []
    for base, suffix in dict.fromkeys([*forwards, *backwards]):
        forward = forwards.get((base, suffix), forwards.get((base, "")))
        backward = backwards.get((base, suffix), backwards.get((base, "")))
        if forward is None or backward is None:
            unpaired.append(f"{base}_{'forward' if backward is None else 'backward'}{suffix}")
        else:
            own = names.get(f"{base}{suffix}_example", names.get(f"{base}_example"))
            key = f"{base}_forward{suffix if (base, suffix) in forwards else ''}"
            pairs.append((key, Pair(base + suffix, base, forward, backward, own)))
    order = {name: place for place, name in enumerate(names)}
    pairs.sort(key=lambda pair: order[pair[0]])
    return Found(tuple(pair for _, pair in pairs), tuple(unpaired))


def _tame(value: Callable[..., Any]) -> Callable[..., Any]:
    """Return a callable as it is, or in a function where it raises when asked what it is."""
    try:
        getattr(value, "__name__", None)
        inspect.isgeneratorfunction(value)
        return value
    except Exception:
        @functools.wraps(type(value).__call__)
        def call(*args: Any) -> Any:
            return value(*args)

        call.__signature__ = inspect.signature(  # type: ignore[attr-defined]
            functools.partial(type(value).__call__, value))
        return call


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
