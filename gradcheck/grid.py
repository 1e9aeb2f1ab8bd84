"""The two gradients of one argument, no larger than what can be drawn."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MOST_ALONG = 32  # cells along each of the last two axes
MOST_TILES = 36  # of the axes before them
MOST_ALONE = 256  # cells of a vector
MOST_CELLS = 4096
AGREES, WRONG, UNDECIDED, UNKNOWN = ".x?-"
DIGITS = 6


@dataclass(frozen=True)
class Grid:
    """An argument's gradients where each cell is a coordinate, or the worst one of a block.

    Attributes
    ----------
    shape : tuple of int
        Of the grid.
    block : tuple of int
        Of so many coordinates along each axis a cell shows the worst.
    analytic, numeric, bound : ndarray
        The two values at a cell, and the error bound of the numeric one.
    states : str
        A letter a cell: ``.`` agrees, ``x`` is wrong, ``?`` undecided, ``-`` has no numeric value.
    """

    shape: tuple[int, ...]
    block: tuple[int, ...]
    analytic: Array
    numeric: Array
    bound: Array
    states: str

    def to_dict(self) -> dict[str, Any]:
        """Return the grid in JSON's own types, its values with six digits."""
        return {"shape": list(self.shape), "block": list(self.block), "states": self.states,
                **{name: [_short(value) for value in getattr(self, name).ravel().tolist()]
                   for name in ("analytic", "numeric", "bound")}}


def grid_of(analytic: Array, numeric: Array, bound: Array, states: Array, rank: Array) -> Grid:
    """Return a grid of the gradients; of each block of a large one, the cell of highest rank.

    Parameters
    ----------
    analytic, numeric, bound : ndarray
        All of one shape.
    states : ndarray of str or bytes
        One of ``. x ? -`` for each coordinate.
    rank : ndarray
        How bad each coordinate is.

    Examples
    --------
    >>> values = np.arange(300.0)
    >>> found = grid_of(values, values, values, np.full(300, "."), values)
    >>> found.shape, found.block, found.analytic[:2]
    ((150,), (2,), array([1., 3.]))
    """
    block = blocks_of(analytic.shape)
    places = _worst_places(rank, block)
    one, other, error = (np.ravel(values)[places] for values in (analytic, numeric, bound))
    told = np.ravel(states)[places].astype("S1").tobytes().decode()
    return Grid(places.shape, block, one, other, error, told)


@functools.lru_cache(maxsize=256)
def blocks_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many coordinates along each axis share a cell.

    >>> blocks_of((4, 6)), blocks_of((100, 10)), blocks_of((64, 3, 8, 8))
    ((1, 1), (4, 1), (6, 1, 1, 1))
    """
    most = [MOST_ALONE] if len(shape) == 1 else [MOST_ALONG] * len(shape)
    block = [max(1, -(-size // limit)) for size, limit in zip(shape, most, strict=True)]
    leading = range(len(shape) - 2)

    def cells(axis: int) -> int:
        return -(-shape[axis] // block[axis])

    while math.prod(map(cells, leading)) > MOST_TILES:
        block[max(leading, key=cells)] += 1
    while math.prod(map(cells, range(len(shape)))) > MOST_CELLS:
        block[max(range(len(shape))[-2:], key=cells)] += 1
    return tuple(block)


def _worst_places(rank: Array, block: Sequence[int]) -> Array:
    """Return the flat index of the highest rank in each block."""
    places = np.arange(rank.size).reshape(rank.shape)
    for axis, width in enumerate(block):
        if width > 1:
            rank, places = _worst_along(rank, places, axis, width)
    return places


def _worst_along(rank: Array, places: Array, axis: int, width: int) -> tuple[Array, Array]:
    """Return the highest of each `width` neighbours along an axis, and its place."""
    missing = -rank.shape[axis] % width
    split = (*rank.shape[:axis], -1, width, *rank.shape[axis + 1:])
    if missing:
        padding = [(0, missing if i == axis else 0) for i in range(rank.ndim)]
        rank = np.pad(rank, padding, constant_values=-np.inf)
        places = np.pad(places, padding)
    rank, places = rank.reshape(split), places.reshape(split)
    best = np.expand_dims(np.argmax(rank, axis + 1), axis + 1)
    places = np.take_along_axis(places, best, axis + 1).squeeze(axis + 1)
    return rank.max(axis + 1), places


def _short(value: float) -> float | str:
    """Return a value with the digits that a picture shows; what JSON lacks by its name."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
