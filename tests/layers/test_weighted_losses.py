"""What weights, ignored labels, reductions and masks make of the losses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers as L
from gradcheck import eval_numerical_gradient
from tests.layers.layer_laws import law, seeds

LOSSES = (L.softmax_loss, L.svm_loss, L.nll_loss)
REDUCTIONS = ("mean", "sum", "none")
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.__name__)


def drawn(seed, shape=(4, 5, 3)):
    rng = np.random.default_rng(seed)
    y = rng.integers(shape[1], size=(shape[0], *shape[2:]))
    y.flat[0] = 1
    return rng.normal(size=shape), y, rng.random(shape[1]) + 0.1


@every_loss
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("ignored", [None, 2, -100])
def test_dx_is_the_derivative_of_the_loss_or_of_the_sum_of_the_losses(loss, reduction, ignored):
    x, y, weights = drawn(0)
    if ignored == -100:
        y[1, 1:] = ignored
    dx = loss(x, y, weights, ignored, reduction)[1]
    numeric = eval_numerical_gradient(
        lambda v: np.sum(loss(v, y, weights, ignored, reduction)[0]), x.copy(), verbose=False)
    np.testing.assert_allclose(dx, numeric, atol=1e-8)
    assert dx.shape == x.shape


@law
@given(seeds, st.sampled_from(LOSSES), st.booleans())
def test_the_reductions_are_the_single_losses_added_and_divided(seed, loss, weighted):
    x, y, weights = drawn(seed)
    counts = weights[y] * (y != 2) if weighted else 1.0 * (y != 2)
    given_weights = weights if weighted else None
    single, dsingle = loss(x, y, given_weights, 2, "none")
    plain, _ = loss(x, y, reduction="none")
    np.testing.assert_allclose(single, counts * plain, atol=1e-13)
    total, dtotal = loss(x, y, given_weights, 2, "sum")
    mean, dmean = loss(x, y, given_weights, 2)
    assert total == pytest.approx(single.sum())
    assert mean == pytest.approx(single.sum() / counts.sum())
    np.testing.assert_array_equal(dtotal, dsingle)
    np.testing.assert_allclose(dmean, dsingle / counts.sum(), atol=1e-14)


@every_loss
def test_what_does_not_count_may_be_anything(loss):
    x, y, _ = drawn(0)
    x[0, :, 0] = np.nan
    y[0, 0] = -1
    for reduction in REDUCTIONS:
        value, dx = loss(x, y, ignore_index=-1, reduction=reduction)
        assert np.isfinite(value).all()
        assert not dx[0, :, 0].any()
        assert np.isfinite(dx).all()


@every_loss
def test_equal_weights_are_none(loss):
    x, y, _ = drawn(1)
    value, dx = loss(x, y, np.full(5, 0.5))
    expected, dexpected = loss(x, y)
    assert value == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(dx, dexpected, atol=1e-15)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_mse_is_reduced_too(reduction):
    x, y = np.random.default_rng(0).normal(size=(2, 3, 4))
    value, dx = L.mse_loss(x, y, reduction)
    expected = {"mean": np.mean, "sum": np.sum, "none": lambda a: a}[reduction]((x - y) ** 2)
    np.testing.assert_allclose(value, expected)
    numeric = eval_numerical_gradient(lambda v: np.sum(L.mse_loss(v, y, reduction)[0]), x.copy(),
                                      verbose=False)
    np.testing.assert_allclose(dx, numeric, atol=1e-8)


def temporal(seed, N=3, T=4, V=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, T, V)), rng.integers(V, size=(N, T)), rng.random((N, T)) < 0.7


def test_dx_of_the_temporal_loss_is_its_derivative():
    x, y, mask = temporal(0)
    dx = L.temporal_softmax_loss(x, y, mask)[1]
    numeric = eval_numerical_gradient(lambda v: L.temporal_softmax_loss(v, y, mask)[0], x.copy(),
                                      verbose=False)
    np.testing.assert_allclose(dx, numeric, atol=1e-8)


@law
@given(seeds)
def test_the_temporal_loss_is_the_softmax_loss_summed_over_steps_that_count(seed):
    x, y, mask = temporal(seed)
    loss, dx = L.temporal_softmax_loss(x, y, mask)
    flat, dflat = L.softmax_loss(x.reshape(-1, 5), np.where(mask, y, -1).ravel(), None, -1, "sum")
    assert loss == pytest.approx(flat / len(x), rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(dx, dflat.reshape(x.shape) / len(x), atol=1e-14)


def test_a_step_that_is_left_out_may_hold_anything_and_gets_plus_zero():
    x, y, mask = temporal(0)
    x[~mask], y[~mask] = np.inf, -7
    loss, dx = L.temporal_softmax_loss(x, y, mask)
    assert np.isfinite(loss)
    assert not dx[~mask].any()
    assert not np.signbit(dx[~mask]).any()
    assert L.temporal_softmax_loss(x, y, np.zeros_like(mask))[0] == 0


def test_verbose_says_the_shape_of_dx(capsys):
    L.temporal_softmax_loss(*temporal(0), verbose=True)
    assert capsys.readouterr().out == "dx:  (3, 4, 5)\n"
