"""Laws of Gaussian, alpha and feature alpha dropout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expm1

import layers as L
from gradcheck import check_layer
from layers.noise_dropout import ALPHA_PRIME
from tests.layers.layer_laws import Layer, anything_floating, every_law, law, seeds

STORES = {"gaussian_dropout": ("mask", "seed"), "alpha_dropout": ("mask", "bits", "seed"),
          "feature_alpha_dropout": ("mask", "bits", "seed")}
every_name = pytest.mark.parametrize("name", STORES)


def pair(name):
    return getattr(L, f"{name}_forward"), getattr(L, f"{name}_backward")


def train(p=0.4, **more):
    return {"p": p, "mode": "train", **more}


def layer(name, **more):
    return Layer(*pair(name), lambda rng: (rng.normal(size=(5, 4, 3)), train(seed=3, **more)))


@every_law(*(layer(name, store=store) for name in STORES for store in STORES[name]),
           layer("gaussian_dropout", shared_axes=0), layer("alpha_dropout", shared_axes=(0, -1)))
def test_noise_dropout_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


@every_name
def test_the_checker_passes_noise_dropout(name):
    x = np.random.default_rng(1).normal(size=(5, 4, 3))
    assert check_layer(*pair(name), x, train(0.3, seed=5)).passed


@every_name
def test_test_mode_is_x_itself_and_draws_nothing(name):
    x = np.ones((2, 3, 4))
    state = np.random.get_state()[1].tobytes()
    forward, backward = pair(name)
    out, cache = forward(x, train(mode="test"))
    assert out is x
    assert backward(x, cache) is x
    assert np.random.get_state()[1].tobytes() == state


@pytest.mark.parametrize("name", ["gaussian_dropout", "alpha_dropout"])
@law
@given(x=anything_floating, seed=seeds, p=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1 - 1e-12]))
def test_any_shape_keeps_shape_dtype_and_x(name, x, seed, p):
    before = x.tobytes()
    forward, backward = pair(name)
    out, cache = forward(x, train(p, seed=seed))
    for result in (out, backward(x, cache)):
        assert (type(result), result.shape, result.dtype) == (np.ndarray, x.shape, x.dtype)
    assert x.tobytes() == before
    if p == 0.0:
        np.testing.assert_array_equal(out, x)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_gaussian_noise_has_mean_one_and_the_variance_of_dropout(p):
    n = 1 << 20
    out, (_, noise) = L.gaussian_dropout_forward(np.ones(n), train(p, seed=0))
    z = (noise - 1) / np.sqrt(p / (1 - p))
    assert stats.kstest(z, "norm").pvalue > 1e-9
    assert abs(out.mean() - 1) < 6.1 * np.sqrt(p / (1 - p) / n)
    assert out.var() == pytest.approx(p / (1 - p), rel=0.02)


def test_gaussian_noise_of_a_random_state_is_its_standard_normal():
    out, _ = L.gaussian_dropout_forward(np.ones((3, 4)), train(0.5, rng=np.random.RandomState(0)))
    np.testing.assert_array_equal(out, 1 + np.random.RandomState(0).standard_normal((3, 4)))


def test_keras_gaussian_case():
    out, _ = L.gaussian_dropout_forward(np.ones((20, 500)), train(0.3, seed=1337))
    assert abs(out.std() - np.sqrt(0.3 / 0.7)) < 0.02


@pytest.mark.parametrize("p", [0.05, 0.2, 0.5, 0.8])
@pytest.mark.parametrize(("name", "shape"), [("alpha_dropout", (1_000_000,)),
                                             ("feature_alpha_dropout", (1000, 1000, 1))])
def test_alpha_dropout_preserves_mean_and_variance_of_normal_input(name, shape, p):
    x = np.random.default_rng(0).standard_normal(shape)
    out, _ = pair(name)[0](x, train(p, seed=1))
    assert abs(out.mean()) < 0.02
    assert abs(out.var() - 1) < 0.02


def test_alpha_dropout_is_the_formula_and_dropped_units_hide_inf_and_nan():
    p = 0.3
    x = np.random.default_rng(0).normal(size=1000)
    _, (_, mask) = L.alpha_dropout_forward(x, train(p, seed=4))
    for bad in (np.inf, np.nan):
        out, cache = L.alpha_dropout_forward(np.where(mask, x, bad), train(p, seed=4))
        a = ((1 - p) * (1 + p * ALPHA_PRIME**2)) ** -0.5
        b = -a * p * ALPHA_PRIME
        np.testing.assert_allclose(out, a * np.where(mask, x, ALPHA_PRIME) + b, rtol=1e-12)
        dx = L.alpha_dropout_backward(np.where(mask, 1.0, bad), cache)
        np.testing.assert_allclose(dx, a * mask, rtol=1e-12)
        assert not np.signbit(dx).any()


def test_alpha_prime_is_the_saturation_of_selu():
    assert pytest.approx(1.0507009873554805 * 1.6732632423543772 * expm1(-50)) == ALPHA_PRIME


def test_feature_alpha_dropout_drops_whole_channels():
    x = np.random.default_rng(0).normal(size=(20, 10, 3, 3))
    _, (_, mask) = L.feature_alpha_dropout_forward(x, train(0.5, seed=4))
    np.testing.assert_array_equal(mask, np.broadcast_to(mask[:, :, :1, :1], mask.shape))
    assert 0.3 < mask[:, :, 0, 0].mean() < 0.7


def test_paddle_feature_alpha_case():
    """The values that its documentation prints for x = +-1 at p = 0.5."""
    out, _ = L.alpha_dropout_forward(np.tile([-1.0, 1.0], 50), train(0.5, seed=0))
    np.testing.assert_allclose(np.unique(out.round(8)), [-0.77919382, -0.10721093, 1.66559887],
                               atol=1e-6)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_torch_alpha_case(p):
    """test/nn/test_dropout.py, _test_alpha_dropout: mean and deviation within 0.1."""
    x = np.random.default_rng(0).standard_normal(20_000)
    out, _ = L.alpha_dropout_forward(x, train(p, seed=2))
    assert abs(out.mean() - x.mean()) < 0.1
    assert abs(out.std() - x.std()) < 0.1


def test_keras_alpha_correctness_case():
    """test_alpha_dropout_correctness: constant input; the deviation is the formula's."""
    out, _ = L.alpha_dropout_forward(np.ones((20, 500), np.float32), train(0.3, seed=1337))
    assert abs(out.std() - 1.0) < 0.1
