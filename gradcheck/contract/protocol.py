"""The forms in which people write a forward and its backward, brought to one.

The checker knows ``out, cache = forward(*args)`` and ``gradients = backward(dout, cache)``. In use
are also several outputs, ``(a, b), cache`` or ``a, b, cache``; an output alone, where backward
takes forward's own arguments, before dout or behind it; a backward that takes forward's settings,
too; gradients in a dict; and None for what cannot be differentiated.
"""

from __future__ import annotations

import copy
import functools
import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradcheck.contract.layer import Layer
from gradcheck.foreign import uncompiled
from gradcheck.nested import Wrapped
from gradcheck.numeric.evaluator import ForwardError, fresh

Function = Callable[..., Any]

ARRAY = (np.ndarray, np.floating)
OUTPUTS = frozenset({"out", "output", "y", "a", "A", "activation", "s", "h", "res", "result"})
INPUTS = frozenset({"x", "X", "z", "Z", "inp", "input", "inputs", "cache"})
UPSTREAM = re.compile(r"d_?([a-zA-Z]\d?(_(next|t))?|[A-Z]\w*|(out|prev|next|loss|val|y)\w*)|"
                      r"\w*(grad|delta)\w*|upstream\w*|g")


def in_one_form(forward: Function, backward: Function, names: Sequence[str],
                wrt: Sequence[int], args: Sequence[Any] = ()) -> tuple[Function, Function]:
    """Return a pair in the checker's own form.

    Parameters
    ----------
    forward, backward : callable
        In any of the forms above.
    names : sequence of str
        The names of forward's arguments.
    wrt : sequence of int
        Positions of the arguments to differentiate.
    args : sequence, optional
        Those arguments: a backward with a parameter that is called like one of forward's settings
        is given it.

    Returns
    -------
    forward, backward : callable
        ``forward(*args) -> (out, cache)``, with several outputs laid end to end in one vector;
        ``backward(dout, cache)`` -> a tuple of gradients in the order of `wrt`, or what it returned
        where that has no form that is known.

    Examples
    --------
    >>> def halves_forward(x):
    ...     return x[:2], x[2:], None
    >>> def halves_backward(dfirst, dsecond, cache):
    ...     return {"dx": np.concatenate([dfirst, dsecond])}
    >>> forward, backward = in_one_form(halves_forward, halves_backward, ["x"], [0])
    >>> out, cache = forward(np.arange(5.0))
    >>> backward(out, cache)
    (array([0., 1., 2., 3., 4.]),)
    """
    settings = {name: arg for name, arg in zip(names, args, strict=False)
                if not isinstance(arg, np.ndarray)}
    adapted = _Backward(backward, tuple(names), tuple(wrt), settings)
    return (functools.update_wrapper(_Forward(forward), forward),
            functools.update_wrapper(adapted, backward))


def in_python(layer: Layer) -> Layer:
    """Return a layer of which nothing is compiled: numba's functions as they were written."""
    forward, backward = copy.copy(layer.forward), copy.copy(layer.backward)
    if isinstance(forward, _Forward) and isinstance(backward, _Backward):
        forward.forward = uncompiled(forward.forward)
        backward.backward = uncompiled(backward.backward)
    return replace(layer, forward=forward, backward=backward)


@dataclass
class _Forward:
    """A forward that returns one output and a cache. An object, so that workers can pickle it."""

    forward: Function

    def __call__(self, *args: Any) -> Any:
        """Call the forward; what has none of the known forms is returned as it is."""
        returned = self.forward(*args)
        if type(returned) is tuple and len(returned) == 2 and type(returned[0]) is np.ndarray:
            return returned
        return self._one_form(args, returned)

    def _one_form(self, args: tuple[Any, ...], returned: Any) -> Any:
        if _is_array(returned):
            return returned, Bare(args, returned)
        if not isinstance(returned, tuple) or len(returned) < 2:
            return returned
        *outs, cache = returned
        if len(outs) == 1 and isinstance(outs[0], tuple | list) and outs[0] and all(
                map(_is_array, outs[0])):
            return _end_to_end(outs[0]), Several(_shapes(outs[0]), cache, together=True)
        if len(outs) > 1 and all(map(_is_array, outs)):
            return _end_to_end(outs), Several(_shapes(outs), cache)
        if len(outs) > 1 and any(map(_is_array, outs)) and any(out is None for out in outs):
            place = next(i for i, out in enumerate(outs, 1) if out is None)
            raise ForwardError(f"not written yet: output {place} of {len(outs)} is None. Remedy: "
                               "compute it in forward")
        return returned


@dataclass
class _Backward:
    """A backward that takes dout and cache, and returns gradients in the order of `wrt`."""

    backward: Function
    names: tuple[str, ...]
    wrt: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, dout: Any, cache: Any) -> Any:
        """Call the backward as its parameters' names want it."""
        return _in_order(self._returned(dout, cache), self.names, self.wrt)

    def _returned(self, dout: Any, cache: Any) -> Any:
        if isinstance(cache, Bare):
            wanted = parameters_of(self.backward)
            del wanted[self._upstream:self._upstream + 1]
            given = _from_forward(wanted, self.names, cache)
            given.insert(self._upstream, dout)
            return self.backward(*given)
        if isinstance(cache, Several):
            parts = cache.split(dout)
            together = cache.together and len(parameters_of(self.backward)) <= 2
            return self._call(*([tuple(parts)] if together else parts), cache.cache)
        return self._call(*((cache, dout) if self._upstream == 1 else (dout, cache)))

    def _call(self, *given: Any) -> Any:
        """Call with the settings that its further parameters name."""
        further = {name: fresh(self.settings[name]) for name in self._named[len(given):]
                   if name in self.settings}
        return self.backward(*given, **further)

    @functools.cached_property
    def _named(self) -> list[str]:
        """The names of all parameters that can be named."""
        return [entry.name for entry in self._parameters]

    @functools.cached_property
    def _parameters(self) -> list[inspect.Parameter]:
        return _positional(self.backward)

    @functools.cached_property
    def _upstream(self) -> int:
        """The place of dout: behind an argument of forward's, or a cache, where names say so."""
        first, *others = _needed(self._parameters) or [""]
        known = {*self.names, *INPUTS, *OUTPUTS}
        if first == "cache" and len(others) == 1:
            return int(others[0] != "cache")
        return next((place for place, name in enumerate(others, 1) if first in known
                     and name not in known and UPSTREAM.fullmatch(name)), 0)


@dataclass
class Several(Wrapped):
    """The shapes of several outputs, beside the layer's own cache."""

    shapes: list[tuple[int, ...]]
    cache: Any
    together: bool = False

    def split(self, dout: Any) -> list[Any]:
        """Return a gradient for each output."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
        return [part.reshape(shape) for part, shape in
                zip(np.split(dout, ends), self.shapes, strict=True)]


@dataclass
class Bare(Wrapped):
    """What a forward without a cache leaves to backward: its arguments and its output."""

    args: tuple[Any, ...]
    out: Any
    cache: None = None


def parameters_of(function: Function, optional: bool = False) -> list[str]:
    """Return the names of the parameters that have to be given, or may be.

    >>> parameters_of(lambda dout, cache, eps=0.1: None)
    ['dout', 'cache']
    """
    found = _positional(function)
    return [entry.name for entry in found] if optional else _needed(found)


def _positional(function: Function) -> list[inspect.Parameter]:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _needed(parameters: Sequence[inspect.Parameter]) -> list[str]:
    return [p.name for p in parameters if p.default is p.empty]


def _from_forward(wanted: Sequence[str], names: Sequence[str], bare: Bare) -> list[Any]:
    """Return the values of backward's further parameters, by the names that forward has."""
    known = dict(zip(names, bare.args, strict=False))
    found = []
    for name in wanted:
        if name in known:
            found.append(known[name])
        elif name in OUTPUTS:
            found.append(bare.out)
        elif name in INPUTS or len(bare.args) == 1:
            found.append(bare.args[0] if len(bare.args) == 1 else bare.args)
        else:
            raise TypeError(f"backward wants {name}, and forward returned no cache to take it "
                            f"from. Remedy: return (out, cache), with {name} in the cache")
    return found


def _in_order(returned: Any, names: Sequence[str], wrt: Sequence[int]) -> Any:
    """Return gradients in the order of `wrt`, whatever else was returned with them."""
    if isinstance(returned, Mapping):
        keyed = [next((returned[key] for key in _keys(names[i]) if key in returned), None)
                 for i in wrt]
        return returned if all(entry is None for entry in keyed) else tuple(keyed)
    if isinstance(returned, tuple | list) and len(returned) > len(wrt):
        if len(returned) == len(names) and all(
                returned[i] is None or isinstance(returned[i], Mapping)  # of a dict of arrays
                for i in range(len(names)) if i not in wrt):
            return tuple(returned[i] for i in wrt)
        filled = [entry for entry in returned if entry is not None]
        if len(filled) == len(wrt):
            return tuple(filled)
    return returned


def _keys(name: str) -> tuple[str, ...]:
    """Return what a gradient may be called in a dict."""
    return (f"d{name}", name, f"grad_{name}", f"{name}_grad", f"d_{name}", f"d{name.upper()}",
            f"d{name.lower()}")


def _is_array(value: Any) -> bool:
    return isinstance(value, ARRAY)


def _shapes(outs: Sequence[Any]) -> list[tuple[int, ...]]:
    return [np.shape(out) for out in outs]


def _end_to_end(outs: Sequence[Any]) -> Any:
    return np.concatenate([np.ravel(out) for out in outs])
