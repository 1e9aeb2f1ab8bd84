"""Scalar functions and nets as layers: packing by name, fresh nets, constants moved."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from gradcheck.numeric.scalar import (
    NetLoss,
    ScalarFunction,
    named_arrays,
    off_constant,
    ordered_gradients,
    real_scalar,
)


def total(x):
    return np.sum(x * x)


def doubled(x):
    return 2 * x


def test_a_function_of_one_array_is_called_with_the_array_itself():
    function = ScalarFunction(total, doubled, ("x",), True)
    x = np.array([1.0, 2.0])
    out, cache = function.forward(x)
    assert out == 5.0
    assert out.dtype == np.float64
    (gradient,) = function.backward(np.ones(()), cache)
    np.testing.assert_array_equal(gradient, [2.0, 4.0])


def test_a_function_of_a_dict_gets_its_own_keys():
    def f(params):
        assert set(params) == {"w", "b"}
        return np.sum(params["w"]) + 2 * np.sum(params["b"])

    grads = {"b": 2 * np.ones(1), "w": np.ones(2)}
    function = ScalarFunction(f, lambda params: grads, ("w", "b"), False)
    _, cache = function.forward(np.ones(2), np.ones(1))
    w, b = function.backward(np.ones(()), cache)
    np.testing.assert_array_equal(w, [1.0, 1.0])
    np.testing.assert_array_equal(b, [2.0])


def test_a_scalar_function_can_be_sent_to_another_process():
    function = pickle.loads(pickle.dumps(ScalarFunction(total, doubled, ("x",), True)))
    assert function.forward(np.ones(3))[0] == 3.0


class Drawing:
    """A net that draws from its generator, and from that of a child, in every other call."""

    def __init__(self, draws):
        self.rng, self.draws, self.params = np.random.default_rng(3), draws, {"w": np.zeros(1)}

    def loss(self, X, y):
        seen.append(self.rng)
        drawn = self.rng.random() + self.rng.spawn(1)[0].random() if self.draws else 0.0
        return drawn, {"w": np.zeros(1)}


seen = []


@pytest.mark.parametrize("draws", [True, False])
def test_every_call_finds_a_generator_as_the_first_did(draws):
    net = Drawing(draws)
    loss = NetLoss(net, ("w",), (np.ones(1), np.ones(1)))
    seen.clear()
    assert len({float(loss.forward(np.zeros(1))[0]) for _ in range(4)}) == 1
    assert net.rng not in seen
    assert len(set(map(id, seen))) == (4 if draws else 1)  # a copy for each that was drawn from


def test_a_function_that_spoils_its_argument_does_not_spoil_the_cache():
    def f(x):
        value = np.sum(x)
        x[...] = 9
        return value

    _, cache = ScalarFunction(f, doubled, ("x",), True).forward(np.ones(2))
    np.testing.assert_array_equal(cache[0], [1.0, 1.0])


class Counter:
    """A net that counts its calls, and whose loss depends on the count."""

    def __init__(self):
        self.params = {"w": np.ones(3)}
        self.state = {"calls": 0}

    def loss(self, X, y):
        self.state["calls"] += 1
        return self.state["calls"] * np.sum(self.params["w"]), {"w": np.ones(3)}


def test_every_call_of_a_net_is_its_first():
    net = Counter()
    loss = NetLoss(net, ("w",), (None, None))
    assert [float(loss.forward(np.full(3, 2.0))[0]) for _ in range(3)] == [6.0, 6.0, 6.0]
    assert net.state == {"calls": 0}
    np.testing.assert_array_equal(net.params["w"], 1.0)


def test_gradients_are_taken_from_the_same_call_as_the_loss():
    loss = NetLoss(Counter(), ("w",), (None, None))
    _, grads = loss.forward(np.ones(3))
    np.testing.assert_array_equal(loss.backward(np.ones(()), grads)[0], np.ones(3))


class Bare(Counter):
    def loss(self, X, y):
        return 1.0


def test_a_loss_without_gradients_is_refused():
    with pytest.raises(TypeError, match=r"net\.loss\(X, y\): got .*\(loss, grads\).*Remedy"):
        NetLoss(Bare(), ("w",), (None, None)).forward(np.ones(3))


@pytest.mark.parametrize("value", [2.5, np.float32(2.5), np.array(2.5), np.array([[2.5]]), 2])
def test_a_real_scalar_becomes_float64(value):
    found = real_scalar("f", value)
    assert type(found) is np.float64
    assert found == value


@pytest.mark.parametrize("value", [np.ones(2), np.zeros(0), 1j, None, "3", [1.0, 2.0], True])
def test_what_is_no_real_scalar_is_refused(value):
    with pytest.raises(TypeError, match=r"loss: got .*a real scalar.*Remedy: "):
        real_scalar("loss", value)


@pytest.mark.parametrize(("x", "error"), [
    ({}, ValueError), ({"w": [1.0]}, TypeError), ({"w": np.ones(2, int)}, TypeError),
    ([1.0], TypeError), (np.array([np.nan]), ValueError), ({"w": np.array([np.inf])}, ValueError),
])
def test_what_cannot_be_differentiated_is_refused(x, error):
    with pytest.raises(error, match=r"got .*expected .*Remedy: "):
        named_arrays("x", x)


def test_an_array_has_the_name_that_it_is_given_and_dicts_their_keys():
    assert named_arrays("x", np.ones(2))[0] == ("x",)
    assert named_arrays("x", {"w": np.ones(2), 3: np.ones(1)})[0] == ("w", "3")


def test_gradients_are_put_into_order_and_missing_ones_named():
    one, two = np.ones(1), np.zeros(2)
    assert [entry.size for entry in ordered_gradients({"b": two, "a": one}, ("a", "b"), False)] == [
        1, 2]
    with pytest.raises(ValueError, match=r"grad: got the keys \['a'\]; expected also \['b'\]"):
        ordered_gradients({"a": one}, ("a", "b"), False)
    with pytest.raises(TypeError, match="grad: got"):
        ordered_gradients(one, ("a", "b"), False)


@pytest.mark.parametrize("array", [np.zeros(3), np.ones((2, 2), np.float32), np.full(1, -2.0)])
def test_a_constant_parameter_is_moved_a_little_and_not_in_place(array):
    before = copy.deepcopy(array)
    moved = off_constant(array, np.random.default_rng(0))
    assert moved.dtype == np.float64
    assert np.all(moved != array)
    assert np.all(np.abs(moved - array) < 1)
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("array", [np.array([0.0, 1.0]), np.zeros((0, 3))])
def test_other_parameters_stay_where_they_are(array):
    np.testing.assert_array_equal(off_constant(array, np.random.default_rng(0)), array)
