"""Laws of batch and layer normalization."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
)
from tests.layers.layer_laws import DTYPES, Layer, every_law, law, same_bits, seeds

N, D = 7, 4


def normalization(param):
    def make(rng):
        return (rng.normal(size=(N, D)) * 3 + 5, rng.normal(size=D), rng.normal(size=D),
                {key: np.copy(value) if isinstance(value, np.ndarray) else value
                 for key, value in param.items()})
    return make


TEST_MODE = {"mode": "test", "running_mean": np.linspace(4, 6, D),
             "running_var": np.linspace(0.5, 9, D)}
BATCHNORMS = tuple(
    Layer(lambda x, gamma, beta, param: batchnorm_forward(x, gamma, beta, dict(param)),
          backward, normalization(param))
    for backward in (batchnorm_backward, batchnorm_backward_alt)
    for param in ({"mode": "train"}, {"mode": "train", "eps": 1.0}, TEST_MODE)
)
LAYERNORMS = tuple(Layer(layernorm_forward, layernorm_backward, normalization(param))
                   for param in ({}, {"eps": 1.0}))


@every_law(*BATCHNORMS, *LAYERNORMS)
def test_normalizations_obey_the_common_law(layer, assert_law):
    assert_law(layer)


@law
@given(seeds, st.integers(2, 9), st.integers(1, 5), st.floats(-1e3, 1e3), st.floats(0.1, 1e3))
def test_batchnorm_out_has_mean_beta_and_standard_deviation_gamma(seed, n, d, shift, scale):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * scale + shift
    gamma, beta = rng.uniform(0.5, 2, size=d), rng.normal(size=d)
    out, _ = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 1e-12})
    np.testing.assert_allclose(out.mean(axis=0), beta, atol=1e-8)
    np.testing.assert_allclose(out.std(axis=0), gamma, rtol=1e-4)


@law
@given(seeds, st.integers(1, 5), st.integers(2, 9), st.floats(-1e3, 1e3), st.floats(0.1, 1e3))
def test_layernorm_rows_have_mean_0_and_variance_1(seed, n, d, shift, scale):
    x = np.random.default_rng(seed).normal(size=(n, d)) * scale + shift
    out, _ = layernorm_forward(x, np.ones(d), np.zeros(d), {"eps": 1e-12})
    np.testing.assert_allclose(out.mean(axis=1), 0, atol=1e-8)
    np.testing.assert_allclose(out.var(axis=1), 1, rtol=1e-4)


@law
@given(seeds, st.integers(1, 9), st.integers(1, 5), st.sampled_from(["train", "test"]))
def test_the_two_batchnorm_backwards_agree(seed, n, d, mode):
    rng = np.random.default_rng(seed)
    x, dout = rng.normal(size=(2, n, d)) * 3
    gamma, beta, mean = rng.normal(size=(3, d))
    param = {"mode": mode, "running_mean": mean, "running_var": mean**2}
    _, cache = batchnorm_forward(x, gamma, beta, param)
    pairs = zip(batchnorm_backward(dout, cache), batchnorm_backward_alt(dout, cache), strict=True)
    for graph, closed in pairs:
        np.testing.assert_allclose(graph, closed, rtol=1e-9, atol=1e-9 * np.abs(graph).max())


@law
@given(seeds, st.integers(2, 9))
def test_permuting_the_batch_permutes_out_and_dx(seed, n):
    rng = np.random.default_rng(seed)
    x, dout = rng.normal(size=(2, n, D))
    order = rng.permutation(n)
    one, zero = np.ones(D), np.zeros(D)
    for forward, backward, param in ((batchnorm_forward, batchnorm_backward, {"mode": "train"}),
                                     (layernorm_forward, layernorm_backward, {})):
        out, cache = forward(x, one, zero, dict(param))
        permuted, permuted_cache = forward(x[order], one, zero, dict(param))
        np.testing.assert_allclose(permuted, out[order], atol=1e-12)
        np.testing.assert_allclose(backward(dout[order], permuted_cache)[0],
                                   backward(dout, cache)[0][order], atol=1e-10)


@law
@given(seeds)
def test_layernorm_is_batchnorm_of_the_transpose(seed):
    x = np.random.default_rng(seed).normal(size=(5, 5))
    one, zero = np.ones(5), np.zeros(5)
    by_row, _ = layernorm_forward(x, one, zero, {})
    by_column, _ = batchnorm_forward(x.T, one, zero, {"mode": "train"})
    np.testing.assert_allclose(by_row, by_column.T, atol=1e-14)


@law
@given(seeds)
def test_in_train_mode_dx_sums_to_zero_and_is_orthogonal_to_x(seed):
    """Shifting or scaling a column of x changes nothing, so dx has no part in either direction."""
    rng = np.random.default_rng(seed)
    x, dout = rng.normal(size=(2, 6, D))
    param = {"mode": "train", "eps": 1e-15}
    _, cache = batchnorm_forward(x, np.ones(D), np.zeros(D), param)
    dx, _, _ = batchnorm_backward(dout, cache)
    scale = np.abs(dx).max() * np.abs(x).max()
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-10 * scale)
    np.testing.assert_allclose((dx * x).sum(axis=0), 0, atol=1e-10 * scale)


def test_running_averages_are_those_of_cs231n():
    rng = np.random.default_rng(0)
    param = {"mode": "train", "momentum": 0.7}
    mean, var = np.zeros(D), np.zeros(D)
    for _ in range(5):
        x = rng.normal(size=(N, D)) * 2 + 3
        batchnorm_forward(x, np.ones(D), np.zeros(D), param)
        mean = 0.7 * mean + 0.3 * x.mean(axis=0)
        var = 0.7 * var + 0.3 * x.var(axis=0)
    np.testing.assert_allclose(param["running_mean"], mean, rtol=1e-14)
    np.testing.assert_allclose(param["running_var"], var, rtol=1e-14)


def test_after_many_batches_test_mode_standardizes_new_data():
    rng = np.random.default_rng(231)
    param = {"mode": "train"}
    for _ in range(100):
        batchnorm_forward(rng.normal(3, 5, size=(200, D)), np.ones(D), np.zeros(D), param)
    param["mode"] = "test"
    out, _ = batchnorm_forward(rng.normal(3, 5, size=(2000, D)), np.ones(D), np.zeros(D), param)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=0.1)


def test_the_write_back_makes_new_arrays_and_touches_no_other_key():
    mean, var = np.zeros(D), np.ones(D)
    param = {"mode": "train", "running_mean": mean, "running_var": var, "note": "mine"}
    batchnorm_forward(np.random.default_rng(0).normal(size=(N, D)), np.ones(D), np.zeros(D), param)
    assert not mean.any()
    assert (var == 1).all()
    assert param["running_mean"].any()
    assert set(param) == {"mode", "running_mean", "running_var", "note"}


def test_test_mode_writes_nothing_and_takes_a_read_only_dict():
    one = np.ones(D)
    param = MappingProxyType({"mode": "test", "running_mean": one, "running_var": one})
    out, _ = batchnorm_forward(np.ones((2, D)), one, np.zeros(D), param)
    assert not out.any()
    empty = {"mode": "test"}
    batchnorm_forward(np.ones((2, D)), np.ones(D), np.zeros(D), empty)
    assert empty == {"mode": "test"}


@pytest.mark.parametrize("mode", ["train", "test"])
def test_changing_the_param_dict_after_forward_changes_nothing(mode):
    param = {"mode": mode, "running_mean": np.zeros(D), "running_var": np.ones(D)}
    x = np.random.default_rng(1).normal(size=(N, D))
    out, cache = batchnorm_forward(x, np.ones(D), np.zeros(D), param)
    before = batchnorm_backward(out, cache)
    param["mode"] = "test" if mode == "train" else "train"
    param["eps"] = 10.0
    param["running_var"] = param["running_var"] * 7
    assert same_bits(batchnorm_backward(out, cache), before)


@pytest.mark.parametrize("dtype", DTYPES)
def test_running_averages_of_float16_are_kept_in_float32_all_others_in_their_own(dtype):
    param = {"mode": "train"}
    x = np.full((4096, 1), 300, dtype)
    x[::2] = -300
    out, _ = batchnorm_forward(x, np.ones(1, dtype), np.zeros(1, dtype), param)
    # 300^2 = 90000 is beyond float16's 65504, and 4096 summands beyond its 11 bits.
    np.testing.assert_allclose(np.abs(out), 1, rtol=1e-3)
    np.testing.assert_allclose(param["running_var"], 9000, rtol=1e-6)
    assert param["running_var"].dtype == np.promote_types(dtype, np.float32)


def test_a_large_mean_does_not_cancel_the_variance():
    x = np.array([[1e8], [1e8 + 1], [1e8 + 2]])
    out, _ = batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train"})
    np.testing.assert_allclose(out.ravel(), np.array([-1, 0, 1]) * np.sqrt(1.5), rtol=1e-5)


def test_a_single_sample_comes_out_as_beta_and_passes_no_gradient_to_x():
    param = {"mode": "train"}
    out, cache = batchnorm_forward(np.full((1, D), 9.0), np.ones(D), np.arange(4.0), param)
    np.testing.assert_array_equal(out[0], np.arange(4.0))
    for backward in (batchnorm_backward, batchnorm_backward_alt):
        np.testing.assert_allclose(backward(np.ones((1, D)), cache)[0], 0, atol=1e-12)


def test_an_empty_batch_is_refused_only_where_a_mean_over_it_is_needed():
    x, one, zero = np.ones((0, D)), np.ones(D), np.zeros(D)
    param = {"mode": "train"}
    with pytest.raises(ValueError, match="at least one sample"):
        batchnorm_forward(x, one, zero, param)
    assert param == {"mode": "train"}
    for forward, backward, param in ((batchnorm_forward, batchnorm_backward, {"mode": "test"}),
                                     (layernorm_forward, layernorm_backward, {})):
        out, cache = forward(x, one, zero, param)
        dx, dgamma, _ = backward(out, cache)
        assert dx.shape == x.shape
        assert not dgamma.any()


def test_nan_in_a_column_stays_in_that_column():
    x = np.random.default_rng(0).normal(size=(N, D))
    x[2, 1], x[3, 2] = np.nan, np.inf
    out, _ = batchnorm_forward(x, np.ones(D), np.zeros(D), {"mode": "train"})
    assert np.isfinite(out[:, [0, 3]]).all()
    assert np.isnan(out[:, 1]).all()


@pytest.mark.parametrize("mode", ["train", "test"])
def test_batchnorm_agrees_with_pytorch(mode):
    torch = pytest.importorskip("torch", reason="torch is an optional peer")
    rng = np.random.default_rng(3)
    x, dout = rng.normal(size=(2, N, D))
    gamma, beta = rng.normal(size=(2, D))
    peers = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    mean, var = torch.zeros(D, dtype=torch.float64), torch.ones(D, dtype=torch.float64)
    peer = torch.nn.functional.batch_norm(peers[0], mean, var, peers[1], peers[2],
                                          training=mode == "train")
    peer.backward(torch.tensor(dout))
    param = {"mode": mode, "running_mean": np.zeros(D), "running_var": np.ones(D)}
    out, cache = batchnorm_forward(x, gamma, beta, param)
    np.testing.assert_allclose(out, peer.detach().numpy(), rtol=1e-10)
    for gradient, expected in zip(batchnorm_backward(dout, cache), peers, strict=True):
        np.testing.assert_allclose(gradient, expected.grad.numpy(), rtol=1e-9, atol=1e-12)
