"""Tensor: every gradient is the true one, whatever the graph, and nothing is kept longer."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import layers
from gradcheck import check_gradient, check_layer
from nets import Tensor, no_grad, ops


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


A, B, V, K = normal(3, 4), normal(3, 4, seed=1), normal(4), normal(4, 5)
POSITIVE = np.abs(A) + 0.5

PAIRS = [
    ("add", A, B), ("add", A, V), ("add", normal(3, 1), normal(2, 1, 4)),
    ("subtract", A, B), ("subtract", V, A), ("multiply", A, B), ("multiply", normal(3, 1), V),
    ("multiply", np.array(2.5), A), ("divide", A, POSITIVE), ("divide", V, POSITIVE),
    ("power", A, 2), ("power", A, 0), ("power", POSITIVE, -1.5), ("exp", A), ("log", POSITIVE),
    ("matmul", A, K), ("matmul", V, K), ("matmul", A, V), ("matmul", V, normal(4, seed=2)),
    ("matmul", normal(2, 3, 4), K), ("matmul", normal(2, 1, 3, 4), normal(5, 4, 2)),
    ("matmul", V, normal(2, 4, 3)), ("matmul", normal(2, 3, 4), V),
    ("sum", A), ("sum", A, 0), ("sum", normal(2, 3, 4), (0, -1)), ("sum", A, 1, True),
    ("mean", A), ("mean", A, -1), ("mean", normal(2, 3, 4), (0, 2), True),
    ("reshape", A, (2, 6)), ("reshape", A, (-1,)), ("transpose", A, (1, 0)),
    ("transpose", normal(2, 3, 4), (2, 0, 1)), ("transpose", normal(2, 3, 4), (-1, 0, 1)),
    ("index", A, 1), ("index", A, (slice(None), 2)), ("index", A, ([0, 0, 2], [1, 1, 3])),
    ("index", A, A > 0), ("index", A, (..., None, slice(None, None, -2))),
    ("cross_entropy", A, np.array([0, 3, 1])),
]

METHODS = {
    "arithmetic": lambda x: (2 - x) * x / 3 + 1 / (x * x + 1) - x @ x.T @ x,
    "powers": lambda x: (x**2 + 1).sqrt() + 2**x - (-x) ** 3,
    "functions": lambda x: x.exp() + (x * x + 1).log() + x.sigmoid() * x.tanh() + x.relu(),
    "reductions": lambda x: (x - x.mean(axis=0)) / x.sum(axis=1, keepdims=True),
    "shapes": lambda x: x.reshape(4, 3).transpose(1, 0).T[1:, [0, 0]] * x[0, :2],
    "diamond": lambda x: (x * x) * (x * x) + x,
}


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: f"{case[0]}{np.shape(case[1])}")
def test_every_pair_is_proved_by_the_checker(case):
    name, *args = case
    report = check_layer(getattr(ops, f"{name}_forward"), getattr(ops, f"{name}_backward"), *args)
    assert report.passed, str(report)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_every_method_has_the_gradient_that_the_checker_finds(method):
    def grad(x):
        tensor = Tensor(x, requires_grad=True)
        method(tensor).sum().backward()
        return tensor.grad

    report = check_gradient(lambda x: method(Tensor(x)).sum().item(), grad, normal(3, 4, seed=3))
    assert report.passed, str(report)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_gradients_agree_with_torch(method):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x = normal(3, 4, seed=3)
    ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    method(ours).sum().backward()
    method(theirs).sum().backward()
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-9)


@given(npst.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
def test_gradients_of_broadcast_operands_have_the_operands_shapes(shapes):
    a, b = (Tensor(normal(*shape), requires_grad=True) for shape in shapes.input_shapes)
    (a * b + a).backward()
    ones = np.ones(shapes.result_shape)
    assert a.grad.shape == a.shape
    assert b.grad.shape == b.shape
    np.testing.assert_allclose(b.grad.sum(), (ones * a.data).sum(), atol=1e-9)


@given(st.lists(st.sampled_from(["+", "*", "relu"]), min_size=1, max_size=8))
def test_a_chain_of_operations_backpropagates_as_the_layers_do_by_hand(chain):
    x = Tensor(normal(5), requires_grad=True)
    out, factor = x, np.ones(5)
    for op in chain:
        if op == "relu":
            factor = factor * (out.data > 0)
        out = {"+": lambda t: t + 1, "*": lambda t: t * -2, "relu": Tensor.relu}[op](out)
        factor = factor * (-2 if op == "*" else 1)
    out.backward()
    np.testing.assert_array_equal(x.grad, factor)


def test_backward_of_a_non_scalar_seeds_ones_and_a_seed_weighs_the_elements():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [2, 4])
    (x * x).backward(Tensor([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad, [2 + 2, 4 + 40])


def test_only_leaves_keep_a_gradient():
    x = Tensor([1.0], requires_grad=True)
    y = x * 2
    y.sum().backward()
    assert y.grad is None
    assert not y.is_leaf
    assert x.is_leaf


def test_leaves_do_not_share_their_gradient_arrays():
    a, b = Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    (a + b).backward()
    a.grad[0] = 7
    assert b.grad[0] == 1


def test_a_second_backward_needs_retain_graph():
    x = Tensor([3.0], requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad[0] == 12
    with pytest.raises(RuntimeError, match=r"multiply whose tape was released.*retain_graph=True"):
        y.backward()
    with pytest.raises(RuntimeError, match="released"):
        (y * 2).backward()
    assert x.grad[0] == 12


@pytest.mark.slow
@pytest.mark.parametrize("retain", [False, True])
def test_backward_releases_what_the_tape_held(retain):
    x = Tensor(np.ones(10), requires_grad=True)
    y = x.exp()
    middle = weakref.ref(y)
    out = y * y
    del y
    gc.collect()
    assert middle() is not None
    out.backward(retain_graph=retain)
    gc.collect()
    assert (middle() is not None) == retain


@pytest.mark.slow
def test_ten_thousand_operations_do_not_reach_the_recursion_limit():
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(10_000):
        y = y + 1e-4
    y.backward()
    assert x.grad[0] == 1
    z = x
    for _ in range(100_000):
        z = Tensor.apply(lambda array: (array, None), lambda dout, cache: dout, z)
    del z


def test_a_ladder_of_diamonds_is_walked_once_an_operation():
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad[0] == 2.0**60


def test_writing_to_data_never_changes_a_recorded_gradient():
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    held = x.data
    y = x * w
    out = y.exp()
    expected = np.exp([3.0, 8.0])
    held[:] = 100
    w.data *= 50
    y.data[:] = 7
    out.data[0] = -1
    out.backward()
    np.testing.assert_array_equal(x.grad, expected * [3, 4])
    np.testing.assert_array_equal(w.grad, expected * [1, 2])
    np.testing.assert_array_equal(x.data, [100, 100])


def test_views_of_one_tensor_do_not_write_to_each_other():
    x = Tensor(np.ones(4), requires_grad=True)
    y = x.reshape(2, 2)
    z = y * y
    y.data[:] = 9
    assert x.data.tolist() == [1, 1, 1, 1]
    z.backward()
    assert x.grad.tolist() == [2, 2, 2, 2]


def test_the_callers_arrays_are_copied_and_left_alone():
    data, rows, factor = np.ones(3), np.array([0, 1]), np.ones(2)
    x = Tensor(data, requires_grad=True)
    y = x[(rows,)] * data[:2]
    y = Tensor.apply(ops.multiply_forward, ops.multiply_backward, y, factor)
    data[:], rows[:], factor[:] = 5, 2, 5
    y.backward()
    assert x.data.tolist() == [1, 1, 1]
    assert x.grad.tolist() == [1, 1, 0]
    assert data.tolist() == [5, 5, 5]


def test_no_grad_records_nothing_nests_and_survives_errors():
    x = Tensor([1.0], requires_grad=True)
    with no_grad():
        with no_grad():
            pass
        assert not (x * 2).requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (x * 2).requires_grad
    assert not no_grad()(lambda: x * 2)().requires_grad


def test_no_grad_holds_in_its_own_thread_only():
    x, seen = Tensor([1.0], requires_grad=True), []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_kept_through_numbers_and_integers(dtype):
    x = Tensor(np.ones((2, 2), dtype), requires_grad=True)
    y = 2 * x + np.float64(0.5) - Tensor([[1, 2], [3, 4]]) + np.ones((2, 2), int)
    y = (y / 3) ** 2 @ x.mean(axis=0)
    y.backward()
    assert y.dtype == dtype
    assert x.grad.dtype == dtype


def test_float16_sums_do_not_stall_or_overflow():
    x, b = Tensor(np.ones((4096, 2), np.float16)), Tensor(np.zeros(2, np.float16), True)
    (x + b).backward()
    assert b.grad.tolist() == [4096, 4096]
    assert x.sum(axis=0).data.tolist() == [4096, 4096]
    assert (x * 100).mean(axis=0).data.tolist() == [100, 100]


def test_a_gradient_takes_the_dtype_of_its_leaf():
    x, w = Tensor(np.ones(2, np.float32), True), Tensor(np.ones(2), True)
    (x * w).backward()
    assert x.grad.dtype == np.float32
    assert w.grad.dtype == np.float64


def test_arrays_on_the_left_of_an_operator_give_tensors():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for out in (np.ones(2) + x, np.ones(2) * x, np.ones(2) - x, np.ones(2) / x,
                np.ones((3, 2)) @ x, np.float32(2) * x):
        assert isinstance(out, Tensor)
        assert out.requires_grad
    with pytest.raises(TypeError, match="ufunc"):
        np.exp(x)


def test_reading_a_tensor_as_numbers():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    assert repr(x) == "Tensor([[1.0, 2.0]], grad=None)"
    (x * x).backward()
    assert str(x) == "Tensor([[1.0, 2.0]], grad=[[2.0, 4.0]])"
    np.testing.assert_array_equal(np.asarray(x), x.numpy())
    assert (len(x), x.ndim, x.size, x.T.shape, x[0, 1].item(), float(x[0, 0])) == \
        (1, 2, 2, (2, 1), 2.0, 1.0)
    assert [row.shape for row in x] == [(2,)]
    assert (x > 1).data.tolist() == [[False, True]]
    assert (x == x.detach()).data.all()
    assert not x.detach().requires_grad


def test_any_layer_can_be_put_on_the_tape():
    x, gamma, beta = (Tensor(a, requires_grad=True) for a in (A, V, V))
    out = Tensor.apply(layers.layernorm_forward, layers.layernorm_backward, x, gamma, beta, {})
    out.backward(B)
    expected = layers.layernorm_backward(B, layers.layernorm_forward(A, V, V, {})[1])
    for tensor, dx in zip((x, gamma, beta), expected, strict=True):
        np.testing.assert_array_equal(tensor.grad, dx)


LEAF = Tensor(np.ones((2, 3)), requires_grad=True)
WRONG = [
    (lambda: Tensor([1, 2], requires_grad=True), TypeError, "int64|int32"),
    (lambda: Tensor(["a"]), TypeError, "'a'"),
    (lambda: Tensor([1 + 2j]), TypeError, "floats"),
    (lambda: Tensor([[1.0], [1.0, 2.0]]), ValueError, "equal lengths"),
    (lambda: Tensor([1.0], requires_grad=1), TypeError, "True or False"),
    (lambda: Tensor([1.0]).backward(), RuntimeError, "requires_grad=True"),
    (lambda: (LEAF * 2).backward(np.ones(3)), ValueError, r"\(3,\).*\(2, 3\)"),
    (lambda: (LEAF * 2).backward(1.0), ValueError, r"\(2, 3\)"),
    (lambda: LEAF + np.ones(2), ValueError, r"\(2, 3\) and \(2,\)"),
    (lambda: np.ones(2) < LEAF, ValueError, r"\(2, 3\) and \(2,\)"),
    (lambda: LEAF @ LEAF, ValueError, r"\(2, 3\) and \(2, 3\)"),
    (lambda: LEAF @ 2.0, ValueError, r"multiply by a scalar with \*"),
    (lambda: LEAF * "a", TypeError, "'a'"),
    (lambda: LEAF + None, TypeError, "None"),
    (lambda: LEAF**LEAF, TypeError, r"log\(\)"),
    (lambda: (-2) ** LEAF, ValueError, "> 0"),
    (lambda: LEAF.sum(axis=2), ValueError, r"2 .*\(2, 3\)"),
    (lambda: LEAF.sum(axis="a"), ValueError, "'a'"),
    (lambda: LEAF.reshape(4, -1), ValueError, r"6, the size of \(2, 3\)"),
    (lambda: LEAF.transpose(0, 0), ValueError, "once"),
    (lambda: LEAF[5], IndexError, "5"),
    (lambda: LEAF.__setitem__(0, 1.0), TypeError, r"data\[...\]"),
    (lambda: setattr(LEAF, "data", np.ones(3)), ValueError, r"\(2, 3\)"),
    (lambda: setattr(LEAF * 2, "requires_grad", False), RuntimeError, "detach"),
    (lambda: Tensor(np.ones((0, 2))).mean(), ValueError, "at least one element"),
    (lambda: Tensor.apply(ops.add_forward, lambda dout, cache: dout, LEAF, LEAF).backward(),
     ValueError, "1 gradients.*2"),
    (lambda: Tensor.apply(ops.exp_forward, lambda dout, cache: dout[0], LEAF).backward(),
     ValueError, "backward of exp"),
]


@pytest.mark.parametrize(("call", "error", "words"), WRONG)
def test_wrong_arguments_are_refused_with_the_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()
    assert LEAF.grad is None
