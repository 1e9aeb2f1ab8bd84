"""What of a module is judged: the pairs, classes and named functions that the settings choose."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from gradcheck.target.cells import apart
from gradcheck.target.classes import is_layer_class
from gradcheck.target.errors import NothingToCheckError
from gradcheck.target.layer_objects import pair_of_class
from gradcheck.target.nets import is_net_class, pair_of_net
from gradcheck.target.pairs import Found, Pair, find_pairs, is_within
from gradcheck.target.rules import custom_rules, ruled
from gradcheck.target.settings import Settings
from gradcheck.target.sources import as_named
from gradcheck.target.suppression import refuse_unknown, unknown_notes
from gradcheck.target.tensors import is_module_class, pair_of_module
from gradcheck.target.wanted import is_wanted, shown
from gradcheck.target.written import line_of_write

MAKERS = ((is_layer_class, pair_of_class), (is_module_class, pair_of_module),
          (is_net_class, pair_of_net))


@dataclass(frozen=True)
class Entry:
    """One thing to judge.

    Attributes
    ----------
    name : str
        What its item is called.
    base : str
        The layer whose variant it is; decides on examples and laws.
    sources : tuple of functions and classes
        What the target defines it by: forward first.
    make : callable
        Returns it as a pair. A class is constructed there, and not before it is its turn.
    """

    name: str
    base: str
    sources: tuple[Callable[..., Any], ...]
    make: Callable[[], Pair]

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line where it is defined; ('', 0) where that is not known."""
        return _place(self.sources[0])

    @property
    def backward_place(self) -> tuple[str, int]:
        """The file and the line where its backward is defined; of a loss, its own."""
        return _place(self.sources[1]) if len(self.sources) > 1 else self.place

    def place_of(self, findings: Iterable[Mapping[str, Any]]) -> tuple[str, int]:
        """Return the file and the line that findings, as plain values, are about."""
        of_arguments = [finding for finding in findings if finding["argument"]]
        by = [finding["evidence"].get("by") for finding in of_arguments]
        if not of_arguments or set(by) != {"forward"}:
            return self.backward_place if of_arguments else self.place
        file, line = self.place
        return file, line_of_write(self.sources[0], of_arguments[0]["argument"]) or line


def _place(function: Callable[..., Any]) -> tuple[str, int]:
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
    except ValueError:
        code = None
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


@dataclass(frozen=True)
class Plan:
    """What to judge, in the module's order, remarks on what is not, and the names of all layers."""

    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def plan_of(module: ModuleType, settings: Settings) -> Plan:
    """Return what to judge of a module.

    Raises
    ------
    NothingToCheckError
        There is nothing to judge. That there is nothing of what was asked for is no error here.
    WrongSettingError
        What is to be ignored does not exist.

    Examples
    --------
    >>> module = ModuleType("homework")
    >>> module.relu_forward = module.relu_backward = lambda x: x
    >>> [entry.name for entry in plan_of(module, Settings(imported=True)).entries]
    ['relu']
    """
    refuse_unknown(settings.ignore)
    if settings.forward:
        return Plan((entry := entry_of(_named_pair(module, settings)),), names=(entry.name,))
    found = find_pairs(module, settings.imported, ruled(module))
    custom = (Entry(rule.name, rule.name, rule.sources, rule.make)
              for rule in custom_rules(module, settings.imported))
    entries = (*map(entry_of, found.pairs), *_classes(module, settings), *custom)
    if not entries:
        raise NothingToCheckError(_nothing(module, found))
    chosen = tuple(entry for entry in entries if is_wanted(entry.name, settings.only))
    unknown = (note for entry in chosen for note in unknown_notes(entry.sources))
    return Plan(chosen, (*_notes(found), *_left_out(module, entries), *dict.fromkeys(unknown)),
                tuple(entry.name for entry in entries))


def entry_of(pair: Pair) -> Entry:
    """Return a pair of functions as something to judge."""
    functions = (pair.forward,) if pair.backward is None else (pair.forward, pair.backward)
    return Entry(pair.name, pair.base, functions, lambda: apart(pair))


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


def _classes(module: ModuleType, settings: Settings) -> Iterator[Entry]:
    """Yield the layer classes and the nets that a module defines."""
    for name, value in vars(module).items():
        if name.startswith("_") or not (settings.imported or _is_from(value, module)):
            continue
        for is_one, make in MAKERS:
            if is_one(value) and not _is_interface(value):
                own = vars(module).get(f"{name}_example")
                yield Entry(name, name, (*_methods(value), value),
                            partial(make, name, value, own))


def _methods(kind: Any) -> tuple[Callable[..., Any], ...]:
    """Return the methods that a class defines a layer by, or a net."""
    if is_net_class(kind):
        return kind.loss, kind.loss
    return kind.forward, getattr(kind, "backward", kind.forward)


def _left_out(module: ModuleType, entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a remark on each class that has a backward and is none of the layers."""
    judged = {id(source) for entry in entries for source in entry.sources}
    for name, value in vars(module).items():
        if name.startswith("_") or not _is_from(value, module) or id(value) in judged:
            continue
        methods = [inspect.getattr_static(value, way, None) for way in ("forward", "backward")]
        if all(map(inspect.isfunction, methods)) and not _is_interface(value):
            ways = ["({})".format(", ".join(list(inspect.signature(method).parameters)[1:]))
                    for method in methods]
            yield (f"{name} was not checked: got forward{ways[0]} and backward{ways[1]}; expected "
                   "backward(dout), or backward() of a loss whose forward(x, y) has kept x and y")


def _is_from(value: Any, module: ModuleType) -> bool:
    return isinstance(value, type) and is_within(str(value.__module__), module.__name__)


def _is_interface(kind: Any) -> bool:
    """Whether a class only says what those derived from it have to define."""
    if inspect.isabstract(kind):
        return True
    method = _methods(kind)[0]
    code = getattr(method, "__code__", None)
    if code is None or not kind.__subclasses__():
        return False
    empty = not code.co_names and set(code.co_consts) <= {None, method.__doc__}
    return empty or "NotImplementedError" in code.co_names


def _notes(found: Found) -> list[str]:
    notes = [f"{name} has no {_partner(name)}, so it was not checked" for name in found.unpaired]
    notes += [f"{name} takes labels and no upstream gradient: it is a step of a whole net, and no "
              "layer, so it was not checked" for name in found.steps]
    if found.imported:
        notes.append(f"imported, not judged: {shown(found.imported)}; --imported judges them, too")
    return notes


def _partner(name: str) -> str:
    forward = "_forward" in name
    return name.replace("_forward" if forward else "_backward",
                        "_backward" if forward else "_forward")


def _nothing(module: ModuleType, found: Found) -> str:
    own = [name for name in _public(vars(module))
           if not isinstance(vars(module)[name], ModuleType)]
    what = (f"it defines {len(own)} name{'s' * (len(own) > 1)}, none of them a layer" if own
            else "it defines nothing")
    target = as_named(getattr(module, "__file__", None) or "") or module.__name__
    if found.imported:
        return (f"{target}: its layers are all imported: {shown(found.imported)}. Remedy: judge "
                "them, too, with --imported, or imported=True from Python.")
    return (f"{target}: {what}; expected functions <name>_forward and <name>_backward, or "
            "<name>_loss, or classes with forward and backward, or with params and loss(X, y). "
            "Remedy: name them so, or name a pair with --forward and --backward."
            + "".join(f"\n{note}" for note in _notes(found)))


def _public(names: Mapping[str, Any]) -> list[str]:
    return [name for name in names if not name.startswith("_")]
