"""Arguments follow a signature: the standard ones by name or place, then guesses."""

import itertools

import numpy as np
import pytest

import layers
from gradcheck.examples.candidates import NoExampleError, candidates, how_to, keyword_settings
from gradcheck.target.pairs import find_pairs


def some(name, forward, most=40, own=None, seed=0):
    return list(itertools.islice(candidates(name, forward, np.random.default_rng(seed), own), most))


def shapes(example):
    return [arg.shape if isinstance(arg, np.ndarray) else arg for arg in example.args]


@pytest.mark.parametrize("pair", find_pairs(layers, imported=True).pairs, ids=lambda p: p.name)
def test_every_layer_of_the_package_runs_on_its_first_arguments_without_a_guess(pair):
    found, = some(pair.base, pair.forward, 1)
    assert not found.guessed
    assert found.when == ""
    assert len(pair.forward(*found.args)) == (3 if pair.base == "lstm_step" else 2)


def test_the_same_generator_gives_the_same_arguments():
    one, two = (some("affine", layers.affine_forward, 1, seed=3)[0].args for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_settings_are_copies_so_that_one_layer_cannot_change_anothers():
    some("batchnorm", layers.batchnorm_forward, 1)[0].args[3]["mode"] = "test"
    assert some("batchnorm", layers.batchnorm_forward, 1)[0].args[3] == {"mode": "train"}


DROPOUT = {"mode": "train", "p": 0.3, "seed": 123}


@pytest.mark.parametrize(("name", "forward", "expected"), [
    ("affine", lambda X, W, bias: None, [(4, 2, 3), (6, 5), (5,)]),
    ("affine", lambda a, f, g: None, [(4, 2, 3), (6, 5), (5,)]),
    ("dropout", lambda x, p: None, [(7, 5), 0.3]),
    ("dropout", lambda X, p_dropout: None, [(7, 5), 0.3]),
    ("dropout", lambda X, drop_rate: None, [(7, 5), 0.3]),
    ("dropout", lambda x, p, mode, seed=None: None, [(7, 5), 0.3, "train", 123]),
    ("dropout", lambda inp, settings: None, [(7, 5), DROPOUT]),
    ("dropout", lambda x, keep_prob: None, [(4, 6), 0.7]),
    ("dropout", lambda x, dropout_config, mode: None, [(4, 6), DROPOUT, "train"]),
    ("batchnorm", lambda x, gamma, beta, eps=1e-5: None, [(4, 6), (6,), (6,)]),
    ("batchnorm", lambda x, g, b: None, [(4, 6), (6,), (6,)]),
    ("bn", lambda x, gamma, beta, cache: None, [(4, 6), (6,), (6,), (4, 6)]),
    ("conv", lambda x, w, b, stride, pad: None, [(3, 2, 7, 6), (5, 2, 3, 4), (5,), 2, 1]),
    ("max_pool", lambda x, pool_size, stride: None, [(3, 2, 8, 7), 2, 2]),
    ("leaky_relu", lambda x, alpha=0.01: None, [(4, 6), 0.1]),
    ("leaky_relu", lambda x, k: None, [(4, 6), 0.3]),
    ("swish", lambda x, beta: None, [(4, 6), 1.5]),
    ("affine_norm_relu", lambda x, w, b, gamma, beta, bn_param, norm_type: None,
     [(4, 6), (6, 5), (5,), (5,), (5,), {"mode": "train"}, "batchnorm"]),
    ("gru_step", lambda x, h, Wx, Wh, b: None, [(3, 4), (3, 5), (4, 15), (5, 15), (15,)]),
    ("gru_step", lambda x, prev_h, Wx, Wh, bh, Wxt, Wht, bht: None,
     [(3, 4), (3, 5), (4, 10), (5, 10), (10,), (4, 5), (5, 5), (5,)]),
    ("swoosh", lambda x: None, [(4, 6)]),
    ("swoosh", lambda q: None, [(4, 6)]),
    ("swoosh", lambda x, w, b: None, [(4, 6), (6, 5), (5,)]),
    ("softmax_loss_and_gradient", lambda X, y, W, b, reg_strength: None,
     [(4, 6), (4,), (6, 5), (5,), 0.3]),
])
def test_the_first_arguments_follow_the_signature(name, forward, expected):
    assert shapes(some(name, forward, 1)[0]) == expected


@pytest.mark.parametrize(("name", "forward", "expected"), [
    ("conv", lambda X, W, b, stride=1, padding=1: None, [(4, 2, 5, 6), (3, 2, 3, 3), (3,), 1]),
    ("conv", lambda X, W, b, stride=1, padding=1: None, [(4, 2, 5, 5), (3, 2, 3, 3), (3, 1), 1]),
    ("max_pool", lambda x, pool_param: None,
     [(3, 2, 8, 6), {"pool_height": 2, "pool_width": 2, "stride": 2}]),
    ("maxpool", lambda X, size=2, stride=2: None, [(3, 2, 8, 8)]),
])
def test_sizes_that_divide_are_for_layers_that_demand_them(name, forward, expected):
    assert expected in [shapes(found) for found in some(name, forward) if found.when == "demanded"]


@pytest.mark.parametrize(("name", "forward", "when", "expected"), [
    ("conv2d", lambda x, w, b, pad, stride: None, "refused",
     [(3, 7, 6, 2), (5, 3, 4, 2), (5,), 1, 2]),
    ("linear", lambda A, W, b: None, "refused", [(6, 4), (5, 6), (5, 1)]),
    ("linear", lambda x, W, b: None, "shaped", [(4, 6), (6, 5), (1, 5)]),
    ("spatial_groupnorm", lambda x, gamma, beta, G, gn_param: None, "shaped",
     [(3, 6, 2, 5), (6,), (6,), 2, {}]),
    ("groupnorm", lambda x, gamma, beta, G, gn_param: None, "refused",
     [(3, 6, 2, 5), (1, 6, 1, 1), (1, 6, 1, 1), 2, {}]),
    ("group_norm", lambda x, gamma, beta, G: None, "refused", [(3, 6, 5), (6,), (6,), 2]),
])
def test_other_layouts_come_otherwise(name, forward, when, expected):
    assert expected in [shapes(found) for found in some(name, forward) if found.when == when]


def test_a_guess_is_called_a_guess():
    assert all(found.guessed for found in some("swoosh", lambda x: None))
    assert not some("relu", lambda x: None)[0].guessed


def test_the_layers_own_example_comes_alone():
    own, = some("affine", lambda x, w, b: None, own=lambda rng: (1, 2, 3))
    assert own.args == (1, 2, 3)
    assert own.names == ("x", "w", "b")
    assert [found.args for found in some("relu", abs, own=lambda rng: iter([5.0, (6.0,)]))] == [
        (5.0,), (6.0,)]


def test_what_is_taken_by_keyword_alone_is_given_where_its_name_is_known():
    def forward(x, *, stride, colour, momentum=0.5): ...

    assert keyword_settings(forward) == {"stride": 1}


def test_a_layer_without_a_parameter_is_told_what_to_write():
    with pytest.raises(NoExampleError, match=r"def blur_example\(rng\):\n +return rng.normal"):
        some("blur", lambda: None)


def test_the_example_to_write_for_a_dropout_has_its_p():
    assert "'p': 0.3" in how_to("my_dropout", lambda inputs, settings: None)
    assert "0.7, rng" in how_to("my_dropout", lambda x, keep_prob, what: None)
