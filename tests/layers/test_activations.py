"""Laws of the elementwise activations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erf

import layers as L
from tests.layers.layer_laws import Layer, anything_floating, away_from_zero, every_law, law, seeds

NAMES = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "gelu", "softplus", "silu")
ACTIVATIONS = tuple(
    Layer(getattr(L, f"{name}_forward"), getattr(L, f"{name}_backward"),
          lambda rng: (away_from_zero(rng, 4, 3, 2),))
    for name in NAMES
)
BOUNDED = {"sigmoid": (0, 1), "tanh": (-1, 1), "relu": (0, np.inf), "softplus": (0, np.inf),
           "elu": (-1, np.inf)}
# The value of f and its slope far out on either side, and in the middle of the number line.
LIMITS = {
    "relu": ((0, 1e4), (0, 1)),
    "leaky_relu": ((-1e2, 1e4), (0.01, 1)),
    "elu": ((-1, 1e4), (0, 1)),
    "sigmoid": ((0, 1), (0, 0)),
    "tanh": ((-1, 1), (0, 0)),
    "gelu": ((0, 1e4), (0, 1)),
    "softplus": ((0, 1e4), (0, 1)),
    "silu": ((0, 1e4), (0, 1)),
}

PARAMETRIC = (
    Layer(L.leaky_relu_forward, L.leaky_relu_backward,
          lambda rng: (away_from_zero(rng, 4, 3), 0.3)),
    Layer(L.elu_forward, L.elu_backward, lambda rng: (away_from_zero(rng, 4, 3), 2.5)),
)

every_activation = pytest.mark.parametrize("layer", ACTIVATIONS, ids=str)


@every_law(*ACTIVATIONS, *PARAMETRIC)
def test_activations_obey_the_common_law(layer, assert_law):
    assert_law(layer)


@every_activation
@law
@given(x=anything_floating)
def test_any_shape_keeps_shape_and_dtype_and_x(layer, x):
    before = x.tobytes()
    out, cache = layer.forward(x)
    dx = layer.backward(np.ones_like(x), cache)
    for array in (out, dx):
        assert isinstance(array, np.ndarray)
        assert (array.shape, array.dtype) == (x.shape, x.dtype)
        assert np.isfinite(array).all()
    assert x.tobytes() == before


@every_activation
@law
@given(seed=seeds, factor=st.floats(-8, 8))
def test_backward_is_linear_in_dout_and_acts_on_each_element_alone(layer, seed, factor):
    rng = np.random.default_rng(seed)
    x, d1, d2 = rng.normal(size=(3, 11))
    order = rng.permutation(11)
    _, cache = layer.forward(x)
    _, permuted = layer.forward(x[order])
    both = layer.backward(d1 + factor * d2, cache)
    apart = layer.backward(d1, cache) + factor * layer.backward(d2, cache)
    np.testing.assert_allclose(both, apart, atol=1e-12)
    np.testing.assert_allclose(layer.backward(d1[order], permuted),
                               layer.backward(d1, cache)[order], atol=1e-15)


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_zero_there_is_neither_overflow_nor_nan(layer, dtype):
    values, slopes = LIMITS[str(layer)]
    out, cache = layer.forward(np.array([-1e4, 1e4], dtype))
    np.testing.assert_allclose(out, values, rtol=1e-6)
    np.testing.assert_allclose(layer.backward(np.ones(2, dtype), cache), slopes, rtol=1e-6)


@every_activation
def test_nan_stays_nan_and_infinities_do_not_warn(layer):
    x = np.array([-np.inf, np.nan, np.inf])
    out, cache = layer.forward(x)
    assert np.isnan(out[1])
    layer.backward(np.ones(3), cache)


@pytest.mark.parametrize("name", BOUNDED)
@law
@given(x=anything_floating)
def test_out_stays_within_its_bounds(name, x):
    low, high = BOUNDED[name]
    out, _ = getattr(L, f"{name}_forward")(x)
    assert ((out >= low) & (out <= high)).all()


def test_relu_passes_nothing_at_exactly_zero_nor_where_a_blocked_dout_is_inf_or_nan():
    _, cache = L.relu_forward(np.array([0.0, -0.0, -1.0, -1.0, 2.0]))
    dx = L.relu_backward(np.array([7.0, 7.0, np.inf, np.nan, np.inf]), cache)
    np.testing.assert_array_equal(dx, [0, 0, 0, 0, np.inf])
    assert not np.signbit(dx).any()


def test_leaky_relu_takes_its_slope_from_the_argument():
    out, cache = L.leaky_relu_forward(np.array([-2.0, 3.0]), 0.25)
    assert out.tolist() == [-0.5, 3.0]
    assert L.leaky_relu_backward(np.ones(2), cache).tolist() == [0.25, 1.0]


@law
@given(st.floats(-5, 5), st.floats(0.1, 3))
def test_elu_scales_only_its_left_half_by_alpha(x, alpha):
    unit, _ = L.elu_forward(np.array(x))
    out, _ = L.elu_forward(np.array(x), alpha)
    assert out == pytest.approx(unit * (alpha if x < 0 else 1))


@law
@given(st.floats(-30, 30))
def test_reflections_hold_on_both_sides_of_zero(value):
    def f(name, x):
        return float(getattr(L, f"{name}_forward")(np.array(x))[0])

    assert f("sigmoid", value) + f("sigmoid", -value) == pytest.approx(1)
    assert f("tanh", value) == -f("tanh", -value)
    assert f("softplus", value) - f("softplus", -value) == pytest.approx(value, abs=1e-12)
    # x * cdf(x) + (-x) * cdf(-x) = x * (2 * cdf(x) - 1)
    odd = {"gelu": erf(value / np.sqrt(2)), "silu": np.tanh(value / 2)}
    for name, centered_cdf in odd.items():
        both = f(name, value) + f(name, -value)
        assert both == pytest.approx(value * centered_cdf, abs=1e-12)


@law
@given(anything_floating)
def test_the_slope_of_softplus_is_the_sigmoid(x):
    slope = L.softplus_backward(np.ones_like(x), x)
    np.testing.assert_array_equal(slope, L.sigmoid_forward(x)[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_slopes_keep_their_digits(dtype):
    x = np.array([-20.0, 20.0], dtype)
    slope = L.sigmoid_backward(np.ones(2, dtype), x)
    np.testing.assert_allclose(slope, np.exp(-20.0), rtol=1e-6)
    slope = L.tanh_backward(np.ones(2, dtype), x)
    np.testing.assert_allclose(slope, 4 * np.exp(-40.0), rtol=1e-5)
    gelu, _ = L.gelu_forward(np.array([-8.0], dtype))
    np.testing.assert_allclose(gelu, -8 * 6.220960574271785e-16, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_activations_agree_with_pytorch(name):
    functional = pytest.importorskip("torch.nn.functional", reason="torch is an optional peer")
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=50) * 3
    peer_x = torch.tensor(x, requires_grad=True)
    peer = getattr(functional, name)(peer_x)
    peer.sum().backward()
    out, cache = getattr(L, f"{name}_forward")(x)
    np.testing.assert_allclose(out, peer.detach().numpy(), rtol=1e-12, atol=1e-14)
    dx = getattr(L, f"{name}_backward")(np.ones(50), cache)
    np.testing.assert_allclose(dx, peer_x.grad.numpy(), rtol=1e-12, atol=1e-14)
