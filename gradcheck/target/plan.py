"""What of a module is judged: the pairs, classes and named functions that the settings choose."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from gradcheck.target.classes import is_layer_class
from gradcheck.target.errors import NothingToCheckError
from gradcheck.target.layer_objects import pair_of_class
from gradcheck.target.pairs import Found, Pair, find_pairs
from gradcheck.target.settings import Settings
from gradcheck.target.tensors import is_module_class, pair_of_module

MOST_NAMED = 6


@dataclass(frozen=True)
class Plan:
    """The pairs to judge, in the module's order, and remarks on what is not."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()


def plan_of(module: ModuleType, settings: Settings) -> Plan:
    """Return what to judge of a module.

    Raises
    ------
    NothingToCheckError
        There is nothing to judge, or none of the names that were asked for.

    Examples
    --------
    >>> module = ModuleType("homework")
    >>> module.relu_forward = module.relu_backward = abs
    >>> [pair.name for pair in plan_of(module, Settings()).pairs]
    ['relu']
    """
    if settings.forward or settings.backward:
        return Plan((_named_pair(module, settings),))
    found = find_pairs(module, settings.imported)
    pairs = (*found.pairs, *_classes(module, settings))
    if not pairs:
        raise NothingToCheckError(_nothing(module, found))
    return Plan(_chosen(pairs, settings.only), tuple(_notes(found)))


def _named_pair(module: ModuleType, settings: Settings) -> Pair:
    """Return the pair that --forward and --backward name."""
    functions = []
    for flag, name in (("--forward", settings.forward), ("--backward", settings.backward)):
        value = vars(module).get(name)
        if not callable(value):
            names = [key for key, entry in vars(module).items()
                     if callable(entry) and not key.startswith("_")]
            close = difflib.get_close_matches(name, names, n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "name both functions."
            raise NothingToCheckError(f"{flag}: got {name!r}; expected a function of the target. "
                                      f"Remedy: {hint}")
        functions.append(value)
    base = settings.forward.removesuffix("_forward").removeprefix("forward_")
    own = vars(module).get(f"{settings.forward}_example", vars(module).get(f"{base}_example"))
    return Pair(settings.forward, base, functions[0], functions[1], own)


def _classes(module: ModuleType, settings: Settings) -> list[Pair]:
    """Return the layer classes that a module defines, each as a pair."""
    makers = ((is_layer_class, pair_of_class), (is_module_class, pair_of_module))
    return [make(name, value, vars(module).get(f"{name}_example"))
            for name, value in vars(module).items() for is_one, make in makers
            if not name.startswith("_") and is_one(value)
            and (settings.imported or _is_from(value, module))]


def _is_from(kind: type, module: ModuleType) -> bool:
    home, name = kind.__module__, module.__name__
    return home == name or home.startswith(f"{name}.")


def _notes(found: Found) -> list[str]:
    notes = [f"{name} has no {_partner(name)}, so it was not checked" for name in found.unpaired]
    if found.imported:
        shown = ", ".join(found.imported[:MOST_NAMED])
        more = f" and {len(found.imported) - MOST_NAMED} more" * (len(found.imported) > MOST_NAMED)
        notes.append(f"imported, not judged: {shown}{more}; --imported judges them, too")
    return notes


def _partner(name: str) -> str:
    forward = "_forward" in name
    return name.replace("_forward" if forward else "_backward",
                        "_backward" if forward else "_forward")


def _nothing(module: ModuleType, found: Found) -> str:
    own = _public(vars(module))
    names = f"{len(own)} names" if own else "no names"
    return (f"{getattr(module, '__file__', None) or module.__name__}: got {names}, none of them a "
            "layer; expected functions <name>_forward and <name>_backward, or <name>_loss, or "
            "classes with forward and backward. Remedy: name them so, or name a pair with "
            "--forward and --backward." + "".join(f"\n{note}" for note in _notes(found)))


def _public(names: Mapping[str, Any]) -> list[str]:
    return [name for name in names if not name.startswith("_")]


def _chosen(pairs: Sequence[Pair], only: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs that names and patterns choose."""
    names = [pair.name for pair in pairs]
    for pattern in only:
        if not fnmatch.filter(names, _bare(pattern)):
            close = difflib.get_close_matches(_bare(pattern), names, n=3)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise NothingToCheckError(
                f"--only: got {pattern!r}; expected one of {', '.join(sorted(names))}.{hint}")
    return tuple(pair for pair in pairs
                 if not only or any(fnmatch.fnmatchcase(pair.name, _bare(p)) for p in only))


def _bare(name: str) -> str:
    return name.removesuffix("_forward").removesuffix("_backward")
