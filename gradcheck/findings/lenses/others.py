"""A layer that is wrong at its arguments, at others: fewer samples, or more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Breach
from gradcheck.contract.inspection import as_gradients
from gradcheck.contract.layer import Layer
from gradcheck.numeric.evaluator import upcast

Array = NDArray[Any]
STEP, NEAR = 1e-6, 1e-2
Args = tuple[Any, ...]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Wrong:
    """A layer or a loss that is wrong at these arguments.

    Attributes
    ----------
    args : tuple
        The arguments.
    names : tuple of str
        The parameters that take them.
    shape : tuple of int, optional
        The output's; None where there is none.
    right_at : callable
        Returns the output's shape at other arguments where all is right there, None elsewhere.
    said : str
        What is wrong.
    """

    args: Args
    names: tuple[str, ...]
    shape: Shape | None
    right_at: Callable[[Args], Shape | None]
    said: str = ""

    @property
    def samples(self) -> int:
        """The length of the first array's first axis; 0 where that is no axis of samples."""
        first = next((arg for arg in self.args if isinstance(arg, np.ndarray) and arg.ndim), None)
        return 0 if first is None or first.ndim == 1 else len(first)

    @property
    def reversed(self) -> Wrong:
        """The same with the samples in the opposite order."""
        return replace(self, args=tuple(
            arg[::-1] if isinstance(arg, np.ndarray) and arg.ndim and len(arg) == self.samples
            else arg for arg in self.args))

    def right_with(self, samples: int) -> Shape | None:
        """Return the output's shape with so many samples, where all is right with them."""
        shapes = map(self.right_at, resized(self.args, self.samples, samples))
        return next((shape for shape in shapes if shape is not None), None)

    def breach(self, code: str, how: str, **facts: Any) -> Breach:
        """Return the breach that a contrast shows."""
        return Breach(code, how, facts={"said": self.said, **facts})


def seems_right(layer: Layer, args: Args) -> bool:
    """Whether one difference along a random direction is as the gradients say.

    Examples
    --------
    >>> pair = (lambda x: (x ** 2, x)), (lambda dout, x: dout * x)
    >>> seems_right(Layer(*pair, (np.ones(3),), ("x",), (0,)), (np.zeros(3) + 2,))
    False
    """
    rng, moved = np.random.default_rng(0), [upcast(arg) for arg in args]
    ways = {i: STEP * rng.standard_normal(np.shape(args[i])) for i in layer.wrt}
    out, cache = layer.forward(*map(upcast, args))
    dout = rng.standard_normal(np.shape(out))
    gradients = as_gradients(layer.backward(dout, cache)) or []
    told = sum(float(np.sum(gradient * way)) for gradient, way in zip(
        gradients, ways.values(), strict=False))
    for i, way in ways.items():
        moved[i] = moved[i] + way
    seen = float(np.sum(dout * (layer.forward(*moved)[0] - out)))
    return abs(seen - told) <= NEAR * (abs(seen) + abs(told))


def resized(args: Args, old: int, new: int) -> Iterator[Args]:
    """Yield the arguments with another length of axes: in all arrays, then in x and the labels.

    Of more samples than there are, the others are the first ones, made a little smaller.

    >>> [[arg.shape for arg in args] for args in resized((np.ones((1, 6)), np.ones((1, 2))), 1, 3)]
    [[(3, 6), (3, 2)], [(3, 6), (1, 2)]]
    """
    arrays = [i for i, arg in enumerate(args) if isinstance(arg, np.ndarray) and arg.ndim
              and arg.shape[0] == old]
    some = [i for i in arrays if i == arrays[0] or args[i].dtype.kind != "f"]
    for places in (arrays, some) if some != arrays else (arrays,):
        yield tuple(_resized(arg, new) if i in places else arg for i, arg in enumerate(args))


def _resized(array: Array, size: int) -> Array:
    parts = [array * array.dtype.type(0.8**i) if array.dtype.kind == "f" else array
             for i in range(-(-size // len(array)))]
    return np.concatenate(parts)[:size]
