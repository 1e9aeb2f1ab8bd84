"""The keys of the layers' dicts: slips and other libraries' settings are refused, notes are not."""

import re

import numpy as np
import pytest

from layers import (
    batchnorm_forward,
    dropconnect_affine_forward,
    dropout_forward,
    layernorm_forward,
    locked_dropout_forward,
)
from layers.keys import FOREIGN, KNOWN, edit_distance, nearest

X = np.random.default_rng(0).standard_normal((4, 6))
ONES, ZEROS = np.ones(6), np.zeros(6)

# The dict that each family needs, its name in messages, and a call with it.
FAMILIES = {
    "dropout": ({"p": 0.5, "mode": "train"}, "dropout_param", lambda d: dropout_forward(X, d)),
    "locked": ({"p": 0.5, "mode": "train"}, "dropout_param",
               lambda d: locked_dropout_forward(X[None], d)),
    "dropconnect": ({"p": 0.5, "mode": "train"}, "dropout_param",
                    lambda d: dropconnect_affine_forward(X, X.T.copy(), np.zeros(4), d)),
    "batchnorm": ({"mode": "train"}, "bn_param", lambda d: batchnorm_forward(X, ONES, ZEROS, d)),
    "layernorm": ({}, "ln_param", lambda d: layernorm_forward(X, ONES, ZEROS, d)),
}
STANDARD = {
    "mode": "train", "eps": 1e-5, "momentum": 0.9, "running_mean": ZEROS, "running_var": ONES,
    "seed": 1, "store": "mask", "stride": 1, "pad": 0, "pool_height": 2, "pool_width": 2,
}
SLIPS = {
    "Seed": "seed", "SEED": "seed", "sed": "seed", "seeds": "seed", "P": "p", "Mode": "mode",
    "keepprob": "keep_prob", "keep_porb": "keep_prob", "epz": "eps", "momentun": "momentum",
    "runing_means": "running_mean", "stor": "store", "shared_axis": "shared_axes",
}


@pytest.fixture(params=FAMILIES)
def family(request):
    return FAMILIES[request.param]


@pytest.mark.parametrize("key", SLIPS)
def test_a_key_two_edits_from_a_known_one_is_refused_by_name(family, key):
    given, name, call = family
    message = (f"{name}: got the key {key!r}; expected {SLIPS[key]!r}. "
               f"Remedy: rename the key to {SLIPS[key]!r}.")
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call({**given, key: 1})


@pytest.mark.parametrize("key", FOREIGN)
def test_another_librarys_setting_is_refused_with_what_says_the_same_here(family, key):
    given, name, call = family
    message = (f"{name}: got the key {key!r} of another library; expected the keys of these "
               f"layers. Remedy: {FOREIGN[key]}.")
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call({**given, key: 1})


def test_every_layer_takes_the_standard_keys_of_the_others(family):
    given, _, call = family
    alone = {"seed": STANDARD["seed"], **given}
    np.testing.assert_array_equal(call({**STANDARD, **given})[0], call(alone)[0])


@pytest.mark.parametrize("key", ["note", "layernorm", "epoch", 3, ("a",)])
def test_a_key_that_resembles_none_is_left_alone(family, key):
    given, _, call = family
    seeded = {"seed": 3, **given}
    np.testing.assert_array_equal(call({**seeded, key: 1})[0], call(seeded)[0])


def test_layernorm_takes_the_dict_that_batchnorm_wrote_into():
    bn_param = {"mode": "train"}
    batchnorm_forward(X, ONES, ZEROS, bn_param)
    out, _ = layernorm_forward(X, ONES, ZEROS, bn_param)
    np.testing.assert_array_equal(out, layernorm_forward(X, ONES, ZEROS, {})[0])


@pytest.mark.parametrize("param", [None, 3, [("p", 0.5)]])
def test_what_is_no_dict_is_refused(family, param):
    _, name, call = family
    with pytest.raises(TypeError, match=f"{name}: got .*; expected a dict. Remedy: pass "):
        call(param)


def test_no_table_holds_a_key_of_the_other():
    assert not KNOWN & set(FOREIGN)


@pytest.mark.parametrize(("a", "b", "edits"), [
    ("", "", 0), ("", "abc", 3), ("seed", "seed", 0), ("kitten", "sitting", 3), ("ab", "ba", 2),
])
def test_edit_distance(a, b, edits):
    assert edit_distance(a, b) == edit_distance(b, a) == edits


@pytest.mark.parametrize("known", sorted(KNOWN))
def test_a_known_key_is_its_own_nearest(known):
    assert nearest(known, KNOWN) == known
