"""One element stepped up and down in place, and what the function must give for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arguments import Array, refuse


def both_sides(
    evaluate: Callable[[], Any], x: Array, ix: tuple[int, ...], h: float
) -> tuple[Any, Any]:
    """Return evaluate() with x[ix] raised and lowered by h; x[ix] is restored in any case."""
    old = x[ix]
    try:
        x[ix] = old + h
        if x[ix] == old:
            refuse("h", h, f"a step that changes x{list(ix)} = {old!s} in {x.dtype}",
                   "pass x.astype(np.float64), or a larger h")
        above = evaluate()
        x[ix] = old - h
        below = evaluate()
    finally:
        x[ix] = old
    return above, below


def as_scalar(value: Any) -> Any:
    """Return what f gave as a number; a copy, since f may return a view of the array it reads."""
    if isinstance(value, tuple | list) or np.size(value) != 1:
        refuse("f(x)", value, "a scalar", "return the loss alone, loss(...)[0], or use "
               "eval_numerical_gradient_array for a function that returns an array")
    return np.asarray(value).reshape(())[()]


def as_output(value: Any, df: Array) -> Array:
    """Return a copy of what f gave, of the shape of df."""
    if isinstance(value, tuple) or value is None:
        refuse("f(x)", value, "the output array alone",
               "drop the cache: lambda x: forward(x)[0]", TypeError)
    out = np.array(value)
    if out.shape != np.shape(df):
        refuse("df", df, f"the shape {out.shape} of f(x)",
               "pass an upstream gradient of that shape")
    return out
