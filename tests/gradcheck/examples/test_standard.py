"""The standard designs tell one axis from another, and what comes otherwise is told as such."""

import numpy as np
import pytest

from gradcheck.examples.standard import LAYERS, LOSSES, OTHERWISE, SHAPE_KEEPING


@pytest.mark.parametrize("entry", [*LAYERS.values(), *LOSSES.values()], ids=[*LAYERS, *LOSSES])
def test_no_axis_of_the_first_array_has_the_size_of_another(entry):
    first = next(iter(entry.values()))(np.random.default_rng(0)).shape
    assert len(set(first)) == len(first)


def test_what_comes_otherwise_is_for_layers_and_losses_that_are_known():
    assert set(OTHERWISE) <= {*LAYERS, *LOSSES}


@pytest.mark.parametrize(("name", "keeps"), [
    ("relu", True), ("spatial_groupnorm", True), ("batchnorm", True), ("affine_bn_relu", False),
    ("conv_bn_relu", False), ("l2_normalize", True), ("max_pool", False)])
def test_which_layers_keep_the_shape_of_their_input(name, keeps):
    assert (name in SHAPE_KEEPING) == keeps
