"""One parameter of a layer object, and its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.target.paths import Path, at, holders

Array = NDArray[Any]

RATE = 1.0  # a learning rate at which the step is the gradient


@dataclass(frozen=True)
class Slot:
    """One parameter of a layer, and its gradient.

    Attributes
    ----------
    name : str
        What the parameter is called.
    path : tuple
        The way to it from the layer.
    gradient : tuple
        The way to its gradient; empty where there is none in the layer.
    place : int
        The gradient's place among what backward returns; -1 where backward has subtracted it.
    others : tuple
        The ways to its other gradients, one for each further place where it is used.
    """

    name: str
    path: Path
    gradient: Path = ()
    place: int = -1
    others: tuple[Path, ...] = ()

    def read(self, layer: Any) -> Array:
        """Return the parameter."""
        return np.asarray(at(layer, self.path))

    def write(self, layer: Any, value: Array) -> None:
        """Put another value in the parameter's place, wherever the layer refers to it."""
        old = at(layer, self.path)
        if isinstance(old, np.ndarray) and type(old) is not np.ndarray:
            value = value.view(type(old))  # of a kind of its own, that may hold a gradient
        for holder in holders(layer):
            for key, entry in list(holder.items()):
                if entry is old:
                    holder[key] = value
                elif isinstance(entry, tuple) and any(part is old for part in entry):
                    holder[key] = tuple(value if part is old else part for part in entry)

    def gradient_of(self, before: Any, after: Any, returned: Sequence[Any]) -> Any:
        """Return the gradient that backward left, returned, or subtracted."""
        if self.gradient:
            return sum((at(after, path) for path in self.others), start=at(after, self.gradient))
        if self.place >= 0:
            return returned[self.place] if self.place < len(returned) else None
        return (self.read(before) - self.read(after)) / rate_of(before)


def rate_of(layer: Any) -> float:
    """Return the learning rate that a layer has of its own, or the one that backward is given."""
    found = (vars(layer).get(name) for name in ("lr", "learning_rate", "eta"))
    return next((float(rate) for rate in found if isinstance(rate, int | float) and rate), RATE)


def is_floating(value: Any) -> bool:
    """Whether a value is an array of floats that has elements."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0
