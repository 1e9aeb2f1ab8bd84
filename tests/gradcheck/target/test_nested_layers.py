"""Nets of layers that keep lists: what is deep in them is a parameter, what is shared is one."""

import numpy as np
import pytest

from gradcheck.target.check import check_objects


def judged(kind):
    item, = check_objects(kind, {"line": False}).items
    return item


class MatMul:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0]

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        return dout @ self.params[0].T


class SoftmaxLoss:
    def forward(self, x, t):
        self.t = t.argmax(axis=1) if t.ndim == 2 else t
        exps = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = exps / exps.sum(axis=1, keepdims=True)
        return -np.mean(np.log(self.y[np.arange(len(x)), self.t]))

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(dx)), self.t] -= 1
        return dx / len(dx)


class TwoInputs:
    """A net whose two input layers share their weights; of its data it gives no gradient."""

    factor = 1.0

    def __init__(self, vocab_size, hidden_size):
        W_in, W_out = np.random.randn(vocab_size, hidden_size), np.random.randn(
            hidden_size, vocab_size)
        self.in_layers, self.out_layer = [MatMul(W_in), MatMul(W_in)], MatMul(W_out)
        self.loss_layer = SoftmaxLoss()
        self.params, self.grads = [], []
        for layer in (*self.in_layers, self.out_layer):
            self.params += layer.params
            self.grads += layer.grads
        self.word_vecs = W_in

    def forward(self, contexts, target):
        h = sum(layer.forward(contexts[:, place]) for place, layer in enumerate(self.in_layers))
        return self.loss_layer.forward(self.out_layer.forward(h), target)

    def backward(self, dout=1):
        dh = self.factor * self.out_layer.backward(self.loss_layer.backward(dout))
        for layer in self.in_layers:
            layer.backward(dh)


@pytest.mark.parametrize(("factor", "status"), [(1.0, "passed"), (2.0, "failed")])
def test_a_net_is_judged_by_the_parameters_of_its_layers(factor, status, monkeypatch):
    monkeypatch.setattr(TwoInputs, "factor", factor)
    item = judged(TwoInputs)
    assert item.status == status, item.message
    assert item.arguments == ("word_vecs", "params2")


class NamedTwice:
    """Its forward has a parameter that is called like an array that the layer keeps."""

    factor = 1.0

    def __init__(self, in_features):
        self.table = np.random.randn(in_features)

    def forward(self, table):
        self.given = table
        return table * self.table

    def backward(self, dout):
        self.dtable = self.factor * (dout * self.given).sum(axis=0)
        return dout * self.table


@pytest.mark.parametrize(("factor", "status"), [(1.0, "passed"), (2.0, "failed")])
def test_a_name_that_two_arrays_have_is_told_apart(factor, status, monkeypatch):
    monkeypatch.setattr(NamedTwice, "factor", factor)
    item = judged(NamedTwice)
    assert item.status == status, item.message
    assert item.arguments == ("table", "table2")


class SigmoidWithLoss:
    """Of probabilities of two classes; its labels are whole numbers, one a sample."""

    def forward(self, x, t):
        self.y, self.t = 1 / (1 + np.exp(-x)), t
        p = np.c_[1 - self.y, self.y]
        t = t.argmax(axis=1) if t.size == p.size else t
        return -np.sum(np.log(p[np.arange(len(p)), t % 2] + 1e-7)) / len(p)

    def backward(self, dout=1):
        return (self.y - self.t % 2) * dout / len(self.t)


def test_labels_of_a_single_class_are_none():
    item = judged(SigmoidWithLoss)
    assert item.status == "warned", item.message
    assert "lower-precision" in item.message
