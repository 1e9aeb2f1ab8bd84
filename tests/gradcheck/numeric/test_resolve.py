"""Nothing passes by a tolerance that hides a tenth of a percent of the gradient."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_gradient, check_layer, check_net
from nets import FullyConnectedNet

X = np.random.default_rng(0).standard_normal((9, 6))
Y = np.random.default_rng(0).integers(0, 4, 9)


class Spoiled(FullyConnectedNet):
    """A net with one gradient changed."""

    spoil = staticmethod(lambda grads: None)

    def loss(self, X, y):
        value, grads = super().loss(X, y)
        self.spoil(grads)
        return value, grads


def checked(scale, hidden, spoil=lambda grads: None, dtype=np.float64, **options):
    net = Spoiled([7] * hidden, input_dim=6, num_classes=4, weight_scale=scale, dtype=dtype,
                  rng=np.random.default_rng(1), **options)
    net.spoil = spoil
    return check_net(net, X, Y, progress=False)


def times(key, factor):
    def spoil(grads):
        grads[key] = factor * grads[key]
    return spoil


@pytest.mark.parametrize(("scale", "hidden", "factor", "status"), [
    (1e-4, 1, 1, "passed"),
    (1e-4, 1, -1, "failed"),
    (1e-4, 1, 1.002, "failed"),
    (1e-4, 1, 0, "failed"),
    (1e-2, 2, 1, "passed"),
    (1e-2, 2, 0.5, "failed"),
])
def test_steps_climb_until_a_net_of_small_weights_shows_its_gradient(scale, hidden, factor, status):
    report = checked(scale, hidden, times("W1", factor))
    assert report.status == status, str(report)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.5, -1, 0])
def test_what_no_step_resolves_never_passes(factor):
    assert checked(1e-2, 4, times("W1", factor)).status in ("failed", "inconclusive")
    report = checked(1e-5, 6, times("W1", factor))
    assert report.status == "inconclusive", str(report)
    assert "undecided" in str(report)
    assert "Remedy: check at larger weights" in str(report)


def test_a_bias_before_batchnorm_is_zero_in_effect():
    report = checked(1e-2, 3, use_batchnorm=True)
    assert report.passed, str(report)


def test_a_percent_too_much_is_seen_in_a_net_of_float32():
    assert checked(1e-2, 1, times("W1", 1.01), np.float32).status == "failed"
    assert checked(1e-2, 1, dtype=np.float32).passed


class Single:
    """A net that computes in float32, whatever it is given."""

    def __init__(self, factor):
        rng = np.random.default_rng(2)
        self.params = {"W": rng.standard_normal((6, 5)).astype(np.float32)}
        self.factor = factor

    def loss(self, X, y):
        x, w = X.astype(np.float32), self.params["W"].astype(np.float32)
        out = np.tanh(x @ w)
        return np.sum(out**2), {"W": self.factor * (x.T @ (2 * out * (1 - out**2)))}


@pytest.mark.parametrize(("factor", "statuses"), [
    (1.0, ["warned"]), (1.05, ["failed"]),
    (-1.0, ["failed"]), (0.0, ["failed"])])
def test_float32_inside_is_held_to_three_percent(factor, statuses):
    report = check_net(Single(factor), X, Y, progress=False)
    assert report.status in statuses, str(report)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(("function", "derivative"), [
    (np.tanh, lambda x: 1 - np.tanh(x) ** 2), (np.square, lambda x: 2 * x),
    (lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0)),
], ids=["tanh", "square", "relu"])
def test_a_right_layer_that_computes_in_a_narrow_dtype_does_not_fail(dtype, function, derivative):
    report = check_layer(lambda x: (function(x.astype(dtype)).astype(np.float64), x),
                         lambda dout, x: dout * derivative(x), X, progress=False)
    assert report.status in ("passed", "inconclusive"), str(report)
    assert dtype == np.float16 or report.passed


AT_EDGE = np.array([-0.9999999999])
SMALL = np.array([1e-5])


@pytest.mark.parametrize(("f", "grad", "x", "status"), [
    (lambda x: np.sum(np.arcsin(x)), np.array([0.0]), AT_EDGE, "failed"),
    (lambda x: np.sum(np.arcsin(x)), 1 / np.sqrt(1 - AT_EDGE**2), AT_EDGE, "passed"),
    (lambda x: -np.sum(np.log(1 - x)), -1 / (1 - (1 - SMALL**2)), 1 - SMALL**2, "failed"),
    (lambda x: 1e6 + np.sum(np.sin(x)), np.cos(SMALL), SMALL, "passed"),
    (lambda x: 1e6 + np.sum(np.sin(x)), -np.cos(SMALL), SMALL, "failed"),
    (lambda x: 1e6 + np.sum(np.sin(x)), 1.002 * np.cos(SMALL), SMALL, "failed"),
    (lambda x: 1e6 + np.sum(np.sin(x)), 0 * SMALL, SMALL, "failed"),
    (lambda x: 1e20 + np.sum(np.tanh(x)), 1 - np.tanh(SMALL)**2, SMALL, "inconclusive"),
    (lambda x: 5.0 + 0 * np.sum(x), 0 * SMALL, SMALL, "passed"),
    (lambda x: 5.0 + np.sum(np.maximum(x - 1, 0)), 0 * SMALL, SMALL, "passed"),
], ids=[f"{place}" for place in range(10)])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_function_is_decided_at_its_own_scale(f, grad, x, status):
    report = check_gradient(f, grad, x, progress=False)
    assert report.status == status, str(report)


def test_a_saturated_layer_has_no_gradient_that_matters():
    def sigmoid(x):
        out = 1 / (1 + np.exp(-x))
        return out, out

    x = np.array([[100.0, 250.0], [-80.0, 37.5]])
    report = check_layer(sigmoid, lambda dout, out: dout * out * (1 - out), x, progress=False)
    assert report.passed, str(report)


def test_the_report_says_what_would_hide():
    report = checked(1e-2, 2)
    shares = {entry.name: entry.coarseness for entry in report.arguments}
    assert all(0 < share <= 1e-3 for share in shares.values())
    assert report.arguments[0].to_dict()["coarseness"] == shares["W1"]
    assert any("would not show" in note for note in report.notes) == (max(shares.values()) > 1e-4)


@pytest.mark.parametrize("kind", ["layer", "gradient", "net"])
def test_a_known_approximation_is_accepted_and_told(kind):
    def approximate(**granted):
        if kind == "net":
            net = Spoiled([7], input_dim=6, num_classes=4, weight_scale=0.5, dtype=np.float64,
                          rng=np.random.default_rng(1))
            net.spoil = times("W1", 1.01)
            return check_net(net, X, Y, progress=False, **granted)
        if kind == "gradient":
            return check_gradient(lambda x: np.sum(x**3), lambda x: 3.03 * x**2, X,
                                  progress=False, **granted)
        return check_layer(lambda x: (x**3, x), lambda dout, x: 3.03 * dout * x**2, X,
                           progress=False, **granted)

    assert approximate().status == "failed"
    assert approximate(rtol=1e-3).status == "failed"
    for granted in ({"rtol": 0.02}, {"atol": 1.0}):
        report = approximate(**granted)
        assert report.passed, str(report)
        assert "were accepted" in str(report)


@pytest.mark.parametrize("wrong", [-1.0, np.inf, np.nan, "1", True])
def test_tolerances_are_numbers(wrong):
    with pytest.raises((ValueError, TypeError), match="rtol: got"):
        check_gradient(np.sum, np.ones(2), np.ones(2), rtol=wrong)


@pytest.mark.parametrize("distance", [1e-3, 0.1])
def test_a_corner_that_roundoff_hides_fails_nothing(distance):
    """From afar the mean of both slopes is as plain as a derivative."""
    x = np.array([distance, 1.0, 2.0])
    slopes = np.array([3e-15, 3e-13 / np.cosh(1.0)**2, 3e-13 * np.cos(2.0)])

    def f(x):
        return 1 + 3e-15 * max(x[0], 0.0) + 3e-13 * (np.tanh(x[1]) + np.sin(x[2]))

    assert check_gradient(f, slopes, x, progress=False).status != "failed"
    assert check_gradient(f, -slopes, x, progress=False).status == "failed"
