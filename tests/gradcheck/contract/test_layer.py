"""What the arguments of a layer are called, and what their names mean."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.contract.layer import (
    Layer,
    is_drop_probability,
    is_keep_probability,
    name_arguments,
)


def test_arguments_are_named_after_forwards_parameters():
    def forward(x, w, *rest, eps=1):
        return None

    assert name_arguments(forward, (1, 2, 3)) == ("x", "w", "arg2")
    assert name_arguments(np.add, (1, 2))[-1] in {"arg1", "x2"}
    assert name_arguments(dict.get, (1,)) in {("arg0",), ("self",)}


@pytest.mark.parametrize("name", ["p", "P", "drop", "dropout", "drop_prob", "dropout_rate",
                                  "p_drop", "rate", "p1", "prob"])
def test_what_is_called_the_probability_of_dropping(name):
    assert is_drop_probability(name)
    assert not is_keep_probability(name)


@pytest.mark.parametrize("name", ["keep", "keep_prob", "keep_p", "p_keep", "dropout_keep_ratio",
                                  "survival_prob", "retain"])
def test_what_is_called_the_probability_of_keeping(name):
    assert is_keep_probability(name)
    assert not is_drop_probability(name)


@pytest.mark.parametrize("name", ["pad", "pool_height", "padding", "learning_rate", "eps", "stride",
                                  "param", "momentum", "alpha"])
def test_what_is_called_no_probability_of_a_dropout(name):
    assert not is_drop_probability(name)
    assert not is_keep_probability(name)


def test_the_numbers_of_a_layer_are_those_in_its_dicts_and_among_its_arguments():
    args = (np.ones(2), {"p": np.float32(0.5), "seed": 3, "mode": "train", "on": True}, 7)
    layer = Layer(len, len, args, ("x", "dropout_param", "stride"), (0,))
    assert layer.numbers() == {"p": 0.5, "stride": 7.0}
    assert layer.drops
    assert not Layer(len, len, (args[0], {"pad": 1}), ("x", "conv_param"), (0,)).drops
