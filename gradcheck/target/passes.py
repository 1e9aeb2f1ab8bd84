"""A pass of a layer object: forward, then backward, however it takes and leaves its arrays."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.generators import global_generators_restored
from gradcheck.target.names import LABELS
from gradcheck.target.repeatable import MASK_SEED
from gradcheck.target.slot import RATE, is_floating

# Where forward and backward leave what they do not return; by another name, the last array made.
OUTPUTS = ("output", "out", "outputs", "y", "a", "A", "activations", "result")
INPUT_GRADIENTS = ("dinputs", "dinput", "dx", "dX", "d_input", "d_inputs", "grad_input",
                   "input_grad", "grad_x", "dA_prev", "din")
LEARNING_RATE = re.compile(r"lr|alpha|eta|(learn(ing)?_?)?rate|step(_?size)?")
CACHE = re.compile(r"cache|ctx|context|memory|saved|state|cached\w*")
INPUTS_AGAIN = ("dvalues", "d_values", "dvalue")
UPSTREAM = re.compile(r"d[a-zA-Z]\w*|\w*grad\w*|\w*delta\w*")


def needed(method: Any, optional: bool = False) -> list[str]:
    """Return the names of a method's parameters that must be given, self among them."""
    return [p.name for p in inspect.signature(method).parameters.values()
            if (optional or p.default is p.empty)
            and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def takes_its_inputs_again(kind: Any) -> bool:
    """Whether backward takes predictions and labels, as forward does, and no upstream gradient.

    Books call the predictions dvalues there. What a loss gives for each sample is averaged.

    >>> class Loss:
    ...     def forward(self, y_pred, y_true): ...
    ...     def backward(self, dvalues, y_true): ...
    >>> takes_its_inputs_again(Loss)
    True
    """
    (_, *inputs), (_, *again) = needed(kind.forward), needed(kind.backward)
    return len(inputs) == len(again) == 2 and inputs[1] == again[1] and (
        LABELS.fullmatch(inputs[1]) is not None) and (
            again[0] in (inputs[0], *INPUTS_AGAIN) or UPSTREAM.fullmatch(again[0]) is None)


@dataclass(frozen=True)
class State:
    """What a pass forward leaves: the layer that made it, a cache, the inputs."""

    layer: Any
    cache: Any
    inputs: tuple[Any, ...]


def run_forward(layer: Any, inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
    """Return a layer's outputs, and the cache that it returned with them, if any.

    The outputs are None where the layer neither returns nor keeps any.
    """
    before = dict(vars(layer))
    with global_generators_restored():
        np.random.seed(MASK_SEED)  # noqa: NPY002  (a dropout draws the same mask each time)
        returned = layer.forward(*inputs)
    if returned is None:
        returned = _left(layer, before, OUTPUTS, inputs)
    if takes_its_inputs_again(type(layer)) and isinstance(returned, np.ndarray | np.floating):
        returned = np.mean(returned)
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
    before = dict(vars(after))
    again = takes_its_inputs_again(type(after))
    returned = (after.backward(*_again(after, state.inputs)) if again
                else _called(after, douts, cache, state.inputs))
    if returned is None:
        returned = _left(after, before, INPUT_GRADIENTS, douts)
    if again and isinstance(returned, np.ndarray):
        returned = returned * douts[0]
    entries = list(returned) if isinstance(returned, tuple | list) else [returned]
    extra = [part for entry in entries[wanted:]
             for part in (entry if isinstance(entry, tuple | list) else [entry])]
    return tuple(entries[:wanted]), extra, after


def _left(layer: Any, before: Mapping[str, Any], names: Sequence[str], given: Sequence[Any]
          ) -> Any:
    """Return what a method left in the layer for the next one; None where it left nothing."""
    made = [name for name, value in vars(layer).items() if is_floating(value)
            and value is not before.get(name) and not any(value is arg for arg in given)]
    spelt = {_bare(name): name for name in vars(layer)}
    called = [spelt[_bare(name)] for name in names if _bare(name) in spelt]
    return next((vars(layer)[name] for name in (*called, *reversed(made))), None)


def _again(layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what a loss's backward is handed: what it predicted, if that is not its input."""
    kept = vars(layer).get("output")
    predicted = isinstance(kept, np.ndarray) and kept.shape == np.shape(inputs[0])
    return (kept if predicted else inputs[0], *inputs[1:])


def _bare(name: str) -> str:
    """Return a name without its ways of writing it: dInputs is d_inputs, and A is none of a.

    >>> _bare("dInputs"), _bare("d_inputs"), _bare("A")
    ('dinputs', 'dinputs', 'A')
    """
    return name if len(name) < 3 else name.replace("_", "").lower()


def starts_from_one(kind: Any, douts: Sequence[Any]) -> bool:
    """Whether a class is a loss whose backward need not be handed a gradient, as its own is 1."""
    return not needed(kind.backward)[1:] and np.ndim(douts[0]) == 0


def _called(layer: Any, douts: Sequence[Any], cache: Any, inputs: tuple[Any, ...]) -> Any:
    """Call backward with what its parameters name."""
    method = type(layer).backward
    names, must = needed(method, optional=True)[1:], needed(method)[1:]
    if starts_from_one(type(layer), douts):
        returned = layer.backward()
        return returned * douts[0] if isinstance(returned, np.ndarray) else returned
    if not must and not any(map(UPSTREAM.fullmatch, names)):  # its derivative, element by element
        returned = layer.backward()
        return returned * douts[0] if np.shape(returned) == np.shape(douts[0]) else returned
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
