"""Laws of inverted and vanilla dropout."""

from __future__ import annotations

import pickle
import sys
import tracemalloc
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import layers as L
from gradcheck import check_layer
from layers import blocked
from layers.blocked import BLOCK
from tests.layers.layer_laws import DTYPES, Layer, every_law, law, same_bits, seeds, strided

STORES = ("mask", "bits", "seed")
PAIRS = {
    "dropout": (L.dropout_forward, L.dropout_backward),
    "vanilla_dropout": (L.vanilla_dropout_forward, L.vanilla_dropout_backward),
}
any_float = hnp.arrays(
    st.sampled_from(DTYPES),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6),
    elements=st.floats(width=16),  # with inf and nan
)
drop_probability = st.sampled_from([0.0, 1e-10, 0.1, 0.3, 0.5, 0.75, 0.999, 1 - 1e-12])

both = pytest.mark.parametrize("name", PAIRS)
every_store = pytest.mark.parametrize("store", STORES)


def train(p=0.3, **more):
    return {"p": p, "mode": "train", **more}


def with_param(name, **more):
    forward, backward = PAIRS[name]
    return Layer(forward, backward,
                 lambda rng: (rng.normal(size=(5, 4, 3)), train(0.4, seed=7, **more)))


@every_law(*(with_param(name, store=store) for name in PAIRS for store in STORES),
           with_param("dropout", shared_axes=(0, 2)),
           with_param("dropout", shared_axes=1, store="bits"),
           with_param("dropout", shared_axes=-1, store="seed"))
def test_dropout_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


@both
@every_store
@pytest.mark.parametrize("axes", [None, 0, (0, 1)])
def test_the_checker_passes_dropout_in_every_store(name, store, axes):
    rng = np.random.default_rng(0)
    forward, backward = PAIRS[name]
    param = train(0.3, seed=5, store=store, shared_axes=axes)
    assert check_layer(forward, backward, rng.normal(size=(6, 7)), param).passed


@law
@given(x=any_float, p=drop_probability, seed=seeds, store=st.sampled_from(STORES))
def test_forward_and_backward_are_the_formula_and_plus_zero_where_dropped(x, p, seed, store):
    before = x.tobytes()
    out, cache = L.dropout_forward(x, train(p, seed=seed, store=store))
    mask = L.dropout_forward(x, train(p, seed=seed))[1][1]
    with np.errstate(all="ignore"):
        wide = np.promote_types(x.dtype, np.float32)
        quotient = (x.astype(wide) / wide.type(1 - p)).astype(x.dtype)
    expected = np.where(mask, quotient, x.dtype.type(0))
    assert (out.shape, out.dtype, type(out)) == (x.shape, x.dtype, np.ndarray)
    assert out.tobytes() == expected.tobytes()  # -0.0 and the bits of NaN included
    assert L.dropout_backward(x, cache).tobytes() == expected.tobytes()
    assert x.tobytes() == before


@law
@given(x=any_float, p=drop_probability, seed=seeds)
def test_the_mask_depends_on_seed_p_and_shape_only(x, p, seed):
    masks = [
        L.dropout_forward(variant, train(p, seed=seed, store="mask"))[1][1]
        for variant in (x, np.zeros_like(x, np.float64), x.astype(x.dtype.newbyteorder()),
                        *((np.asfortranarray(x), strided(x)) if x.ndim else ()))
    ]
    for mask in masks[1:]:
        assert mask.dtype == bool
        np.testing.assert_array_equal(mask, masks[0])


@law
@given(x=any_float)
def test_test_mode_is_x_itself_and_draws_nothing(x):
    state = np.random.get_state()
    for store in STORES:
        out, (param, mask) = L.dropout_forward(x, {"p": 0.9, "mode": "test", "store": store})
        assert out is x
        assert mask is None
        assert L.dropout_backward(x, (param, mask)) is x
    assert same_bits(np.random.get_state(), state)


def test_p_zero_is_the_identity_in_a_fresh_array():
    x = np.array([-0.0, 1.5, -np.inf, np.nan, 1e-310])
    out, cache = L.dropout_forward(x, train(0.0))
    assert out.tobytes() == x.tobytes()
    assert not np.shares_memory(out, x)
    assert cache[1].all()


def test_the_output_of_float16_does_not_overflow_where_its_value_fits():
    x = np.array([6e-8], np.float16)
    p = 1 - 1e-12  # 1 / (1 - p) is no float16
    for seed in range(3):
        x_many = np.full(1 << 14, x[0])
        out, _ = L.dropout_forward(x_many, train(p, seed=seed))
        assert not out.any()  # kept with probability 1e-12
    out, _ = L.dropout_forward(np.full(1 << 15, 6e-8, np.float16), train(0.999, seed=0))
    kept = out[out != 0]
    assert kept.size
    np.testing.assert_allclose(kept.astype(float), 5.96e-8 / 1e-3, rtol=1e-3)


@pytest.mark.parametrize("p", [0.3, 0.5, 0.999])
def test_float16_is_divided_alike_in_small_and_in_large_arrays(p):
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    large, _ = L.dropout_forward(halves, train(p, seed=1))
    small = np.empty_like(halves)
    for start in range(0, halves.size, 2048):
        part = slice(start, start + 2048)
        blocked.select(halves[part], np.ones(2048, bool), 1 - p, small[part])
    kept = L.dropout_forward(halves, train(p, seed=1))[1][1]
    np.testing.assert_array_equal(large[kept], small[kept])


@pytest.mark.parametrize("dtype", DTYPES)
@every_store
def test_strided_input_of_many_blocks_gives_what_contiguous_input_gives(dtype, store):
    x = np.random.default_rng(0).normal(size=(2 * BLOCK + 10, 3)).astype(dtype)
    param = train(0.3, seed=9, store=store)
    out, cache = L.dropout_forward(x, param)
    dx = L.dropout_backward(x, cache)
    for variant in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x[::-1].copy()[::-1]):
        variant_out, cache = L.dropout_forward(variant, param)
        np.testing.assert_array_equal(variant_out, out)
        np.testing.assert_array_equal(L.dropout_backward(variant, cache), dx)


@pytest.mark.parametrize("axes", [(2, 1, 0), (0, 2, 1), (1, 2, 0), (2, 0, 1), (1, 0, 2)])
def test_transposed_input_of_any_order_of_axes_is_gathered_in_c_order(axes):
    x = np.arange(70 * 130 * 50, dtype=np.float32).reshape(70, 130, 50).transpose(axes)
    for variant in (x, x[::-1, :, ::-1], x[:, :1], np.broadcast_to(x[:1], x.shape)):
        out = np.empty(variant.shape, np.float32)
        blocked.gather(variant, out)
        np.testing.assert_array_equal(out, variant)


@pytest.mark.parametrize("axes", [(2, 1, 0), (0, 2, 1), (1, 2, 0), (2, 0, 1), (1, 0, 2)])
def test_large_input_of_any_order_of_axes_has_the_mask_of_its_shape_whatever_douts_order(axes):
    plain = np.arange(30 * 70 * 50, dtype=np.float32).reshape(30, 70, 50)
    x = np.ascontiguousarray(plain.transpose(axes))
    turned = plain.transpose(axes)
    out, cache = L.dropout_forward(x, train(seed=5))
    turned_out, turned_cache = L.dropout_forward(turned, train(seed=5))
    assert turned_out.tobytes() == out.tobytes()
    assert turned_cache[1].tobytes() == cache[1].tobytes()
    expected = L.dropout_backward(x, cache)
    for dout in (x, turned, np.asfortranarray(x), x[::-1].copy()[::-1]):
        for each in (cache, turned_cache):
            assert L.dropout_backward(dout, each).tobytes() == expected.tobytes()


def test_unusual_arrays_keep_shape_and_dtype(tmp_path):
    plain = np.arange(1.0, 7.0).reshape(2, 3)
    expected, _ = L.dropout_forward(plain, train(seed=3))
    memmap = np.memmap(tmp_path / "x", np.float64, "w+", shape=(2, 3))
    memmap[...] = plain
    read_only = plain.copy()
    read_only.flags.writeable = False
    reversed_twice = plain[:, ::-1].copy()[:, ::-1]
    for x in (memmap, read_only, plain.astype(">f8"), reversed_twice):
        out, cache = L.dropout_forward(x, train(seed=3))
        assert type(out) is np.ndarray
        assert out.dtype == x.dtype
        np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(L.dropout_backward(np.asarray(x), cache), expected)


@every_store
@pytest.mark.parametrize("axes", [None, (1,)])
def test_the_cache_takes_one_byte_one_bit_or_nothing_a_unit(store, axes):
    x = np.ones((1000, 80), np.float32)
    _, (_, stored) = L.dropout_forward(x, train(store=store, shared_axes=axes))
    units = 1000 if axes else 80_000
    if store == "seed":
        assert stored is None
        return
    owner = stored if stored.base is None else stored.base
    assert owner.nbytes == {"mask": units, "bits": units // 8}[store]
    assert stored.dtype == {"mask": bool, "bits": np.uint8}[store]


@every_store
def test_the_cache_is_a_snapshot(store):
    param = train(0.5, seed=4, store=store)
    x = np.ones((40, 3))
    out, cache = L.dropout_forward(x, param)
    param.update(p=0.9, seed=5, mode="test", store="mask")
    np.testing.assert_array_equal(L.dropout_backward(x, cache), out)


def test_the_cache_of_a_stored_mask_is_the_dict_and_the_mask():
    param = train(0.5, seed=4, comment="anything else is carried along")
    _, cache = L.dropout_forward(np.ones(9), param)
    assert isinstance(cache, tuple)
    assert cache[0] == param
    assert cache[0] is not param
    assert cache[1].dtype == bool


@every_store
@pytest.mark.parametrize("source", [{}, {"seed": 3}, {"rng": np.random.default_rng(3)}])
def test_a_cache_survives_copies_and_pickling_and_backward_repeats(store, source):
    x = np.arange(1.0, 301.0).reshape(100, 3)
    out, cache = L.dropout_forward(x, train(store=store, **source))
    for again in (cache, cache, deepcopy(cache), pickle.loads(pickle.dumps(cache))):
        np.testing.assert_array_equal(L.dropout_backward(x, again), out)


def test_the_drawn_key_of_an_unseeded_replay_is_a_seed_to_have_the_mask_again():
    x = np.ones((50, 4))
    out, (snapshot, _) = L.dropout_forward(x, train(store="seed"))
    np.testing.assert_array_equal(L.dropout_forward(x, train(seed=snapshot["seed"]))[0], out)


def test_successive_masks_differ_and_the_global_seed_governs_them():
    x = np.ones(500)
    state = np.random.get_state()
    try:
        runs = []
        for _ in range(2):
            np.random.seed(0)
            runs.append([L.dropout_forward(x, train())[0] for _ in range(3)])
    finally:
        np.random.set_state(state)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert len({out.tobytes() for out in runs[0]}) == 3


def test_a_seeded_call_leaves_every_global_state_alone():
    state = np.random.get_state()
    L.dropout_forward(np.ones(10), train(seed=0))
    assert same_bits(np.random.get_state(), state)


def test_a_generator_is_advanced_and_two_alike_give_the_same_masks():
    x = np.ones(500)
    first, second = np.random.default_rng(8), np.random.default_rng(8)
    one = [L.dropout_forward(x, train(rng=first))[0] for _ in range(2)]
    two = [L.dropout_forward(x, train(rng=second))[0] for _ in range(2)]
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(*one)


@pytest.mark.parametrize("store", ["mask", "bits"])
@pytest.mark.parametrize("shape", [(7, 5), (BLOCK + 3, 2)])
def test_a_random_state_gives_the_published_mask(store, shape):
    x = np.ones(shape, np.float32)
    out, cache = L.dropout_forward(x, train(0.3, rng=np.random.RandomState(1), store=store))
    expected = np.random.RandomState(1).random_sample(shape) >= 0.3
    np.testing.assert_array_equal(out != 0, expected)
    np.testing.assert_array_equal(L.dropout_backward(x, cache), out)


@law
@given(seed=seeds, axes=st.sets(st.integers(0, 3)), store=st.sampled_from(STORES))
def test_shared_axes_share_one_decision_and_no_other(seed, axes, store):
    x = np.ones((6, 5, 4, 3))
    out, cache = L.dropout_forward(x, train(0.5, seed=seed, shared_axes=tuple(axes), store=store))
    index = tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(4))
    np.testing.assert_array_equal(out, np.broadcast_to(out[index], x.shape))
    units = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
    reduced, _ = L.dropout_forward(np.ones(units), train(0.5, seed=seed))
    np.testing.assert_array_equal(out[index], reduced)
    np.testing.assert_array_equal(L.dropout_backward(x, cache), out)


def test_backward_is_plus_zero_where_dropped_even_for_inf_and_nan():
    x = np.ones(1000)
    for forward, backward in PAIRS.values():
        _, cache = forward(x, train(0.5, seed=0))
        for bad in (np.inf, -np.inf, np.nan, -1.0):
            dx = backward(np.full(1000, bad), cache)
            dropped = dx[~cache[1]]
            assert not dropped.any()
            assert not np.signbit(dropped).any()


def test_vanilla_scales_at_test_time_only():
    x = np.array([1.0, -2.0, np.inf])
    out, cache = L.vanilla_dropout_forward(x, {"p": 0.25, "mode": "test"})
    np.testing.assert_array_equal(out, 0.75 * x)
    np.testing.assert_array_equal(L.vanilla_dropout_backward(x, cache), 0.75 * x)
    out, (_, mask) = L.vanilla_dropout_forward(x, train(0.25, seed=1))
    np.testing.assert_array_equal(out[mask], x[mask])


@every_store
def test_memory_beyond_output_and_cache_does_not_grow_with_the_input(store, monkeypatch):
    monkeypatch.setattr(blocked, "available_threads", lambda: 2)
    extra = []
    for size in (1 << 20, 1 << 22):
        x = np.ones(size, np.float32)
        param = train(0.3, seed=1, store=store)
        L.dropout_forward(x, param)
        tracemalloc.start()
        out, cache = L.dropout_forward(x, param)
        peak = tracemalloc.get_traced_memory()[1]
        extra.append(peak - out.nbytes - sys.getsizeof(cache[1]))
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        dx = L.dropout_backward(x, cache)
        extra.append(tracemalloc.get_traced_memory()[1] - before - dx.nbytes)
        tracemalloc.stop()
    assert max(extra) < 20 * BLOCK, extra


# ONNX, Keras, PyTorch: their published cases, with our names.


@pytest.mark.parametrize(("ratio", "kept"), [(0.5, 33), (0.75, 14), (0.0, 60)])
def test_onnx_backend_cases(ratio, kept):
    """onnx/backend/test/case/node/dropout.py: RandomState(0), x of shape (3, 4, 5)."""
    x = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    rng = np.random.RandomState(0)
    y, (_, z) = L.dropout_forward(x, {"p": np.float32(ratio), "mode": "train", "rng": rng})
    expected = np.random.RandomState(0).uniform(0, 1.0, x.shape) >= ratio
    np.testing.assert_array_equal(z, expected)
    assert np.count_nonzero(z) == kept
    np.testing.assert_allclose(y, expected * x * (1 / (1 - ratio)), rtol=1e-6)
    inference, _ = L.dropout_forward(x, {"p": np.float32(ratio), "mode": "test"})
    np.testing.assert_array_equal(inference, x)


def test_keras_rescaling_case():
    """test_dropout_rescaling, whose atol of 0.02 is 2 standard deviations: here 6.1."""
    out, _ = L.dropout_forward(np.ones((20, 500)), train(0.5, seed=1337))
    assert abs(out.mean() - 1.0) < 6.1 / np.sqrt(out.size)
    assert out.max() == 2.0


@pytest.mark.parametrize("axes", [(1,), (0, 2)])
def test_keras_partial_noise_shape_cases(axes):
    out, _ = L.dropout_forward(np.ones((20, 5, 10)), train(0.5, shared_axes=axes))
    first = np.take(out, [0], axis=axes[0])
    np.testing.assert_array_equal(np.broadcast_to(first, out.shape), out)


def test_torch_mean_of_output_and_gradient_case():
    """test/nn/test_dropout.py, _test_dropout, at a size where 0.05 is 20 standard deviations."""
    p = 0.2
    x = np.full(40_000, 1 - p)
    out, cache = L.dropout_forward(x, train(p))
    assert abs(out.mean() - (1 - p)) < 0.05
    assert abs(L.dropout_backward(x, cache).mean() - (1 - p)) < 0.05
    np.testing.assert_array_equal(L.dropout_forward(x, {"p": p, "mode": "test"})[0], x)


@pytest.mark.parametrize("p", [0, 1e-10])
def test_torch_discontiguous_case(p):
    x = np.zeros((2, 3, 3, 6))[..., ::2]
    x[...] = 1.0
    out, _ = L.dropout_forward(x, train(p, seed=0))
    np.testing.assert_allclose(out, x, rtol=1e-9)
    assert out.flags.c_contiguous


def test_torch_stride_case():
    x = np.ones((2, 3, 4, 5))
    for permutation in ((0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)):
        permuted = x.transpose(permutation).copy().transpose(np.argsort(permutation))[:, 1:]
        for p in (0.3, 0.5, 0.7):
            out, _ = L.dropout_forward(permuted, train(p, seed=0))
            assert set(np.unique(out)) == {0.0, 1 / (1 - p)}


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_torch_invalid_p_case(p):
    with pytest.raises(ValueError, match="p is the probability of dropping"):
        L.dropout_forward(np.ones(1), train(p))


def test_torch_empty_case():
    out, _ = L.dropout_forward(np.array([]), train(0.5))
    assert out.size == 0


def test_the_cache_of_test_mode_is_the_dict_and_none_and_survives_copies():
    param = {"p": 0.5, "mode": "test", "comment": "anything else is carried along"}
    _, cache = L.dropout_forward(np.ones((3, 4)), param)
    assert cache == (param, None)
    for again in (cache, deepcopy(cache), pickle.loads(pickle.dumps(cache))):
        with pytest.raises(ValueError, match=r"dout: got .*\(7,\); expected shape \(3, 4\)"):
            L.dropout_backward(np.ones(7), again)
