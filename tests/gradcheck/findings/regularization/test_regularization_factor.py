"""Loss and gradient that hold different multiples of a weight, and pairs that hold the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from gradcheck import check_gradient, check_net
from tests.gradcheck.findings.cases import Cases, f32
from tests.gradcheck.findings.fitting import randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.nets import decayed, spoiled_net, spoiled_ridge

X, Y = randn(7, 5), np.arange(7) ** 2 % 3
TARGETS = randn(7, 3, seed=1)
CODE = "regularization-factor"


def softmax_loss(scores):
    probs = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    hot = np.eye(3)[Y]
    return -np.log(probs[hot == 1]).mean(), (probs - hot) / len(Y)


@dataclass
class Net:
    """A relu net; loss and gradient hold these multiples of its weights, and of its biases."""

    reg: float
    in_loss: Callable[[float], float]
    in_gradient: Callable[[float], float]
    of: tuple[str, ...] = ("W1", "W2")

    def __post_init__(self):
        self.params = {"W1": randn(5, 6), "b1": randn(6), "W2": randn(6, 3), "b2": randn(3)}

    def loss(self, X, y):
        p = self.params
        h = np.maximum(X @ p["W1"] + p["b1"], 0)
        loss, dscores = softmax_loss(h @ p["W2"] + p["b2"])
        dh = (dscores @ p["W2"].T) * (h > 0)
        grads = {"W1": X.T @ dh, "b1": dh.sum(axis=0),
                 "W2": h.T @ dscores, "b2": dscores.sum(axis=0)}
        for name in self.of:
            loss += 0.5 * self.in_loss(self.reg) * np.sum(p[name] ** 2)
            grads[name] = grads[name] + self.in_gradient(self.reg) * p[name]
        return loss, grads


def reg(strength):
    return strength


def double(strength):
    return 2 * strength


def none(strength):
    return 0.0


def one(strength):
    return 1.0


def over_n(strength):
    return strength / len(X)


# net, the multiples that loss and gradient hold, the side that departs and what it was written as
WRONG_NETS = {
    "three times reg in the gradient": (
        Net(0.1, reg, lambda strength: 3 * strength), 0.1, 0.3, "gradient", "3 reg"),
    "no half in the loss, a half in the gradient": (
        Net(0.1, double, lambda strength: strength / 2), 0.2, 0.05, "gradient", "reg/2"),
    "the loss without reg": (Net(0.1, one, reg), 1.0, 0.1, "loss", "1"),
    "the loss without reg, which is small": (Net(0.01, one, reg), 1.0, 0.01, "loss", "1"),
    "the gradient without reg": (Net(0.1, reg, one), 0.1, 1.0, "gradient", "1"),
    "the gradient without reg, which is zero": (Net(0.0, reg, one), 0.0, 1.0, "gradient", "1"),
    "the gradient over N": (Net(0.1, reg, over_n), 0.1, 0.1 / 7, "gradient", "reg/N"),
    "the loss over N": (Net(0.1, over_n, reg), 0.1 / 7, 0.1, "loss", "reg/N"),
    "twice in the gradient, not in the loss": (Net(0.1, none, double), 0.0, 0.2, "loss", "0"),
    "once in the gradient, not in the loss": (Net(0.1, none, reg), 0.0, 0.1, "loss", "0"),
    "half of it for a bias that the loss leaves out": (
        Net(0.1, none, lambda strength: strength / 2, of=("b1",)), 0.0, 0.05, "gradient", "reg/2"),
    "a multiple without a name on one side": (
        Net(0.1, reg, lambda strength: 1.7 * strength, of=("W2",)), 0.1, 0.17, "gradient", None),
    "neither side as usual": (
        Net(0.1, lambda strength: 1.3 * strength, lambda strength: 1.7 * strength),
        0.13, 0.17, None, None),
}


@pytest.mark.parametrize("case", WRONG_NETS)
def test_a_net_tells_both_multiples_and_the_side_that_departs(case):
    net, in_loss, in_gradient, side, name = WRONG_NETS[case]
    report = check_net(net, X, Y, progress=False)
    assert [(finding.code, finding.argument) for finding in report.findings] == [
        (CODE, argument) for argument in net.of]
    for finding in report.findings:
        assert finding.evidence["loss"] == pytest.approx(in_loss, rel=1e-4, abs=1e-9)
        assert finding.evidence["gradient"] == pytest.approx(in_gradient, rel=1e-4)
        assert (finding.evidence["side"], finding.evidence["name"]) == (side, name)
        assert f"the gradient {in_gradient:.5g} x {finding.argument}" in finding.message


def linear_softmax(penalty):
    """A softmax loss of a linear model with this multiple of its weights, and its gradient."""
    def loss(w):
        return softmax_loss(X @ w)[0] + 0.5 * penalty * np.sum(w**2)

    def gradient(w):
        return X.T @ softmax_loss(X @ w)[1] + penalty * w

    return loss, gradient


def ridge(penalty):
    """A mean of squares of a linear model with this multiple of its weights, and its gradient."""
    def loss(w):
        return 0.5 * np.sum((X @ w - TARGETS) ** 2) / len(X) + 0.5 * penalty * np.sum(w**2)

    def gradient(w):
        return X.T @ (X @ w - TARGETS) / len(X) + penalty * w

    return loss, gradient


@pytest.mark.parametrize(("in_loss", "in_gradient", "side"), [
    (0.2, 0.6, "gradient"), (1.0, 0.2, "loss"), (0.2, 1.0, "gradient"), (0.2 / 7, 0.2, "loss")])
def test_a_function_that_declares_its_reg_tells_the_side_by_its_growth(in_loss, in_gradient, side):
    report = check_gradient(linear_softmax(in_loss)[0], linear_softmax(in_gradient)[1],
                            randn(5, 3), constants={"reg": 0.2}, progress=False)
    finding, = report.findings
    assert finding.code == CODE
    assert finding.evidence["loss"] == pytest.approx(in_loss, rel=1e-4)
    assert finding.evidence["gradient"] == pytest.approx(in_gradient, rel=1e-4)
    assert finding.evidence["side"] == side


def test_a_loss_that_grows_with_the_data_as_well_does_not_tell_the_side():
    report = check_gradient(ridge(0.3)[0], ridge(0.9)[1], randn(5, 3), constants={"reg": 0.3},
                            progress=False)
    finding, = report.findings
    assert finding.code == CODE
    assert finding.evidence["k"] == pytest.approx(0.6, rel=1e-4)
    assert (finding.evidence["side"], finding.evidence["loss"]) == (None, None)
    assert "loss and gradient hold different multiples" in finding.message


@pytest.mark.parametrize(("in_gradient", "code"), [
    (0.0, "regularization-missing"), (0.05, "regularization-halved"),
    (0.2, "regularization-doubled"), (-0.1, "regularization-sign")])
def test_a_multiple_that_has_a_name_of_its_own_keeps_it(in_gradient, code):
    report = check_net(Net(0.1, reg, lambda strength: in_gradient), X, Y, progress=False)
    assert {finding.code for finding in report.findings} == {code}


RIGHT_NETS = {
    "half of reg times the square": Net(0.1, reg, reg),
    "reg times the square": Net(0.1, double, double),
    "reg over N on both sides": Net(0.1, over_n, over_n),
    "another constant on both sides": Net(0.1, one, one),
    "weights and biases alike": Net(0.1, reg, reg, of=("W1", "b1", "W2", "b2")),
}


@pytest.mark.parametrize("case", RIGHT_NETS)
def test_a_net_that_holds_the_same_multiple_on_both_sides_passes(case):
    report = check_net(RIGHT_NETS[case], X, Y, progress=False)
    assert report.passed, str(report)


@pytest.mark.parametrize("make", [linear_softmax, ridge])
def test_a_function_that_holds_the_same_multiple_on_both_sides_passes(make):
    report = check_gradient(*make(0.3), randn(5, 3), constants={"reg": 0.3}, progress=False)
    assert report.passed, str(report)


CASES = Cases(CODE)

spoiled_net(CASES, "weight_decay_averaged_over_the_batch", decayed(1 / 7 - 1), 5, 6, 3)
spoiled_net(CASES, "weight_decay_averaged_over_the_batch", decayed(1 / 7 - 1), 4, 3, loss="hinge")
spoiled_net(CASES, "weight_decay_without_reg", decayed(1 / 0.05 - 1), 6, 4, 3, reg=0.05, dtype=f32)
spoiled_ridge(CASES, "ridge_with_three_times_its_penalty", reg_w=0.9)
course.decayed(CASES, "weights_decayed_before_the_division_by_n", 2 / 7)

test_first_code, test_right = CASES.tests()
