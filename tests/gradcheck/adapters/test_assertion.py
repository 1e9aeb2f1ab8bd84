"""assert_gradients does what torch's own tests of its gradcheck ask for, where that means a thing.

Each test is called after one of theirs, without its `test_gradcheck_`, where there is one.
"""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import GradientError
from gradcheck.adapters import assert_gradients
from tests.gradcheck.adapters import torch_cases

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'maskgrad[peers]'")


def tensor(*shape, dtype=torch.float64):
    made = np.random.default_rng(3).normal(size=shape)
    return torch.tensor(made, dtype=dtype, requires_grad=True)


def test_single_input():
    assert assert_gradients(lambda x: x.mul(5), tensor(10)) is True


def test_inputs_as_a_tuple_and_one_by_one():
    def product(x, y):
        return x @ y

    assert assert_gradients(product, (tensor(2, 3), tensor(3, 2)), eps=1e-6, atol=1e-5, rtol=1e-3)
    assert assert_gradients(product, tensor(2, 3), tensor(3, 2))


def test_multiple_outputs_and_one_that_is_no_float():
    assert assert_gradients(lambda x: (x.sin(), x.argmax(), x * x), tensor(4))


def test_input_that_requires_no_gradient_is_a_constant():
    weight = torch.randn(4, dtype=torch.float64)
    assert assert_gradients(lambda x, w: x * w.detach(), tensor(4), weight)


def test_nondeterministic():
    class Jittered(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad_output):
            return 2 * grad_output * (1 + torch.rand_like(grad_output))

    with pytest.raises(GradientError, match="backward-impure"):
        assert_gradients(Jittered.apply, tensor(5))
    with pytest.raises(ValueError, match="nondet_tol"):
        assert_gradients(Jittered.apply, tensor(5), nondet_tol=1.0)


def test_validates_inputs():
    with pytest.raises(ValueError, match="requires_grad=True"):
        assert_gradients(lambda x: x, torch.ones(3, dtype=torch.float64))
    assert assert_gradients(lambda x: x.exp(), tensor(3, dtype=torch.float32))


@pytest.mark.parametrize(("dtype", "remedy"), [
    (torch.float16, "compare in float32"), (torch.bfloat16, "compare in float32"),
    (torch.complex128, "real and imaginary parts as two arguments")])
def test_a_dtype_that_is_not_compared_is_refused_with_its_remedy(dtype, remedy):
    with pytest.raises(TypeError, match=remedy):
        assert_gradients(lambda x: x, torch.ones(3, dtype=dtype, requires_grad=True))


def test_complex_non_complex_outputs():
    with pytest.raises(GradientError, match="two arguments"):
        assert_gradients(torch.fft.fft, tensor(4))
    assert assert_gradients(lambda x: torch.fft.fft(x).abs(), tensor(4))


def test_check_no_differentiable_outputs():
    with pytest.raises(GradientError, match="zero-gradient"):
        assert_gradients(lambda x: x.detach() * 2, tensor(3))


def test_backward_mul_by_grad_output():
    def hooked(x):
        out = x.clone()
        out.register_hook(lambda gradient: gradient + 1e-2)
        return out

    with pytest.raises(GradientError, match="nonlinear-in-dout"):
        assert_gradients(hooked, tensor(2, 2))


def test_jacobian_mismatch():
    with pytest.raises(GradientError, match="scaled in dx"):
        assert_gradients(torch_cases.TimesWithoutConstant.apply, tensor(4), 3.0)
    assert assert_gradients(torch_cases.TimesWithoutConstant.apply, tensor(4), 3.0,
                            raise_exception=False) is False


def test_output_shape_or_dtype_depend_on_values():
    with pytest.raises(GradientError, match="wrong-shape"):
        assert_gradients(lambda x: torch.cat([x, x]) if x[0] > x.detach().clone().round(decimals=8)[
            0] + 1e-9 else x, torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize("setting", [{"check_forward_ad": True}, {"check_batched_grad": True},
                                     {"check_backward_ad": False}])
def test_what_is_not_looked_at_is_refused(setting):
    with pytest.raises(ValueError, match=r"torch\.autograd\.gradcheck"):
        assert_gradients(lambda x: x, tensor(3), **setting)


def test_settings_that_ask_for_no_more_are_taken():
    assert assert_gradients(lambda x: x.tanh(), tensor(3), fast_mode=True, nondet_tol=0.0,
                            check_undefined_grad=False, check_batched_grad=False)
    with pytest.raises(TypeError, match="leave it out"):
        assert_gradients(lambda x: x, tensor(3), tolerance=1)


def test_gradients_that_torch_broadcasts_are_right():
    assert assert_gradients(lambda x, y: x * y, tensor(3, 4), tensor(4))


def test_the_second_order_is_checked_where_it_is_asked_for():
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.out = torch.tanh(x)
            return ctx.out.clone()

        @staticmethod
        def backward(ctx, grad_output):
            return grad_output * (1 - ctx.out.detach() ** 2)

    assert assert_gradients(Once.apply, tensor(4))
    with pytest.raises(GradientError, match="in the second order"):
        assert_gradients(Once.apply, tensor(4), order=2)
    assert assert_gradients(torch.tanh, tensor(4), order=2)


def test_a_function_that_may_be_differentiated_once_says_so():
    class Marked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad_output):
            return 3 * ctx.saved_tensors[0] ** 2 * grad_output

    assert assert_gradients(Marked.apply, tensor(4))
    with pytest.raises(GradientError, match="once_differentiable"):
        assert_gradients(Marked.apply, tensor(4), order=2)
