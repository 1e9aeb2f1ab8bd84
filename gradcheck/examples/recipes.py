"""Recipes of arrays: a shape, and how its numbers are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator, tuple[int, ...]], Any]
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """An array of a shape, drawn by a function of a generator and that shape.

    Attributes
    ----------
    shape : tuple of int
        Its axes.
    draw : callable
        Returns the array.
    gaussian : bool
        Whether it has no scale of its own: it may as well be larger or smaller.

    Examples
    --------
    >>> normal(4, 6).resized((1, 6))(np.random.default_rng(0)).shape
    (1, 6)
    """

    shape: tuple[int, ...]
    draw: Draw
    gaussian: bool = False

    def __call__(self, rng: np.random.Generator) -> Any:
        """Return a fresh array."""
        return self.draw(rng, self.shape)

    def resized(self, shape: tuple[int, ...]) -> Recipe:
        """Return the recipe for another shape."""
        return replace(self, shape=shape)


def normal(*shape: int) -> Recipe:
    """Return a recipe for a standard normal array."""
    return Recipe(shape, lambda rng, shape: rng.standard_normal(shape), gaussian=True)


def uniform(low: float, high: float, *shape: int) -> Recipe:
    """Return a recipe for a uniform array."""
    return Recipe(shape, lambda rng, shape: np.asarray(rng.uniform(low, high, shape)))


def integers(below: int, *shape: int) -> Recipe:
    """Return a recipe for an array of labels 0 ... below - 1."""
    return Recipe(shape, lambda rng, shape: rng.integers(below, size=shape))


def coins(dtype: type, *shape: int) -> Recipe:
    """Return a recipe for an array of zeros and ones."""
    return Recipe(shape, lambda rng, shape: rng.integers(2, size=shape).astype(dtype))


def spread(*shape: int) -> Recipe:
    """Return a recipe for distinct values at least 0.1 apart, so that no maximum is nearly tied."""
    return Recipe(shape, lambda rng, shape: 0.1 * rng.permutation(
        int(np.prod(shape))).reshape(shape) - 1.0)


def tied(*shape: int) -> Recipe:
    """Return a recipe for few values, each several times: maxima and margins are tied."""
    return Recipe(shape, lambda rng, shape: rng.integers(-1, 2, size=shape).astype(float))


def apart(*shape: int) -> Recipe:
    """Return a recipe for rows that lie a thousand from each other."""
    return Recipe(shape, lambda rng, shape: rng.standard_normal(shape) + 1e3 * np.arange(
        shape[0]).reshape(-1, *(1,) * (len(shape) - 1)))


def shared(*shape: int) -> Recipe:
    """Return a recipe for labels of which all but the last are the same."""
    return Recipe(shape, lambda rng, shape: np.where(
        np.arange(int(np.prod(shape))).reshape(shape) < int(np.prod(shape)) - 1, 1, 2))


def each(names: str, entry: Any) -> dict[str, Any]:
    """Return the same entry under several names."""
    return dict.fromkeys(names.split(), entry)
