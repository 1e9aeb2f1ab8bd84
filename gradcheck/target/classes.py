"""Layer classes as pairs of functions of their input and their parameters.

``forward(self, x, ...)`` returns the output, or (output, cache), or leaves it in ``self.output``;
``backward(self, dout)`` returns the gradient of x, or leaves it in ``self.dinputs`` or ``self.dx``.
Where the parameters and their gradients are is the business of `slots`.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.generators import global_generators_restored
from gradcheck.target.repeatable import MASK_SEED
from gradcheck.target.slots import RATE, Slot, is_floating, reshaped_by_backward, slots_of
from gradcheck.target.unwritten import is_nothing

Array = NDArray[Any]

OUTPUTS = ("output", "out", "outputs", "y", "a", "A", "activations", "result")
INPUT_GRADIENTS = ("dinputs", "dinput", "dx", "dX", "d_input", "d_inputs", "grad_input",
                   "input_grad", "grad_x", "dA_prev", "din")
LABELS = re.compile(r"y|Y|t|y_?true|labels?|targets?|y_?train|expected\w*")
LEARNING_RATE = re.compile(r"lr|alpha|eta|(learn(ing)?_?)?rate|step(_?size)?")
CACHE = re.compile(r"cache|ctx|context|memory|saved|state|cached\w*")
UPSTREAM = re.compile(r"d[a-zA-Z]\w*|\w*grad\w*|\w*delta\w*")


def is_layer_class(value: Any) -> bool:
    """Whether a class has ``forward(self, x, ...)`` and ``backward(self, dout, ...)``.

    A net's ``backward(self, y)`` takes labels, and a ``backward(self, x, y)`` the data again: these
    are no layers.

    >>> is_layer_class(int)
    False
    """
    if not isinstance(value, type):
        return False
    methods = [inspect.getattr_static(value, name, None) for name in ("forward", "backward")]
    if not all(inspect.isfunction(method) for method in methods):
        return False
    inputs, wanted = (needed(method)[1:] for method in methods)
    return len(inputs) >= 1 and not any(map(LABELS.fullmatch, wanted)) and all(
        any(pattern.fullmatch(name) for pattern in (LEARNING_RATE, CACHE, UPSTREAM))
        or name in inputs for name in wanted[1:])


def needed(method: Any, optional: bool = False) -> list[str]:
    """Return the names of a method's parameters that must be given, self among them."""
    return [p.name for p in inspect.signature(method).parameters.values()
            if (optional or p.default is p.empty)
            and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


@dataclass(frozen=True)
class State:
    """What a pass forward leaves: the layer that made it, a cache, the inputs."""

    layer: Any
    cache: Any
    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class Functions:
    """A layer object seen as two functions of its input and its parameters.

    Attributes
    ----------
    layer : object
        A layer as its constructor made it; every call works on a copy.
    slots : tuple of Slot
        Its parameters, in the order in which they follow forward's own arguments.
    given : tuple
        The arguments that forward was tried with.
    inputs : int
        How many of them are differentiated or may be; the rest, a loss's targets, stay as given.
    fits : bool
        Whether backward gave every input a gradient of its shape.
    """

    layer: Any
    slots: tuple[Slot, ...]
    given: tuple[Any, ...]
    inputs: int
    fits: bool = True

    def forward(self, *args: Any) -> Any:
        """Return (out, state), or each output and the state."""
        layer = copy.deepcopy(self.layer)
        for slot, value in zip(self.slots, args[self.inputs:], strict=True):
            slot.write(layer, value)
        inputs = (*args[:self.inputs], *copy.deepcopy(self.given[self.inputs:]))
        outs, cache = run_forward(layer, inputs)
        state = State(layer, cache, inputs)
        return None if is_nothing(outs) else (*outs, state)

    def backward(self, *douts_and_state: Any) -> Any:
        """Return the gradients of the inputs and of the parameters."""
        *douts, state = douts_and_state
        wanted = len(list(filter(is_floating, self.given[:self.inputs])))
        returned, extra, after = run_backward(state, douts, wanted)
        if is_nothing(returned) and not self.slots:
            return None
        return (*returned, *(slot.gradient_of(state.layer, after, extra) for slot in self.slots))

    def arguments(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments of `forward` here: the layer's own and its parameters' values."""
        return (*inputs[:self.inputs], *(slot.read(self.layer).copy() for slot in self.slots))

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


def run_forward(layer: Any, inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
    """Return a layer's outputs, and the cache that it returned with them, if any.

    The outputs are None where the layer neither returns nor keeps any.
    """
    with global_generators_restored():
        np.random.seed(MASK_SEED)  # noqa: NPY002  (a dropout draws the same mask each time)
        returned = layer.forward(*inputs)
    if returned is None:
        returned = next((vars(layer)[name] for name in OUTPUTS if name in vars(layer)), None)
    if not isinstance(returned, tuple) or not returned:
        return (returned,), None
    several = len([name for name in needed(type(layer).backward)[1:] if UPSTREAM.fullmatch(name)])
    if len(returned) == several > 1:
        return returned, None
    return returned[:1], returned[1] if len(returned) == 2 else returned[1:]


def run_backward(state: State, douts: Sequence[Any], wanted: int
                 ) -> tuple[tuple[Any, ...], list[Any], Any]:
    """Return the inputs' gradients, what came with them, and the layer after backward.

    Gradients are left in the layer, and may add up there: backward runs in a copy. An input that
    has none, such as an embedding's, has no gradient among those returned.
    """
    after, cache = copy.deepcopy((state.layer, state.cache))
    returned = _called(after, douts, cache, state.inputs)
    if returned is None:
        returned = next((vars(after)[name] for name in INPUT_GRADIENTS if name in vars(after)),
                        None)
    entries = list(returned) if isinstance(returned, tuple | list) else [returned]
    extra = [part for entry in entries[wanted:]
             for part in (entry if isinstance(entry, tuple | list) else [entry])]
    return tuple(entries[:wanted]), extra, after


def _called(layer: Any, douts: Sequence[Any], cache: Any, inputs: tuple[Any, ...]) -> Any:
    """Call backward with what its parameters name."""
    method = type(layer).backward
    names, must = needed(method, optional=True)[1:], needed(method)[1:]
    if not must and np.ndim(douts[0]) == 0:  # a loss: its backward starts from 1
        returned = layer.backward()
        return returned * douts[0] if isinstance(returned, np.ndarray) else returned
    own = dict(zip(needed(type(layer).forward, optional=True)[1:], inputs, strict=False))
    given = list(douts)
    for name in names[len(douts):]:
        if LEARNING_RATE.fullmatch(name):
            given.append(RATE)
        elif name in must:
            given.append(own.get(name, cache))
        else:
            break
    return layer.backward(*given)


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

    Raises
    ------
    ValueError
        Backward gave a parameter another shape: the layer is not for such inputs.

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
    outs, cache = run_forward(trial, copy.deepcopy(inputs))
    if is_nothing(outs):
        return Functions(layer, (), inputs, len(inputs))
    ready = copy.deepcopy(trial)
    douts = [np.ones_like(out, dtype=np.float64) for out in outs]
    wanted = len(list(filter(is_floating, inputs)))
    returned, extra, after = run_backward(State(trial, cache, copy.deepcopy(inputs)), douts, wanted)
    if reshaped := reshaped_by_backward(trial, after):
        raise ValueError(f"backward gives {reshaped[0]} another shape")
    slots = [slot for slot in slots_of(trial, after, extra)
             if _is_parameter(slot, layer, ready, inputs)]
    # a layer may make its parameters in its first forward
    made_late = any(not is_floating(slot.read(layer)) for slot in slots)
    count = _differentiated(type(layer), inputs, len(returned))
    shapes = [arg.shape for arg in inputs[:count] if is_floating(arg)]
    return Functions(ready if made_late else layer, tuple(slots), inputs, count,
                     shapes == [np.shape(gradient) for gradient in returned[:len(shapes)]])


def _differentiated(kind: type, inputs: tuple[Any, ...], returned: int) -> int:
    """Return how many inputs stand before targets that backward gives no gradient for."""
    names = needed(kind.forward, optional=True)[1:]  # type: ignore[attr-defined]
    floats = [place for place, arg in enumerate(inputs) if is_floating(arg)]
    last = floats[-1] if floats else -1
    if returned < len(floats) and LABELS.fullmatch(names[last]):
        return last
    return len(inputs)


def _is_parameter(slot: Slot, layer: Any, ready: Any, inputs: tuple[Any, ...]) -> bool:
    """Whether what has a gradient is there before forward, or is left alone by a second one.

    What forward computes, and keeps for backward, is no parameter.
    """
    if is_floating(slot.read(layer)):
        return True
    again = copy.deepcopy(ready)
    moved = tuple(arg + 0.25 if is_floating(arg) else arg for arg in copy.deepcopy(inputs))
    run_forward(again, moved)
    return np.array_equal(slot.read(again), slot.read(ready))


def constructed(kind: type, recipes: Callable[[str], Any]) -> Any:
    """Return a layer of a class, with arguments for its constructor by their names.

    Parameters
    ----------
    kind : type
        The class.
    recipes : callable
        Returns the value for a parameter's name; raises LookupError where it knows none.
    """
    return kind(*(recipes(name) for name in constructor_names(kind)))


def constructor_names(kind: type) -> list[str]:
    """Return the names of the constructor's parameters that must be given."""
    return needed(kind)
