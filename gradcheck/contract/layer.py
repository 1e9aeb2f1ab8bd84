"""The pair of functions under inspection, with its arguments and what their names mean."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.numeric.evaluator import fresh

Forward = Callable[..., Any]
Backward = Callable[..., Any]

# the one place that knows what the probabilities of a dropout are called, by the words of a name
KEEP = frozenset({"keep", "kept", "retain", "survival"})
DROP = frozenset({"p", "prob", "probability", "drop", "dropout"})
RATE = "rate"  # alone it is dropout's; a learning_rate is none
SKIPPED_NUMBERS = frozenset({"seed"})


@dataclass(frozen=True)
class Layer:
    """A pair of functions with the arguments it is checked at."""

    forward: Forward
    backward: Backward
    args: tuple[Any, ...]
    names: tuple[str, ...]
    wrt: tuple[int, ...]

    def copies(self) -> list[Any]:
        """Return arguments that the functions may do to as they like."""
        return [arg.copy() if isinstance(arg, np.ndarray) else fresh(arg) for arg in self.args]

    def numbers(self) -> dict[str, float]:
        """Return the numbers among the arguments by name, those in parameter dicts by key."""
        found: dict[str, float] = {}
        for name, arg in zip(self.names, self.args, strict=True):
            for key, value in (arg if isinstance(arg, Mapping) else {name: arg}).items():
                if isinstance(value, int | float | np.number) and not isinstance(value, bool) and (
                        key not in SKIPPED_NUMBERS):
                    found.setdefault(str(key), float(value))
        return found

    @property
    def drops(self) -> bool:
        """Whether a number among the arguments is called as the probability of a dropout is."""
        return any(is_probability(name) for name in self.numbers())


def name_arguments(forward: Forward, args: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of forward's parameters, arg0, arg1 ... where it tells none."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [entry.name for entry in parameters
                  if entry.kind in (entry.POSITIONAL_ONLY, entry.POSITIONAL_OR_KEYWORD)]
    return tuple(positional[i] if i < len(positional) else f"arg{i}" for i in range(len(args)))


def is_keep_probability(name: str) -> bool:
    """Whether a number of this name is the probability of keeping a unit.

    Examples
    --------
    >>> [name for name in ("p", "keep_prob", "p_keep", "padding") if is_keep_probability(name)]
    ['keep_prob', 'p_keep']
    """
    return bool(KEEP & _words(name))


def is_drop_probability(name: str) -> bool:
    """Whether a number of this name is the probability of dropping a unit.

    Examples
    --------
    >>> [name for name in ("p", "drop_rate", "keep_prob", "pool_size") if is_drop_probability(name)]
    ['p', 'drop_rate']
    """
    words = _words(name)
    return (bool(DROP & words) or words == {RATE}) and not KEEP & words


def is_probability(name: str) -> bool:
    """Whether a number of this name decides how many units are dropped."""
    return is_keep_probability(name) or is_drop_probability(name)


def _words(name: str) -> set[str]:
    return set(filter(None, re.split(r"[^a-z]+", name.lower())))
