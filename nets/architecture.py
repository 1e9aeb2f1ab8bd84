"""What a fully-connected net is made of: tables of layers, and the arguments that choose them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

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
from layers.affine import affine_parameter_gradients
from layers.arguments import Array, flag, floating, one_of, refuse, refuse_nan
from nets.arguments import Rng, whole


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
# What the first layer runs in place of its backward: nothing is computed for the data's gradient.
OF_PARAMETERS: dict[Callable[..., Any], Callable[..., tuple[Array, ...]]] = {
    affine_backward: affine_parameter_gradients,
}
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


def gradients_of(tape: Sequence[Step], dout: Array) -> dict[str, Array]:
    """Walk a tape back from the gradient of its last output; return those of the parameters.

    Examples
    --------
    >>> _, cache = AFFINE.forward(np.ones((1, 2)), np.eye(2), np.zeros(2))
    >>> gradients_of([Step(AFFINE.backward, cache, ("W1", "b1"))], np.ones((1, 2)))["b1"]
    array([1., 1.])
    """
    grads: dict[str, Array] = {}
    learned = next((i for i, step in enumerate(tape) if step.names), None)
    if learned is None:
        return grads
    first, *others = tape[learned:]  # what comes before has no parameters
    for step in reversed(others):
        result = step.backward(dout, step.cache)
        dout, *rest = result if isinstance(result, tuple) else (result,)
        grads.update(zip(step.names, rest, strict=True))
    alone = OF_PARAMETERS.get(first.backward)
    found = alone(dout, first.cache) if alone else first.backward(dout, first.cache)[1:]
    grads.update(zip(first.names, found, strict=True))
    return grads


def layer_widths(hidden_dims: Iterable[int], input_dim: int, num_classes: int) -> list[int]:
    """Return the widths of all layers, the input and the scores included.

    Examples
    --------
    >>> layer_widths([100, 50], input_dim=64, num_classes=10)
    [64, 100, 50, 10]
    """
    try:
        hidden = list(hidden_dims)
    except TypeError:
        refuse("hidden_dims", hidden_dims, "a sequence of whole numbers",
               "pass [100] for one hidden layer of 100 units", TypeError)
    if not hidden:
        refuse("hidden_dims", hidden_dims, "at least one hidden layer", "pass for example [100]")
    return [
        whole("input_dim", input_dim, low=1),
        *(whole(f"hidden_dims[{i}]", width, low=1) for i, width in enumerate(hidden)),
        whole("num_classes", num_classes, low=1),
    ]


def normalization_kind(normalization: str | None, use_batchnorm: bool) -> str | None:
    """Return the key of NORMALIZATIONS that either argument asks for, or None.

    Examples
    --------
    >>> normalization_kind(None, use_batchnorm=True)
    'batchnorm'
    """
    use_batchnorm = flag("use_batchnorm", use_batchnorm)
    if normalization is None:
        return "batchnorm" if use_batchnorm else None
    kind = one_of("normalization", normalization, tuple(NORMALIZATIONS))
    if use_batchnorm and kind != "batchnorm":
        refuse("normalization", f"{kind!r} together with use_batchnorm=True", "one of the two",
               "leave use_batchnorm away")
    return kind


def draw_params(
    widths: Sequence[int], normalized: bool, scale: float, rng: Rng
) -> dict[str, Array]:
    """Draw weights of standard deviation `scale`, W1 first; the rest starts at 0, gamma at 1.

    Examples
    --------
    >>> params = draw_params([4, 3, 2], True, 0.01, np.random.default_rng(0))
    >>> list(params)
    ['W1', 'b1', 'gamma1', 'beta1', 'W2', 'b2']
    """
    params: dict[str, Array] = {}
    draw = (np.random if rng is None else rng).standard_normal
    last = len(widths) - 1
    for i, (fan_in, fan_out) in enumerate(pairwise(widths), start=1):
        params[f"W{i}"] = scale * draw((fan_in, fan_out))
        params[f"b{i}"] = np.zeros(fan_out)
        if normalized and i < last:
            params[f"gamma{i}"] = np.ones(fan_out)
            params[f"beta{i}"] = np.zeros(fan_out)
    return params


def check_params(params: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse parameters that are missing or misshapen, by their names; NaN shows in the scores.

    Examples
    --------
    >>> check_params({"W1": np.ones((2, 3))}, {"W1": (3, 2)})
    Traceback (most recent call last):
    ValueError: W1: got a float64 array of shape (2, 3); expected shape (3, 2). Remedy: assign ...
    """
    for name, shape in shapes.items():
        if name not in params:
            refuse("params", f"the keys {sorted(params)}", f"{name!r} among them",
                   "put the parameter back")
        value = floating(name, params[name], ndim=len(shape))
        if value.shape != shape:
            refuse(name, value, f"shape {shape}", "assign an array of the parameter's shape")


def run_layer(layer: Layer, x: Array, params: Mapping[str, Array],
              param: dict[str, Any] | None = None) -> tuple[Array, Step]:
    """Run a layer forward; return its output and its step of the tape.

    A parameter that holds NaN is refused by its name in the net.

    Examples
    --------
    >>> run_layer(AFFINE, np.ones((1, 1)), {"W1": np.ones((1, 1)), "b1": np.array([np.nan])})
    Traceback (most recent call last):
    ValueError: b1: got NaN in it; expected finite numbers. Remedy: find the update ...
    """
    try:
        out, cache = layer.forward(x, *params.values(), *(() if param is None else (param,)))
    except ValueError:
        for name, value in params.items():
            refuse_nan(value, **{name: value})
        raise
    return out, Step(layer.backward, cache, tuple(params))


def training_noise(p: float, seed: int | None, rng: Rng) -> dict[str, Any]:
    """Return the dropout_param of a net that starts to train.

    Examples
    --------
    >>> training_noise(0.5, 3, None)
    {'mode': 'train', 'p': 0.5, 'seed': 3}
    """
    param = {"mode": "train", "p": p}
    if seed is not None:
        return {**param, "seed": seed}
    return param if rng is None else {**param, "rng": rng}


def noise_of_layer(param: dict[str, Any], i: int, p: float) -> dict[str, Any]:
    """Return the dropout_param of layer i: a p of its own and, under a fixed seed, a seed.

    Examples
    --------
    >>> noise_of_layer({"mode": "train", "keep_prob": 0.5}, 1, p=0.2)
    {'mode': 'train', 'p': 0.2}
    """
    own = {key: value for key, value in param.items() if key != "keep_prob"}
    return with_own_seed({**own, "p": p}, i)


def with_own_seed(param: dict[str, Any], i: int) -> dict[str, Any]:
    """Return the dropout_param of layer i: under a fixed seed, every layer gets one of its own.

    With one seed for all of them, units of one index would be dropped together in all layers.

    Examples
    --------
    >>> one, two = (with_own_seed({"p": 0.5, "seed": 0}, i) for i in (1, 2))
    >>> one["seed"] == two["seed"]
    False
    """
    if param.get("seed") is None:
        return param
    seed = whole("dropout_param['seed']", param["seed"], low=0)
    words = np.random.SeedSequence((seed, i)).generate_state(2)
    own = {**param, "seed": int(words[0]) << 31 | int(words[1]) >> 1}
    own.pop("rng", None)
    return own
