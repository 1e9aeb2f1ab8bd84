"""'keep_prob' in the place of 'p': the same masks, bit for bit, in every layer that takes p."""

import numpy as np
import pytest

import layers
from layers import DropoutLayer, dropconnect_affine_inference, dropout_backward, dropout_forward
from layers.settings import STORES, p_of

KEEPS = [1, 1.0, 0.9, 0.75, 1 / 3, 0.1, np.float32(0.3), 1e-6]
X = np.random.default_rng(0).standard_normal((6, 4, 8, 8))
FLAT, W = X.reshape(6, 256), X.reshape(256, 6)

# Each pair of the family, and the arguments before its dict.
PAIRS = {
    **dict.fromkeys(("dropout", "vanilla_dropout", "spatial_dropout", "gaussian_dropout",
                     "alpha_dropout", "feature_alpha_dropout", "dropout2d"), (X,)),
    "locked_dropout": (X[:, :, 0],),
    "stochastic_depth": (X,),
    "dropblock": (X,),
    "dropconnect_affine": (FLAT, W, np.zeros(6)),
    "affine_relu_dropout": (FLAT, W, np.zeros(6)),
}


def run(name, args, param):
    """Return out, and what backward makes of ones."""
    forward, backward = (getattr(layers, f"{name}_{way}") for way in ("forward", "backward"))
    out, cache = forward(*args, {**param, "mode": "train", "seed": 5, "block_size": 3})
    grads = backward(np.ones_like(out), cache)
    return out, *(grads if isinstance(grads, tuple) else (grads,))


@pytest.mark.parametrize("keep", [1, 0.75, 0.1])
@pytest.mark.parametrize("name", PAIRS)
def test_every_layer_draws_the_mask_of_p(name, keep):
    kept = run(name, PAIRS[name], {"keep_prob": keep})
    dropped = run(name, PAIRS[name], {"p": 1 - keep})
    for got, want in zip(kept, dropped, strict=True):
        assert got.tobytes() == want.tobytes()


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("store", STORES)
def test_dropout_is_that_of_p_bit_for_bit(keep, store):
    param = {"mode": "train", "seed": 3, "store": store}
    out, cache = dropout_forward(X, {**param, "keep_prob": keep})
    want, want_cache = dropout_forward(X, {**param, "p": 1 - float(keep)})
    assert out.tobytes() == want.tobytes()
    back = dropout_backward(X, cache)
    assert back.tobytes() == dropout_backward(X, want_cache).tobytes()


def test_a_random_state_yields_the_published_mask():
    rng, again = np.random.RandomState(7), np.random.RandomState(7)
    _, (_, mask) = dropout_forward(X, {"keep_prob": 0.25, "mode": "train", "rng": rng})
    np.testing.assert_array_equal(mask, again.random_sample(X.shape) >= 0.75)


def test_the_cache_holds_the_dict_as_it_was_given():
    param = {"keep_prob": 0.75, "mode": "train", "seed": 1}
    _, (kept, _) = dropout_forward(X, param)
    assert kept == param
    param["keep_prob"] = 0.1
    assert kept["keep_prob"] == 0.75


def test_test_mode_passes_x_and_vanilla_scales_it():
    param = {"keep_prob": 0.25, "mode": "test"}
    assert dropout_forward(X, param)[0] is X
    np.testing.assert_array_equal(layers.vanilla_dropout_forward(X, param)[0], 0.25 * X)


def test_gaussian_inference_takes_it():
    args = FLAT, W, np.zeros(6)
    kept = dropconnect_affine_inference(*args, {"keep_prob": 0.75, "seed": 0})
    np.testing.assert_array_equal(kept, dropconnect_affine_inference(*args, {"p": 0.25, "seed": 0}))


def test_both_keys_are_refused():
    with pytest.raises(ValueError, match=(
            "dropout_param: got the key 'keep_prob' together with 'p'; expected one of the two")):
        dropout_forward(X, {"p": 0.25, "keep_prob": 0.75, "mode": "train"})


@pytest.mark.parametrize("keep", [0, 0.0, -0.5, 1.5, np.nan, 2.0**-54, 1e-300])
def test_a_value_out_of_range_is_refused(keep):
    with pytest.raises(ValueError, match=r"\['keep_prob'\]: got .*; expected a number > 0 and <= 1"
                                         ". Remedy: it is the probability of keeping"):
        dropout_forward(X, {"keep_prob": keep, "mode": "train"})


@pytest.mark.parametrize("keep", ["0.5", None, True, np.array([0.5])])
def test_what_is_no_number_is_refused(keep):
    with pytest.raises(TypeError, match=r"\['keep_prob'\]"):
        dropout_forward(X, {"keep_prob": keep, "mode": "train"})


def test_the_least_probability_of_keeping_leaves_p_below_one():
    assert p_of({"keep_prob": np.nextafter(2.0**-54, 1)}) == np.nextafter(1.0, 0)


def test_a_cache_with_both_keys_is_refused():
    _, (param, mask) = dropout_forward(X, {"p": 0.25, "mode": "train"})
    with pytest.raises(ValueError, match="cache"):
        dropout_backward(X, ({**param, "keep_prob": 0.75}, mask))


def test_the_layer_object_of_p_draws_the_same_mask():
    np.random.seed(4)
    out = DropoutLayer(0.25).forward(X)
    np.random.seed(4)
    assert out.tobytes() == dropout_forward(X, {"keep_prob": 0.75, "mode": "train"})[0].tobytes()
