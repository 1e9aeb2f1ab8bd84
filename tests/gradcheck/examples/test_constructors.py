"""The values that constructors are given, by the names of their parameters."""

import pytest

from gradcheck.examples.constructors import INPUTS, OUTPUTS, constructor_value


@pytest.mark.parametrize("name", ["in_num", "in_nodes", "num_in", "vocab_size",
                                  "num_embeddings", "V"])
def test_what_comes_in_has_the_inputs_size(name):
    assert constructor_value(name) == INPUTS


@pytest.mark.parametrize("name", ["out_num", "out_nodes", "n_units", "num_units", "num_out",
                                  "hidden_nodes", "emb_dim"])
def test_what_goes_out_has_the_outputs_size(name):
    assert constructor_value(name) == OUTPUTS


@pytest.mark.parametrize("name", ["init_std", "std", "weight_scale", "init_scale"])
def test_a_spread_is_a_small_number(name):
    assert 0 < constructor_value(name) < 1


def test_a_whole_name_goes_before_its_beginning():
    assert constructor_value("in_channels") != constructor_value("in_num")


def test_an_unknown_name_is_said():
    with pytest.raises(LookupError, match="no value is known for colour"):
        constructor_value("colour")
