"""Whether backward is linear in dout: bwd(d1 + a d2) = bwd(d1) + a bwd(d2)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Inspection
from gradcheck.contract.inspection import call_backward
from gradcheck.contract.layer import Layer
from gradcheck.equal import CANCELLED, RESAMPLED, of_linearity

Array = NDArray[Any]
Noise = Callable[[int], Array | float]

ALPHA = -1.375
ISOLATED_SHARE = 0.1
FIRST = 16


def note_nonlinearity(
    found: Inspection, layer: Layer, cache: Any, dout: Array, gradients: list[Array],
    rng: np.random.Generator, noise: Noise,
) -> None:
    """Tell a backward that is not linear in dout, or ignores it.

    Where terms cancel, a gradient may consist of rounding errors only, so the tolerance reaches to
    the largest gradient's rounding and, in doubt, to `noise(position)`, the spread of a gradient
    as its arguments are rounded anew.
    """
    other = rng.standard_normal(dout.shape)
    with np.errstate(all="ignore"):
        # a backward that writes into its arguments has its finding; it must not spoil the next call
        spared = copy.deepcopy(cache) if found.has("cache-mutated") else cache
        second = call_backward(found, layer, other.copy(), spared)
        both = call_backward(found, layer, np.asarray(dout + ALPHA * other), cache)
    if second is None or both is None:
        return
    largest = max(map(_largest, (*gradients, *second)), default=0.0)
    for position, *entries in zip(layer.wrt, gradients, second, both, strict=False):
        shape = layer.args[position].shape
        if math.prod(shape) and all(
                np.shape(entry) == shape and np.asarray(entry).dtype.kind in "fiub"
                and not np.ma.is_masked(entry) for entry in entries):
            _judge(found, layer.names[position],
                   [np.asarray(entry, dtype=np.float64) for entry in entries],
                   largest, partial(noise, position))


def _largest(entry: Any) -> float:
    """Return the size of a gradient, whose rounding may reach into the others; 0 of none."""
    if not isinstance(entry, np.ndarray) or np.ma.is_masked(entry) or (
            entry.dtype.kind not in "fiub"):
        return 0.0
    return float(np.max(np.abs(np.asarray(entry)), initial=0.0))


def _judge(found: Inspection, name: str, gradients: list[Array], largest: float,
           noise: Callable[[], Array | float]) -> None:
    """Hold one argument's gradients for d1, d2 and d1 + a d2 against each other."""
    a, b, c = gradients
    if np.array_equal(a, b) and np.max(np.abs(a)) > CANCELLED * largest:
        found.add("dout-ignored", "same", name)
        return
    size = np.abs(a) + abs(ALPHA) * np.abs(b)
    error = np.abs(c - (a + ALPHA * b))
    tolerance = of_linearity(size, _resolution(a, b, c), largest)
    beyond = int(np.sum(error > tolerance))
    if beyond <= ISOLATED_SHARE * error.size:
        return  # a few elements that do not scale are isolated ones, which the numbers show
    if np.any(error > tolerance + RESAMPLED * noise()):
        worst = tuple(map(int, np.unravel_index(int(np.argmax(error)), error.shape)))
        found.add("nonlinear-in-dout", "sum", name, where=(worst,), error=float(error[worst]),
                  a=ALPHA)


def _resolution(*entries: Array) -> float:
    """Return the epsilon of the narrowest dtype that holds all these numbers."""
    # one that does not hold the first few is not tried on all
    parts = [part for entry in entries for part in (entry.ravel()[:FIRST], entry)]
    with np.errstate(all="ignore"):
        dtype = next((dtype for dtype in (np.float16, np.float32) if all(
            (part.astype(dtype) == part).all() for part in parts)), np.float64)
    return float(np.finfo(dtype).eps)
