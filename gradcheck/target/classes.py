"""Layer classes as pairs of functions of their input and their parameters.

``forward(self, x, ...)`` returns the output, or (output, cache), or leaves it in ``self.output``;
``backward(self, dout)`` returns the gradient of x, or leaves it in ``self.dinputs`` or ``self.dx``.
Where the parameters and their gradients are is the business of `slots`.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.target.names import LABELS
from gradcheck.target.passes import (
    CACHE,
    LEARNING_RATE,
    UPSTREAM,
    State,
    needed,
    run_backward,
    run_forward,
    starts_from_one,
    takes_its_inputs_again,
)
from gradcheck.target.slot import Slot, is_floating
from gradcheck.target.slots import reshaped_by_backward, slots_of, without_gradient
from gradcheck.target.unwritten import is_nothing

Array = NDArray[Any]


def is_layer_class(value: Any) -> bool:
    """Whether a class has ``forward(self, x, ...)`` and ``backward(self, dout, ...)``.

    A net's ``backward(self, y)`` takes labels: it is no layer. A loss's ``backward(self, x, y)``
    may take again what forward took.

    >>> is_layer_class(int)
    False
    """
    if not isinstance(value, type):
        return False
    methods = [inspect.getattr_static(value, name, None) for name in ("forward", "backward")]
    if not all(inspect.isfunction(method) for method in methods):
        return False
    inputs, wanted = (needed(method)[1:] for method in methods)
    if takes_its_inputs_again(value):
        return True
    return len(inputs) >= 1 and not any(map(LABELS.fullmatch, wanted)) and all(
        any(pattern.fullmatch(name) for pattern in (LEARNING_RATE, CACHE, UPSTREAM))
        or name in inputs for name in wanted[1:])


class BackwardRaisedError(Exception):
    """Forward took the inputs, and backward raised: `functions` do so as well."""

    def __init__(self, functions: Functions) -> None:
        super().__init__()
        self.functions = functions


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
        Whether the output is finite and not empty, and backward gave every input and parameter a
        gradient of its shape.
    unjudged : tuple of str
        Arrays that the constructor made, that the output depends on, and whose gradient was found
        nowhere.
    """

    layer: Any
    slots: tuple[Slot, ...]
    given: tuple[Any, ...]
    inputs: int
    fits: bool = True
    unjudged: tuple[str, ...] = ()

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
        # where a loss's backward takes no dout, what it leaves in the layer is that of dout = 1
        share = np.sum(douts[0]) if starts_from_one(type(after), douts) else 1.0
        gradients = (slot.gradient_of(state.layer, after, extra) for slot in self.slots)
        return (*returned, *(None if gradient is None else gradient * share
                             for gradient in gradients))

    def arguments(self, inputs: tuple[Any, ...], rng: np.random.Generator | None = None
                  ) -> tuple[Any, ...]:
        """Return the arguments of `forward` here: the layer's own and its parameters' values.

        With `rng`, parameters that are constant are drawn anew: zeros would hide any slip.
        """
        values = (slot.read(self.layer).copy() for slot in self.slots)
        return (*inputs[:self.inputs], *(
            rng.standard_normal(value.shape).astype(value.dtype)
            if rng is not None and value.size > 1 and np.ptp(value) == 0 else value
            for value in values))

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
        names = (*own, *(slot.name for slot in self.slots))
        return tuple(f"{name}{names[:place].count(name) + 1}" if name in names[:place] else name
                     for place, name in enumerate(names))


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
    BackwardRaisedError
        Forward took the inputs, and backward raised.

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
    with np.errstate(all="ignore"):
        outs, cache = run_forward(trial, copy.deepcopy(inputs))
    if is_nothing(outs):
        return Functions(layer, (), inputs, len(inputs))
    ready = copy.deepcopy(trial)
    douts = [np.ones_like(out, dtype=np.float64) for out in outs]
    wanted = len(list(filter(is_floating, inputs)))
    try:
        returned, extra, after = run_backward(
            State(trial, cache, copy.deepcopy(inputs)), douts, wanted)
    except Exception as error:
        raise BackwardRaisedError(Functions(layer, (), inputs, len(inputs))) from error
    if reshaped := reshaped_by_backward(trial, after):
        raise ValueError(f"backward gives {reshaped[0]} another shape")
    found = slots_of(trial, after, extra)
    slots = [slot for slot in found if _is_parameter(slot, layer, ready, inputs)]
    # a layer may make its parameters in its first forward
    made_late = not all(is_floating(slot.read(layer)) for slot in slots)
    may_be_net = bool(slots) and starts_from_one(type(layer), douts)
    count = _differentiated(type(layer), inputs, returned, may_be_net)
    places = list(filter(is_floating, inputs[:count]))
    shapes = [array.shape for array in (*places, *(slot.read(ready) for slot in slots))]
    got = [*returned[:len(places)], *(slot.gradient_of(trial, after, extra) for slot in slots)]
    fits = all(map(_is_usual, outs)) and shapes == list(map(np.shape, got))
    unjudged = [slot for slot in without_gradient(layer, slots) if _matters(slot, layer, inputs)]
    return Functions(ready if made_late else layer, tuple(slots), inputs, count, fits,
                     tuple(slot.name for slot in unjudged))


def _is_usual(out: Any) -> bool:
    """Whether an output has elements, all of them finite."""
    array = np.asarray(out)
    return array.size > 0 and (array.dtype.kind != "f" or bool(np.all(np.isfinite(array))))


def _matters(slot: Slot, layer: Any, inputs: tuple[Any, ...]) -> bool:
    """Whether the output depends on an array of the layer's."""
    outs = []
    for shift in (0.0, 0.25):
        moved = copy.deepcopy(layer)
        slot.write(moved, slot.read(moved) + shift)
        outs.append(run_forward(moved, copy.deepcopy(inputs))[0])
    return not all(map(np.array_equal, *outs))


def _differentiated(kind: type, inputs: tuple[Any, ...], returned: tuple[Any, ...],
                    may_be_net: bool) -> int:
    """Return how many inputs stand before targets that backward gives no gradient for.

    A net has no use for the gradient of its data either.
    """
    if may_be_net and is_nothing(returned):
        return 0
    names = needed(kind.forward, optional=True)[1:]  # type: ignore[attr-defined]
    floats = [place for place, arg in enumerate(inputs) if is_floating(arg)]
    last = floats[-1] if floats else -1
    if len(returned) < len(floats) and LABELS.fullmatch(names[last]):
        return last
    return len(inputs)


def _is_parameter(slot: Slot, layer: Any, ready: Any, inputs: tuple[Any, ...]) -> bool:
    """Whether what has a gradient is there before forward, or is left alone by a second one.

    What forward computes, and keeps for backward, is no parameter: it may be there from the start,
    as zeros.
    """
    if is_floating(slot.read(layer)):
        return np.array_equal(slot.read(layer), slot.read(ready)) or _matters(slot, layer, inputs)
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
