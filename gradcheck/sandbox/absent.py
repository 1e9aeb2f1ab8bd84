"""Stand-ins for modules and names that a target imports and that are not there.

A file whose import of ``past.builtins`` fails may hold thirty layers that do not need it. It is
loaded with that name absent: whatever touches the stand-in raises, and what does not is judged.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any, NoReturn

ABSENT_NAME = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?"
                         r"'([\w.]+)'")

# what the package `future` gives under the names that Python 2 had
SAME_IN_PYTHON_3 = {"xrange": range, "basestring": str, "unicode": str, "long": int,
                    "raw_input": input, "reduce": functools.reduce}


# What makes another function of one, unlike a decorator that leaves it as it is, such as jit.
TRANSFORMS = re.compile(r"(elementwise_|value_and_)?grad|(custom_)?(vjp|jvp)|jac\w*|hessian|vmap|"
                        r"pmap")
OF_TORCH = re.compile(r"torch\.(autograd\.)?(function\.)?Function")
MOST_MISSING = 24
_importing: list[bool] = []


class AbsentError(ImportError):
    """Something was used that could not be imported; `name` is the module that is missing."""


class Absent:
    """What stands for a name that could not be imported: it raises where a function uses it.

    While the target is imported it can be called and looked into, as a module's top level does:
    ``dtype = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor`` gives
    another stand-in, and a function under ``@numba.jit`` stays the function that it is.

    Parameters
    ----------
    name : str
        Its full name.
    missing : str
        The module that could not be imported.
    """

    def __init__(self, name: str, missing: str) -> None:
        self.__name__, self._missing = name, missing

    def _used(self, *_: Any, **__: Any) -> Any:
        if _importing:
            return Absent(f"{self.__name__}(...)", self._missing)
        return self._refused()

    def _refused(self, *_: Any, **__: Any) -> NoReturn:
        raise AbsentError(f"{self.__name__} could not be imported", name=self._missing)

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """Refuse; while importing, leave a decorated function as it is."""
        if _importing and len(args) == 1 and not settings and isinstance(
                args[0], FunctionType | type) and not TRANSFORMS.fullmatch(
                self.__name__.rpartition(".")[2]):
            return args[0]
        return self._used()

    def __iter__(self) -> Iterator[Any]:
        return iter(()) if _importing else self._refused()

    def __bool__(self) -> bool:
        return False if _importing else self._refused()

    def __instancecheck__(self, value: Any) -> bool:
        return False

    __subclasscheck__ = __instancecheck__

    __getitem__ = __enter__ = __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = _used
    __truediv__ = __floordiv__ = __lt__ = __le__ = __gt__ = __ge__ = __neg__ = _used
    __len__ = __array__ = __float__ = __int__ = _refused

    def __exit__(self, *_: object) -> None:
        """End a block that only ran while importing."""

    def __getattr__(self, name: str) -> Any:
        return _attribute(self.__name__, name, self._missing)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        """Let a class be derived from it; of a Function of torch's, one with its ``apply``."""
        return (AbsentFunction,) if OF_TORCH.fullmatch(self.__name__) else ()

    def __repr__(self) -> str:
        return f"<{self.__name__}, which could not be imported>"


class AbsentFunction:
    """What a Function of torch's is derived from where torch is absent."""

    @classmethod
    def apply(cls, *args: Any) -> NoReturn:
        """Refuse."""
        raise AbsentError("torch.autograd.Function could not be imported", name="torch")


def _attribute(owner: str, name: str, missing: str) -> Any:
    if name == "__version__":
        return "0"
    if name.startswith("__"):
        raise AttributeError(name)
    return Absent(f"{owner}.{name}", missing)


class AbsentModule(ModuleType):
    """A module of which every attribute is absent; `missing` is the one that was asked for."""

    def __init__(self, name: str, missing: str) -> None:
        super().__init__(name)
        self.missing = missing
        self.__path__: list[str] = []
        self.__all__ = list(SAME_IN_PYTHON_3) if name == "past.builtins" else []

    def __getattr__(self, name: str) -> Any:
        if self.__name__ == "past.builtins" and name in SAME_IN_PYTHON_3:
            return SAME_IN_PYTHON_3[name]
        return _attribute(self.__name__, name, self.missing)


@dataclass
class Absences(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The modules that are absent, as a finder that is asked first.

    First, since a module that lies there and cannot be read counts as absent, too.
    """

    names: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Be asked while the target is imported, and leave nothing that other packages would find.

        SciPy and hypothesis look whether torch is there, and take it for the real one.
        """
        sys.meta_path.insert(0, self)
        _importing.append(True)
        try:
            yield
        finally:
            _importing.pop()
            sys.meta_path.remove(self)
            for name, module in list(sys.modules.items()):
                if isinstance(module, AbsentModule):
                    del sys.modules[name]

    def find_spec(self, fullname: str, path: Sequence[str] | None = None,
                  target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """Find a module that was not found once before, and what lies in it."""
        if not self._asked_for(fullname):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def _asked_for(self, fullname: str) -> str:
        """Return the absent module that a name is, or lies in; '' where there is none."""
        return next((name for name in self.names if f"{fullname}.".startswith(f"{name}.")), "")

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return AbsentModule(spec.name, self._asked_for(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing."""

    def add(self, error: ImportError | SyntaxError, name: str) -> bool:
        """Make absent what was imported in vain; False where that is of no use."""
        found = ABSENT_NAME.search(str(error))
        if found is None:
            known = name in self.names
            self.names.add(name)
            return not known
        module = sys.modules.get(found[2])
        if module is None or hasattr(module, found[1]):
            return False
        setattr(module, found[1], Absent(f"{found[2]}.{found[1]}", found[2]))
        return True


def loaded(load: Callable[[], ModuleType], spared: Collection[str]) -> tuple[ModuleType, list[str]]:
    """Return a module, and the packages that it imports in vain: they cost what uses them alone.

    Parameters
    ----------
    load : callable
        Imports it; called again as stand-ins are put in.
    spared : collection of str
        Packages that nothing stands in for.

    Raises
    ------
    ImportError
        Nothing can stand in for what is missing.

    Examples
    --------
    >>> def load():
    ...     import no_such_module
    ...     return ModuleType("homework")
    >>> loaded(load, [])
    (<module 'homework'>, ['no_such_module'])
    """
    absences, lacking = Absences(), list[str]()
    while True:
        try:
            with absences.in_place():
                return load(), lacking
        except ImportError as error:
            name = error.name or ""
            top = name.partition(".")[0]
            if not top or top in spared or len(lacking) >= MOST_MISSING or (
                    not absences.add(error, name)):
                raise
            lacking.append(top)
