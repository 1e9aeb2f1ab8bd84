"""The package's own layers, losses and nets, and the nets of this folder, which must pass."""

from __future__ import annotations

import numpy as np

import gradcheck
import layers
import nets

from . import Correct, randn
from .correct import CORRECT
from .regularization import Net

f16, f32 = np.float16, np.float32

ROWS = randn(6, 5)
SCALE, SHIFT = 1 + randn(5) ** 2, randn(5)


def train(**entries):
    """A training-mode parameter dict."""
    return {"mode": "train", **entries}


LAYERS = [
    ("affine", randn(4, 2, 3), randn(6, 5), randn(5)),
    ("relu", randn(5, 7, dtype=f32)),
    ("elu", randn(4, 6)),
    ("leaky_relu", np.round(randn(5, 6))),
    ("sigmoid", 300 * randn(4, 5)),
    ("tanh", randn(3, 4, dtype=f16)),
    ("gelu", 3 * randn(6, 4)),
    ("silu", randn(5, 5, dtype=f32)),
    ("softplus", 50 * randn(4, 4)),
    ("dropout", randn(7, 6), train(p=0.3, seed=5)),
    ("dropout", randn(7, 6, dtype=f16), train(p=0.6, seed=6)),
    ("dropout", randn(4, 6), {"mode": "test", "p": 0.3}),
    ("vanilla_dropout", randn(5, 6), {"mode": "test", "p": 0.3}),
    ("vanilla_dropout", randn(5, 6, dtype=f32), train(p=0.3, seed=2)),
    ("batchnorm", ROWS, SCALE, SHIFT, train()),
    ("batchnorm", randn(2, 5, dtype=f32), SCALE.astype(f32), SHIFT.astype(f32), train()),
    ("layernorm", 500 * randn(4, 2, dtype=f32), np.ones(2, f32), np.zeros(2, f32), {}),
    ("batchnorm", ROWS, SCALE, SHIFT, {"mode": "test", "running_mean": randn(5),
                                       "running_var": 1 + randn(5) ** 2}),
    ("layernorm", ROWS, SCALE, SHIFT, {}),
    ("affine_relu", randn(4, 6), randn(6, 5), randn(5)),
    ("affine_relu_dropout", randn(4, 6), randn(6, 5), randn(5), train(p=0.4, seed=1)),
    ("affine_bn_relu", randn(7, 4), randn(4, 5), randn(5), SCALE, SHIFT, train()),
    ("affine_ln_relu", randn(5, 4), randn(4, 5), randn(5), SCALE, SHIFT, {}),
]

for name, *args in LAYERS:
    forward, backward = (getattr(layers, f"{name}_{way}") for way in ("forward", "backward"))
    CORRECT.append(Correct(
        f"layers.{name} #{len(CORRECT)}",
        lambda forward=forward, backward=backward, args=args: gradcheck.check_layer(
            forward, backward, *args)))

LABELS = np.array([0, 2, 1, 4, 4, 3])
LOSSES = [
    ("softmax_loss", ROWS, LABELS),
    ("softmax_loss", 1e4 * ROWS, LABELS),
    ("softmax_loss", 3e3 * ROWS.astype(f32), LABELS),
    ("softmax_loss", 16 * randn(2, 3, seed=4), np.array([0, 1])),
    ("softmax_loss", 30 * randn(2, 3, seed=77), np.array([0, 1])),
    ("softmax_loss", 100 * randn(2, 3, seed=25), np.array([0, 1])),
    ("svm_loss", ROWS.astype(f32), LABELS),
    ("mse_loss", ROWS, randn(6, 5, seed=1)),
]

for name, x, y in LOSSES:
    loss = getattr(layers, name)
    CORRECT.append(Correct(
        f"layers.{name} #{len(CORRECT)}",
        lambda loss=loss, x=x, y=y: gradcheck.check_gradient(
            lambda x: loss(x, y)[0], lambda x: loss(x, y)[1], x)))


def add_net(name, make, n, inputs, classes, dtype=np.float64):
    """Register a net made afresh for every check."""
    X, y = randn(n, inputs, dtype=dtype), np.arange(n) ** 2 % classes
    CORRECT.append(Correct(name, lambda: gradcheck.check_net(make(), X, y)))


def fully_connected(*hidden, **options):
    """Return a maker of FullyConnectedNets on 6 inputs and 4 classes."""
    options = {"weight_scale": 0.5, "dtype": np.float64, "rng": np.random.default_rng(0)} | options
    return lambda: nets.FullyConnectedNet(list(hidden), 6, 4, **options)


def untouched(net, grads):
    """Spoil nothing."""


add_net("small_net", lambda: Net((5, 6, 3), 0.1, untouched), 7, 5, 3)
add_net("small_hinge_net", lambda: Net((4, 8, 5, 3), 0.0, untouched, "hinge"), 9, 4, 3)
add_net("small_net_float32", lambda: Net((5, 6, 3), 0.1, untouched, dtype=f32), 7, 5, 3, f32)
add_net("FullyConnectedNet", fully_connected(7, 5, reg=0.3), 8, 6, 4)
add_net("FullyConnectedNet_dropout", fully_connected(9, dropout=0.4, seed=3), 8, 6, 4)
add_net("FullyConnectedNet_batchnorm", fully_connected(7, 5, normalization="batchnorm"), 8, 6, 4)
add_net("FullyConnectedNet_float32", fully_connected(10, 8, reg=0.1, dtype=f32), 8, 6, 4, f32)
add_net("TwoLayerNet", lambda: nets.TwoLayerNet(6, 9, 4, weight_scale=0.5, reg=0.2,
                                                rng=np.random.default_rng(1)), 8, 6, 4)
