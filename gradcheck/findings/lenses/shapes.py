"""A gradient of a wrong shape, held against the numeric one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.case import Case
from gradcheck.findings.view import View
from gradcheck.numeric.compare import Comparison, central_differences
from gradcheck.numeric.dependence import Alignment
from gradcheck.numeric.ladder import step_lengths

Array = NDArray[Any]

NEAR = 1e-6


def view_of_shape(case: Case, position: int, returned: Array) -> View:
    """Return a view whose `a` is what was returned, of whatever shape, and `n` the numeric one."""
    numeric = numeric_gradient(case, position)
    everywhere = np.ones(numeric.shape, dtype=bool)
    ones = np.ones(numeric.shape)
    return View(case, Comparison(
        case.layer.names[position], position, returned, numeric, np.zeros(numeric.shape),
        everywhere, ~everywhere, everywhere, ~everywhere, ones, ones))


def numeric_gradient(case: Case, position: int) -> Array:
    """Return an argument's central differences, every coordinate by itself."""
    x = np.asarray(case.args[position])
    alignment = Alignment(x.shape, case.out.shape, ())
    return central_differences(case.problem, position, alignment,
                               step_lengths(x, case.problem.evaluator.eps))[0]


def near(one: Any, two: Any) -> bool:
    """Whether two arrays have one shape and, within the error of a difference, the same values.

    Examples
    --------
    >>> near([1.0, 2.0], [1.0, 2.0 + 1e-9]), near([1.0, 2.0], [[1.0, 2.0]])
    (True, False)
    """
    one, two = np.asarray(one, dtype=float), np.asarray(two, dtype=float)
    if one.shape != two.shape or not one.size:
        return False
    return bool(np.all(np.abs(one - two) <= NEAR * (np.abs(two) + np.sqrt(np.mean(two * two)))))
