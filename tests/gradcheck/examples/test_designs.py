"""The designs: every standard name has one, and what it changes reaches the layer."""

import inspect

import numpy as np
import pytest

from gradcheck.examples.another import another
from gradcheck.examples.candidates import candidates
from gradcheck.examples.designs import DESIGNS, design_of
from gradcheck.examples.designs.common import ANY
from gradcheck.examples.recipes import Recipe
from gradcheck.examples.standard import LAYERS, LOSSES
from gradcheck.examples.variants import INPUTS

KNOWN = {**LAYERS, **LOSSES}
BATCH = ("batchnorm", "batch_norm", "bn", "affine_bn_relu", "affine_batchnorm_relu",
         "affine_bn_relu_dropout")


def forward_of(name):
    """Return a forward that takes the standard arguments of a name."""
    def forward(*args):
        return args[0], None

    forward.__signature__ = inspect.Signature([
        inspect.Parameter(entry, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for entry in KNOWN[name]] + [
        inspect.Parameter(more, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
        for more in dict.fromkeys(key for variant in design_of(name) for key in variant.entry
                                  if key not in KNOWN[name])])
    return forward


def made(name):
    """Return the examples of a name: the first, and the others by what is special."""
    forward, rng = forward_of(name), np.random.default_rng(0)
    first = next(candidates(name, forward, rng))
    return first, [(variant, another(name, forward, rng, first, variant))
                   for variant in design_of(name) if variant.is_drawn_by_recipe]


def test_every_standard_name_has_a_design_and_no_other():
    assert set(DESIGNS) == set(KNOWN)


def test_a_layer_of_another_name_has_what_needs_no_recipe():
    assert design_of("blur") == ANY
    assert not any(variant.is_drawn_by_recipe for variant in ANY)


@pytest.mark.parametrize("name", KNOWN)
def test_every_example_of_a_design_can_be_made_and_none_is_told_twice(name):
    assert all(example is not None for _, example in made(name)[1])
    told = [variant.told for variant in design_of(name)]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("name", KNOWN)
def test_samples_are_as_many_as_a_variant_says_in_all_that_has_an_axis_for_them(name):
    for variant, example in made(name)[1]:
        if variant.batch:
            arrays = dict(zip(example.names, example.args, strict=True))
            sizes = {arrays[key].shape[0] for key in ("x", "X", "y", "h0", "prev_h", "query", "key")
                     if key in arrays}
            assert sizes == {variant.batch}


@pytest.mark.parametrize("name", BATCH)
def test_nothing_is_normalized_over_a_batch_of_one_but_in_test_mode(name):
    assert all(variant.test or variant.batch != 1 for variant in design_of(name))


@pytest.mark.parametrize("name", DESIGNS)
def test_only_what_is_gaussian_is_scaled(name):
    moved = [variant for variant in design_of(name) if variant.scale != 1 or variant.offset]
    recipes = [KNOWN[name].get(key) for key in INPUTS]
    assert not moved or any(isinstance(recipe, Recipe) and recipe.gaussian for recipe in recipes)


def test_a_setting_that_a_layer_does_not_take_makes_no_example_of_it():
    def forward(x, w, b):
        return x, None

    rng = np.random.default_rng(0)
    first = next(candidates("conv", forward, rng))
    pad, = (variant for variant in design_of("conv") if "square" in variant.told)
    assert another("conv", forward, rng, first, pad) is None


def test_settings_reach_parameters_of_the_functions_own():
    def forward(x, w, b, stride=1, pad=0):
        return x, None

    rng = np.random.default_rng(0)
    first = next(candidates("conv", forward, rng))
    assert first.args[3:] == (2, 1)
    assert another("conv", forward, rng, first, design_of("conv")[0]).args[3:] == (1, 0)
