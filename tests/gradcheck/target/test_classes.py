"""Layer classes are judged as functions of their input and their parameters."""

import numpy as np
import pytest

from gradcheck import check_layer
from gradcheck.target.classes import functions_of, is_layer_class


class Attributes:
    def __init__(self, n_in=3, n_out=2, factor=1.0):
        rng = np.random.default_rng(0)
        self.W, self.b, self.factor = rng.normal(size=(n_in, n_out)), np.zeros(n_out), factor

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.factor * self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Named(Attributes):
    """As books write it: weights, dweights."""

    def __init__(self):
        super().__init__()
        self.weights, self.biases = self.W, self.b

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases
        return self.output

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0)
        self.dinputs = dvalues @ self.weights.T
        return self.dinputs


class Dicts:
    def __init__(self, prefix=""):
        rng = np.random.default_rng(0)
        self.prefix = prefix
        self.params = {"w": rng.normal(size=(3, 2)), "b": np.ones(2)}
        self.grads = {}

    def forward(self, x):
        return x @ self.params["w"] + self.params["b"], x

    def backward(self, dout, cache):
        self.grads[f"{self.prefix}w"] = cache.T @ dout
        self.grads[f"{self.prefix}b"] = dout.sum(axis=0)
        return dout @ self.params["w"].T


def report_on(layer, x):
    found = functions_of(layer, (x,))
    return found, check_layer(*found.pair(), *found.arguments((x,)), progress=False)


@pytest.mark.parametrize(("layer", "names"), [
    (Attributes(), ("x", "W", "b")), (Named(), ("inputs", "weights", "biases")),
    (Dicts(), ("x", "w", "b")), (Dicts("d"), ("x", "w", "b")),
], ids=["attributes", "named as in books", "dicts", "dicts with d"])
def test_every_parameter_is_found_and_right(layer, names):
    found, report = report_on(layer, np.random.default_rng(1).normal(size=(4, 3)))
    assert found.names == names
    assert report.passed, str(report)
    assert len(report.arguments) == 3


def test_a_wrong_gradient_of_a_parameter_is_named():
    _, report = report_on(Attributes(factor=0.5), np.random.default_rng(1).normal(size=(4, 3)))
    assert [finding.code for finding in report.findings] == ["scaled"]


def test_the_layer_itself_is_left_alone():
    layer = Attributes()
    before = {name: np.copy(value) for name, value in vars(layer).items()}
    report_on(layer, np.ones((4, 3)))
    assert vars(layer).keys() == before.keys()
    assert all(np.array_equal(vars(layer)[name], value) for name, value in before.items())


class Net:
    def forward(self):
        return 1.0

    def backward(self):
        return 2.0


@pytest.mark.parametrize(("value", "is_one"), [
    (Attributes, True), (Dicts, True), (Net, False), (int, False), (3, False), (np.ndarray, False),
    (Attributes(), False),
])
def test_what_is_a_layer_class(value, is_one):
    assert is_layer_class(value) is is_one
