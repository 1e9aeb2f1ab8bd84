"""Arguments for calls of a layer: those of the standard one of its name, then guesses.

A standard entry is fitted to the signature; where the names say nothing to it, `inference` guesses
from them.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.examples.inference import designs_for
from gradcheck.examples.standard import (
    ALIASES,
    DROPOUT,
    ELEMENTWISE,
    GUESSES,
    LAYERS,
    LOSSES,
    NUMBERS,
    OTHERWISE,
    PROBABILITIES,
    TRAIN,
    Entry,
    Otherwise,
)

A_NUMBER = 0.3
LABELLED = re.compile(r"loss|entropy|criterion|nll")
Fitted = list[tuple[str, Any]]


class _Missing:
    """The kind of MISSING: no recipe is known for a parameter."""


MISSING = _Missing()


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
    """

    args: tuple[Any, ...]
    names: tuple[str, ...]
    guessed: bool = False
    when: str = ""


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
    parameters = _positional(forward)
    if own is not None:
        yield from _own(own(rng), parameters)
        return
    entry = LOSSES.get(name, LAYERS.get(name))
    if entry is not None:
        for change in (Otherwise({}, ""), *OTHERWISE.get(name, ())):
            fitted = _fit({**entry, **change.entry}, parameters, NUMBERS.get(name, {}))
            if fitted is not None:
                yield Example(tuple(_make(recipe, rng) for _, recipe in fitted),
                              tuple(parameter for parameter, _ in fitted), when=change.when)
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
    wanted = {p.name: _lookup(GUESSES, p.name) for p in parameters
              if p.kind is p.KEYWORD_ONLY and p.default is p.empty}
    return {name: value for name, value in wanted.items() if value is not MISSING}


def _own(returned: Any, parameters: list[inspect.Parameter]) -> Iterator[Example]:
    """Yield what a layer's own example function returned, or yields."""
    several = returned if isinstance(returned, Iterator) else [returned]
    for args in several:
        args = args if isinstance(args, tuple) else (args,)
        yield Example(args, _names(parameters, len(args)))


def _guessed(name: str, entry: Entry, parameters: list[inspect.Parameter],
             rng: np.random.Generator) -> Iterator[Example]:
    """Yield arguments by the parameters' names alone; those with a default keep it."""
    required = [p.name for p in parameters if p.default is p.empty]
    if not required:
        raise NoExampleError(f"no argument of {name} has to be given\n  Remedy: write beside it\n"
                             f"{textwrap.indent(_how_to(name, parameters), '      ')}")
    known = {**GUESSES, **_known(entry), **NUMBERS.get(name, {})}
    settings = {p: value for p in required
                if not callable(value := _setting(known, p, name)) and value is not MISSING}
    other = settings
    if name in ELEMENTWISE.split():  # what an activation takes beside its input is a number, mostly
        settings = settings | {p: A_NUMBER for p in required[1:] if p not in settings}
    for given in (settings, other) if other != settings else (settings,):
        arrays = [p for p in required if p not in given]
        for values in designs_for(arrays, rng, labelled=LABELLED.search(name) is not None):
            drawn = dict(zip(arrays, values, strict=True))
            yield Example(tuple(drawn[p] if p in drawn else copy.deepcopy(given[p])
                                for p in required), tuple(required), guessed=True)


def _make(recipe: Any, rng: np.random.Generator) -> Any:
    """Return a fresh value: draw a recipe, copy anything else."""
    return recipe(rng) if callable(recipe) else copy.deepcopy(recipe)


def _positional(forward: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that a positional argument can fill."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _names(parameters: list[inspect.Parameter], count: int) -> tuple[str, ...]:
    """Return the parameters' names, as many as there are arguments."""
    known = [p.name for p in parameters[:count]]
    return (*known, *(f"args[{i}]" for i in range(len(known), count)))


def _lookup(known: Entry, name: str) -> Any:
    """Return the recipe for a parameter, under its own name or the usual one; else MISSING."""
    usual = next((usual for pattern, usual in PROBABILITIES if re.fullmatch(pattern, name)),
                 ALIASES.get(name, name))
    return known.get(name, known.get(usual, MISSING))


def _known(entry: Entry) -> dict[str, Any]:
    """Return an entry's recipes together with the single settings of its dicts."""
    settings = [value for value in entry.values() if isinstance(value, Mapping)]
    return {**{k: v for setting in settings for k, v in setting.items()}, **entry}


def _fit(entry: Entry, parameters: list[inspect.Parameter], numbers: Entry) -> Fitted | None:
    """Return (parameter, recipe) for every argument to pass, or None where the entry does not fit.

    Parameters are matched by name where all of them are known, otherwise by position. Settings
    may be single parameters (stride, pad) instead of a dict, or missing; `numbers` are such, too.
    """
    known = {**_known(entry), **numbers}
    fitted = [(p.name, _lookup(known, p.name) if p.default is p.empty else
               known.get(p.name, MISSING)) for p in parameters]
    required = [p.name for p in parameters if p.default is p.empty]
    run = list(itertools.takewhile(lambda pair: pair[1] is not MISSING, fitted))
    if len(run) >= len(required):
        return run
    recipes = list(entry.values())
    while len(recipes) > len(required) and isinstance(recipes[-1], Mapping):
        recipes.pop()
    fits = len(recipes) == len(required) and not any(
        isinstance(recipe, Mapping) and not _may_be_settings(name)
        for name, recipe in zip(required, recipes, strict=True)
    )
    return list(zip(required, recipes, strict=True)) if fits else None


def _may_be_settings(parameter: str) -> bool:
    """Whether a parameter may take a dict, for all that its name says."""
    return parameter != "cache" and isinstance(_lookup(GUESSES, parameter), _Missing | Mapping)


def _setting(known: Entry, parameter: str, name: str) -> Any:
    """Return the value for a parameter that is a setting; a dict of some kind by its ending."""
    found = _lookup(known, parameter)
    if found is MISSING and parameter.endswith(("param", "params", "config", "settings",
                                                "options")):
        return DROPOUT if "drop" in name else TRAIN
    return found


def how_to(name: str, forward: Callable[..., Any]) -> str:
    """Return what a reader would write beside a layer, so that it is judged at his arguments.

    >>> print(how_to("blur", lambda image, sigma: None))
    def blur_example(rng):
        return rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
    """
    return _how_to(name, _positional(forward))


def _how_to(name: str, parameters: list[inspect.Parameter]) -> str:
    required = [p.name for p in parameters if p.default is p.empty]
    suggested = [_suggestion(parameter, "drop" in name) for parameter in required]
    return (f"def {name}_example(rng):\n"
            f"    return {', '.join(suggested) or 'rng.normal(size=(4, 6))'}")


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
