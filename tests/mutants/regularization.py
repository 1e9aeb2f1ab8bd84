"""Nets and penalized losses whose gradients are wrong, mostly in the L2 term."""

from __future__ import annotations

import itertools

import numpy as np

from . import Family, randn
from .forwards import cross_entropy, hinge

FAMILY = Family()
f32 = np.float32


class Net:
    """A relu net with 0.5 reg sum(W**2) in its loss; `spoil(net, grads)` spoils its gradients."""

    def __init__(self, sizes, reg, spoil, loss="softmax", dtype=np.float64):
        self.reg, self.spoil, self.layers, self.loss_name = reg, spoil, len(sizes) - 1, loss
        self.params = {}
        for i, (rows, columns) in enumerate(itertools.pairwise(sizes), start=1):
            self.params[f"W{i}"] = (0.7 * randn(rows, columns, seed=i)).astype(dtype)
            self.params[f"b{i}"] = (0.3 * randn(columns, seed=i)).astype(dtype)

    def weights(self):
        return [f"W{i}" for i in range(1, self.layers + 1)]

    def loss(self, X, y):
        h, inputs = X, []
        for i in range(1, self.layers + 1):
            inputs.append(h)
            h = h @ self.params[f"W{i}"] + self.params[f"b{i}"]
            h = np.maximum(h, 0) if i < self.layers else h
        loss, d = scores_loss(self.loss_name, h, y)
        grads = {}
        for i in range(self.layers, 0, -1):
            grads[f"W{i}"] = inputs[i - 1].T @ d + self.reg * self.params[f"W{i}"]
            grads[f"b{i}"] = d.sum(axis=0)
            d = (d @ self.params[f"W{i}"].T) * (inputs[i - 1] > 0)
        for name in self.weights():
            loss = loss + 0.5 * self.reg * np.sum(self.params[name] ** 2)
        self.spoil(self, grads)
        return loss, grads


def scores_loss(name, scores, y):
    """The loss of the scores and its right gradient."""
    rows = np.arange(len(y))
    if name == "softmax":
        loss, (d, _) = cross_entropy(scores, y)
    else:
        loss, (margins, _) = hinge(scores, y)
        d = (margins > 0).astype(scores.dtype)
        d[rows, y] = -d.sum(axis=1) + 1
    d[rows, y] -= 1
    return loss, d / len(y)


def wrong_net(code, sizes, reg=0.1, n=7, loss="softmax", dtype=np.float64, also=()):
    """Register the decorated `spoil` as a net of the given sizes."""
    X, y = randn(n, sizes[0], dtype=dtype), np.arange(n) ** 2 % sizes[-1]

    def register(spoil):
        def make():
            return Net(sizes, reg, spoil, loss, dtype)

        make.__name__ = f"{spoil.__name__}_{'-'.join(map(str, sizes))}"
        FAMILY.net(code, X, y, also=also)(make)
        return spoil

    return register


@wrong_net("regularization-missing", (5, 6, 3))
@wrong_net("regularization-missing", (4, 3), reg=0.5, loss="hinge")
@wrong_net("regularization-missing", (6, 5, 4, 3), reg=0.01, dtype=f32)
def weight_decay_only_in_the_loss(net, grads):
    for name in net.weights():
        grads[name] -= net.reg * net.params[name]


@wrong_net("regularization-missing", (5, 4, 3), reg=0.2)
def last_layer_not_decayed(net, grads):
    last = net.weights()[-1]
    grads[last] -= net.reg * net.params[last]


@wrong_net("regularization-doubled", (4, 6, 3))
@wrong_net("regularization-doubled", (5, 4), reg=0.3, loss="hinge")
@wrong_net("regularization-doubled", (3, 5, 4), reg=0.05, dtype=f32)
def weight_decay_with_a_factor_of_two(net, grads):
    for name in net.weights():
        grads[name] += net.reg * net.params[name]


@wrong_net("regularization-halved", (6, 4, 3))
@wrong_net("regularization-halved", (4, 5), reg=0.4)
def weight_decay_with_the_factor_of_the_loss(net, grads):
    for name in net.weights():
        grads[name] -= 0.5 * net.reg * net.params[name]


@wrong_net("regularization-sign", (5, 3, 4))
@wrong_net("regularization-sign", (6, 3), reg=0.02, loss="hinge")
def weight_decay_subtracted(net, grads):
    for name in net.weights():
        grads[name] -= 2 * net.reg * net.params[name]


@wrong_net("regularization-on-bias", (4, 5, 3))
@wrong_net("regularization-on-bias", (5, 4), reg=0.3, loss="hinge")
@wrong_net("regularization-on-bias", (6, 4, 5, 3), reg=0.2, dtype=f32)
def biases_decayed_too(net, grads):
    for name in net.weights():
        bias = name.replace("W", "b")
        grads[bias] += net.reg * net.params[bias]


@wrong_net("isolated-elements", (20, 30, 10), n=9)
def one_weight_among_hundreds(net, grads):
    grads["W1"][7, 11] += 0.5


@wrong_net("zero-gradient", (5, 7, 4))
def first_bias_never_moves(net, grads):
    grads["b1"][...] = 0


@wrong_net("sign-flipped", (4, 6, 3), reg=0.0)
def last_weights_ascend(net, grads):
    grads["W2"] *= -1


@wrong_net("not-normalized", (5, 6, 3), reg=0.0, n=8)
def softmax_not_averaged(net, grads):
    for name in grads:
        grads[name] *= 8


@wrong_net("transposed", (6, 5, 5, 3))
def hidden_weights_transposed(net, grads):
    grads["W2"] = grads["W2"].T.copy()


X, TARGET = randn(8, 4), randn(8, 3)


def ridge(params):
    """Mean squared error of an affine model, plus 0.5 reg sum(W**2) with reg = 0.3."""
    residual = X @ params["W"] + params["b"] - TARGET
    return 0.5 * (residual**2).sum() / len(X) + 0.15 * (params["W"] ** 2).sum()


def ridge_gradient(params, reg_w=0.3, reg_b=0.0):
    residual = X @ params["W"] + params["b"] - TARGET
    return {"W": X.T @ residual / len(X) + reg_w * params["W"],
            "b": residual.mean(axis=0) + reg_b * params["b"]}


START = {"W": randn(4, 3), "b": randn(3)}
wrong_ridge = {"x": START, "constants": {"reg": 0.3}}


@FAMILY.gradient("regularization-missing", ridge, **wrong_ridge)
def ridge_without_its_penalty(params):
    return ridge_gradient(params, reg_w=0)


@FAMILY.gradient("regularization-doubled", ridge, **wrong_ridge)
def ridge_with_twice_its_penalty(params):
    return ridge_gradient(params, reg_w=0.6)


@FAMILY.gradient("regularization-halved", ridge, **wrong_ridge)
def ridge_with_half_its_penalty(params):
    return ridge_gradient(params, reg_w=0.15)


@FAMILY.gradient("regularization-sign", ridge, **wrong_ridge)
def ridge_rewards_large_weights(params):
    return ridge_gradient(params, reg_w=-0.3)


@FAMILY.gradient("regularization-on-bias", ridge, **wrong_ridge)
def ridge_decays_its_bias(params):
    return ridge_gradient(params, reg_b=0.3)
