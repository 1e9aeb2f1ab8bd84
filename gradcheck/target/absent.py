"""Stand-ins for modules and names that a target imports and that are not there.

A file whose import of ``past.builtins`` fails may hold thirty layers that do not need it. It is
loaded with that name absent: whatever touches the stand-in raises, and what does not is judged.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NoReturn

ABSENT_NAME = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?"
                         r"'([\w.]+)'")

# what the package `future` gives under the names that Python 2 had
SAME_IN_PYTHON_3 = {"xrange": range, "basestring": str, "unicode": str, "long": int,
                    "raw_input": input, "reduce": functools.reduce}


class AbsentError(ImportError):
    """Something was used that could not be imported."""


class Absent:
    """What stands for a name that could not be imported: it raises where it is used."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise AbsentError(f"{self.__name__} could not be imported",
                          name=self.__name__.partition(".")[0])

    __call__ = __getitem__ = __iter__ = __len__ = __add__ = __mul__ = __array__ = _refuse

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        """Let a class be derived from it; the class has then no such base."""
        return ()

    def __repr__(self) -> str:
        return f"<{self.__name__}, which could not be imported>"


class _AbsentModule(ModuleType):
    """A module of which every attribute is absent."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__all__ = list(SAME_IN_PYTHON_3) if name == "past.builtins" else []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == "past.builtins" and name in SAME_IN_PYTHON_3:
            return SAME_IN_PYTHON_3[name]
        return Absent(f"{self.__name__}.{name}")


@dataclass
class Absences(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The modules that are absent, as a finder that is asked first.

    First, since a module that lies there and cannot be read counts as absent, too.
    """

    names: set[str] = field(default_factory=set)

    def find_spec(self, fullname: str, path: Sequence[str] | None = None,
                  target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """Find a module that was not found once before, and what lies in it."""
        if not any(f"{fullname}.".startswith(f"{name}.") for name in self.names):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return _AbsentModule(spec.name)

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
        setattr(module, found[1], Absent(f"{found[2]}.{found[1]}"))
        return True
