"""What must hold before any number is compared: purity, linearity, shapes, dtypes, mutation.

`inspect_layer` calls forward and backward as their user would, in the user's own dtype, on copies
of the arguments, and tells every breach as a finding.
"""

from __future__ import annotations

import copy
import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.snapshots import differences, same_bits, snapshot
from gradcheck.exceptions import reason_and_place
from gradcheck.numeric.dependence import ForwardError, fresh, output_of
from gradcheck.report import Finding

Array = NDArray[Any]
Forward = Callable[..., Any]
Backward = Callable[..., Any]

# what a layer may write into a parameter dict: its running statistics, as cs231n's batchnorm does
WRITTEN_BACK = re.compile(r"running|moving|num_batches|average")
LINEARITY = 1e-7
ROUNDING = 1e-12
ISOLATED_SHARE = 0.1
FATAL = frozenset({"raises", "forward-nondeterministic", "nonlinear-in-dout", "dout-ignored",
                   "mask-resampled", "backward-impure"})


@dataclass
class Inspection:
    """What the calls gave: findings, and the values that the numbers are compared with."""

    findings: list[Finding] = field(default_factory=list)
    out: Array | None = None
    cache: Any = None
    dout: Array | None = None
    gradients: list[Any] = field(default_factory=list)
    calls: int = 0
    draws_randomness: bool = False

    def add(self, code: str, argument: str | None, message: str, **evidence: Any) -> None:
        """Note a breach; each code once an argument."""
        if all((found.code, found.argument) != (code, argument) for found in self.findings):
            self.findings.append(Finding(code, argument, (), message, evidence))

    def has(self, code: str) -> bool:
        """Whether a breach of this code was noted."""
        return any(found.code == code for found in self.findings)

    @property
    def fatal(self) -> bool:
        """Whether comparing numbers would mean nothing."""
        return any(found.code in FATAL for found in self.findings)


@dataclass(frozen=True)
class Layer:
    """A pair of functions with the arguments it is checked at."""

    forward: Forward
    backward: Backward
    args: tuple[Any, ...]
    names: tuple[str, ...]
    wrt: tuple[int, ...]

    def copies(self) -> list[Any]:
        """Return arguments that the functions may do to as they like."""
        return [arg.copy() if isinstance(arg, np.ndarray) else fresh(arg) for arg in self.args]


def inspect_layer(layer: Layer, dout: Array | None, rng: np.random.Generator) -> Inspection:
    """Call forward and backward twice each and note every breach of the contract."""
    found = Inspection()
    args = layer.copies()
    with np.errstate(all="ignore"):
        returned = _forward(found, layer, args)
        if returned is None:
            return found
        found.out, found.cache = returned
        _note_mutated_arguments(found, layer, args, "forward")
        others = layer.copies()
        again = _forward(found, layer, others)
        if again is None:
            return found
        if not same_bits(found.out, again[0]):
            found.add("forward-nondeterministic", None, _NONDETERMINISTIC)
            return found
        found.dout = _upstream(found.out, dout, rng)
        _inspect_backward(found, layer, args, again[1], rng)
        # an object that remembers its last arguments remembers those of the second call
        if not found.has("cache-mutated"):
            _note_mutated_arguments(found, layer, others, "backward")
    return found


_NONDETERMINISTIC = (
    "two calls of forward on equal arguments gave different outputs, so there is no function to "
    "differentiate. The usual cause is a mask drawn afresh. Remedy: make the randomness an "
    "argument, for example a seed in the parameter dict."
)


def _forward(found: Inspection, layer: Layer, args: list[Any]) -> tuple[Array, Any] | None:
    found.calls += 1
    try:
        returned = layer.forward(*args)
        return output_of(returned).copy(), returned[1]
    except ForwardError as error:
        found.add("raises", None, f"{error}. Remedy: return the pair (out, cache).")
    except Exception as error:
        found.add("raises", None, f"forward raised {reason_and_place(error)}."
                  + _unless_told(error, " Remedy: make forward accept these arguments."),
                  exception=type(error).__name__)
    return None


def _backward(found: Inspection, layer: Layer, dout: Array, cache: Any) -> list[Any] | None:
    try:
        returned = layer.backward(dout, cache)
    except Exception as error:
        found.add("raises", None, f"backward raised {reason_and_place(error)}."
                  + _unless_told(error, f" Remedy: make backward accept dout of shape {dout.shape} "
                                 "and the cache that forward returned."),
                  exception=type(error).__name__)
        return None
    gradients = as_gradients(returned)
    if gradients is None:
        found.add("wrong-shape", None, f"backward returned a {type(returned).__name__}; expected "
                  "an array, or a tuple of arrays in the order of forward's arguments. Remedy: "
                  "return dx, dw, db.", got=type(returned).__name__)
    return gradients


def as_gradients(returned: Any) -> list[Any] | None:
    """Return copies of what backward returned: one array or several; None for anything else.

    >>> len(as_gradients((np.zeros(2), None))), as_gradients({"dx": np.zeros(2)})
    (2, None)
    """
    entries = list(returned) if isinstance(returned, tuple | list) else [returned]
    plain = (np.ndarray, np.number, np.bool_, int, float, complex, type(None))
    if not all(isinstance(entry, plain) for entry in entries):
        return None
    return [entry.copy() if isinstance(entry, np.ndarray) else entry for entry in entries]


def _unless_told(error: BaseException, remedy: str) -> str:
    """Return the remedy, unless the exception brings one of its own."""
    return "" if "Remedy: " in reason_and_place(error) else remedy


def _upstream(out: Array, dout: Array | None, rng: np.random.Generator) -> Array:
    """Return the upstream gradient: the user's, or a Gaussian one in the output's dtype."""
    if dout is None:
        return np.asarray(rng.standard_normal(out.shape)).astype(out.dtype)
    if not isinstance(dout, np.ndarray) or dout.shape != out.shape or dout.dtype.kind != "f":
        got = (f"a {dout.dtype} array of shape {dout.shape}" if isinstance(dout, np.ndarray)
               else type(dout).__name__)
        raise ValueError(f"dout: got {got}; expected a floating array of shape {out.shape}, that "
                         "of forward's output. Remedy: pass one of that shape, or none.")
    if not np.all(np.isfinite(dout)) or (dout.size and not np.any(dout)):
        raise ValueError(f"dout: got {'zeros only' if not np.any(dout) else 'inf or NaN in it'}; "
                         "expected finite numbers, not all zero. Remedy: pass another dout, or "
                         "none: then it is drawn.")
    return dout.astype(out.dtype)


def _inspect_backward(
    found: Inspection, layer: Layer, args: list[Any], other_cache: Any, rng: np.random.Generator
) -> None:
    """Run backward once for its values and its side effects, and again for its purity."""
    assert found.dout is not None
    dout = found.dout.copy()
    before = snapshot(found.cache, "cache")
    state = _global_random_state()
    gradients = _backward(found, layer, dout, found.cache)
    found.draws_randomness = state != _global_random_state()
    if gradients is None:
        return
    if not same_bits(dout, found.dout):
        found.add("dout-mutated", None, "backward wrote into dout, which belongs to the caller and "
                  "is still needed by other branches. Remedy: work on a copy (dx = dout.copy()), "
                  "and write `dx = dx * mask` where `dout *= mask` stands.")
    changed = differences(before, snapshot(found.cache, "cache"))
    if changed:
        found.add("cache-mutated", None, f"backward changed {', '.join(changed[:3])}, so a second "
                  "backward sees other values. Remedy: copy before writing.", changed=changed[:8])
    else:
        _note_mutated_arguments(found, layer, args, "backward")
    cache = other_cache if changed else found.cache
    second = _backward(found, layer, found.dout.copy(), cache)
    if second is None:
        return
    _note_impurity(found, layer, gradients, second)
    found.gradients = gradients
    if not found.has("backward-impure"):
        _note_shapes(found, layer, gradients)


def _note_impurity(
    found: Inspection, layer: Layer, first: list[Any], second: list[Any]
) -> None:
    """Tell a second backward that differs; a mask drawn anew has a code of its own."""
    if len(first) == len(second) and all(map(same_bits, first, second)):
        return
    drops = any(isinstance(arg, Mapping) and {"p", "keep_prob", "keep"} & arg.keys()
                for arg in layer.args)
    if found.draws_randomness or any(_masks_differ(a, b, found.dout, drops)
                                     for a, b in zip(first, second, strict=False)):
        found.add("mask-resampled", None, "two calls of backward with the same dout and cache keep "
                  "different units: backward draws a mask of its own. Remedy: multiply by the mask "
                  "that forward stored in the cache.")
        return
    found.add("backward-impure", None, "two calls of backward with the same dout and cache gave "
              "different gradients: it keeps state outside its arguments. Remedy: compute from "
              "dout and cache alone, and start accumulators from zero in every call.")


def _masks_differ(first: Any, second: Any, dout: Array | None, drops: bool) -> bool:
    """Whether two gradients are equal where both are not zero, and zero at different places.

    Behind a dropout, inside a block, a mask drawn anew changes sums; what tells it from an
    accumulator is that the second gradient is no multiple of the first.
    """
    if not (isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
            and first.shape == second.shape):
        return False
    both = (first != 0) & (second != 0)
    if np.any((first != 0) != (second != 0)) and np.allclose(first[both], second[both]):
        return True
    if not drops or not np.any(both):
        return False
    ratio = second[both] / first[both]
    return bool(np.ptp(ratio) > 1e-6 * np.max(np.abs(ratio)))


def _note_shapes(found: Inspection, layer: Layer, gradients: list[Any]) -> None:
    """Tell gradients that are missing, of another shape, of a narrower dtype, or not finite."""
    if len(gradients) != len(layer.wrt):
        wanted = ", ".join(f"d{layer.names[i]}" for i in layer.wrt)
        found.add("wrong-shape", None, f"backward returned {len(gradients)} gradients; expected "
                  f"{len(layer.wrt)}: {wanted}. Remedy: return one gradient for each argument, in "
                  "order, or name the arguments to check with wrt.",
                  got=len(gradients), expected=len(layer.wrt))
    finite_input = found.out is not None and bool(np.all(np.isfinite(found.out)))
    for gradient, position in zip(gradients, layer.wrt, strict=False):
        name, argument = layer.names[position], layer.args[position]
        array = np.asarray(gradient) if gradient is not None else None
        if array is None or array.dtype.kind not in "fiub" or array.shape != argument.shape:
            got = "None" if array is None else f"shape {array.shape}, dtype {array.dtype}"
            found.add("wrong-shape", name, f"the gradient of {name} has {got}; expected the shape "
                      f"of {name}, {argument.shape}. Remedy: check which axes are summed and which "
                      "are kept.", got=None if array is None else array.shape,
                      expected=argument.shape)
            continue
        if array.dtype.kind != "f" or array.dtype.itemsize < argument.dtype.itemsize:
            found.add("lower-precision", name, f"the gradient of {name} is {array.dtype} where "
                      f"{name} is {argument.dtype}. Remedy: keep the dtype; look for arrays made "
                      "without dtype= and for astype.", got=str(array.dtype),
                      expected=str(argument.dtype))
        if finite_input and array.size and not np.all(np.isfinite(array)):
            bad = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
            found.findings.append(Finding(
                "non-finite", name, (bad,), f"the gradient of {name} holds {array[bad]} at "
                f"{list(bad)} although forward's output is finite. Remedy: look for a division by "
                "zero, a logarithm of zero or an overflowing exponential in backward.",
                {"count": int(np.sum(~np.isfinite(array)))}))
    if not finite_input:
        found.add("non-finite", None, "forward's output holds inf or NaN for finite arguments. "
                  "Remedy: guard the exponential, division or logarithm that overflows.")


def note_nonlinearity(
    found: Inspection, layer: Layer, cache: Any, dout: Array, gradients: list[Array],
    rng: np.random.Generator, noise: Callable[[int], Array | float],
) -> None:
    """Tell a backward that is not linear in dout: bwd(d1 + a d2) = bwd(d1) + a bwd(d2).

    Where terms cancel, a gradient may consist of rounding errors only, so the tolerance reaches to
    the largest gradient's rounding and, in doubt, to `noise(position)`, the spread of a gradient
    as its arguments are rounded anew.
    """
    alpha = -1.375
    other = rng.standard_normal(dout.shape)
    with np.errstate(all="ignore"):
        # a backward that writes into its arguments has its finding; it must not spoil the next call
        spared = copy.deepcopy(cache) if found.has("cache-mutated") else cache
        second = _backward(found, layer, other.copy(), spared)
        both = _backward(found, layer, np.asarray(dout + alpha * other), cache)
    if second is None or both is None:
        return
    largest = max((float(np.max(np.abs(entry), initial=0.0)) for entry in gradients
                   if entry.dtype.kind in "fiub"), default=0.0)
    for position, *entries in zip(layer.wrt, gradients, second, both, strict=False):
        shape, name = layer.args[position].shape, layer.names[position]
        if any(np.shape(entry) != shape or np.asarray(entry).dtype.kind not in "fiub"
               for entry in entries) or not math.prod(shape):
            continue
        a, b, c = (np.asarray(entry, dtype=np.float64) for entry in entries)
        if np.array_equal(a, b) and np.max(np.abs(a)) > ROUNDING * largest:
            found.add("dout-ignored", name, "backward returned the same gradient for two different "
                      "dout: it ignores dout. Remedy: multiply the local derivative by dout.")
            continue
        size = np.abs(a) + abs(alpha) * np.abs(b)
        error = np.abs(c - (a + alpha * b))
        linearity = max(LINEARITY, 2 * _resolution(a, b, c))
        tolerance = linearity * (size + np.max(size)) + ROUNDING * largest
        beyond = int(np.sum(error > tolerance))
        if beyond <= ISOLATED_SHARE * error.size:
            continue  # a few elements that do not scale are isolated ones, which the numbers show
        if np.any(error > tolerance + 16 * noise(position)):
            worst = tuple(map(int, np.unravel_index(int(np.argmax(error)), error.shape)))
            found.findings.append(Finding(
                "nonlinear-in-dout", name, (worst,),
                "backward(d1 + a d2) differs from backward(d1) + a backward(d2): a gradient is "
                "linear in dout. Remedy: apply masks, clips and powers to forward's values, never "
                "to dout, and add nothing that does not scale with it.",
                {"error": float(error[worst]), "a": alpha}))


def _resolution(*entries: Array) -> float:
    """Return the epsilon of the narrowest dtype that holds all these numbers."""
    values = np.concatenate([entry.ravel() for entry in entries])
    with np.errstate(all="ignore"):
        dtypes = [dtype for dtype in (np.float16, np.float32)
                  if np.array_equal(values.astype(dtype).astype(np.float64), values)]
    return float(np.finfo(dtypes[0] if dtypes else np.float64).eps)


def _note_mutated_arguments(
    found: Inspection, layer: Layer, args: list[Any], culprit: str
) -> None:
    for name, original, used in zip(layer.names, layer.args, args, strict=True):
        changed = [path for path in differences(snapshot(original, name), snapshot(used, name))
                   if not WRITTEN_BACK.search(path.removeprefix(name))]
        if changed:
            found.add("input-mutated", name, f"{culprit} changed {', '.join(changed[:3])}, which "
                      "belongs to the caller. Remedy: write to a copy; x *= mask, x[...] = and "
                      "out= all write into the argument.", changed=changed[:8], by=culprit)


def _global_random_state() -> tuple[Any, ...]:
    """Return what tells whether NumPy's global generator was used in between."""
    name, keys, position, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return (name, hash(np.asarray(keys).tobytes()), position, *rest)


def name_arguments(forward: Forward, args: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of forward's parameters, arg0, arg1 ... where it tells none."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [entry.name for entry in parameters
                  if entry.kind in (entry.POSITIONAL_ONLY, entry.POSITIONAL_OR_KEYWORD)]
    return tuple(positional[i] if i < len(positional) else f"arg{i}" for i in range(len(args)))
