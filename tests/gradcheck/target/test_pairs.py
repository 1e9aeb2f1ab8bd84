"""Layers and losses are found by their names, whatever stands behind these."""

import functools
import inspect
from types import ModuleType

import numpy as np
import pytest

from gradcheck.sandbox.absent import Absent
from gradcheck.target.pairs import find_pairs


def module(**functions):
    made = ModuleType("made")
    vars(made).update(functions)
    return made


def test_pairs_variants_losses_and_examples_are_found():
    def f(*args):
        return args

    found = find_pairs(module(
        batchnorm_forward=f, batchnorm_backward=f, batchnorm_backward_alt=f,
        conv_forward_naive=f, conv_backward_naive=f, conv_forward_fast=f,
        svm_loss=f, relu_forward=f, tanh_backward=f, relu_example=f, _loss=f, l2_loss_example=f,
        Some_loss=int, max_pool_forward=f, max_pool_backward=f, max_pool_example=f,
        test_svm_loss=f, check_loss=f, plot_loss=f, affine_forward_test=f, test_relu_forward=f,
    ), imported=True)
    assert {pair.name: pair.base for pair in found.pairs} == {
        "svm_loss": "svm_loss", "batchnorm": "batchnorm", "batchnorm_alt": "batchnorm",
        "conv_naive": "conv", "max_pool": "max_pool"}
    assert set(found.unpaired) == {"conv_forward_fast", "relu_forward", "tanh_backward"}
    assert {pair.name for pair in found.pairs if pair.example} == {"max_pool"}
    assert [pair.name for pair in found.pairs if pair.is_loss] == ["svm_loss"]


def test_what_could_not_be_imported_is_no_layer():
    absent = Absent("course.layers.relu_forward", "course")
    found = find_pairs(module(relu_forward=absent, relu_backward=absent, svm_loss=absent,
                              affine_forward=np.abs, affine_backward=absent), imported=True)
    assert found.pairs == ()
    assert found.unpaired == ("affine_forward",)


class Refusing:
    """A callable that raises when asked for anything but a call."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __call__(self, x):
        return 2 * x, None


def test_a_callable_object_that_refuses_to_be_asked_is_a_layer_all_the_same():
    pair = find_pairs(module(cos_forward=Refusing(), cos_backward=Refusing()), True).pairs[0]
    assert pair.forward(3) == (6, None)
    assert list(inspect.signature(pair.forward).parameters) == ["x"]


def defined_in(home):
    """Return a function that says it was defined in this module."""
    def function(x):
        return x, x

    function.__module__ = home
    return function


class Jitted:
    """What a compiler makes of a function: an object, at home where the compiler is."""

    def __call__(self, x):
        return x, x


@pytest.mark.parametrize(("forward", "own"), [
    (defined_in("made"), True), (defined_in("made.activations"), True),
    (defined_in("made2"), False), (defined_in("numpy"), False), (np.dot, False),
    (functools.partial(defined_in("elsewhere")), True), (np.abs, True), (Jitted(), True),
], ids=["own", "a submodule's", "a module's of a longer name", "another's", "a builtin of another",
        "a partial", "a ufunc", "jitted"])
def test_only_what_the_target_defines_is_judged(forward, own):
    made = module(relu_forward=forward, relu_backward=defined_in("elsewhere"))
    found = find_pairs(made)
    assert [pair.name for pair in found.pairs] == ["relu"] * own
    assert found.imported == ("relu",) * (not own)
    assert [pair.name for pair in find_pairs(made, imported=True).pairs] == ["relu"]


def test_halves_that_were_imported_are_no_matter_of_the_target():
    made = module(relu_forward=defined_in("elsewhere"), tanh_forward=defined_in("made"))
    assert find_pairs(made).unpaired == ("tanh_forward",)


SPELT = ["tanh\ufe0f", "\u0939\u093f\u0928\u094d\u0926\u0940", "a\u0301\u0335b", "l\u00b7l"]


@pytest.mark.parametrize("name", SPELT)
def test_a_name_is_one_whatever_marks_python_takes_in_it(name):
    both = {f"{name}_forward_{name}": np.abs, f"{name}_backward_{name}": np.abs}
    found = find_pairs(module(**both, **{f"{name}_loss": np.abs, f"test_{name}_loss": np.abs}),
                       imported=True)
    assert all(each.isidentifier() for each in both)
    assert [pair.name for pair in found.pairs] == [f"{name}_{name}", f"{name}_loss"]
