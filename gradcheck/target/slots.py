"""Where a layer object keeps its parameters, and where backward leaves their gradients.

In public code, the most common first:

- attributes: ``self.W`` with ``self.dW`` (``grad_W``, ``weights`` with ``dweights`` or ``dw``);
- no gradient at all: ``backward(grad, learning_rate)`` subtracts it from the parameter;
- lists: ``self.params = [W, b]`` with ``self.grads = [dW, db]``;
- dicts: ``self.params['W']`` with ``self.grads['W']`` (or ``'dW'``);
- objects: ``self.W.value`` with ``self.W.grad``, or ``self.W`` itself with ``self.W.grad``;
- returned: ``return dx, dW, db``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.target.paths import Path
from gradcheck.target.slot import Slot, is_floating

Array = NDArray[Any]

FAMILIES = (("w", "weight", "weights", "kernel", "kernels", "filters", "filter"),
            ("b", "bias", "biases"), ("gamma",), ("beta",))
GRADIENT_NAMES = ("d{0}", "grad_{0}", "{0}_grad", "d_{0}", "g{0}", "grad{0}", "{0}_gradient",
                  "{0}_grads", "{0}grad", "delta_{0}", "delta{0}", "nabla_{0}", "{0}_delta",
                  "dLd{0}", "dL_d{0}", "dl_d{0}", "gradient_{0}")
PARAMETERS = ("params", "parameters", "weights", "param", "_params", "_parameters")
GRADIENTS = ("grads", "gradients", "grad", "gradient", "dparams", "_grads", "_gradients")
VALUES, GRADS = ("value", "data", "val", "w"), ("grad", "gradient", "dw", "d")
# What an object has of its input and output, and is no parameter.
SAVED = frozenset({"x", "X", "input", "inputs", "out", "output", "cache", "dx", "dX", "dinputs"})


def slots_of(before: Any, after: Any, extra: Sequence[Any] = ()) -> list[Slot]:
    """Return a layer's parameters that have a gradient.

    Parameters
    ----------
    before, after : object
        The layer before backward, and after it.
    extra : sequence
        What backward returned besides the gradients of the inputs.

    Examples
    --------
    >>> from types import SimpleNamespace as Layer
    >>> before = Layer(W=np.ones(3), b=np.ones(2), lr=0.5)
    >>> slots_of(before, Layer(W=np.ones(3), b=np.ones(2), dW=np.ones(3), bias_grad=np.ones(2)))
    [Slot(name='W', path=('W',), gradient=('dW',), place=-1), Slot(name='b', path=('b',), \
gradient=('bias_grad',), place=-1)]
    """
    for way in (_in_containers, _in_objects, _in_attributes):
        if found := list(way(after)):
            return found
    return (list(_listed(before, after)) or list(_returned(before, extra))
            or list(_subtracted(before, after)))


def _in_containers(layer: Any) -> Iterator[Slot]:
    """Yield parameters in a dict or a list beside their gradients in another one."""
    for holder, gradients in itertools.product(PARAMETERS, GRADIENTS):
        params, grads = (vars(layer).get(name) for name in (holder, gradients))
        if isinstance(params, Mapping) and isinstance(grads, Mapping):
            return (yield from _in_dicts(params, grads, holder, gradients))
        if isinstance(params, list | tuple) and isinstance(grads, list | tuple):
            return (yield from _in_lists(layer, holder, gradients))


def _in_lists(layer: Any, holder: str, gradients: str) -> Iterator[Slot]:
    """Yield the parameters of a list whose gradients are in another; what is shared, once."""
    params, grads = vars(layer)[holder], vars(layer)[gradients]
    found: dict[int, list[int]] = {}
    for place, (value, grad) in enumerate(zip(params, grads, strict=False)):
        if is_floating(value) and np.shape(grad) == value.shape:
            found.setdefault(id(value), []).append(place)
    for place, *others in found.values():
        yield Slot(_called(layer, params[place]) or f"{holder}{place}", (holder, place),
                   (gradients, place), others=tuple((gradients, other) for other in others))


def _in_dicts(params: Mapping[Any, Any], grads: Mapping[Any, Any], holder: str, gradients: str
              ) -> Iterator[Slot]:
    """Yield the parameters of a dict whose gradients are in another under a name like theirs."""
    for name, value in params.items():
        key = next((key for key in (name, f"d{name}", f"{name}_grad", f"grad_{name}")
                    if key in grads), None)
        if key is not None and is_floating(value):
            yield Slot(str(name), (holder, name), (gradients, key))


def _called(layer: Any, array: Any) -> str:
    """Return the attribute under which a layer holds an array of a list as well."""
    return next((name for name, value in vars(layer).items() if value is array), "")


def _in_objects(layer: Any) -> Iterator[Slot]:
    """Yield parameters that are objects with a value and a gradient."""
    for name, held in vars(layer).items():
        inside = getattr(held, "__dict__", {})
        if is_floating(held) and (key := next((key for key in GRADS if key in inside and np.shape(
                inside[key]) == held.shape), None)) is not None:
            yield Slot(name, (name,), (name, key))
            continue
        value = next((key for key in VALUES if is_floating(inside.get(key))), None)
        if value is None or isinstance(held, type):
            continue
        grad = next((key for key in GRADS if key in inside and key != value
                     and np.shape(inside[key]) == inside[value].shape), None)
        if grad is not None:
            yield Slot(name, (name, value), (name, grad))


def _in_attributes(layer: Any) -> Iterator[Slot]:
    """Yield arrays beside a gradient of theirs, which is called as they are, or as such usually."""
    gradients = {path: value for path, value in _gradients(layer) if path[-1] not in SAVED}
    params = {path: value for path, value in _arrays(layer) if path not in gradients}
    used: dict[Path, Path] = {}
    # of its very name, or of the family's; last, beside others, one of another shape: a slip
    for names_of, any_shape in ((_alone, False), (_family, False), (_alone, True)):
        for path, value in params.items() if used or not any_shape else ():
            fitting = _called_like(path, gradients, names_of, None if any_shape else value.shape)
            found = next((key for key in fitting if key not in used.values()), None)
            if found is not None and path not in used:
                used[path] = found
    for path, found in used.items():
        yield Slot(str(path[-1]), path, found)


def _called_like(path: Path, gradients: Mapping[Path, Any],
                 names_of: Callable[[str], tuple[str, ...]], shape: tuple[int, ...] | None
                 ) -> Iterator[Path]:
    """Yield the ways to gradients of a parameter, of its shape if that is given."""
    for name in (pattern.format(word) for word in names_of(str(path[-1]))
                 for pattern in ("{0}", *GRADIENT_NAMES)):
        for key, gradient in gradients.items():
            if key[-1] == name and key != path and (
                    isinstance(gradient, np.ndarray | np.floating) if shape is None
                    else np.shape(gradient) == shape):
                yield key


def _gradients(layer: Any) -> Iterator[tuple[Path, Any]]:
    """Yield what may be gradients: attributes, and what a dict or a list of gradients holds."""
    for name, value in vars(layer).items():
        if name in GRADIENTS and isinstance(value, Mapping):
            yield from (((name, key), entry) for key, entry in value.items())
        elif _is_called_a_gradient(name, layer):
            yield (name,), value


def _is_called_a_gradient(name: str, layer: Any) -> bool:
    """Whether a layer holds something under the name of a gradient."""
    return not _has_gradient(name, layer) and any(
        re.fullmatch(pattern.format(r"\w+"), name) for pattern in GRADIENT_NAMES)


def _has_gradient(name: str, layer: Any) -> bool:
    """Whether a layer holds a gradient of what is called so: gamma is none of amma."""
    return any(pattern.format(name) in vars(layer) for pattern in GRADIENT_NAMES)


def _arrays(layer: Any) -> Iterator[tuple[Path, Array]]:
    """Yield the arrays that a layer holds as attributes, and in a dict of parameters."""
    for name, value in vars(layer).items():
        if is_floating(value) and name not in SAVED:
            yield (name,), value
        elif isinstance(value, Mapping) and name in PARAMETERS:
            yield from (((name, key), entry) for key, entry in value.items() if is_floating(entry))


def without_gradient(layer: Any, slots: Sequence[Slot]) -> list[Slot]:
    """Return the arrays that a layer was constructed with, and that are none of its parameters.

    >>> from types import SimpleNamespace as Layer
    >>> [slot.name for slot in without_gradient(Layer(W=np.ones(3), n=4), [])]
    ['W']
    """
    known = {slot.path for slot in slots}
    read = [slot.read(layer) for slot in slots]
    return [Slot(str(path[-1]), path) for path, value in _arrays(layer)
            if path not in known and not any(value is array for array in read)]


def is_learned(name: str) -> bool:
    """Whether an array is called as what a layer learns: W, weights_1, bias, gamma.

    >>> [is_learned(name) for name in ("W1", "biases", "W_out", "table")]
    [True, True, True, False]
    """
    stem = re.split(r"[_\d]", name.strip("_"))[0].lower()
    return any(stem in family for family in FAMILIES)


def _alone(name: str) -> tuple[str, ...]:
    return (name,)


def _family(name: str) -> tuple[str, ...]:
    """Return what a parameter of this name is also called."""
    family = next((family for family in FAMILIES if name.lower() in family), ())
    return (name, *(word for member in family
                    for word in (member, member.upper(), member.capitalize())))


def _listed(before: Any, after: Any) -> Iterator[Slot]:
    """Yield parameters of the shapes of a list of gradients, in its order."""
    for holder in GRADIENTS:
        entries = vars(after).get(holder)
        if isinstance(entries, list | tuple):
            for place, name in _of_shapes(before, entries):
                yield Slot(name, (name,), (holder, place))


def _returned(layer: Any, extra: Sequence[Any]) -> Iterator[Slot]:
    """Yield parameters of the shapes of what backward returned, in its order."""
    for place, name in _of_shapes(layer, extra):
        yield Slot(name, (name,), place=place)


def _of_shapes(layer: Any, gradients: Sequence[Any]) -> Iterator[tuple[int, str]]:
    """Yield each gradient's place, and the first array of its shape that is left."""
    left = {name: value for name, value in vars(layer).items()
            if is_floating(value) and name not in SAVED}
    for place, gradient in enumerate(gradients):
        name = next((name for name, value in left.items()
                     if value.shape == np.shape(gradient)), None)
        if name is not None:
            del left[name]
            yield place, name


def _subtracted(before: Any, after: Any) -> Iterator[Slot]:
    """Yield parameters that backward has changed, and nothing else was called in between."""
    for name, value in vars(before).items():
        now = vars(after).get(name)
        if is_floating(value) and is_floating(now) and name not in SAVED and (
                now.shape == value.shape and not np.array_equal(now, value)):
            yield Slot(name, (name,))


def reshaped_by_backward(before: Any, after: Any) -> list[str]:
    """Return the parameters whose shape backward changed: the input was of a shape it is not for.

    >>> from types import SimpleNamespace as Layer
    >>> reshaped_by_backward(Layer(b=np.ones((2, 1))), Layer(b=np.ones((2, 3))))
    ['b']
    """
    return [name for name, value in vars(before).items() if is_floating(value)
            and name not in SAVED and not _is_called_a_gradient(name, before)
            and is_floating(vars(after).get(name))
            and vars(after)[name].shape != value.shape]
