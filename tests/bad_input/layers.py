"""Wrong arguments of the layers, the losses and the blocks (those of dropout have their own table).

A row is a correct call in which one thing is replaced: `wrong(name, function, {argument: value})`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import layers as L
from tests.bad_input import BadCall

NAN = float("nan")
ACTIVATIONS = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "gelu", "softplus", "silu")
RIGHT: dict[str, Callable[[], Any]] = {
    "x": lambda: np.linspace(-1, 1, 12).reshape(4, 3),
    "w": lambda: np.linspace(-1, 1, 6).reshape(3, 2),
    "b": lambda: np.zeros(2),
    "gamma": lambda: np.ones(3),
    "beta": lambda: np.zeros(3),
    "bn_param": lambda: {"mode": "train"},
    "ln_param": dict,
    "dropout_param": lambda: {"mode": "train", "p": 0.5, "seed": 1},
    "y": lambda: np.array([0, 1, 2, 1]),
}


def wrong(
    name: str,
    call: Callable[..., Any],
    changes: Mapping[str, Any],
    *words: str,
    error: type[Exception] = ValueError,
) -> BadCall:
    """One row: `call` with its right arguments, save for the changed ones."""
    def make() -> tuple[Any, ...]:
        names = list(inspect.signature(call).parameters)
        given = [name for name in names if name in RIGHT or name in changes]
        return tuple(changes[name] if name in changes else RIGHT[name]() for name in given)

    return BadCall(f"{call.__name__}: {name}", call, make, error, words)


def wrong_dout(name: str, make_cache: Callable[[], Any], dout: Any) -> BadCall:
    """One row: the backward of layer `name` with a dout that does not fit its cache."""
    backward = getattr(L, f"{name}_backward")
    return BadCall(f"{backward.__name__}: dout of another shape", backward,
                   lambda: (dout, make_cache()), ValueError,
                   ("dout", str(dout.shape), "expected shape (4, ", "cache"))


def cache_of(name: str) -> Any:
    """Return the cache of a right forward call of the layer `name`."""
    forward = getattr(L, f"{name}_forward")
    arguments = [RIGHT[p]() for p in inspect.signature(forward).parameters if p in RIGHT]
    return forward(*arguments)[1]


def running(**changes: Any) -> dict[str, Any]:
    return {"mode": "test", "running_mean": np.zeros(3), "running_var": np.ones(3), **changes}


SHAPES = [
    wrong("x of rank 1", L.affine_forward, {"x": np.ones(3)}, "x", "(3,)", "at least 2"),
    wrong("w of rank 1", L.affine_forward, {"w": np.ones(3)}, "w", "2 dimensions"),
    wrong("w of rank 3", L.affine_forward, {"w": np.ones((3, 2, 1))}, "w", "2 dimensions"),
    wrong("w transposed", L.affine_forward, {"w": np.ones((2, 3))}, "w", "D = 3", "transpose"),
    wrong("b as a column", L.affine_forward, {"b": np.ones((2, 1))}, "b", "1 dimension"),
    wrong("b too long", L.affine_forward, {"b": np.ones(3)}, "b", "(3,)", "(2,)"),
    wrong("x and w disagree", L.affine_forward, {"x": np.ones((4, 2, 2))}, "w", "D = 4"),
    wrong("x of rank 1", L.batchnorm_forward, {"x": np.ones(3)}, "x", "2 dimensions"),
    wrong("x of rank 4", L.batchnorm_forward, {"x": np.ones((2, 3, 4, 4))}, "x", "2 dimensions"),
    wrong("gamma too short", L.batchnorm_forward, {"gamma": np.ones(2)}, "gamma", "(2,)", "(3,)"),
    wrong("gamma as a row", L.batchnorm_forward, {"gamma": np.ones((1, 3))}, "gamma", "1 dim"),
    wrong("beta too short", L.batchnorm_forward, {"beta": np.ones(2)}, "beta", "(2,)", "(3,)"),
    wrong("no samples", L.batchnorm_forward, {"x": np.ones((0, 3))}, "x", "at least one sample"),
    wrong("x of rank 3", L.layernorm_forward, {"x": np.ones((2, 2, 3))}, "x", "2 dimensions"),
    wrong("gamma too long", L.layernorm_forward, {"gamma": np.ones(4)}, "gamma", "(4,)", "(3,)"),
    wrong("beta per sample", L.layernorm_forward, {"beta": np.ones(4)}, "beta", "(4,)", "(3,)"),
    wrong("no features", L.layernorm_forward,
          {"x": np.ones((4, 0)), "gamma": np.ones(0), "beta": np.ones(0)}, "x", "one feature"),
    *(wrong("x of rank 1", loss, {"x": np.ones(4)}, "x", "2 dimensions")
      for loss in (L.softmax_loss, L.svm_loss)),
    *(wrong("no samples", loss, {"x": np.ones((0, 3)), "y": np.zeros(0, int)}, "x", "one sample")
      for loss in (L.softmax_loss, L.svm_loss)),
    *(wrong("one-hot labels", loss, {"y": np.eye(4, 3, dtype=int)}, "y", "(4, 3)", "one-hot")
      for loss in (L.softmax_loss, L.svm_loss)),
    *(wrong("a label too few", loss, {"y": np.array([0, 1, 2])}, "y", "(3,)", "(4,)")
      for loss in (L.softmax_loss, L.svm_loss)),
    wrong("targets that would broadcast", L.mse_loss, {"y": np.ones((4, 1))}, "y", "(4, 1)"),
    wrong("nothing to compare", L.mse_loss, {"x": np.ones((0, 3)), "y": np.ones((0, 3))}, "x"),
]

KINDS = [
    *(wrong("integers", getattr(L, f"{name}_forward"), {"x": np.arange(3)}, "x", "int64",
            "astype(np.float64)", error=TypeError) for name in ACTIVATIONS),
    wrong("a list", L.relu_forward, {"x": [1.0, 2.0]}, "x", "np.asarray", error=TypeError),
    wrong("complex numbers", L.gelu_forward, {"x": np.ones(2, complex)}, "x", error=TypeError),
    wrong("booleans", L.tanh_forward, {"x": np.ones(2, bool)}, "x", "bool", error=TypeError),
    wrong("a masked array", L.silu_forward, {"x": np.ma.ones(2)}, "x", "Masked", error=TypeError),
    wrong("x of integers", L.affine_forward, {"x": np.ones((4, 3), int)}, "x", error=TypeError),
    wrong("w of integers", L.affine_forward, {"w": np.ones((3, 2), int)}, "w", error=TypeError),
    wrong("b a number", L.affine_forward, {"b": 0.0}, "b", "NumPy array", error=TypeError),
    wrong("x None", L.affine_forward, {"x": None}, "x", "None", error=TypeError),
    wrong("x of integers", L.batchnorm_forward, {"x": np.ones((4, 3), int)}, "x", error=TypeError),
    wrong("gamma a number", L.layernorm_forward, {"gamma": 1.0}, "gamma", error=TypeError),
    wrong("bn_param None", L.batchnorm_forward, {"bn_param": None}, "bn_param", error=TypeError),
    wrong("ln_param a number", L.layernorm_forward, {"ln_param": 1e-5}, "ln_param", "dict",
          error=TypeError),
    wrong("a slope as text", L.leaky_relu_forward, {"negative_slope": "0.1"}, "negative_slope",
          error=TypeError),
    *(wrong("float labels", loss, {"y": np.array([0.0, 1.0, 2.0, 1.0])}, "y", "float64", "integer",
            error=TypeError) for loss in (L.softmax_loss, L.svm_loss)),
    *(wrong("boolean labels", loss, {"y": np.ones(4, bool)}, "y", "bool", error=TypeError)
      for loss in (L.softmax_loss, L.svm_loss)),
    wrong("labels in a list", L.softmax_loss, {"y": [0, 1, 2, 1]}, "y", error=TypeError),
    wrong("integer scores", L.softmax_loss, {"x": np.ones((4, 3), int)}, "x", error=TypeError),
    wrong("integer targets", L.mse_loss, {"y": np.ones((4, 3), int)}, "y", error=TypeError),
]

VALUES = [
    *(wrong(f"NaN in {p}", L.affine_forward, {p: RIGHT[p]() * NAN}, p, "NaN") for p in ("w", "b")),
    *(wrong(f"NaN in {p}", forward, {p: np.array([1.0, NAN, 1.0])}, p, "NaN")
      for forward in (L.batchnorm_forward, L.layernorm_forward) for p in ("gamma", "beta")),
    *(wrong(f"eps = {eps}", L.batchnorm_forward, {"bn_param": {"mode": "train", "eps": eps}},
            "bn_param['eps']", "> 0") for eps in (0.0, -1e-5, NAN, np.inf)),
    *(wrong(f"eps = {eps}", L.layernorm_forward, {"ln_param": {"eps": eps}},
            "ln_param['eps']", "> 0") for eps in (0.0, -1e-5, NAN)),
    *(wrong(f"momentum = {m}", L.batchnorm_forward, {"bn_param": {"mode": "train", "momentum": m}},
            "bn_param['momentum']", "0 <= momentum <= 1") for m in (-0.1, 1.1, NAN)),
    wrong("an unknown mode", L.batchnorm_forward, {"bn_param": {"mode": "eval"}},
          "bn_param['mode']", "'eval'", "'train' or 'test'"),
    wrong("no mode", L.batchnorm_forward, {"bn_param": {"eps": 1e-5}}, "bn_param", "'mode'",
          error=KeyError),
    wrong("a running mean of another width", L.batchnorm_forward,
          {"bn_param": running(running_mean=np.zeros(2))}, "running_mean", "(2,)", "(3,)"),
    wrong("NaN in the running variance", L.batchnorm_forward,
          {"bn_param": running(running_var=np.full(3, NAN))}, "running_var", "NaN"),
    wrong("a negative running variance", L.batchnorm_forward,
          {"bn_param": running(running_var=np.array([1.0, -1.0, 1.0]))}, "running_var", "negative"),
    wrong("a slope of NaN", L.leaky_relu_forward, {"negative_slope": NAN}, "negative_slope"),
    wrong("an infinite alpha", L.elu_forward, {"alpha": np.inf}, "alpha", "finite"),
    *(wrong("a label equal to C", loss, {"y": np.array([0, 1, 3, 1])}, "y", "0 to 3", "y < 3")
      for loss in (L.softmax_loss, L.svm_loss)),
    *(wrong("a negative label", loss, {"y": np.array([0, -1, 2, 1])}, "y", "-1 to 2", "y < 3")
      for loss in (L.softmax_loss, L.svm_loss)),
]

BACKWARDS = [
    *(wrong_dout(name, lambda name=name: cache_of(name), np.ones((3, 4)))
      for name in (*ACTIVATIONS, "affine", "batchnorm", "layernorm", "affine_relu")),
    BadCall("batchnorm_backward_alt: dout of another shape", L.batchnorm_backward_alt,
            lambda: (np.ones(3), cache_of("batchnorm")), ValueError, ("dout", "(3,)", "(4, 3)")),
    *(BadCall(f"{name}_backward: no cache", getattr(L, f"{name}_backward"),
              lambda: (np.ones((4, 3)), None), TypeError, ("cache", f"{name}_forward"))
      for name in (*ACTIVATIONS, "affine", "batchnorm", "layernorm", "affine_relu")),
    BadCall("affine_backward: an integer dout", L.affine_backward,
            lambda: (np.ones((4, 2), int), cache_of("affine")), TypeError, ("dout", "int64")),
    *(BadCall(f"{name}_backward: a cache of {size} times {entry!r}", getattr(L, f"{name}_backward"),
              lambda size=size, entry=entry: (np.ones((4, 3)), (entry,) * size), TypeError,
              ("cache", f"{name}_forward", "its own forward"))
      for name, size in (("affine", 3), ("batchnorm", 6), ("layernorm", 5), ("leaky_relu", 2),
                         ("elu", 2), ("dropconnect_affine", 2))
      for entry in (1, None, {})),
    *(wrong("long double", getattr(L, f"{name}_forward"), {"x": np.ones((4, 3), np.longdouble)},
            "x", "float64", error=TypeError)
      for name in (*ACTIVATIONS, "affine", "batchnorm", "layernorm")),
    *(wrong("a matrix", getattr(L, f"{name}_forward"), {"x": np.ones((4, 3)).view(np.matrix)},
            "x", "plain array", error=TypeError)
      for name in (*ACTIVATIONS, "affine", "batchnorm", "layernorm")),
    BadCall("layernorm_backward: the cache of batchnorm", L.layernorm_backward,
            lambda: (np.ones((4, 3)), cache_of("batchnorm")), ValueError, ("tuple of 6", "cache")),
]

BLOCKS = [
    wrong("w transposed", L.affine_relu_forward, {"w": np.ones((2, 3))}, "w", "transpose"),
    wrong("gamma of the wrong width", L.affine_bn_relu_forward, {}, "gamma", "(3,)", "(2,)"),
    wrong("gamma of the wrong width", L.affine_ln_relu_forward, {}, "gamma", "(3,)", "(2,)"),
    wrong("p = 1", L.affine_relu_dropout_forward, {"dropout_param": {"mode": "train", "p": 1.0}},
          "dropout_param['p']", "p < 1"),
    wrong("a bad mode after a right batchnorm", L.affine_bn_relu_dropout_forward,
          {"gamma": np.ones(2), "beta": np.ones(2), "dropout_param": {"mode": "on", "p": 0.5}},
          "dropout_param['mode']", "'on'"),
    wrong("no p", L.affine_ln_relu_dropout_forward,
          {"gamma": np.ones(2), "beta": np.ones(2), "dropout_param": {"mode": "train"}},
          "dropout_param", "'p'", error=KeyError),
]

CASES = (*SHAPES, *KINDS, *VALUES, *BACKWARDS, *BLOCKS)
