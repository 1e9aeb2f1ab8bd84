"""Functions of HIPS autograd as pairs."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import autograd_function

anp = pytest.importorskip(
    "autograd.numpy", reason="autograd is not installed: pip install 'maskgrad[peers]'")
X = np.random.default_rng(0).normal(size=(3, 4))


def doubled(rule):
    from autograd.extend import defvjp, primitive

    @primitive
    def square(x):
        return x ** 2

    defvjp(square, lambda out, x: lambda g: rule * x * g)
    return square


def test_a_function_and_its_second_order_pass():
    forward, backward = autograd_function(lambda x, w: anp.tanh(x @ w))
    report = gradcheck.check_layer(forward, backward, X, X.T.copy(), order=2, progress=False)
    assert report.passed, str(report)


def test_a_primitive_with_a_wrong_rule_is_named():
    right = gradcheck.check_layer(*autograd_function(doubled(2)), X, progress=False)
    wrong = gradcheck.check_layer(*autograd_function(doubled(1)), X, progress=False)
    assert right.passed
    assert wrong.findings[0].code == "scaled"
