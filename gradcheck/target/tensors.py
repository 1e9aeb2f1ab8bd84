"""Modules over a tape, such as `nets.nn.Linear`, as pairs of functions of arrays.

A module has ``forward(x)`` of tensors and ``parameters()``; a tensor has ``data``, ``grad`` and
``backward(dout)``. Nothing is known of the module's package: its tensor class is the one that the
file of the module's class names.
"""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.examples.constructors import constructor_value
from gradcheck.foreign import derived_from
from gradcheck.generators import global_generators_restored
from gradcheck.target.classes import constructed
from gradcheck.target.layer_objects import refusing_pair
from gradcheck.target.pairs import Pair

X = (4, 6)


def is_module_class(value: Any) -> bool:
    """Whether a class has forward and parameters, and the file it is in knows a tensor.

    >>> is_module_class(int)
    False
    """
    return (isinstance(value, type) and inspect.isfunction(getattr(value, "forward", None))
            and callable(getattr(value, "parameters", None)) and not hasattr(value, "backward")
            and not derived_from(value, "torch.nn.modules.module", "Module")
            and _tensor_of(value) is not None)


def _tensor_of(kind: type) -> type | None:
    """Return the tensor class that a module class's file names."""
    names = vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else {}
    found = names.get("Tensor")
    return found if isinstance(found, type) and hasattr(found, "backward") else None


@dataclass(frozen=True)
class Taped:
    """A module as two functions; backward computes forward again, on a tape of its own."""

    module: Any
    tensor: type

    def _run(self, args: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        """Return the output, and the tensors whose gradients are asked for."""
        module = copy.deepcopy(self.module)
        parameters = list(module.parameters())
        for parameter, value in zip(parameters, args[1:], strict=True):
            parameter.data = np.array(value)
        x = self.tensor(np.array(args[0]), requires_grad=True)
        with global_generators_restored("mask"):  # a dropout draws the same one each time
            return module.forward(x), [x, *parameters]

    def forward(self, *args: Any) -> tuple[Any, Any]:
        """Return the output as an array, and the arguments as the cache."""
        return np.array(self._run(args)[0].data), args

    def backward(self, dout: Any, cache: Any) -> Any:
        """Return the gradients of x and of every parameter."""
        out, leaves = self._run(cache)
        out.backward(dout)
        return tuple(np.asarray(getattr(leaf.grad, "data", leaf.grad)) for leaf in leaves)


def pair_of_module(name: str, kind: type,
                   own: Callable[[np.random.Generator], Any] | None = None) -> Pair:
    """Return a module class as a pair; its arguments are x and the parameters in their order.

    `own` returns the module and its input.
    """
    tensor = _tensor_of(kind)
    assert tensor is not None
    try:
        with global_generators_restored():
            module, x = own(np.random.default_rng(0)) if own is not None else (
                constructed(kind, constructor_value), np.zeros(X))
    except Exception as error:
        return refusing_pair(name, kind, error)
    taped = Taped(module, tensor)

    def example(rng: np.random.Generator) -> tuple[Any, ...]:
        drawn = rng.standard_normal(np.shape(x)) if own is None else np.asarray(x)
        return (drawn, *(np.array(entry.data) for entry in module.parameters()))

    return Pair(name, name, taped.forward, taped.backward, example)
