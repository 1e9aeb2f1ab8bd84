"""Arguments for calls of a layer: those of the standard one of its name, then guesses.

A standard entry is fitted to the signature; where the names say nothing to it, `inference` guesses
from them.
"""

from __future__ import annotations

import copy
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcheck.examples.fitting import (
    MISSING,
    drawn,
    fit,
    known_settings,
    lookup,
    positional,
)
from gradcheck.examples.inference import designs_for
from gradcheck.examples.keys import keys_read
from gradcheck.examples.recipes import Entry
from gradcheck.examples.standard import (
    ALIASES,
    DROPOUT,
    ELEMENTWISE,
    GUESSES,
    LAYERS,
    LOSSES,
    NUMBERS,
    OTHERWISE,
    TRAIN,
    Otherwise,
)

A_NUMBER = 0.3
LABELLED = re.compile(r"loss|entropy|criterion|nll")


class NoExampleError(LookupError):
    """There are no example arguments for a layer; the message says what to write."""


@dataclass(frozen=True)
class Example:
    """Arguments of one call.

    Attributes
    ----------
    args : tuple
        What forward is called with.
    names : tuple of str
        The parameters that take them.
    guessed : bool
        Whether they come from the parameters' names, and not from the layer's.
    when : str
        When these are tried instead of those before them, see `Otherwise`; '' for the first.
    entry : mapping
        The recipes that they were drawn by, where the layer is a standard one.
    changed : frozenset of str
        Which of these are not the standard layer's own.
    """

    args: tuple[Any, ...]
    names: tuple[str, ...]
    guessed: bool = False
    when: str = ""
    entry: Entry = field(default_factory=dict, compare=False, repr=False)
    changed: frozenset[str] = frozenset()


def candidates(
    name: str,
    forward: Callable[..., Any],
    rng: np.random.Generator,
    own: Callable[[np.random.Generator], Any] | None = None,
) -> Iterator[Example]:
    """Yield arguments for calls of `forward`, the likeliest first.

    Parameters
    ----------
    name : str
        The layer's name without `_forward`, or a loss with its `_loss`.
    forward : callable
        Its signature decides which of the example's arguments are passed.
    rng : np.random.Generator
        Draws the arrays.
    own : callable, optional
        The layer's own ``<name>_example(rng)``, which returns a tuple of arguments or yields
        several; no others are tried then.

    Yields
    ------
    Example
        Those of the standard layer of that name; then, as guesses, what the parameters' names
        say, in several layouts.

    Raises
    ------
    NoExampleError
        Forward has no parameter that an argument could be found for.

    Examples
    --------
    >>> found = candidates("affine", lambda x, w, b: None, np.random.default_rng(0))
    >>> [[array.shape for array in example.args] for example, _ in zip(found, range(3))]
    [[(4, 2, 3), (6, 5), (5,)], [(4, 6), (6, 5), (5,)], [(4, 6), (5, 6), (5,)]]
    """
    parameters = positional(forward)
    if own is not None:
        yield from _own(own(rng), parameters)
        return
    entry = LOSSES.get(name, LAYERS.get(name))
    if entry is not None:
        for change in (Otherwise({}, ""), *OTHERWISE.get(name, ())):
            recipes = {**entry, **change.entry}
            fitted = fit(recipes, parameters, NUMBERS.get(name, {}))
            if fitted is not None:
                yield Example(*drawn(fitted, rng), when=change.when, entry=recipes,
                              changed=frozenset(change.entry))
    yield from _guessed(name, entry or {}, parameters, rng)


def keyword_settings(function: Callable[..., Any]) -> dict[str, Any]:
    """Return values for the parameters that a function wants by keyword alone, as far as known.

    >>> def forward(x, *, stride, colour="red"): ...
    >>> keyword_settings(forward)
    {'stride': 1}
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    wanted = {p.name: lookup(GUESSES, p.name) for p in parameters
              if p.kind is p.KEYWORD_ONLY and p.default is p.empty}
    return {name: value for name, value in wanted.items() if value is not MISSING}


def _own(returned: Any, parameters: list[inspect.Parameter]) -> Iterator[Example]:
    """Yield what a layer's own example function returned, or yields."""
    several = returned if isinstance(returned, Iterator) else [returned]
    for args in several:
        if isinstance(args, list) and len(parameters) > 1:
            raise NoExampleError("its example returned a list; expected a tuple of arguments. "
                                 "Remedy: return a tuple")
        args = args if isinstance(args, tuple) else (args,)
        yield Example(args, _names(parameters, len(args)))


def _guessed(name: str, entry: Entry, parameters: list[inspect.Parameter],
             rng: np.random.Generator) -> Iterator[Example]:
    """Yield arguments by the parameters' names alone; those with a default keep it."""
    required = [p.name for p in parameters if p.default is p.empty]
    if not required:
        raise NoExampleError(f"no argument of {name} has to be given\n  Remedy: write beside it\n"
                             f"{textwrap.indent(_how_to(name, parameters), '      ')}")
    known = {**GUESSES, **known_settings(entry), **NUMBERS.get(name, {})}
    settings = {p: value for p in required
                if not callable(value := _setting(known, p, name)) and value is not MISSING}
    other = settings
    if name in ELEMENTWISE.split():  # what an activation takes beside its input is a number, mostly
        settings = settings | {p: A_NUMBER for p in required[1:] if p not in settings}
    for given in (settings, other) if other != settings else (settings,):
        arrays = [p for p in required if p not in given]
        for values in designs_for(arrays, rng, labelled=LABELLED.search(name) is not None):
            filled = dict(zip(arrays, values, strict=True))
            yield Example(tuple(filled[p] if p in filled else copy.deepcopy(given[p])
                                for p in required), tuple(required), guessed=True)


def _names(parameters: list[inspect.Parameter], count: int) -> tuple[str, ...]:
    """Return the parameters' names, as many as there are arguments."""
    known = [p.name for p in parameters[:count]]
    return (*known, *(f"args[{i}]" for i in range(len(known), count)))


def _setting(known: Entry, parameter: str, name: str) -> Any:
    """Return the value for a parameter that is a setting; a dict of some kind by its ending."""
    found = lookup(known, parameter)
    if found is MISSING and parameter.endswith(("param", "params", "config", "settings",
                                                "options")):
        return DROPOUT if "drop" in name else TRAIN
    return found


def how_to(name: str, forward: Callable[..., Any], shape: str = "(4, 6)") -> str:
    """Return what a reader would write beside a layer, so that it is judged at his arguments.

    Of arrays it says a shape that often serves, or ``...`` where the reader knows better.

    >>> print(how_to("blur", lambda image, sigma: None))
    def blur_example(rng):
        return rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
    """
    return _how_to(name, positional(forward), keys_read(forward)).replace("(4, 6)", shape)


def _how_to(name: str, parameters: list[inspect.Parameter],
            keys: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    required = [p.name for p in parameters if p.default is p.empty]
    suggested = [_dict_of(keys[parameter]) if parameter in keys else
                 _suggestion(parameter, "drop" in name) for parameter in required]
    return (f"def {name}_example(rng):\n"
            f"    return {', '.join(suggested) or 'rng.normal(size=(4, 6))'}")


def _dict_of(keys: Sequence[str]) -> str:
    """Return a dict that a reader would write for a parameter with these keys."""
    return "{" + ", ".join(f"{key!r}: {_suggestion(key, False)}" for key in keys) + "}"


def _suggestion(parameter: str, drops: bool) -> str:
    """Return an expression that a reader would write for a parameter."""
    usual = ALIASES.get(parameter, parameter)
    if usual in GUESSES and not callable(GUESSES[usual]):
        return repr(GUESSES[usual])
    if drops and parameter.endswith(("param", "params", "config", "settings", "options")):
        return repr(DROPOUT)
    if usual == "y":
        return "rng.integers(6, size=4)"
    if parameter.endswith("param"):
        return '{"mode": "train"}'
    return "rng.normal(size=(4, 6))"
