"""Layers and losses are found by their names, whatever stands behind these."""

import inspect
from types import ModuleType

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
    ))
    assert {pair.name: pair.base for pair in found.pairs} == {
        "svm_loss": "svm_loss", "batchnorm": "batchnorm", "batchnorm_alt": "batchnorm",
        "conv_naive": "conv", "max_pool": "max_pool"}
    assert set(found.unpaired) == {"conv_forward_fast", "relu_forward", "tanh_backward"}
    assert {pair.name for pair in found.pairs if pair.example} == {"max_pool"}
    assert [pair.name for pair in found.pairs if pair.is_loss] == ["svm_loss"]


class Refusing:
    """A callable that raises when asked for anything but a call."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __call__(self, x):
        return 2 * x, None


def test_a_callable_object_that_refuses_to_be_asked_is_a_layer_all_the_same():
    pair = find_pairs(module(cos_forward=Refusing(), cos_backward=Refusing())).pairs[0]
    assert pair.forward(3) == (6, None)
    assert list(inspect.signature(pair.forward).parameters) == ["x"]
