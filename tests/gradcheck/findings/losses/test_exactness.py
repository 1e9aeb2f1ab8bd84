"""Slips in losses that two rules could claim: one fits, and no other of its tier."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_gradient, check_layer
from tests.gradcheck.findings.fitting import randn, verdict


def hinge(x, y, label, mean):
    """A hinge loss whose gradient at the label is `label` of the violated margins' count."""
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    dx = (margins > 0).astype(float)
    dx[rows, y] = label(dx.sum(axis=1))
    weight = 1 / len(x) if mean else 1.0
    return weight * margins.sum(), weight * dx


HINGES = {
    "entry missing, two samples of a mean": (2, 2, lambda count: 0 * count, True,
                                             "label-term-missing"),
    "entry added, two samples of a mean": (2, 2, lambda count: count, True, "label-term-sign"),
    "entry missing, all margins violated": (3, 3, lambda count: 0 * count, False,
                                            "label-term-missing"),
    "entry added, all margins violated": (4, 3, lambda count: count, True, "label-term-sign"),
    "counted once, four margins violated": (3, 5, lambda count: 0 * count - 1, True,
                                            "margin-count"),
}


@pytest.mark.parametrize("case", HINGES)
def test_a_hinge_loss_has_one_slip_however_few_samples_it_has(case):
    samples, classes, label, mean, code = HINGES[case]
    x, y = 0.1 * randn(samples, classes), np.arange(samples) % classes
    assert verdict(check_gradient, lambda x: hinge(x, y, lambda count: -count, mean)[0],
                   lambda x: hinge(x, y, label, mean)[1], x) == {code}


def softmax_loss(x, y, units, mean):
    """Cross-entropy, with `units` added at the labels of its gradient; right is -1."""
    rows = np.arange(len(x))
    probs = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    dx = probs.copy()
    dx[rows, y] += units
    weight = 1 / len(x) if mean else 1.0
    return -weight * np.log(probs[rows, y]).sum(), weight * dx


def hot(shape):
    return np.eye(shape[1])[np.arange(shape[0]) % shape[1]]


STARTS = {"random": randn, "of no preference": lambda *shape: np.zeros(shape),
          "in favour of the label": lambda *shape: 1.5 * hot(shape) + 0.1 * randn(*shape)}
UNITS = {"label-term-missing": 0, "label-term-sign": 1}


@pytest.mark.parametrize("code", UNITS)
@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (2, 3), (4, 2)])
@pytest.mark.parametrize("mean", [True, False], ids=["mean", "sum"])
@pytest.mark.parametrize("start", STARTS)
def test_a_softmax_loss_lacks_its_label_or_adds_it(start, mean, shape, code):
    x, y = STARTS[start](*shape), np.arange(shape[0]) % shape[1]
    assert verdict(check_gradient, lambda x: softmax_loss(x, y, -1, mean)[0],
                   lambda x: softmax_loss(x, y, UNITS[code], mean)[1], x) == {code}


@pytest.mark.parametrize(("mean", "code"), [(False, "label-term-missing"),
                                            (True, "label-term-sign")])
def test_a_gap_of_one_is_a_sample_of_a_sum_or_two_of_a_mean_by_its_other_entries(mean, code):
    x, y, prior = randn(2, 4), np.array([3, 1]), np.array([1.0, 0.5, -1.0, -2.0])
    assert verdict(check_gradient, lambda x: softmax_loss(x + prior, y, -1, mean)[0],
                   lambda x: softmax_loss(x + prior, y, UNITS[code], mean)[1], x) == {code}


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.5])
@pytest.mark.parametrize("f", [lambda x: -x.sum(), lambda x: -x[np.arange(4), [2, 0, 1, 2]].mean()],
                         ids=["sum", "log-likelihood"])
def test_a_multiple_of_a_linear_loss_says_nothing_of_labels(f, factor):
    units = np.eye(12).reshape(12, 4, 3)
    gradient = np.array([f(unit) for unit in units]).reshape(4, 3)
    codes = verdict(check_gradient, f, factor * gradient, randn(4, 3))
    assert not {code for code in codes if "label" in code}


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.5])
def test_a_multiple_of_a_product_with_targets_says_nothing_of_targets(factor):
    codes = verdict(check_layer, lambda x, targets: (np.sum(x * targets), targets),
                    lambda dout, targets: factor * dout * targets, randn(4, 3), randn(4, 3, seed=1),
                    wrt=0)
    assert not {code for code in codes if "label" in code}


def hinge_of_each(x, y):
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 0.3)
    margins[rows, y] = 0
    return margins.sum(axis=1), (x, margins, y)


def hinge_of_each_at_the_lowest_score(dout, cache):
    x, margins, y = cache
    dx = (margins > 0).astype(float)
    dx[np.arange(len(y)), x.argmin(axis=1)] -= dx.sum(axis=1)
    return dx * dout[:, None]


def test_a_label_in_another_column_is_no_window():
    x = np.linspace(-2, 2, 30)[np.random.default_rng(0).permutation(30)].reshape(6, 5)
    assert verdict(check_layer, hinge_of_each, hinge_of_each_at_the_lowest_score, x,
                   np.argsort(x, axis=1)[:, 3]) == {"wrong-label"}


def test_a_permutation_without_any_gradient_is_no_softmax():
    codes = verdict(check_layer, lambda x: (x[:, ::-1].copy(), None),
                    lambda dout, cache: np.zeros_like(dout), randn(3, 4))
    assert "diagonal-jacobian-only" not in codes
