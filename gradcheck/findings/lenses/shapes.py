"""A gradient of a wrong shape, held against the numeric one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.case import Case
from gradcheck.findings.view import View
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.dependence import Alignment
from gradcheck.numeric.differences import central_differences
from gradcheck.numeric.ladder import step_lengths

Array = NDArray[Any]

NEAR = 1e-6


def view_of_shape(case: Case, position: int, returned: Array) -> View:
    """Return a view whose `a` is what was returned, of whatever shape, and `n` the numeric one."""
    return View(case, Comparison.of_shapes(case.layer.names[position], position, returned,
                                           numeric_gradient(case, position)))


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
