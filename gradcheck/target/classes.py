"""Layer classes as pairs of functions: parameters and gradients as attributes, or in dicts.

Two ways are most common in public code, and both are understood:

- attributes: ``self.w`` with ``self.dw`` (or ``grad_w``, ``w_grad``, ``dweights`` for ``weights``);
- dicts: ``self.params['w']`` with ``self.grads['w']`` (or ``'dw'``).

``forward(self, x, ...)`` returns the output, or (output, cache); ``backward(self, dout)`` returns
the gradient of x and leaves those of the parameters.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.generators import global_generators_restored

Array = NDArray[Any]

GRADIENT_NAMES = ("d{0}", "grad_{0}", "{0}_grad", "d_{0}", "g{0}", "grad{0}", "{0}_gradient",
                  "D{0}")
SAVED = ("x", "X", "input", "inputs", "out", "output", "cache")
PARAMETER_DICTS = ("params", "parameters", "weights", "param")
GRADIENT_DICTS = ("grads", "gradients", "grad", "dparams")


def is_layer_class(value: Any) -> bool:
    """Whether a class has ``forward(self, x, ...)`` and ``backward(self, dout, ...)``.

    >>> is_layer_class(int)
    False
    """
    if not isinstance(value, type):
        return False
    methods = [inspect.getattr_static(value, name, None) for name in ("forward", "backward")]
    return all(inspect.isfunction(method) for method in methods) and (
        len(_needed(methods[0])) >= 2 and 1 <= len(_needed(methods[1])) <= 3)


def _needed(method: Any) -> list[str]:
    """Return the names of a method's parameters that must be given, self among them."""
    return [p.name for p in inspect.signature(method).parameters.values() if p.default is p.empty
            and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


@dataclass(frozen=True)
class Slot:
    """Where a layer keeps one parameter, and where its gradient."""

    name: str
    holder: str
    gradient: str
    gradient_holder: str

    def read(self, layer: Any) -> Array:
        """Return the parameter."""
        return np.asarray(_held(layer, self.holder)[self.name])

    def write(self, layer: Any, value: Array) -> None:
        """Put another value in the parameter's place."""
        held = _held(layer, self.holder)
        held[self.name] = value

    def read_gradient(self, layer: Any) -> Any:
        """Return the gradient that backward left, or None."""
        return _held(layer, self.gradient_holder).get(self.gradient)


def _held(layer: Any, holder: str) -> Any:
    """Return the mapping that holds a layer's arrays: a dict of its own, or its attributes."""
    return getattr(layer, holder) if holder else vars(layer)


def slots_of(layer: Any) -> list[Slot]:
    """Return a layer's parameters that have a gradient, once backward has run.

    Parameters
    ----------
    layer : object
        A layer after ``forward`` and ``backward``.

    Returns
    -------
    list of Slot
    """
    found = list(_in_dicts(layer))
    return found or list(_in_attributes(layer))


def _in_dicts(layer: Any) -> Iterator[Slot]:
    for holder in PARAMETER_DICTS:
        params = getattr(layer, holder, None)
        for gradient_holder in GRADIENT_DICTS:
            grads = getattr(layer, gradient_holder, None)
            if isinstance(params, Mapping) and isinstance(grads, Mapping):
                for name, value in params.items():
                    key = next((key for key in (name, f"d{name}") if key in grads), None)
                    if key is not None and _is_floating(value):
                        yield Slot(str(name), holder, key, gradient_holder)
                return


def _in_attributes(layer: Any) -> Iterator[Slot]:
    held = vars(layer)
    for name, value in held.items():
        if not _is_floating(value):
            continue
        for pattern in GRADIENT_NAMES:
            gradient = pattern.format(name)
            if gradient in held and np.shape(held[gradient]) == np.shape(value):
                yield Slot(name, "", gradient, "")
                break


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0


@dataclass(frozen=True)
class Functions:
    """A layer object seen as two functions of its input and its parameters.

    Attributes
    ----------
    layer : object
        A layer as its constructor made it; every call works on a copy.
    slots : tuple of Slot
        Its parameters, in the order in which they follow forward's own arguments.
    inputs : int
        How many arguments forward takes besides self.
    """

    layer: Any
    slots: tuple[Slot, ...]
    inputs: int

    def forward(self, *args: Any) -> tuple[Any, Any]:
        """Return (out, the copy of the layer that computed it)."""
        layer = copy.deepcopy(self.layer)
        for slot, value in zip(self.slots, args[self.inputs:], strict=True):
            slot.write(layer, value)
        with global_generators_restored("mask"):  # a dropout draws the same one each time
            returned = layer.forward(*args[:self.inputs])
        if isinstance(returned, tuple) and len(returned) == 2:
            return returned[0], (layer, returned[1])
        return returned, (layer, None)

    def backward(self, dout: Array, cache: Any) -> Any:
        """Return the gradients of the input and of the parameters."""
        layer, inner = copy.deepcopy(cache)  # gradients are left in the layer, and may add up there
        extra = () if len(_needed(type(layer).backward)) < 3 else (inner,)
        returned = layer.backward(dout, *extra)
        dx = returned[0] if isinstance(returned, tuple | list) and returned else returned
        return (dx, *(slot.read_gradient(layer) for slot in self.slots))

    def arguments(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments of `forward` here: the layer's own and its parameters' values."""
        return (*inputs, *(slot.read(self.layer).copy() for slot in self.slots))

    def pair(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Return forward and backward as functions whose parameters are called as in the layer."""
        def forward(*args: Any) -> Any:
            return self.forward(*args)

        forward.__name__ = type(self.layer).__name__
        forward.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for name in self.names])
        return forward, self.backward

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those arguments."""
        own = list(inspect.signature(type(self.layer).forward).parameters)[1:1 + self.inputs]
        return (*own, *(slot.name for slot in self.slots))


def functions_of(layer: Any, inputs: tuple[Any, ...]) -> Functions:
    """Return a layer as functions, after one pass that shows where its gradients are.

    Parameters
    ----------
    layer : object
        With ``forward`` and ``backward``.
    inputs : tuple
        Arguments of forward.

    Returns
    -------
    Functions

    Examples
    --------
    >>> class Scale:
    ...     def __init__(self):
    ...         self.w = np.array([2.0, 3.0])
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x * self.w
    ...     def backward(self, dout):
    ...         self.dw = (dout * self.x).sum(axis=0)
    ...         return dout * self.w
    >>> found = functions_of(Scale(), (np.ones((4, 2)),))
    >>> found.names
    ('x', 'w')
    """
    trial = copy.deepcopy(layer)
    returned = trial.forward(*copy.deepcopy(inputs))
    out, *inner = returned if isinstance(returned, tuple) else (returned,)
    ready = copy.deepcopy(trial)
    trial.backward(np.ones_like(out), *inner[:len(_needed(type(layer).backward)) - 2])
    slots = [slot for slot in slots_of(trial) if slot.name not in SAVED
             and not any(_same(slot.read(trial), entry) for entry in (*inputs, out))]
    # a layer may make its parameters in its first forward
    made_late = any(slot.name not in _held(layer, slot.holder) for slot in slots)
    return Functions(ready if made_late else layer, tuple(slots), len(inputs))


def _same(one: Any, two: Any) -> bool:
    return np.shape(one) == np.shape(two) and np.array_equal(one, two)


def constructed(kind: type, recipes: Callable[[str], Any]) -> Any:
    """Return a layer of a class, with arguments for its constructor by their names.

    Parameters
    ----------
    kind : type
        The class.
    recipes : callable
        Returns the value for a parameter's name; raises LookupError where it knows none.
    """
    parameters = list(inspect.signature(kind).parameters.values())
    needed = [p.name for p in parameters if p.default is p.empty
              and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return kind(*(recipes(name) for name in needed))
