"""Example arguments fit the field's layers, at sizes that tell one axis from another."""

import numpy as np
import pytest

import layers
from gradcheck.examples.candidates import NoExampleError, candidates, how_to
from gradcheck.examples.standard import LAYERS, LOSSES
from gradcheck.target.pairs import find_pairs


def example(name, forward, rng, own=None):
    return next(candidates(name, forward, rng, own))


def shapes(name, forward, seed=0):
    found = example(name, forward, np.random.default_rng(seed))
    return [arg.shape if isinstance(arg, np.ndarray) else arg for arg in found.args]


@pytest.mark.parametrize("pair", find_pairs(layers).pairs, ids=lambda pair: pair.name)
def test_every_layer_of_the_package_runs_on_its_example_without_a_guess(pair):
    found = example(pair.base, pair.forward, np.random.default_rng(0))
    assert not found.guessed
    assert len(pair.forward(*found.args)) == 2


@pytest.mark.parametrize("entry", [*LAYERS.values(), *LOSSES.values()], ids=[*LAYERS, *LOSSES])
def test_no_axis_of_the_first_array_has_the_size_of_another(entry):
    first = next(iter(entry.values()))(np.random.default_rng(0)).shape
    assert len(set(first)) == len(first)


def test_the_same_generator_gives_the_same_arguments():
    one, two = (example("affine", layers.affine_forward, np.random.default_rng(3)).args
                for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_settings_are_copies_so_that_one_layer_cannot_change_anothers():
    one = example("batchnorm", layers.batchnorm_forward, np.random.default_rng(0)).args[3]
    one["mode"] = "test"
    two = example("batchnorm", layers.batchnorm_forward, np.random.default_rng(0)).args[3]
    assert two == {"mode": "train"}


@pytest.mark.parametrize(("name", "forward", "expected"), [
    ("affine", lambda X, W, bias: None, [(4, 2, 3), (6, 5), (5,)]),
    ("affine", lambda a, f, g: None, [(4, 2, 3), (6, 5), (5,)]),
    ("dropout", lambda x, p: None, [(7, 5), 0.3]),
    ("dropout", lambda x, p, mode, seed=None: None, [(7, 5), 0.3, "train", 123]),
    ("dropout", lambda inp, settings: None, [(7, 5), {"mode": "train", "p": 0.3, "seed": 123}]),
    ("dropout", lambda x, keep_prob: None, [(4, 6), 0.7]),
    ("batchnorm", lambda x, gamma, beta, eps=1e-5: None, [(4, 6), (6,), (6,)]),
    ("batchnorm", lambda x, g, b: None, [(4, 6), (6,), (6,)]),
    ("conv", lambda x, w, b, stride, pad: None, [(3, 2, 7, 6), (5, 2, 3, 4), (5,), 2, 1]),
    ("leaky_relu", lambda x, alpha=0.01: None, [(4, 6), 0.1]),
    ("swoosh", lambda x: None, [(4, 6)]),
    ("swoosh", lambda q: None, [(4, 6)]),
    ("swoosh", lambda x, w, b: None, [(4, 6), (6, 5), (5,)]),
])
def test_arguments_follow_the_signature(name, forward, expected):
    assert shapes(name, forward) == expected


def test_a_guess_is_called_a_guess():
    assert example("swoosh", lambda x: None, np.random.default_rng(0)).guessed
    assert not example("relu", lambda x: None, np.random.default_rng(0)).guessed


def test_the_layers_own_example_comes_first():
    own = example("affine", lambda x, w, b: None, np.random.default_rng(0), lambda rng: (1, 2, 3))
    assert own.args == (1, 2, 3)
    assert own.names == ("x", "w", "b")
    assert example("relu", abs, np.random.default_rng(0), lambda rng: 5.0).args == (5.0,)


def test_what_to_write_shows_an_argument_for_each_parameter():
    written = how_to("blur", lambda image, kernel: None)
    assert written.startswith("def blur_example(rng):\n    return rng")
    assert "'p': 0.3" in how_to("my_dropout", lambda inputs, settings: None)
    assert "0.7, rng" in how_to("my_dropout", lambda x, keep_prob, what: None)


def test_a_layer_without_an_argument_to_give_has_no_example():
    with pytest.raises(NoExampleError, match=r"def idle_example\(rng\):"):
        example("idle", lambda: None, np.random.default_rng(0))
