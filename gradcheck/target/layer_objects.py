"""A layer class as a pair: constructed, given an input that it takes, seen as two functions."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.examples.candidates import NoExampleError, candidates
from gradcheck.examples.constructors import constructor_value
from gradcheck.target.classes import Functions, constructed, functions_of
from gradcheck.target.pairs import Pair

MOST_INPUTS = 12
Own = Callable[[np.random.Generator], Any]


def pair_of_class(name: str, kind: type, own: Own | None = None) -> Pair:
    """Return a layer class as a pair of functions of its input and its parameters.

    Parameters
    ----------
    name : str
        The class's.
    kind : type
        With ``forward(self, x, ...)`` and ``backward(self, dout)``.
    own : callable, optional
        ``<Name>_example(rng)`` returns the layer and the arguments of its forward.

    Returns
    -------
    Pair
        Its example raises NoExampleError where the class could not be made, or takes no input that
        was tried.

    Examples
    --------
    >>> class Double:
    ...     def forward(self, x):
    ...         return 2 * x
    ...     def backward(self, dout):
    ...         return 2 * dout
    >>> pair = pair_of_class("Double", Double)
    >>> [np.shape(arg) for arg in pair.example(np.random.default_rng(0))]
    [(4, 6)]
    """
    try:
        found, inputs = _taken(name, kind, own)
    except Exception as error:
        return refusing_pair(name, kind, error)

    def example(rng: np.random.Generator) -> tuple[Any, ...]:
        drawn = tuple(rng.standard_normal(value.shape).astype(value.dtype)
                      if _is_drawn(value) and own is None else value for value in inputs)
        return found.arguments(drawn)

    forward, backward = found.pair()
    return Pair(name, name, forward, backward, example)


def _taken(name: str, kind: type, own: Own | None) -> tuple[Functions, tuple[Any, ...]]:
    """Return a layer as functions, and the first inputs that it takes."""
    if own is not None:
        layer, *inputs = own(np.random.default_rng(0))
        return functions_of(layer, tuple(inputs)), tuple(inputs)
    layer = constructed(kind, constructor_value)
    reasons = []
    for inputs in _inputs(name, layer):
        try:
            return functions_of(layer, inputs), inputs
        except Exception as error:
            reasons.append(error)
    raise reasons[0] if reasons else NoExampleError("it takes no arguments")


def _inputs(name: str, layer: Any) -> Iterator[tuple[Any, ...]]:
    """Yield arguments for a layer's forward."""
    found = candidates(name.lower(), layer.forward, np.random.default_rng(0))
    for example in itertools.islice(found, MOST_INPUTS):
        yield example.args


def _is_drawn(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def refusing_pair(name: str, kind: Any, reason: Exception) -> Pair:
    """Return a pair that stands for a class that could not be tried; its example says why."""
    told = _how_to(name, kind, reason)

    def example(rng: np.random.Generator) -> Any:
        raise NoExampleError(told)

    return Pair(name, name, kind.forward, getattr(kind, "backward", kind.forward), example)


def _how_to(name: str, kind: type, error: Exception) -> str:
    parameters = ", ".join(inspect.signature(kind).parameters)
    return (f"{name}({parameters}) could not be tried ({type(error).__name__}: {error})\n"
            "  Remedy: write beside it, with sizes that it takes,\n"
            f"      def {name}_example(rng):\n"
            f"          return {name}({parameters}), rng.normal(size=(4, 6))")
