"""Slips in normalizations that two rules could claim: one fits, and no other of its tier."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_layer
from tests.gradcheck.findings.fitting import randn, verdict


def whole_norm(x, gamma):
    """A normalization with one mean and one variance of all elements."""
    mean, std = x.mean(), np.sqrt(x.var() + 0.1)
    xhat = (x - mean) / std
    return gamma * xhat, (x, xhat, mean, std, gamma)


VARIANCE_TERMS = {
    "uses-x-not-xhat": lambda g, x, xhat, mean, std: (x - mean) * (g * xhat).mean(),
    "divided-by-std-twice": lambda g, x, xhat, mean, std: xhat * (g * xhat).mean() / std,
    "eps-missing": lambda g, x, xhat, mean, std: (x - mean) / x.var() * (g * (x - mean)).mean(),
    "variance-term-scaled": lambda g, x, xhat, mean, std: 2 * xhat * (g * xhat).mean(),
    "variance-constant": lambda g, x, xhat, mean, std: 0.0,
}


@pytest.mark.parametrize("code", VARIANCE_TERMS)
def test_a_power_of_the_only_std_is_told_from_a_wrong_constant(code):
    def backward(dout, cache):
        x, xhat, mean, std, gamma = cache
        g = dout * gamma
        term = VARIANCE_TERMS[code](g, x, xhat, mean, std)
        return (g - g.mean() - term) / std, (dout * xhat).sum(axis=0)

    assert verdict(check_layer, whole_norm, backward, 3 * randn(4, 5), randn(5)) == {code}
