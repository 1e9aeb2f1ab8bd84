"""What `check_layer`, `check_gradient` and `check_net` refuse before they call anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.arguments import an, function, refuse
from gradcheck.contract.inspection import as_gradients
from gradcheck.contract.layer import Layer, name_arguments
from gradcheck.contract.protocol import in_one_form
from gradcheck.generators import global_generators_restored


def valid_layer(forward: Callable[..., Any], backward: Callable[..., Any], args: tuple[Any, ...],
                wrt: Sequence[int] | int | None) -> Layer:
    """Return the layer that check_layer's arguments make; refuse what cannot be differentiated."""
    for role, given in (("forward", forward), ("backward", backward)):
        function(role, given, f"pass the {role} function itself")
    names = name_arguments(forward, args)
    positions = _chosen(forward, args) if wrt is None else _positions(wrt)
    for position in positions:
        _validate_position(position, args, names)
    layer = _layer(forward, backward, args, names, tuple(map(int, positions)))
    learned = tuple(i for i in layer.wrt if not _is_given(names[i], args[i], args))
    if wrt is None and 0 < len(learned) < len(layer.wrt) > _gradients(layer):
        fewer = _layer(forward, backward, args, names, learned)
        return fewer if _gradients(fewer) == len(learned) else layer
    numbers = tuple(i for i, arg in enumerate(args) if type(arg) is float)
    if wrt is None and numbers and _gradients(layer) == len(positions) + len(numbers):
        args = tuple(np.array(arg) if i in numbers else arg for i, arg in enumerate(args))
        return _layer(forward, backward, args, names, tuple(sorted((*layer.wrt, *numbers))))
    return layer


def _layer(forward: Callable[..., Any], backward: Callable[..., Any], args: tuple[Any, ...],
           names: tuple[str, ...], wrt: tuple[int, ...]) -> Layer:
    return Layer(*in_one_form(forward, backward, names, wrt, args), args, names, wrt)


def _is_given(name: str, value: Any, args: tuple[Any, ...]) -> bool:
    """Whether an array need have no gradient: a mask of zeros and ones, weights beside labels."""
    if "mask" in name.lower() or (value.size and value.min() == 0.0 and value.max() == 1.0
                                  and np.all((value == 0.0) | (value == 1.0))):
        return True
    labels = any(isinstance(arg, np.ndarray) and arg.dtype.kind in "iu" for arg in args)
    return labels and "weight" in name.lower()


def _gradients(layer: Layer) -> int:
    """Return how many gradients backward returns; a plain number may have one, such as a slope."""
    try:
        with global_generators_restored(), np.errstate(all="ignore"):
            out, cache = layer.forward(*layer.copies())
            returned = layer.backward(np.ones_like(out), cache)
    except Exception:  # what it is, the inspection says
        return 0
    found = as_gradients(returned) or ()
    return sum(gradient is not None for gradient in found)


def _floating_positions(args: tuple[Any, ...]) -> tuple[int, ...]:
    """Return where the floating arrays stand, of which there must be one at least."""
    positions = tuple(i for i, arg in enumerate(args) if _floating(arg))
    if not positions:
        refuse("args", "no floating array", "at least one to differentiate",
               "pass arrays of floats, for example x.astype(float)", TypeError)
    return positions


def _chosen(forward: Callable[..., Any], args: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the positions that are differentiated by default; an adapter's forward knows them."""
    differentiable = getattr(forward, "differentiable", None)
    return tuple(differentiable(args)) if callable(differentiable) and differentiable(
        args) else _floating_positions(args)


def _positions(wrt: Sequence[int] | int) -> tuple[int, ...]:
    """Return the positions that were asked for, each once."""
    if not isinstance(wrt, int | np.integer | Sequence):
        refuse("wrt", wrt, "a position or a sequence of them", "pass for example wrt=(0, 1)",
               TypeError)
    positions = tuple(wrt) if isinstance(wrt, Sequence) else (wrt,)
    if not positions or len(set(positions)) < len(positions):
        refuse("wrt", wrt, "at least one position, each once", "leave wrt out for all arrays")
    return positions


def _validate_position(position: Any, args: tuple[Any, ...], names: tuple[str, ...]) -> None:
    """Refuse a position where there is no finite floating array."""
    integer = isinstance(position, int | np.integer) and not isinstance(position, bool)
    if not integer or not 0 <= position < len(args):
        refuse("wrt", position, f"positions from 0 to {len(args) - 1}",
               "count the arguments of forward from 0")
    if not _floating(args[position]):
        refuse(names[position], args[position], "a floating array",
               "convert it, for example with .astype(float), or leave it out of wrt", TypeError)
    if not np.all(np.isfinite(args[position])):
        refuse(names[position], "inf or NaN in it", "finite numbers",
               "check the layer where it can be differentiated")


def _floating(value: Any) -> bool:
    """Whether an argument can be differentiated: an array of float16, 32 or 64."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return False
    if isinstance(value, np.matrix | np.ma.MaskedArray):
        refuse("args", an(type(value).__name__), "plain arrays",
               "pass np.asarray(...), after filling what is masked", TypeError)
    if value.dtype.itemsize > 8:
        refuse("args", value, "float16, float32 or float64", "pass x.astype(np.float64)", TypeError)
    return True


def validate_options(seed: Any, constants: Any, rtol: Any, atol: Any) -> None:
    """Refuse a seed, constants or tolerances of a wrong kind."""
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        _validate_tolerance(name, tolerance)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        refuse("seed", seed, "an int of 0 or more", "pass for example seed=0",
               ValueError if isinstance(seed, int) and not isinstance(seed, bool) else TypeError)
    if constants is None:
        return
    if not isinstance(constants, Mapping):
        refuse("constants", constants, "a dict of numbers", "pass for example {'p': 0.3}",
               TypeError)
    for key, value in constants.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            refuse(f"constants[{key!r}]", value, "a number", "pass the number itself", TypeError)
        if not np.isfinite(value):
            refuse(f"constants[{key!r}]", value, "a finite number", "leave it out")


def _validate_tolerance(name: str, tolerance: Any) -> None:
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float | np.number):
        refuse(name, tolerance, "a number", f"pass for example {name}=1e-3", TypeError)
    if not 0 <= tolerance < np.inf:
        refuse(name, tolerance, "a finite number of 0 or more", f"pass for example {name}=1e-3")
