"""Against derivatives of sixty digits, every bound of numerical_gradient holds."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import numerical_gradient
from tests.gradcheck.numeric import exact


@pytest.mark.slow
def test_every_bound_holds_and_tells_something_where_the_function_is_smooth():
    pytest.importorskip("mpmath")
    found = list(exact.outcomes())
    assert len(found) >= 700
    assert [outcome for outcome in found if not outcome.holds] == []
    smooth = [outcome.bound / abs(outcome.exact) for outcome in found
              if outcome.pair.family == "smooth"]
    assert np.median(smooth) < 1e-11


@pytest.mark.parametrize(("f", "x", "derivative"), [
    (lambda x: float(np.float32(x[0]) ** 2), 0.7, 1.4),
    (lambda x: float(np.float16(x[0]) ** 2), 0.7, 1.4),
    (lambda x: round(x[0] ** 2, 3), 0.7, 1.4),
    (lambda x: round(x[0] ** 2, 3), 1e-6, 2e-6),
    (lambda x: (1e8 + x[0]) - 1e8, 0.3, 1.0),
    (lambda x: 1e12 + x[0] ** 2, 0.3, 0.6),
    (lambda x: np.sin(1e10 * x[0]), 0.3, 1e10 * np.cos(3e9)),
    (lambda x: np.round(np.sin(x).sum(), 3), 0.3, np.cos(0.3)),
], ids=["float32", "float16", "rounded", "rounded away", "cancelling", "large", "fast",
        "rounded complex step"])
def test_the_bound_holds_where_values_are_coarse(f, x, derivative):
    value, bound = numerical_gradient(f, np.array([x]))
    assert abs(value[0] - derivative) <= bound[0]
