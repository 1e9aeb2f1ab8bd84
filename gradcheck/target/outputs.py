"""What a forward returns, as arrays."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.target.exceptions import OURS
from gradcheck.target.pairs import Pair

Outputs = tuple[NDArray[Any], ...]


def outputs_of(pair: Pair, args: Sequence[Any]) -> Outputs | None:
    """Return what a forward computes; None where it raises, or that is not finite numbers."""
    return outputs_in(returned_by(pair.forward, copy.deepcopy(args)))


def returned_by(forward: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Return what a forward returns for these very arguments; None where it raises."""
    try:
        with np.errstate(all="ignore"):
            return forward(*args)
    except OURS:
        raise
    except BaseException:
        return None


def outputs_in(returned: Any) -> Outputs | None:
    """Return the outputs in what a forward returned: all but the last, which is the cache.

    >>> outputs_in((1.5, "cache")), outputs_in((np.inf, None))
    ((array(1.5),), None)
    """
    cached = isinstance(returned, tuple | list) and len(returned) > 1
    outs = returned[:-1] if cached else (returned,)
    if len(outs) == 1 and isinstance(outs[0], tuple | list):
        outs = outs[0]
    try:
        arrays = tuple(np.asarray(out) for out in outs)
    except ValueError:
        return None
    if not arrays or not all(array.dtype.kind in "fiub" and np.isfinite(array).all()
                             for array in arrays):
        return None
    return tuple(array.astype(np.float64) for array in arrays)
