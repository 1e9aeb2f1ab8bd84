"""A small net and a ridge regression, whose penalized gradients can be spoiled."""

from __future__ import annotations

import itertools

import numpy as np

from tests.gradcheck.findings.cases import PASSED, randn
from tests.gradcheck.findings.forwards.losses import cross_entropy, hinge

LOSSES = {"softmax": cross_entropy, "hinge": hinge}


class Net:
    """A relu net with 0.5 reg sum(W**2) in its loss; `spoil(net, grads)` spoils its gradients."""

    def __init__(self, sizes, reg, spoil, loss="softmax", dtype=np.float64):
        self.reg, self.spoil, self.layers = reg, spoil, len(sizes) - 1
        self.of_scores = LOSSES.get(loss, loss)
        self.params = {}
        for i, (rows, columns) in enumerate(itertools.pairwise(sizes), start=1):
            self.params[f"W{i}"] = (0.7 * randn(rows, columns, seed=i)).astype(dtype)
            self.params[f"b{i}"] = (0.3 * randn(columns, seed=i)).astype(dtype)

    def loss(self, X, y):
        h, inputs = X, []
        for i in range(1, self.layers + 1):
            inputs.append(h)
            h = h @ self.params[f"W{i}"] + self.params[f"b{i}"]
            h = np.maximum(h, 0) if i < self.layers else h
        loss, cache = self.of_scores(h, y)
        d, grads = self.of_scores.backward(1.0, cache), {}
        for i in range(self.layers, 0, -1):
            grads[f"W{i}"] = inputs[i - 1].T @ d + self.reg * self.params[f"W{i}"]
            grads[f"b{i}"] = d.sum(axis=0)
            d = (d @ self.params[f"W{i}"].T) * (inputs[i - 1] > 0)
            loss = loss + 0.5 * self.reg * np.sum(self.params[f"W{i}"] ** 2)
        self.spoil(self, grads)
        return loss, grads


def untouched(net, grads):
    """Spoil nothing."""


def decayed(by, of="W", last=False):
    """Return a spoiler that decays the parameters `of` a kind by so much, or the last of them."""
    def spoil(net, grads):
        for i in range(net.layers if last else 1, net.layers + 1):
            grads[f"{of}{i}"] += by * net.reg * net.params[f"{of}{i}"]
    return spoil


def spoiled_net(cases, name, spoil, *sizes, reg=0.1, n=7, loss="softmax", dtype=np.float64,
                code=None):
    """Register a net of the given sizes whose gradients `spoil(net, grads)` spoils."""
    X, y = randn(n, sizes[0], dtype=dtype), np.arange(n) ** 2 % sizes[-1]
    name = f"{name}_{'-'.join(map(str, sizes))}"
    cases.net(name, lambda: Net(sizes, reg, spoil, loss, dtype), X, y, code=code)
    if Net not in cases.twins and loss in LOSSES:
        cases.twins.add(Net)
        right_net(cases, *sizes, reg=reg, n=n, loss=loss, dtype=dtype)


def right_net(cases, *sizes, **options):
    """Register a net that is right."""
    spoiled_net(cases, "right_net", untouched, *sizes, code=PASSED, **options)


X, TARGET = randn(8, 4), randn(8, 3)
START = {"W": randn(4, 3), "b": randn(3)}


def ridge(params):
    """Mean squared error of an affine model, plus 0.5 reg sum(W**2) with reg = 0.3."""
    residual = X @ params["W"] + params["b"] - TARGET
    return 0.5 * (residual**2).sum() / len(X) + 0.15 * (params["W"] ** 2).sum()


def spoiled_ridge(cases, name, reg_w=0.3, reg_b=0.0, **options):
    """Register a gradient of `ridge` with penalties of its own."""
    def gradient(params):
        residual = X @ params["W"] + params["b"] - TARGET
        return {"W": X.T @ residual / len(X) + reg_w * params["W"],
                "b": residual.mean(axis=0) + reg_b * params["b"]}

    cases.gradient(name, ridge, gradient, START, constants={"reg": 0.3}, **options)
