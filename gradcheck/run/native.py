"""The gradient in the dtype of the user's own arrays, held against the one at float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Inspection
from gradcheck.equal import NATIVE_ULPS, RESAMPLED, size_of
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.differences import Problem

Array = NDArray[Any]
Scatter = Callable[[Array, float], Array | float]


def hold_native(comparison: Comparison, found: Inspection, problem: Problem, place: int,
                args: Sequence[Any], scatter: Scatter) -> None:
    """Fail a comparison where the narrower gradient is further off than rounding explains.

    Both only compare where forward itself agrees between the dtypes: a mask drawn in the array's
    own dtype does not.

    Parameters
    ----------
    comparison : Comparison
        That of the gradient at float64, which has passed.
    found : Inspection
        With the output and the gradients in the user's dtype.
    problem : Problem
        With the output at float64, and what the user accepts.
    place : int
        The gradient's place among those that backward returns.
    args : sequence
        The user's arguments.
    scatter : callable
        ``scatter(dout, relative)`` returns how far the narrower gradient moves as its arguments do.
    """
    argument = args[comparison.position]
    if found.out is None or found.dout is None or not argument.size:
        return
    eps = float(np.finfo(argument.dtype).eps)
    if np.any(np.abs(found.out - problem.origin) > NATIVE_ULPS * eps * size_of(problem.origin)):
        return
    native = np.asarray(found.gradients[place])
    if native.shape != argument.shape or native.dtype.kind != "f":
        return
    gradient = native.astype(np.float64)
    error = np.abs(gradient - comparison.analytic)
    tolerance = NATIVE_ULPS * eps * (comparison.scale + comparison.natural)
    tolerance = tolerance + problem.rtol * comparison.scale + problem.atol
    if not np.any(error > tolerance):
        return
    tolerance = tolerance + RESAMPLED * scatter(found.dout, 2 * eps)
    if np.any(wrong := ~(error <= tolerance)):
        comparison.analytic, comparison.failed = gradient, wrong
        comparison.bound = np.maximum(comparison.bound, tolerance)
        comparison.notes.append(f"d{comparison.name} is right at float64 and wrong at "
                                f"{argument.dtype}")
