"""The inputs that layer classes are tried with: indices, probabilities, what fits at last."""

import numpy as np
import pytest

from gradcheck.target.check import check_objects


def judged(kind):
    item, = check_objects(kind, {}).items
    return item


class Units:
    factor = 1.0

    def __init__(self, n_units, in_num, init_std):
        self.W = init_std * np.random.randn(in_num, n_units)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.factor * self.x.T @ dout
        return dout @ self.W.T


class Embedding:
    def __init__(self, vocab_size, embed_dim):
        self.W = np.random.randn(vocab_size, embed_dim)

    def forward(self, idx):
        self.idx = idx
        return self.W[idx]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.idx, dout)


class Overwriting(Embedding):
    def forward(self, x):
        return super().forward(x)

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        self.dW[self.idx] = dout


class Table(Embedding):
    """No name says what its input is; floats are no indices."""

    def __init__(self, in_size, out_size):
        super().__init__(in_size, out_size)

    def forward(self, x):
        return super().forward(x)


class NoSuchRow(Embedding):
    def __init__(self, vocab_size, embed_dim):
        super().__init__(1, embed_dim)


class BCELoss:
    factor = 1.0

    def forward(self, y_pred, y_true):
        self.p, self.y = y_pred, y_true
        return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))

    def backward(self):
        return self.factor * (self.p - self.y) / (self.p * (1 - self.p)) / self.y.size


class LogLoss:
    """No standard name; it takes probabilities, of which a row adds up to 1."""

    factor = 1.0

    def forward(self, probs, y):
        self.probs, self.y, self.rows = probs, y, np.arange(len(y))
        return -np.mean(np.log(probs[self.rows, y]))

    def backward(self):
        grad = np.zeros_like(self.probs)
        grad[self.rows, self.y] = -self.factor / self.probs[self.rows, self.y] / len(self.y)
        return grad


@pytest.mark.parametrize("kind", [Units, Embedding, Table, BCELoss, LogLoss])
def test_a_right_class_passes(kind):
    item = judged(kind)
    assert item.status == "passed", item.message


@pytest.mark.parametrize("kind", [Units, BCELoss, LogLoss])
def test_a_wrong_factor_is_found(kind):
    item = judged(type(kind.__name__, (kind,), {"factor": 2.0}))
    assert item.status == "failed"
    assert "scaled" in item.message


def test_a_gradient_that_repeated_indices_overwrite_is_found():
    item = judged(Overwriting)
    assert item.status == "failed"
    assert "overlap-overwritten" in item.message


def test_the_remedy_for_a_class_of_indices_proposes_indices():
    item = judged(NoSuchRow)
    assert item.status == "skipped"
    assert "return NoSuchRow(6, 6), rng.integers(5, size=(4, 3))" in item.message
