"""Arguments for layers of other names: roles from the parameters' names, shapes from one design.

A role says what a parameter is: an input, a weight, a bias, a gain, a state, labels, a setting. A
design says which shapes go together, so that a weight never meets a gain of another layer's size.
Several designs are tried, since a name alone does not tell rows from columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

SIZES = {"N": 4, "D": 6, "M": 5, "H": 5, "K": 3, "T": 2, "C": 2, "F": 3, "R": 7, "S": 8, "h": 3,
         "w": 4}

# role -> the names that have it, the first pattern that matches a name decides
ROLES = (
    ("one-hot", r"\w*one_?hot\w*|\w+_oh"),
    ("labels", r"y|t|labels?|targets?|y_true|classes"),
    ("state", r"((prev|last|init)_?)?(h|c|hidden|cell|state|hx|cx)(_?(0|prev|t|tm1|last|state))?"),
    ("recurrent", r"[wWuU]_?(h|hh|hid|rec|aa)"),
    ("gain", r"gamma|gain|scale|g"),
    ("shift", r"beta|shift|offset"),
    ("bias", r"[bB]_?\d*|bias(es)?_?\d*|[bB]_?(x|h|i|f|o)|b[a-z]{1,2}"),
    ("weight", r"[wW]_?\d*|weights?_?\d*|kernel|theta\d*|[wWvV]_?(x|xh|in|out|y|hy|ya)|filters?"),
    ("input", r"[xXzZaAuUvV]_?\d*|inp(uts?)?|data|feat(ures?)?|A_prev|scores|logits|.*"),
)

# role -> shape, in letters of SIZES; what a design does not name has the input's shape
DESIGNS: tuple[Mapping[str, str], ...] = (
    {"input": "ND", "weight": "DM", "bias": "M", "gain": "M", "shift": "M", "state": "NH",
     "recurrent": "HH"},
    {"input": "ND", "gain": "D", "shift": "D", "bias": "D", "weight": "D", "state": "ND"},
    {"input": "ND", "weight": "MD", "bias": "M", "gain": "M", "shift": "M", "state": "NH",
     "recurrent": "HH"},
    {"input": "DN", "weight": "MD", "bias": "M1", "gain": "M1", "shift": "M1", "state": "HN",
     "recurrent": "HH"},
    {"input": "NCRS", "weight": "FChw", "bias": "F", "gain": "F", "shift": "F", "state": "NCRS"},
    {"input": "NTD", "weight": "DM", "bias": "M", "gain": "D", "shift": "D", "state": "NH",
     "recurrent": "HH"},
    dict.fromkeys(("input", "weight", "bias", "gain", "shift", "state", "recurrent"), "ND"),
    {"input": "D1", "weight": "MD", "bias": "M1", "gain": "M1", "shift": "M1", "state": "H1",
     "recurrent": "HH"},
    {"input": "D", "weight": "D", "bias": "", "gain": "D", "shift": "D", "state": "D"},
    {"input": "D", "weight": "MD", "bias": "M", "gain": "M", "shift": "M", "state": "H"},
    {"input": "CRS", "weight": "FChw", "bias": "F", "gain": "C", "shift": "C", "state": "CRS"},
    {"input": "RS", "weight": "hw", "bias": "1", "gain": "S", "shift": "S", "state": "RS"},
)
CLASSES = 3  # no more than any design has columns
LABELS = ("labels", "one-hot")
NUMBERED = re.compile(r"(?P<stem>\D+)_?(?P<number>\d+)$")


@dataclass(frozen=True)
class Guess:
    """A parameter's role, and where it stands in a chain of layers (w1, b1, w2, b2 ...)."""

    name: str
    role: str
    place: int = 0


def guesses_of(names: Sequence[str]) -> list[Guess]:
    """Return the role of each parameter.

    >>> [guess.role for guess in guesses_of(["x", "W1", "b1", "gamma"])]
    ['input', 'weight', 'bias', 'gain']
    """
    found = []
    for name in names:
        role = next(role for role, pattern in ROLES if re.fullmatch(pattern, name))
        number = NUMBERED.match(name)
        found.append(Guess(name, role, max(0, int(number["number"]) - 1) if number and role in (
            "weight", "bias", "gain", "shift") else 0))
    return found


def designs_for(names: Sequence[str], rng: np.random.Generator,
                labelled: bool = True) -> Iterator[tuple[Any, ...]]:
    """Yield arrays for parameters of these names, a design after the other.

    Parameters
    ----------
    names : sequence of str
        The parameters that take arrays.
    rng : np.random.Generator
        Draws them.
    labelled : bool
        Whether what is called like labels holds whole numbers, one a row, then as ones and zeros,
        before it is tried as floats of the input's shape; a layer's y is an input first.

    Yields
    ------
    tuple of ndarray
        In the order of `names`, consistent in themselves; no two yields are alike in shapes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> [array.shape for array in next(designs_for(["x", "W1", "b1", "W2", "b2"], rng))]
    [(4, 6), (6, 5), (5,), (5, 3), (3,)]
    """
    guesses = guesses_of(names)
    readings = [guesses, *(_read_as(guesses, role) for role in ("one-hot", "input"))]
    seen = set()
    for reading in readings if labelled else [readings[2], *readings[:2]]:
        for design in DESIGNS:
            shapes = tuple(_shape(guess, design, reading) for guess in reading)
            if any(guess.role == "one-hot" and shape[-1:] == (1,)
                   for guess, shape in zip(reading, shapes, strict=True)):
                continue  # of a single class every label is the same
            key = (shapes, tuple(guess.role for guess in reading if guess.role in LABELS))
            if key not in seen:
                seen.add(key)
                yield tuple(_drawn(guess, shape, rng) for guess, shape in
                            zip(reading, shapes, strict=True))


def _read_as(guesses: Sequence[Guess], role: str) -> list[Guess]:
    """Return the guesses with labels as something else."""
    return [replace(guess, role=role) if guess.role == "labels" else guess for guess in guesses]


def _shape(guess: Guess, design: Mapping[str, str], guesses: Sequence[Guess]
           ) -> tuple[int, ...]:
    """Return a parameter's shape; gains follow the input where there is no weight."""
    if guess.role == "labels":
        return (SIZES[design["input"][0]],)
    letters = design.get(guess.role, design["input"])
    has_weight = any(other.role == "weight" for other in guesses)
    if guess.role in ("gain", "shift", "bias") and not has_weight:
        letters = letters.replace("M", "D").replace("F", "C")
    chain = "MKC"
    if guess.place and letters in ("DM", "M"):
        end = chain[min(guess.place, 2)]
        letters = chain[min(guess.place, 2) - 1] + end if letters == "DM" else end
    return tuple(1 if letter == "1" else SIZES[letter] for letter in letters)


def _drawn(guess: Guess, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    if guess.role == "labels":
        return rng.integers(0, CLASSES, size=shape)
    if guess.role == "one-hot":
        hot = np.zeros(shape, dtype=int)
        flat = hot.reshape(-1, shape[-1] if shape else 1)
        flat[np.arange(len(flat)), rng.integers(flat.shape[1], size=len(flat))] = 1
        return hot
    return np.asarray(rng.standard_normal(shape))
