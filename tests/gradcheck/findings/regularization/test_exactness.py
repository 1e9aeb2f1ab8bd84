"""Gradients of penalties that are no slip of the penalty's strength."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_gradient
from tests.gradcheck.findings.fitting import randn, verdict


@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0])
def test_a_multiple_of_a_penalty_alone_is_not_called_a_slip_of_its_strength(factor):
    codes = verdict(check_gradient, lambda x: 0.15 * np.sum(x**2), lambda x: factor * 0.3 * x,
                    randn(4, 3), constants={"reg": 0.3})
    assert not {code for code in codes if code.startswith("regularization")}
