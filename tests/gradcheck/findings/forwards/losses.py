"""The softmax and losses, as layers and as scalar functions."""

from __future__ import annotations

import numpy as np

from tests.gradcheck.findings.cases import backward_of, paired, randn


def labels(n, classes):
    """Labels in which neighbours differ and every class occurs unequally often."""
    return np.random.default_rng([n, classes]).integers(0, classes, n)


def one_hot(x, y):
    hot = np.zeros_like(x)
    hot[np.arange(len(y)), y] = 1
    return hot


def softmax(x):
    """Softmax over the last axis; cache the probabilities."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    out = e / e.sum(axis=-1, keepdims=True)
    return out, out


backward_of(softmax)(lambda dout, out: out * (dout - (dout * out).sum(axis=-1, keepdims=True)))


def cross_entropy(x, y):
    """Mean over the batch of -log softmax(x)[y]; cache (probabilities, y)."""
    probs, _ = softmax(x)
    shifted = x - x.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(x)), y].mean(), (probs, y)


backward_of(cross_entropy)(lambda dout, probs, y: dout * (probs - one_hot(probs, y)) / len(y))


def soft_labels(x, t):
    """Mean cross-entropy of logits x with target distributions t; cache (probabilities, t)."""
    probs, _ = softmax(x)
    return -(t * np.log(probs)).sum(axis=1).mean(), (probs, t)


backward_of(soft_labels)(lambda dout, probs, t: dout * (probs - t) / len(t))


TARGETS = softmax(randn(7, 4, seed=5))[0]


def nll(logp, y):
    """Mean negative log-likelihood of log-probabilities; cache (logp, y)."""
    return -logp[np.arange(len(y)), y].mean(), (logp, y)


backward_of(nll)(lambda dout, logp, y: -dout * one_hot(logp, y) / len(y))


def logistic(x, y):
    """Mean binary cross-entropy of logits x (N,); cache (probabilities, y)."""
    probs = 1 / (1 + np.exp(-x))
    return -(y * np.log(probs) + (1 - y) * np.log(1 - probs)).mean(), (probs, y)


backward_of(logistic)(lambda dout, probs, y: dout * (probs - y) / len(y))


def hinge(x, y):
    """Mean over the batch of the multiclass hinge loss; cache (margins, y)."""
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    return margins.sum() / len(x), (margins, y)


def violated(margins):
    """1 for every margin that is violated, else 0."""
    return (margins > 0).astype(margins.dtype)


@backward_of(hinge)
def hinge_backward(dout, margins, y):
    dx = violated(margins)
    dx[np.arange(len(y)), y] -= dx.sum(axis=1)
    return dout * dx / len(y)


def squared_hinge(x, y):
    """Mean over the batch of the squared margins; cache (margins, y)."""
    margins = np.maximum(0, 1 + x - x[np.arange(len(y)), y][:, None])
    margins[np.arange(len(y)), y] = 0
    return (margins**2).sum() / len(y), (margins, y)


@backward_of(squared_hinge)
def squared_hinge_backward(dout, margins, y):
    return dout * 2 * (margins - one_hot(margins, y) * margins.sum(axis=1)[:, None]) / len(y)


squared_error = paired("squared_error", lambda x, target: (((x - target) ** 2).mean(), (x, target)),
                       lambda dout, x, target: dout * 2 * (x - target) / x.size)


SCORES, LABELS, BINARY = randn(6, 5, seed=3), labels(6, 5), np.array([0, 1, 1, 0, 1, 0, 0])
SIX, CLASSES = np.array([2, 0, 1, 1, 3, 0]), np.array([1, 0, 3, 3, 2])


def loss_of(layer, y=LABELS):
    """The scalar function x -> loss of a loss layer."""
    return lambda x: layer(x, y)[0]


def gradient_of(layer, y=LABELS):
    """The gradient function of a loss that returns (loss, dx)."""
    return lambda x: layer(x, y)[1]
