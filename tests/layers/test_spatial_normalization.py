"""Laws of the normalizations of feature maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import (
    layernorm_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)
from tests.layers.layer_laws import DTYPES, Layer, every_law, law, seeds

C = 6
SHAPE = (3, C, 2, 4)
TEST_MODE = {"mode": "test", "running_mean": np.linspace(4, 6, C),
             "running_var": np.linspace(0.5, 9, C)}


def made(*rest, scale=(C,)):
    return lambda rng: (rng.normal(size=SHAPE) * 3 + 5, rng.normal(size=scale),
                        rng.normal(size=scale), *rest)


def batchnorm(x, gamma, beta, bn_param):
    return spatial_batchnorm_forward(x, gamma, beta, dict(bn_param))


@every_law(
    *(Layer(batchnorm, spatial_batchnorm_backward, made(param))
      for param in ({"mode": "train"}, {"mode": "train", "eps": 1.0}, TEST_MODE)),
    *(Layer(spatial_groupnorm_forward, spatial_groupnorm_backward, made(G, param, scale=scale))
      for G, param, scale in ((2, {}, (1, C, 1, 1)), (3, {"eps": 1.0}, (C,)), (1, {}, (C,)),
                              (C, {}, (C,)))))
def test_spatial_normalizations_obey_the_common_law(layer, assert_law):
    assert_law(layer)


@law
@given(seeds, st.integers(1, 4), st.integers(1, 4), st.integers(2, 5), st.floats(-1e2, 1e2))
def test_batchnorm_gives_every_channel_mean_beta_and_standard_deviation_gamma(
        seed, n, channels, side, shift):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, channels, side, side)) * 3 + shift
    gamma, beta = rng.uniform(0.5, 2, channels), rng.normal(size=channels)
    out, _ = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 1e-12})
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), beta, atol=1e-8)
    np.testing.assert_allclose(out.std(axis=(0, 2, 3)), gamma, rtol=1e-6)


@law
@given(seeds, st.integers(0, 3), st.sampled_from([1, 2, 3, 6]))
def test_groups_of_channels_are_rows_of_layer_normalization(seed, n, G):
    x = np.random.default_rng(seed).normal(size=(n, *SHAPE[1:]))
    out, _ = spatial_groupnorm_forward(x, np.ones(C), np.zeros(C), G, {"mode": "train"})
    size = x[:1].size // G if n else 48 // G
    rows, _ = layernorm_forward(x.reshape(n * G, size), np.ones(size), np.zeros(size), {})
    np.testing.assert_allclose(out, rows.reshape(x.shape), atol=1e-12)


def test_running_averages_are_of_shape_c_and_written_back():
    rng, param = np.random.default_rng(0), {"mode": "train", "momentum": 0.7}
    x = rng.normal(size=SHAPE) + 3
    spatial_batchnorm_forward(x, np.ones(C), np.zeros(C), param)
    np.testing.assert_allclose(param["running_mean"], 0.3 * x.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(param["running_var"], 0.3 * x.var(axis=(0, 2, 3)), rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_integer_scales_are_floats_of_xs_dtype(dtype):
    x = np.random.default_rng(0).normal(size=SHAPE).astype(dtype)
    gamma, beta = np.arange(1, C + 1), np.arange(C)
    for forward, backward, rest in (
            (spatial_batchnorm_forward, spatial_batchnorm_backward, ({"mode": "train"},)),
            (spatial_groupnorm_forward, spatial_groupnorm_backward, (2, {}))):
        out, cache = forward(x, gamma, beta, *rest)
        assert {g.dtype for g in (out, *backward(out, cache))} == {np.dtype(dtype)}


def test_the_gradients_have_the_shape_in_which_gamma_came():
    x = np.random.default_rng(0).normal(size=SHAPE)
    for shape in ((C,), (1, C, 1, 1)):
        out, cache = spatial_groupnorm_forward(x, np.ones(shape), np.zeros(shape), 3, {})
        assert [g.shape for g in spatial_groupnorm_backward(out, cache)] == [SHAPE, shape, shape]


@pytest.mark.parametrize("name", ["batch", "group"])
def test_spatial_normalizations_agree_with_pytorch(name):
    torch = pytest.importorskip("torch", reason="torch is an optional peer")
    rng = np.random.default_rng(3)
    x, dout = rng.normal(size=(2, *SHAPE))
    gamma, beta = rng.normal(size=(2, C))
    peers = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    if name == "batch":
        mean, var = torch.zeros(C, dtype=torch.float64), torch.ones(C, dtype=torch.float64)
        peer = torch.nn.functional.batch_norm(peers[0], mean, var, *peers[1:], training=True)
        out, cache = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
        gradients = spatial_batchnorm_backward(dout, cache)
    else:
        peer = torch.nn.functional.group_norm(peers[0], 3, *peers[1:])
        out, cache = spatial_groupnorm_forward(x, gamma, beta, 3, {})
        gradients = spatial_groupnorm_backward(dout, cache)
    peer.backward(torch.tensor(dout))
    np.testing.assert_allclose(out, peer.detach().numpy(), rtol=1e-10, atol=1e-12)
    for gradient, expected in zip(gradients, peers, strict=True):
        np.testing.assert_allclose(gradient, expected.grad.numpy(), rtol=1e-8, atol=1e-11)
