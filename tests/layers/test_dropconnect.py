"""Laws of DropConnect on an affine layer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

import layers as L
from gradcheck import check_layer
from tests.layers.layer_laws import Layer, every_law, law, seeds

STORES = ("mask", "bits", "seed")


def train(p=0.4, **more):
    return {"p": p, "mode": "train", **more}


def arguments(rng, n=4, d=(2, 3), m=5):
    return rng.normal(size=(n, *d)), rng.normal(size=(int(np.prod(d)), m)), rng.normal(size=m)


def layer(**more):
    return Layer(L.dropconnect_affine_forward, L.dropconnect_affine_backward,
                 lambda rng: (*arguments(rng), train(seed=3, **more)))


@every_law(*(layer(store=store) for store in STORES), layer(shared_axes=0), layer(mode="test"))
def test_dropconnect_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


def test_the_checker_passes_dropconnect():
    args = arguments(np.random.default_rng(0))
    assert check_layer(L.dropconnect_affine_forward, L.dropconnect_affine_backward,
                       *args, train(0.3, seed=1)).passed


@law
@given(seed=seeds)
def test_training_is_affine_with_masked_and_scaled_weights(seed):
    x, w, b = arguments(np.random.default_rng(seed))
    out, (_, (_, mask)) = L.dropconnect_affine_forward(x, w, b, train(0.25, seed=seed))
    assert mask.shape == w.shape
    expected, _ = L.affine_forward(x, mask * w / 0.75, b)
    np.testing.assert_allclose(out, expected, rtol=1e-12)


def test_test_mode_is_affine_with_the_mean_weights():
    x, w, b = arguments(np.random.default_rng(0))
    out, cache = L.dropconnect_affine_forward(x, w, b, train(mode="test"))
    expected, affine_cache = L.affine_forward(x, w, b)
    np.testing.assert_array_equal(out, expected)
    for found, want in zip(L.dropconnect_affine_backward(out, cache),
                           L.affine_backward(out, affine_cache), strict=True):
        np.testing.assert_array_equal(found, want)


def test_the_gradient_of_a_dropped_weight_is_plus_zero():
    x, w, b = arguments(np.random.default_rng(0))
    out, cache = L.dropconnect_affine_forward(x, w, b, train(0.5, seed=2))
    _, dw, _ = L.dropconnect_affine_backward(-np.ones_like(out), cache)
    dropped = dw[~cache[1][1]]
    assert dropped.size
    assert not dropped.any()
    assert not np.signbit(dropped).any()


@pytest.mark.parametrize("p", [0.0, 0.5])
def test_inference_has_the_mean_and_the_variance_of_training(p):
    """20000 samples: the mean within 6 of its standard errors, the variance within ten percent."""
    x, w, b = arguments(np.random.default_rng(1), n=2, d=(50,), m=3)
    samples = L.dropconnect_affine_inference(x, w, b, {"p": p, "seed": 0}, samples=20_000)
    trained = np.stack([L.dropconnect_affine_forward(x, w, b, train(p, seed=seed))[0]
                        for seed in range(2000)])
    mean, _ = L.affine_forward(x, w, b)
    variance = p / (1 - p) * x**2 @ w**2
    for draws in (samples, trained):
        assert np.all(np.abs(draws.mean(axis=0) - mean)
                      <= 6 * np.sqrt(variance / len(draws)) + 1e-9)
    np.testing.assert_allclose(samples.var(axis=0), variance, rtol=0.1, atol=1e-12)
    np.testing.assert_allclose(trained.var(axis=0), variance, rtol=0.25, atol=1e-12)


def test_inference_repeats_with_its_seed_and_keeps_the_dtype():
    x, w, b = (array.astype(np.float32) for array in arguments(np.random.default_rng(1)))
    first = L.dropconnect_affine_inference(x, w, b, {"p": 0.5, "seed": 0}, samples=3)
    assert (first.shape, first.dtype) == ((3, 4, 5), np.float32)
    again = L.dropconnect_affine_inference(x, w, b, {"p": 0.5, "seed": 0}, samples=3)
    np.testing.assert_array_equal(first, again)
