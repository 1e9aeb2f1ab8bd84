"""Laws of the layers that share a decision: channels, sequences, branches, squares of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers as L
from gradcheck import check_layer
from layers.dropblock import _draw
from tests.layers.layer_laws import Layer, every_law, law, seeds

STORES = ("mask", "bits", "seed")
SHAPES = {
    "spatial_dropout": (3, 4, 2, 5),
    "dropout1d": (3, 4, 5),
    "dropout2d": (3, 4, 2, 5),
    "dropout3d": (2, 3, 2, 3, 4),
    "locked_dropout": (3, 6, 5),
    "stochastic_depth": (9, 3, 2),
    "dropblock": (2, 3, 7, 8),
}
SHARED = {  # the axes along which each of them takes one decision
    "spatial_dropout": (2, 3),
    "dropout1d": (2,),
    "dropout2d": (2, 3),
    "dropout3d": (2, 3, 4),
    "locked_dropout": (1,),
    "stochastic_depth": (1, 2),
}


def pair(name):
    return getattr(L, f"{name}_forward"), getattr(L, f"{name}_backward")


def train(p=0.4, **more):
    return {"p": p, "mode": "train", "block_size": 3, **more}


def layer(name, **more):
    return Layer(*pair(name), lambda rng: (rng.normal(size=SHAPES[name]), train(seed=3, **more)))


every_name = pytest.mark.parametrize("name", SHAPES)
every_shared = pytest.mark.parametrize("name", SHARED)
every_store = pytest.mark.parametrize("store", STORES)


@every_law(*(layer(name, store=store) for name in SHAPES for store in STORES),
           layer("stochastic_depth", granularity="batch"), layer("locked_dropout", time_axis=-3))
def test_structured_dropout_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


@every_name
def test_the_checker_passes_structured_dropout(name):
    x = np.random.default_rng(1).normal(size=SHAPES[name])
    assert check_layer(*pair(name), x, train(0.3, seed=5)).passed


@every_shared
@every_store
def test_one_decision_holds_along_the_shared_axes_and_nowhere_else(name, store):
    shape = (30, *SHAPES[name][1:])
    forward, backward = pair(name)
    out, cache = forward(np.ones(shape), train(0.5, seed=1, store=store))
    first = tuple(slice(0, 1) if axis in SHARED[name] else slice(None)
                  for axis in range(len(shape)))
    np.testing.assert_array_equal(out, np.broadcast_to(out[first], shape))
    units = out[first]
    assert set(np.unique(units)) == {0.0, 2.0}
    assert 0.3 < (units == 0).mean() < 0.7
    for axis in range(len(shape)):
        if axis not in SHARED[name]:
            assert not np.array_equal(units, np.roll(units, 1, axis))
    np.testing.assert_array_equal(backward(np.ones(shape), cache), out)


@every_shared
def test_the_decisions_are_those_of_dropout_with_shared_axes(name):
    x = np.random.default_rng(0).normal(size=SHAPES[name])
    out, (param, mask) = pair(name)[0](x, train(seed=8))
    expected, (_, expected_mask) = L.dropout_forward(x, train(seed=8, shared_axes=SHARED[name]))
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(mask, expected_mask)
    assert param == train(seed=8)


@every_name
def test_test_mode_is_x_itself(name):
    x = np.ones(SHAPES[name])
    forward, backward = pair(name)
    out, cache = forward(x, {**train(), "mode": "test"})
    assert out is x
    assert cache[1] is None
    assert backward(x, cache) is x


@every_name
@every_store
def test_dropped_is_plus_zero_even_for_inf_and_nan(name, store):
    shape = (40, *SHAPES[name][1:])
    param = train(0.5, seed=2)
    mask = pair(name)[0](np.ones(shape), param)[1][1]
    for bad in (np.inf, np.nan, -1.0):
        x = np.where(mask, 1.0, bad)
        out, cache = pair(name)[0](x, {**param, "store": store})
        for result in (out, pair(name)[1](x, cache)):
            assert not result[~mask].any()
            assert not np.signbit(result).any()


def test_locked_dropout_of_a_sequence_is_dropout_of_each_step_with_one_seed():
    x = np.random.default_rng(0).normal(size=(4, 6, 5))
    locked, _ = L.locked_dropout_forward(x, train(seed=11))
    for step in range(6):
        alone, _ = L.dropout_forward(x[:, step], train(seed=11))
        np.testing.assert_array_equal(locked[:, step], alone)


def test_a_dropped_branch_leaves_the_identity_and_its_gradient_exact():
    h = np.random.default_rng(0).normal(size=(50, 4))
    out, cache = L.stochastic_depth_forward(np.full_like(h, np.nan), train(0.9, seed=0))
    dropped = ~cache[1][:, 0]
    assert dropped.any()
    np.testing.assert_array_equal((h + out)[dropped], h[dropped])
    dout = np.ones_like(h)
    np.testing.assert_array_equal(
        (dout + L.stochastic_depth_backward(dout, cache))[dropped], dout[dropped])


def test_granularity_batch_drops_all_samples_or_none():
    x = np.ones((8, 3))
    outcomes = [L.stochastic_depth_forward(x, train(0.5, seed=seed, granularity="batch"))[0]
                for seed in range(60)]
    assert {tuple(np.unique(out)) for out in outcomes} == {(0.0,), (2.0,)}


@law
@given(seed=seeds, size=st.sampled_from([1, 3, 5]), p=st.sampled_from([0.05, 0.3, 0.9]))
def test_dropblock_drops_unions_of_whole_squares_and_keeps_the_mean(seed, size, p):
    x = np.ones((2, 3, 9, 7))
    out, (_, mask) = L.dropblock_forward(x, train(p, seed=seed, block_size=size))
    dropped = ~mask
    squares = np.lib.stride_tricks.sliding_window_view(dropped, (size, size), axis=(2, 3))
    whole = squares.all(axis=(4, 5))
    covered = np.zeros_like(dropped)
    for n, c, i, j in np.argwhere(whole):
        covered[n, c, i:i + size, j:j + size] = True
    np.testing.assert_array_equal(covered, dropped)
    if mask.any():
        assert out.mean() == pytest.approx(1.0, rel=1e-12)


def test_dropblock_of_single_pixels_is_dropout_with_the_realised_scale():
    shape = (2, 3, 9, 7)
    mask = _draw(shape, 0.3, 1, 5)
    np.testing.assert_array_equal(mask, L.dropout_forward(np.ones(shape), train(0.3, seed=5))[1][1])


def test_dropblock_drops_the_area_that_gamma_predicts():
    """A pixel away from the border is kept iff none of block_size**2 places has a seed."""
    p, size, side, n = 0.2, 5, 20, 400
    mask = _draw((n, 1, side, side), p, size, 0)
    gamma = p / size**2 * side**2 / (side - size + 1) ** 2
    inner = mask[:, 0, size - 1:side - size + 1, size - 1:side - size + 1]
    expected = (1 - gamma) ** size**2
    # Pixels of one square go together, so count as one: 6.1 standard deviations.
    assert abs(inner.mean() - expected) < 6.1 * 0.5 / np.sqrt(inner.size / size**2)


def test_dropblock_may_drop_every_pixel_and_is_zero_then():
    x = np.full((1, 1, 3, 3), np.inf)
    outs = [L.dropblock_forward(x, train(0.9, seed=seed)) for seed in range(5)]
    dead = [(out, cache) for out, cache in outs if not cache[1].any()]
    assert dead
    for out, cache in dead:
        assert not out.any()
        assert not L.dropblock_backward(x, cache).any()


def test_a_sample_alone_is_refused_with_the_batch_axis_as_remedy():
    for name, shape in (("dropout1d", (4, 5)), ("dropout2d", (4, 5, 5)),
                        ("dropout3d", (4, 5, 5, 5)), ("spatial_dropout", (4, 5)),
                        ("feature_alpha_dropout", (4, 5))):
        with pytest.raises(ValueError, match=r"x\[np\.newaxis\]"):
            pair(name)[0](np.ones(shape), train())
        pair(name)[0](np.ones(shape)[np.newaxis], train())


def test_torch_channel_zero_case():
    """test/nn/test_dropout.py, _test_dropoutNd_channel_zero."""
    for name, shape in (("dropout1d", (10, 4, 2)), ("dropout2d", (10, 4, 2, 2))):
        out, _ = pair(name)[0](np.ones(shape), train(0.5))
        counts = np.count_nonzero(out.reshape(10, 4, -1), axis=2)
        assert set(np.unique(counts)) <= {0, out[0, 0].size}


def test_keras_spatial_dropout_cases():
    out, _ = L.dropout1d_forward(np.ones((10, 10, 3)), train(0.5))
    np.testing.assert_array_equal(out[:, :, 0], out[:, :, 1])
    out, _ = L.dropout3d_forward(np.ones((10, 10, 3, 3, 3)), train(0.5))
    np.testing.assert_array_equal(out[:, :, 0, 0, 0], out[:, :, 1, 1, 1])
