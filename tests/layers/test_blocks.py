"""Laws of the blocks: a block is its layers, one after the other."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given

import layers as L
from tests.layers.layer_laws import Layer, every_law, law, same_bits, seeds

N, D, M = 6, 4, 5
DROPOUT = {"mode": "train", "p": 0.4, "seed": 3}
# name -> the layers it is made of, and the dicts that follow the arrays
BLOCKS = {
    "affine_relu": (("affine", "relu"), ()),
    "affine_bn_relu": (("affine", "batchnorm", "relu"), ({"mode": "train"},)),
    "affine_ln_relu": (("affine", "layernorm", "relu"), ({},)),
    "affine_relu_dropout": (("affine", "relu", "dropout"), (DROPOUT,)),
    "affine_bn_relu_dropout": (("affine", "batchnorm", "relu", "dropout"),
                               ({"mode": "train"}, DROPOUT)),
    "affine_ln_relu_dropout": (("affine", "layernorm", "relu", "dropout"), ({}, DROPOUT)),
}
blocks = pytest.mark.parametrize("name", BLOCKS)


def arrays(name, rng):
    """Return x, w, b, and gamma, beta where the block normalizes."""
    affine = (rng.normal(size=(N, 2, D // 2)), rng.normal(size=(D, M)), rng.normal(size=M))
    scale_and_shift = (rng.uniform(0.5, 2, size=M), rng.normal(size=M))
    return affine + (scale_and_shift if "_bn_" in name or "_ln_" in name else ())


def call(name, *args):
    """Run a block's forward on copies of the dicts, so that no call sees another's averages."""
    copies = (dict(arg) if isinstance(arg, dict) else arg for arg in args)
    return getattr(L, f"{name}_forward")(*copies)


def block(name):
    return Layer(lambda *args: call(name, *args), getattr(L, f"{name}_backward"),
                 lambda rng: arrays(name, rng) + BLOCKS[name][1])


@every_law(*map(block, BLOCKS))
def test_blocks_obey_the_common_law(layer, assert_law):
    assert_law(layer)


@blocks
@law
@given(seed=seeds)
def test_a_block_is_its_layers_in_order_and_their_backwards_in_reverse(name, seed):
    rng = np.random.default_rng(seed)
    x, w, b, *scale_and_shift = arrays(name, rng)
    names, dicts = BLOCKS[name]
    params = {"affine": (w, b), "batchnorm": (*scale_and_shift, {"mode": "train"}),
              "layernorm": (*scale_and_shift, {}), "relu": (), "dropout": (DROPOUT,)}
    out, cache = call(name, x, w, b, *scale_and_shift, *dicts)
    step, caches = x, []
    for layer in names:
        step, own = getattr(L, f"{layer}_forward")(step, *params[layer])
        caches.append(own)
    assert same_bits(out, step)

    dout = rng.normal(size=out.shape)
    gradient, expected = dout, []
    for layer, own in zip(reversed(names), reversed(caches), strict=True):
        result = getattr(L, f"{layer}_backward")(gradient, own)
        gradient, *others = result if isinstance(result, tuple) else (result,)
        expected = others + expected
    found = getattr(L, f"{name}_backward")(dout, cache)
    for ours, theirs in zip(found, (gradient, *expected), strict=True):
        # db before batchnorm is 0 by its nature: what is left of it is roundoff.
        scale = max(1, np.abs(theirs).max())
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * scale)


@blocks
def test_changing_a_param_dict_after_forward_changes_nothing(name):
    dicts = tuple(dict(param) for param in BLOCKS[name][1])
    args = arrays(name, np.random.default_rng(0))
    out, cache = getattr(L, f"{name}_forward")(*args, *dicts)
    backward = getattr(L, f"{name}_backward")
    before = backward(np.ones_like(out), cache)
    for param in dicts:
        param.clear()
        param.update(mode="test", p=0.9, eps=3.0)
    assert same_bits(backward(np.ones_like(out), cache), before)


def test_batchnorm_blocks_write_the_averages_back():
    plain, dropped = {"mode": "train"}, {"mode": "train"}
    args = arrays("affine_bn_relu", np.random.default_rng(0))
    L.affine_bn_relu_forward(*args, plain)
    L.affine_bn_relu_dropout_forward(*args, dropped, DROPOUT)
    assert set(plain) == {"mode", "running_mean", "running_var"}
    assert same_bits(plain, dropped)


def test_a_refused_dropout_param_leaves_the_averages_as_they_were():
    bn_param = {"mode": "train"}
    args = arrays("affine_bn_relu_dropout", np.random.default_rng(0))
    with pytest.raises(ValueError, match="keep probability"):
        L.affine_bn_relu_dropout_forward(*args, bn_param, {"mode": "train", "p": 1.0})
    assert bn_param == {"mode": "train"}


def test_a_read_only_bn_param_does_for_test_mode_only():
    args = arrays("affine_bn_relu_dropout", np.random.default_rng(0))
    averages = {"running_mean": np.zeros(M), "running_var": np.ones(M)}
    frozen = {mode: MappingProxyType({"mode": mode, **averages}) for mode in ("train", "test")}
    out, _ = L.affine_bn_relu_dropout_forward(*args, frozen["test"], DROPOUT)
    assert out.shape == (N, M)
    with pytest.raises(TypeError, match="can be written"):
        L.affine_bn_relu_dropout_forward(*args, frozen["train"], DROPOUT)


@pytest.mark.parametrize("name", [name for name in BLOCKS if name.endswith("_dropout")])
def test_without_dropping_a_block_equals_the_one_without_dropout(name):
    rng = np.random.default_rng(0)
    args, dicts = arrays(name, rng), BLOCKS[name][1][:-1]
    plain = name.removesuffix("_dropout")
    expected, plain_cache = call(plain, *args, *dicts)
    for dropout_param in ({"mode": "train", "p": 0.0}, {"mode": "test", "p": 0.7}):
        out, cache = call(name, *args, *dicts, dropout_param)
        assert same_bits(out, expected)
        assert same_bits(getattr(L, f"{name}_backward")(out, cache),
                         getattr(L, f"{plain}_backward")(out, plain_cache))


@blocks
def test_the_cache_of_another_block_is_refused(name):
    with pytest.raises(TypeError, match=f"{name}_forward"):
        getattr(L, f"{name}_backward")(np.ones((N, M)), None)
    with pytest.raises(ValueError, match=f"{name}_forward"):
        getattr(L, f"{name}_backward")(np.ones((N, M)), (1,))
