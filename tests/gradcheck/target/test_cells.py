"""Recurrent layers that keep their parameters in a dict, and their samples in columns."""

import functools

import numpy as np
import pytest

from gradcheck.target.cells import apart
from gradcheck.target.check import check_objects
from gradcheck.target.pairs import Pair


def cell_forward(xt, a_prev, parameters):
    kept = parameters["Wax"] @ xt + parameters["Waa"] @ a_prev + parameters["ba"]
    a_next = np.tanh(kept)
    return a_next, parameters["Wya"] @ a_next + parameters["by"], (a_next, a_prev, xt, parameters)


def cell_backward(da_next, cache):
    a_next, a_prev, xt, parameters = cache
    dz = da_next * (1 - a_next**2)
    return {"dxt": parameters["Wax"].T @ dz, "da_prev": parameters["Waa"].T @ dz,
            "dWax": dz @ xt.T, "dWaa": dz @ a_prev.T, "dba": dz.sum(axis=1, keepdims=True)}


def forward(x, a0, parameters):
    caches, states = [], []
    for t in range(x.shape[2]):
        a0, _, cache = cell_forward(x[:, :, t], a0, parameters)
        caches.append(cache)
        states.append(a0)
    return np.stack(states, axis=2), None, caches


def backward(da, caches):
    total = {name: np.zeros_like(caches[0][3][name[1:]]) for name in ("dWax", "dWaa", "dba")}
    da_prev, dx = 0.0, []
    for t in reversed(range(len(caches))):
        found = cell_backward(da[:, :, t] + da_prev, caches[t])
        da_prev = found["da_prev"]
        dx.insert(0, found["dxt"])
        for name, summed in total.items():
            summed += found[name]
    return {**total, "dx": np.stack(dx, axis=2), "da0": da_prev}


def gated_forward(xt, a_prev, c_prev, parameters):
    both = np.concatenate([a_prev, xt])
    gate = 1 / (1 + np.exp(-(parameters["Wf"] @ both + parameters["bf"])))
    c_next = gate * c_prev
    return np.tanh(c_next), c_next, None, (gate, both, c_prev, c_next, parameters)


def gated_backward(da_next, dc_next, cache):
    gate, both, c_prev, c_next, parameters = cache
    dc = dc_next + da_next * (1 - np.tanh(c_next) ** 2)
    dz = dc * c_prev * gate * (1 - gate)
    dboth = parameters["Wf"].T @ dz
    return {"dc_prev": dc * gate, "da_prev": dboth[:len(c_prev)], "dxt": dboth[len(c_prev):],
            "dWf": dz @ both.T, "dbf": dz.sum(axis=1, keepdims=True)}


PAIRS = {
    "rnn_cell": (cell_forward, cell_backward, "dWaa", ["xt", "a_prev", "Wax", "Waa", "ba"]),
    "rnn": (forward, backward, "dx", ["x", "a0", "Wax", "Waa", "ba"]),
    "lstm_cell": (gated_forward, gated_backward, "dWf", ["xt", "a_prev", "c_prev", "Wf", "bf"]),
}


@pytest.mark.parametrize("name", PAIRS)
def test_every_array_of_the_dict_is_judged_and_right(name):
    function, its_backward, _, names = PAIRS[name]
    pair = apart(Pair(name, name, function, its_backward))
    assert [args[0].shape[1] for args in pair.example(np.random.default_rng(0))] == [4, 1]
    made = {f"{name}_forward": function, f"{name}_backward": its_backward}
    item, = check_objects(made, {"imported": True, "line": False}).items
    assert (item.status, list(item.arguments)) == ("passed", names), item.message


@pytest.mark.parametrize("name", PAIRS)
def test_a_doubled_gradient_of_the_dict_fails(name):
    function, its_backward, wrong, _ = PAIRS[name]

    def doubled(*args):
        found = its_backward(*args)
        return {**found, wrong: 2 * found[wrong]}

    functools.update_wrapper(doubled, its_backward)
    made = {f"{name}_forward": function, f"{name}_backward": doubled}
    item, = check_objects(made, {"imported": True, "line": False}).items
    assert item.status == "failed"
    assert f"scaled in {wrong}" in item.message


@pytest.mark.parametrize("changes", [
    {"name": "affine"}, {"forward": lambda xt, a_prev, parameters: 1 / 0},
    {"backward": lambda da_next, cache: (1, 2)}, {"backward": lambda da_next, cache: {"other": 1}},
    {"forward": lambda x, prev_h, Wx, Wh, b: (x, x)}, {"example": lambda rng: (1,)},
])
def test_what_is_no_such_layer_is_left_as_it_is(changes):
    name = changes.pop("name", "rnn_cell")
    pair = Pair(name, name, **{"forward": cell_forward, "backward": cell_backward, **changes})
    assert apart(pair) is pair
