"""Arguments that may reach lines which no example reached: other modes, p = 0, settings read."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradcheck.examples.candidates import Example
from gradcheck.examples.fitting import positional
from gradcheck.target.further import has_mode, in_test_mode
from gradcheck.target.trial import drops

NUMBERS = (1, 0, 0.5)


@dataclass
class Read:
    """What functions read of their settings.

    Attributes
    ----------
    keys : dict
        Keys of dicts, each with the default that `get` is given, or None.
    words : list of str
        What is compared with ``==`` or looked for with ``in``.
    """

    keys: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def probes(functions: Iterable[Callable[..., Any]], found: Example) -> Iterator[Example]:
    """Yield arguments like those that a layer took, with other settings.

    Examples
    --------
    >>> def forward(x, param): return x if param["mode"] == "test" else param.get("slow", False)
    >>> found = Example((np.ones(2), {"mode": "train"}), ("x", "param"))
    >>> for probe in list(probes([forward], found))[1:]:
    ...     print(probe.args[1])
    {'mode': 'test'}
    {'mode': 'train', 'slow': True}
    """
    functions = tuple(functions)
    read = settings_read(functions)
    if any(map(has_mode, found.args)):
        yield replace(found, args=in_test_mode(found.args, np.random.default_rng(0)))
    for place, arg in enumerate(found.args):
        others: Iterator[Any] = iter(())
        if isinstance(arg, dict):
            others = _other_dicts(arg, read)
        elif isinstance(arg, str | bool):
            others = _others(arg, read.words)
        for other in others:
            yield replace(found, args=(*found.args[:place], other, *found.args[place + 1:]))
    yield from _other_defaults(functions[0], found, read.words)


def _other_dicts(given: Mapping[str, Any], read: Read) -> Iterator[dict[str, Any]]:
    """Yield a dict of settings with one of them changed."""
    if drops(given):
        yield {**given, "p": 0.0}
    for key, value in given.items():
        if isinstance(value, str | bool):
            yield from ({**given, key: other} for other in _others(value, read.words))
    for key, default in read.keys.items():
        if key not in given and not key.startswith("running"):
            yield from ({**given, key: other} for other in _others(default, read.words))


def _others(value: Any, words: Iterable[str]) -> Iterator[Any]:
    """Yield other values for a setting: of a word the others, of a number some."""
    if isinstance(value, str):
        yield from (word for word in words if word != value)
    elif isinstance(value, bool):
        yield not value
    else:
        yield from words if value is None else ()
        yield from (number for number in NUMBERS if number != value)


def _other_defaults(forward: Callable[..., Any], found: Example, words: Iterable[str]
                    ) -> Iterator[Example]:
    """Yield arguments with another value for a parameter that has a word or a flag for default."""
    parameters = positional(forward)
    for place in range(len(found.args), len(parameters)):
        defaults = [entry.default for entry in parameters[len(found.args):place]]
        default = parameters[place].default
        for other in _others(default, words) if isinstance(default, str | bool) else ():
            names = tuple(entry.name for entry in parameters[len(found.args):place + 1])
            yield replace(found, args=(*found.args, *defaults, other), names=found.names + names)


def settings_read(functions: Iterable[Callable[..., Any]]) -> Read:
    """Return what functions read of their settings, by their text.

    >>> settings_read([lambda param: param.get("eps", 1e-5)]).keys
    {'eps': 1e-05}
    """
    read = Read()
    for function in functions:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
        except (OSError, TypeError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            _note(read, node)
    return read


def _note(read: Read, node: ast.AST) -> None:
    """Note what one expression reads."""
    if isinstance(node, ast.Subscript) and isinstance(key := _word(node.slice), str):
        read.keys.setdefault(key, None)
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "setdefault"):
        if node.args and isinstance(key := _word(node.args[0]), str):
            default = node.args[1] if len(node.args) > 1 else None
            read.keys[key] = default.value if isinstance(default, ast.Constant) else None
    elif isinstance(node, ast.Compare):
        for entry in (node.left, *node.comparators):
            _note_compared(read, entry)


def _note_compared(read: Read, entry: ast.expr) -> None:
    """Note the words on one side of a comparison, and what they are compared with."""
    parts = entry.elts if isinstance(entry, ast.Tuple | ast.List | ast.Set) else [entry]
    for word in map(_word, parts):
        if isinstance(word, str) and word not in read.words:
            read.words.append(word)
    if isinstance(entry, ast.Attribute):  # settings.store may have been a key
        read.keys.setdefault(entry.attr, None)


def _word(node: ast.AST) -> Any:
    return node.value if isinstance(node, ast.Constant) else None
