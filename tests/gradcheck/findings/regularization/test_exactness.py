"""Slips of a penalty's strength are told from each other, and from other slips."""

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


X, LABELS = randn(7, 4), np.arange(7) ** 2 % 3


def log_sum_exp_loss(w):
    scores = X @ w
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(7), LABELS])


def log_sum_exp_gradient(w):
    probs = np.exp(X @ w)
    probs /= probs.sum(axis=1, keepdims=True)
    return X.T @ (probs - np.eye(3)[LABELS]) / 7


STRENGTHS = {
    # reg: what the loss holds where it should hold reg, and what the gradient holds
    "regularization-halved": (0.5, 1.0, 0.5),
    "regularization-missing": (0.3, 1.0, 0.0),
    "regularization-doubled": (0.3, 0.6, 1.2),
}


@pytest.mark.parametrize("code", STRENGTHS)
def test_a_slip_is_named_after_the_strength_that_the_loss_grows_with(code):
    reg, held, returned = STRENGTHS[code]
    assert verdict(
        check_gradient, lambda w: log_sum_exp_loss(w) + 0.5 * held * np.sum(w**2),
        lambda w: log_sum_exp_gradient(w) + returned * w, randn(4, 3, seed=1),
        constants={"reg": reg}) == {code}


@pytest.mark.parametrize("reg", [1 / 3, 2 / 3, 0.2])
def test_a_loss_without_reg_is_not_called_another_slip_of_the_gradient(reg):
    named = verdict(
        check_gradient, lambda w: log_sum_exp_loss(w) + 0.5 * np.sum(w**2),
        lambda w: log_sum_exp_gradient(w) + reg * w, randn(4, 3, seed=1), constants={"reg": reg})
    assert not named & {"regularization-missing", "regularization-sign", "regularization-halved"}
