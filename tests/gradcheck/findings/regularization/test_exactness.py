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


UNDECLARED = {
    # what the loss and the gradient hold of the weights, where nobody says how much it should be
    "none of it in the gradient": (0.7, 0.0, "regularization-missing"),
    "half of it in the gradient": (0.7, 0.35, "regularization-halved"),
    "twice in the gradient": (0.7, 1.4, "regularization-doubled"),
    "subtracted in the gradient": (0.7, -0.7, "regularization-sign"),
    "a tenth of it in the gradient": (0.7, 0.07, "regularization-factor"),
    "none of it in the loss": (0.0, 0.7, "regularization-factor"),
}


@pytest.mark.parametrize("case", UNDECLARED)
@pytest.mark.parametrize("shape", [(4, 3), (2, 6)], ids=str)
def test_the_growth_of_a_loss_stands_for_a_strength_that_is_not_declared(shape, case):
    held, returned, code = UNDECLARED[case]
    data, labels = randn(7, shape[0]), np.arange(7) ** 2 % shape[1]
    hot = np.eye(shape[1])[labels]

    def loss(w):
        scores = data @ w
        margins = np.maximum(0, scores - np.sum(scores * hot, axis=1)[:, None] + 1) * (1 - hot)
        return margins.sum() / 7 + 0.5 * held * np.sum(w**2)

    def gradient(w):
        scores = data @ w
        violated = (scores - np.sum(scores * hot, axis=1)[:, None] + 1 > 0) * (1 - hot)
        return data.T @ (violated - hot * violated.sum(axis=1)[:, None]) / 7 + returned * w

    assert verdict(check_gradient, loss, gradient, randn(*shape, seed=1)) == {code}


@pytest.mark.parametrize("returned", [0.0, 0.15, -0.3, 0.6])
def test_squared_errors_hide_a_strength_that_is_not_declared(returned):
    targets = randn(7, 3, seed=2)
    assert verdict(
        check_gradient, lambda w: 0.5 * np.sum((X @ w - targets) ** 2) + 0.15 * np.sum(w**2),
        lambda w: X.T @ (X @ w - targets) + returned * w, randn(4, 3, seed=1)
    ) == {"regularization-factor"}


@pytest.mark.parametrize("name", ["b", "W"])
def test_a_penalty_of_the_gradient_alone_is_a_slip_of_its_own_for_a_bias_alone(name):
    hot = np.eye(3)[LABELS]

    def loss(p):
        scores = X @ p["w"] + p[name]
        return np.mean(np.log(np.exp(scores).sum(axis=1)) - np.sum(scores * hot, axis=1))

    def gradient(p):
        probs = np.exp(X @ p["w"] + p[name])
        probs /= probs.sum(axis=1, keepdims=True)
        return {"w": X.T @ (probs - hot) / 7,
                name: (probs - hot).mean(axis=0) + 0.4 * p[name]}

    code = "regularization-on-bias" if name == "b" else "regularization-factor"
    assert verdict(check_gradient, loss, gradient, {"w": randn(4, 3), name: randn(3)}) == {code}
