"""Recipes and settings fitted to a forward's signature."""

from __future__ import annotations

import copy
import inspect
import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.examples.recipes import Entry
from gradcheck.examples.standard import ALIASES, GUESSES, PROBABILITIES

Fitted = list[tuple[str, Any]]


class _Missing:
    """The kind of MISSING: no recipe is known for a parameter."""


MISSING = _Missing()


def drawn(fitted: Fitted, rng: np.random.Generator
           ) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Return arguments, and the parameters that take them."""
    return (tuple(make(recipe, rng) for _, recipe in fitted),
            tuple(parameter for parameter, _ in fitted))


def make(recipe: Any, rng: np.random.Generator) -> Any:
    """Return a fresh value: draw a recipe, copy anything else."""
    return recipe(rng) if callable(recipe) else copy.deepcopy(recipe)


def positional(forward: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that a positional argument can fill."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def lookup(known: Entry, name: str) -> Any:
    """Return the recipe for a parameter, under its own name or the usual one; else MISSING."""
    usual = next((usual for pattern, usual in PROBABILITIES if re.fullmatch(pattern, name)),
                 ALIASES.get(name, name))
    return known.get(name, known.get(usual, MISSING))


def known_settings(entry: Entry) -> dict[str, Any]:
    """Return an entry's recipes together with the single settings of its dicts."""
    settings = [value for value in entry.values() if isinstance(value, Mapping)]
    return {**{k: v for setting in settings for k, v in setting.items()}, **entry}


def fit(entry: Entry, parameters: list[inspect.Parameter], numbers: Entry) -> Fitted | None:
    """Return (parameter, recipe) for every argument to pass, or None where the entry does not fit.

    Parameters are matched by name where all of them are known, otherwise by position. Settings
    may be single parameters (stride, pad) instead of a dict, or missing; `numbers` are such, too.
    """
    known = {**known_settings(entry), **numbers}
    fitted = [(p.name, lookup(known, p.name) if p.default is p.empty else
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
    return parameter != "cache" and isinstance(lookup(GUESSES, parameter), _Missing | Mapping)
