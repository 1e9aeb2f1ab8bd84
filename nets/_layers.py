"""The layers that a fully-connected net is made of, as tables of pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    dropconnect_affine_backward,
    dropconnect_affine_forward,
    dropout_backward,
    dropout_forward,
    gaussian_dropout_backward,
    gaussian_dropout_forward,
    layernorm_backward,
    layernorm_forward,
    relu_backward,
    relu_forward,
)
from layers.arguments import Array


class Layer(NamedTuple):
    """A pair of `layers`: forward(x, *params) -> (out, cache), backward(dout, cache) -> dx, ..."""

    forward: Callable[..., tuple[Array, Any]]
    backward: Callable[..., Any]


class Step(NamedTuple):
    """One layer's trace on the tape: how to go back, with what, and whose gradients come out."""

    backward: Callable[..., Any]
    cache: Any
    names: tuple[str, ...]


AFFINE = Layer(affine_forward, affine_backward)
DROPCONNECT = Layer(dropconnect_affine_forward, dropconnect_affine_backward)
RELU = Layer(relu_forward, relu_backward)
NORMALIZATIONS = {
    "batchnorm": Layer(batchnorm_forward, batchnorm_backward),
    "layernorm": Layer(layernorm_forward, layernorm_backward),
}
# What the drop probability drives: noise on the activations, or on the weights.
ACTIVATION_NOISE = {
    "dropout": Layer(dropout_forward, dropout_backward),
    "gaussian": Layer(gaussian_dropout_forward, gaussian_dropout_backward),
}
NOISES = (*ACTIVATION_NOISE, "dropconnect")
