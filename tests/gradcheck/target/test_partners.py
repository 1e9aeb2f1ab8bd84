"""Layers whose functions are not called forward and backward both."""

from types import ModuleType

import numpy as np
import pytest

from gradcheck.target.check import check_objects
from gradcheck.target.errors import NothingToCheckError
from gradcheck.target.pairs import find_pairs

CACHED = """
import numpy as np

def relu(Z):
    return np.maximum(Z, 0), Z

def relu_backward(dA, cache):
    return {factor} * dA * (cache > 0)
"""
BARE = """
import numpy as np

def tanh(Z):
    return np.tanh(Z)

def tanh_backward(dA, Z):
    return {factor} * dA * (1 - np.tanh(Z) ** 2)
"""
PREFIXED = """
import numpy as np

def forward_dense(A, W, b):
    return W @ A + b, (A, W)

def backward_dense(dZ, cache):
    A, W = cache
    return W.T @ dZ, {factor} * dZ @ A.T, dZ.sum(axis=1, keepdims=True)
"""
OF_A_NET = """
def net_forward(X, parameters):
    return X, []

def net_backward(AL, Y, caches):
    return {}

def forward_propagation(X, parameters):
    return X, []

def backward_propagation(X, Y, cache):
    return {}
"""


@pytest.fixture
def written(tmp_path):
    """Return a maker of modules whose source can be read."""
    def make(source):
        path = tmp_path / "made.py"
        path.write_text(source, encoding="utf-8")
        made = ModuleType("made")
        vars(made)["__name__"] = "made"
        exec(compile(source, str(path), "exec"), vars(made))
        return made

    return make


@pytest.mark.parametrize(("source", "name"), [
    (CACHED, "relu"), (BARE, "tanh"), (PREFIXED, "dense")])
@pytest.mark.parametrize(("factor", "status"), [(1, "passed"), (2, "failed")])
def test_a_layer_is_judged_whatever_its_halves_are_called(written, source, name, factor, status):
    item, = check_objects(written(source.format(factor=factor)), {"line": False}).items
    assert (item.name, item.status) == (name, status)


@pytest.mark.parametrize("source", [
    "def scale(x): return 2 * x\ndef scale_backward(dout, cache): return 2 * dout",
    "def scale(): return 2, 3\ndef scale_backward(dout, cache): return 2 * dout",
    "def scale(x): return 2 * x, x\ndef scale_backward(x, w): return 2 * x",
    "def scale(x):\n    if x.any(): return 2 * x\n    return x, x\n"
    "def scale_backward(dout, cache): return 2 * dout",
    "class scale: ...\ndef scale_backward(dout, cache): return 2 * dout",
], ids=["no cache", "no input", "no dout", "a cache sometimes", "a class"])
def test_what_leaves_nothing_for_backward_is_none_of_its_forwards(written, source):
    found = find_pairs(written(source))
    assert found.pairs == ()
    assert found.unpaired == ("scale_backward",)


def test_a_forward_that_is_called_so_comes_before_one_that_is_not(written):
    found = find_pairs(written(CACHED + "\nrelu_forward = lambda x: (2 * x, x)"))
    pair, = found.pairs
    assert pair.forward(np.ones(1))[0] == 2


def test_a_step_of_a_whole_net_is_no_layer_and_told_of(written):
    with pytest.raises(NothingToCheckError, match="net_backward takes labels"):
        check_objects(written(OF_A_NET), {})
    record = check_objects(written(OF_A_NET + CACHED.format(factor=1)), {})
    assert [item.name for item in record.items] == ["relu"]
    assert any("net_backward takes labels" in note for note in record.notes)


def test_test_cases_are_no_variants(written):
    found = find_pairs(written(
        CACHED + "def relu_forward_test_case(): return 1\n"
                 "def relu_backward_test_case_2hidden(): return 1\n"))
    assert [pair.name for pair in found.pairs] == ["relu"]
    assert found.unpaired == ()
