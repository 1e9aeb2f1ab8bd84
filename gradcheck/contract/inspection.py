"""The calls before any number is compared, and every breach of the contract that they show.

`inspect_layer` calls forward and backward as their user would, in the user's own dtype, on copies
of the arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arguments import an
from gradcheck.contract.breach import Inspection
from gradcheck.contract.layer import Layer
from gradcheck.contract.mutation import (
    note_mutated_arguments,
    note_mutated_cache,
    same_bits,
    snapshot,
)
from gradcheck.contract.purity import note_impurity
from gradcheck.contract.recalls import calls_of, note_recalls
from gradcheck.contract.shapes import note_shapes
from gradcheck.exceptions.remedies import reason_and_remedy
from gradcheck.exceptions.words import raising_line
from gradcheck.generators import global_mark
from gradcheck.numeric.evaluator import ForwardError, output_of

Array = NDArray[Any]


def inspect_layer(layer: Layer, dout: Array | None, rng: np.random.Generator) -> Inspection:
    """Call forward and backward twice each and note every breach of the contract."""
    found = Inspection()
    args = layer.copies()
    with np.errstate(all="ignore"):
        returned = _forward(found, layer, args)
        if returned is None:
            return found
        found.out, found.cache = returned
        note_mutated_arguments(found, layer, args, "forward")
        others = layer.copies()
        again = _forward(found, layer, others)
        if again is None:
            return found
        if not same_bits(found.out, again[0]):
            found.add("forward-nondeterministic", "again")
            return found
        found.dout = _upstream(found.out, dout, rng)
        _inspect_backward(found, layer, args, again[1])
        # an object that remembers its last arguments remembers those of the second call
        if not found.has("cache-mutated"):
            note_mutated_arguments(found, layer, others, "backward")
    return found


def _forward(found: Inspection, layer: Layer, args: list[Any]) -> tuple[Array, Any] | None:
    found.calls += 1
    try:
        returned = layer.forward(*args)
        return output_of(returned).copy(), returned[1]
    except ForwardError as error:
        found.add("raises", "no pair", reason=str(error))
    except Exception as error:
        note_exception(found, "forward", error)
    return None


def call_backward(found: Inspection, layer: Layer, dout: Array, cache: Any) -> list[Any] | None:
    """Return copies of backward's gradients; note it and return None where there are none."""
    try:
        returned = layer.backward(dout, cache)
    except Exception as error:
        note_exception(found, "backward", error, shape=dout.shape)
        return None
    gradients = as_gradients(returned)
    if gradients is None:
        found.add("wrong-shape", "returned", got=type(returned).__name__)
    return gradients


def note_exception(found: Inspection, how: str, error: Exception, **facts: Any) -> None:
    """Note an exception of the user's functions."""
    found.add("raises", how, exception=type(error).__name__, reason=reason_and_remedy(error),
              line=raising_line(error), **facts)


def as_gradients(returned: Any) -> list[Any] | None:
    """Return copies of what backward returned: one array or several; None for anything else.

    >>> len(as_gradients((np.zeros(2), None))), as_gradients({"dx": np.zeros(2)})
    (2, None)
    >>> as_gradients((np.zeros(2), [1.0, 2.0]))[1]
    array([1., 2.])
    """
    entries = [_listed(entry) for entry in returned] if isinstance(
        returned, tuple | list) else [returned]
    plain = (np.ndarray, np.number, np.bool_, int, float, complex, type(None))
    if not all(isinstance(entry, plain) for entry in entries):
        return None
    return [_unmasked(entry) if isinstance(entry, np.ndarray) else entry for entry in entries]


def _listed(entry: Any) -> Any:
    """Return a gradient that was collected in a list of numbers or rows as an array."""
    if not isinstance(entry, list | tuple):
        return entry
    try:
        array = np.asarray(entry)
    except ValueError:  # rows of several lengths
        return entry
    return array if array.dtype.kind in "fiub" and array.size else entry


def _unmasked(array: Array) -> Array:
    """Return a copy, a plain array if nothing in it is masked."""
    return array.copy() if np.ma.is_masked(array) else np.asarray(array.copy())


def _upstream(out: Array, dout: Array | None, rng: np.random.Generator) -> Array:
    """Return the upstream gradient: the user's, or a Gaussian one in the output's dtype."""
    if dout is None:
        return np.asarray(rng.standard_normal(out.shape)).astype(out.dtype)
    if not isinstance(dout, np.ndarray) or dout.shape != out.shape or dout.dtype.kind != "f":
        got = (f"{an(str(dout.dtype))} array of shape {dout.shape}" if isinstance(dout, np.ndarray)
               else type(dout).__name__)
        raise ValueError(f"dout: got {got}; expected a floating array of shape {out.shape}, that "
                         "of forward's output. Remedy: pass one of that shape, or none.")
    if not np.all(np.isfinite(dout)) or (dout.size and not np.any(dout)):
        raise ValueError(f"dout: got {'zeros only' if not np.any(dout) else 'inf or NaN in it'}; "
                         "expected finite numbers, not all zero. Remedy: pass another dout, or "
                         "none: then it is drawn.")
    return dout.astype(out.dtype)


def _inspect_backward(found: Inspection, layer: Layer, args: list[Any], other_cache: Any) -> None:
    """Run backward once for its values and its side effects, and again for its purity."""
    assert found.dout is not None
    dout = found.dout.copy()
    before = snapshot(found.cache, "cache")
    mark = global_mark()
    with calls_of(layer.forward) as calls:
        gradients = call_backward(found, layer, dout, found.cache)
    found.draws_randomness = mark != global_mark()
    if gradients is None:
        return
    note_recalls(found, layer.args, calls)
    if not same_bits(dout, found.dout):
        found.add("dout-mutated", "written")
    changed = note_mutated_cache(found, before)
    if not changed:
        note_mutated_arguments(found, layer, args, "backward")
    second = call_backward(found, layer, found.dout.copy(), other_cache if changed else found.cache)
    if second is None:
        return
    note_impurity(found, layer, gradients, second)
    found.gradients = gradients
    if not found.has("backward-impure"):
        note_shapes(found, layer, gradients)
