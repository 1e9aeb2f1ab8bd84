"""One check whose numbers disagree: all that a diagnosis may ask of the layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Inspection
from gradcheck.contract.inspection import as_gradients
from gradcheck.contract.layer import Layer, is_drop_probability, is_probability
from gradcheck.contract.protocol import Several, in_python, parameters_of
from gradcheck.nested import with_leaf
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.differences import Problem

Array = NDArray[Any]


@dataclass(frozen=True)
class Case:
    """One check whose numbers disagree.

    `kind` is 'layer', 'gradient' (of a scalar function) or 'net'; `analytic` holds the float64
    gradients in the order of ``layer.wrt``; `again` makes the case of the same functions at other
    arguments, None where they take none or are right there.
    """

    layer: Layer
    problem: Problem
    found: Inspection
    comparisons: tuple[Comparison, ...]
    analytic: tuple[Any, ...]
    constants: Mapping[str, float]
    kind: str
    again: Callable[[tuple[Any, ...]], Case | None] = lambda args: None

    @property
    def is_right(self) -> bool:
        """Whether gradients were compared, and nothing at all is wrong."""
        return bool(self.comparisons) and not self.found.breaches and not any(
            np.any(entry.failed) for entry in self.comparisons)

    @property
    def args(self) -> tuple[Any, ...]:
        """The arguments at float64."""
        return self.problem.evaluator.args

    @property
    def out(self) -> Array:
        """Forward's output at float64."""
        return self.problem.origin

    @property
    def dout(self) -> Array:
        """The upstream gradient at float64."""
        return self.problem.dout

    @property
    def outputs(self) -> int:
        """How many outputs the layer has; several are laid end to end in `out` and in `dout`."""
        return len(self.found.cache.shapes) if isinstance(self.found.cache, Several) else 1

    def by_output(self, values: Array) -> list[Array]:
        """Return values of all outputs, laid end to end, in each output's shape."""
        cache = self.found.cache
        return cache.split(values) if isinstance(cache, Several) else [values]

    def upstream(self, place: int) -> str:
        """Return what backward calls the gradient that comes from an output; '' if it does not."""
        names = parameters_of(self.layer.backward)
        return names[place] if len(names) > self.outputs else ""

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Named numbers of the problem: the user's constants and those in parameter dicts."""
        numbers = {str(key): float(value) for key, value in self.constants.items()}
        for key, value in self.layer.numbers().items():
            numbers.setdefault(key, value)
        return numbers

    @property
    def drops(self) -> bool:
        """Whether one of the numbers is called as the probability of a dropout is."""
        return any(map(is_probability, self.numbers))

    @property
    def kept_shares(self) -> dict[str, float]:
        """The share of units that a dropout keeps, by the name of the number that tells it."""
        told = {key: 1 - value if is_drop_probability(key) else value
                for key, value in self.numbers.items() if is_probability(key)}
        return {key: share for key, share in told.items() if 0 < share < 1}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Named lengths of axes: N the first of x, D its second, M the last of the output ..."""
        sizes: dict[str, int] = {}
        arrays = [arg for arg in self.layer.args if isinstance(arg, np.ndarray) and arg.ndim]
        if arrays:
            letters = {2: "ND", 3: "NTD", 4: "NCHW"}.get(arrays[0].ndim, "N")
            for letter, size in zip(letters, arrays[0].shape, strict=False):
                sizes[letter] = size
        if self.out.ndim > 1:
            sizes.setdefault("M" if "D" in sizes else "K", self.out.shape[-1])
        for name, arg in zip(self.layer.names, self.layer.args, strict=True):
            if isinstance(arg, np.ndarray):
                sizes[f"{name}.size"] = arg.size
                for axis, size in enumerate(arg.shape):
                    sizes[f"{name}.shape[{axis}]"] = size
        sizes["out.size"] = self.out.size
        return sizes

    @cached_property
    def _in_python(self) -> Layer:
        """The layer uncompiled: with another index in its cache, compiled code writes anywhere."""
        return in_python(self.layer)

    def backward(self, dout: Array, change: tuple[str, Array] | None = None,
                 args: list[Any] | None = None) -> list[Any] | None:
        """Return backward's gradients for another dout, on a fresh cache; None where it fails.

        `change`, a path and an array, puts the array into the cache in the place of the leaf there;
        `args` are other arguments for forward.
        """
        evaluator = self.problem.evaluator
        evaluator.count += 1
        layer = self.layer if change is None else self._in_python
        try:
            _, cache = layer.forward(*(evaluator.arguments() if args is None else args))
            if change is not None:
                cache = with_leaf(cache, *change, "cache")
            return as_gradients(layer.backward(dout.copy(), cache))
        except Exception:
            return None
