"""Functions and modules of torch's as pairs: what is kept, refused, drawn and written into."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import torch_function, torch_module
from tests.gradcheck.adapters import torch_cases
from tests.gradcheck.adapters.right_functions import RIGHT, OfFloat32, RectifiedInPlace
from tests.gradcheck.adapters.torch_cases import torch

X = np.random.default_rng(0).normal(size=(3, 4))


def check(function, *args, **settings):
    return gradcheck.check_layer(*torch_function(function, **settings), *args, progress=False)


@pytest.mark.parametrize("function", RIGHT, ids=lambda function: function.__name__)
def test_right_functions_of_public_forms_are_not_accused(function):
    from tests.gradcheck.adapters import right_functions

    [item] = gradcheck.check_all(right_functions, only=[function.__name__], line=False).items
    assert item.status == "passed", item.message


def test_nothing_of_the_arguments_or_of_torch_is_changed():
    x, state = X.copy(), torch.get_rng_state()
    forward, backward = torch_function(RectifiedInPlace)
    out, cache = forward(x)
    first, second = backward(np.ones_like(out), cache), backward(np.ones_like(out), cache)
    assert np.array_equal(x, X)
    assert np.array_equal(first, second)
    assert torch.equal(state, torch.get_rng_state())


def test_an_input_that_is_written_into_without_a_word_is_told():
    class Scribbler(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.mul_(2).clone()

        @staticmethod
        def backward(ctx, grad_output):
            return 2 * grad_output

    assert "input-mutated" in {finding.code for finding in check(Scribbler, X).findings}


def test_a_saved_tensor_that_backward_writes_into_is_told():
    class Scribbler(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.slope = 2 * x
            return x * x

        @staticmethod
        def backward(ctx, grad_output):
            return ctx.slope.mul_(grad_output)

    assert "cache-mutated" in {finding.code for finding in check(Scribbler, X).findings}


def test_float32_alone_is_judged_by_its_own_coarseness():
    class Coarse(OfFloat32):
        @staticmethod
        def backward(ctx, grad_output):
            return 1.02 * OfFloat32.backward(ctx, grad_output)

    report = check(OfFloat32, X)
    assert report.passed
    assert any("would not show" in note for note in report.notes)
    assert check(Coarse, X).findings[0].code == "scaled"


def test_none_is_a_gradient_of_zeros_unless_it_is_left_out():
    wrong = torch_cases.RootMeanSquareFrozen
    args = X, np.ones(4)
    assert check(wrong, *args).findings[0].code == "zero-gradient"
    assert check(wrong, *args, wrt=(0,)).passed
    assert check(wrong, *args, as_declared=True).passed


def test_a_gradient_of_a_shape_that_torch_refuses_is_shown_as_it_is():
    report = check(torch_cases.AffineAlongRows, X, np.ones(4), np.ones(4))
    assert "bias" in {finding.argument for finding in report.findings}


@pytest.mark.parametrize(("args", "remedy"), [
    ((X.astype(np.float16),), "compare in float32"), ((X + 1j,), "two arguments")])
def test_half_and_complex_arguments_are_refused_before_anything_runs(args, remedy):
    with pytest.raises(TypeError, match=remedy):
        check(lambda x: x, *args)


def test_a_module_is_checked_with_its_parameters_and_left_as_it_was():
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3),
                                 torch.nn.Dropout(0.3), torch.nn.Linear(3, 2))
    before = copy.deepcopy(module.state_dict())
    pair = torch_module(module)
    report = gradcheck.check_layer(*pair, X, *pair.parameters, progress=False)
    assert report.passed
    assert {"input", "_0_weight", "_3_bias"} <= {entry.name for entry in report.arguments}
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(value.dtype != torch.float64 for value in module.parameters())


def test_half_a_module_is_refused():
    with pytest.raises(TypeError, match="weight: got a bfloat16 array"):
        torch_module(torch.nn.Linear(2, 2).bfloat16())
    with pytest.raises(TypeError, match="torch_function"):
        torch_module(torch.tanh)


def test_a_copy_of_the_cache_is_a_graph_of_its_own():
    forward, backward = torch_function(torch_cases.Softmax)
    out, cache = forward(X)
    other = copy.deepcopy(cache)
    assert other.outputs[0] is not cache.outputs[0]
    assert np.array_equal(backward(out, other), backward(out, cache))


def test_order_two_needs_a_framework():
    with pytest.raises(TypeError, match=r"gradcheck\.adapters"):
        gradcheck.check_layer(lambda x: (x, None), lambda dout, cache: dout, X, order=2)
    with pytest.raises(ValueError, match="order"):
        gradcheck.check_layer(*torch_function(torch.tanh), X, order=3)


def test_the_second_order_of_several_outputs_and_arguments():
    report = gradcheck.check_layer(*torch_function(lambda x, w: (torch.tanh(x @ w), x.sin())),
                                   X, X.T.copy(), order=2, progress=False)
    assert report.passed, str(report)
    assert report.examples == 2
