"""The values of elementwise functions, and of those along a row."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Fitted, Reference, Slip, Value
from gradcheck.reference.smooth import expit, log_softmax, softmax


def relu(x: Array, /, **_: Any) -> Array:
    """Return max(x, 0)."""
    return np.maximum(x, 0)


def sigmoid(x: Array, /, **_: Any) -> Array:
    """Return 1 / (1 + exp(-x))."""
    return expit(x)


def tanh(x: Array, /, **_: Any) -> Array:
    """Return tanh(x)."""
    return np.tanh(x)


def softplus(x: Array, beta: float = 1.0) -> Array:
    """Return log(1 + exp(beta x)) / beta."""
    return np.asarray(np.logaddexp(0, beta * x) / beta)


def _leaky(x: Array, slope: float) -> Array:
    return np.where(x > 0, x, slope * x)


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _celu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def _selu(x: Array, scale: float, alpha: float) -> Array:
    return scale * _elu(x, alpha)


def _swish(x: Array, beta: float) -> Array:
    return x * expit(beta * x)


def _hard_sigmoid(x: Array, slope: float) -> Array:
    return np.clip(slope * x + 0.5, 0, 1)


def _gelu(x: Array, **_: Any) -> Array:
    from scipy.special import erf  # slow to import

    return np.asarray(x * (1 + erf(x / np.sqrt(2))) / 2)


def _gelu_by_tanh(x: Array, **_: Any) -> Array:
    return np.asarray(x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2)


def _prelu(x: Array, alpha: Any, **_: Any) -> Array:
    return np.where(x > 0, x, alpha * x)


def _unit_rows(x: Array, axis: int = -1, **_: Any) -> Array:
    return np.asarray(x / np.linalg.norm(x, axis=axis, keepdims=True))


def _plain(told: str, value: Value, *slips: Slip) -> Reference:
    """Return the reference of a function of x alone."""
    return Reference(told, lambda x, **_: value(x), slips=slips)


def _chosen(told: str, fitted: Fitted, *slips: Slip) -> Reference:
    """Return the reference of a function with constants, which are those of `fitted` to begin."""
    return Reference(told, lambda x, **_: fitted.value(x, *fitted.start), {}, fitted, slips)


def _one(name: str, value: Value, start: float, low: float, high: float) -> Fitted:
    return Fitted((name,), value, (start,), (low,), (high,))


def _by_row(told: str, value: Value, *slips: Slip) -> Reference:
    """Return the reference of a function of every row; in some courses samples are columns."""
    return Reference(f"{told} of each row", lambda x, **_: value(x, axis=-1),
                     {"samples in columns": lambda x, **_: value(x, axis=0)}, None, slips)


NOT_CLIPPED = Slip("negative values pass", "np.maximum(x, 0)", lambda x, **_: x)
OVER_ALL = "normalize each row: axis=1, keepdims=True"
SIGN = "sigmoid(x) is 1 / (1 + np.exp(-x))"
LEAKY = _chosen("x where x > 0, else slope * x", _one("slope", _leaky, 0.01, 0.0, 0.999), Slip(
    "the slope has the wrong sign", "x where x > 0, else slope * x",
    lambda x, alpha=0.01, **_: np.where(x > 0, x, -alpha * x)))
SWISH = _chosen("x * sigmoid(beta * x)", _one("beta", _swish, 1.0, 0.01, 20.0))
HARD_SIGMOID = _chosen("clip(slope * x + 0.5, 0, 1)",
                       _one("slope", _hard_sigmoid, 0.2, 0.05, 1.0))
HARD_TANH = _chosen("clip(x, -1, 1)", Fitted(
    ("lowest", "highest"), lambda x, low, high: np.clip(x, low, high), (-1.0, 1.0), (-9.0, 0.01),
    (0.0, 9.0)))
HARD_SWISH = _plain("x * clip(x / 6 + 0.5, 0, 1)", lambda x: x * np.clip(x / 6 + 0.5, 0, 1))
LOG_SIGMOID = _plain("log(sigmoid(x))", lambda x: -np.logaddexp(0, -x))
LOG_SOFTMAX = _by_row("log(softmax(x))", log_softmax, Slip(
    "it is normalized over all rows together", OVER_ALL, lambda x, **_: log_softmax(x)))

ACTIVATIONS: dict[str, Reference] = {
    "relu": _plain("max(x, 0)", relu, NOT_CLIPPED, Slip(
        "it is the absolute value", "np.maximum(x, 0)", lambda x, **_: np.abs(x)), Slip(
        "it is min(x, 0)", "np.maximum(x, 0)", lambda x, **_: np.minimum(x, 0)), Slip(
        "it is the mask of relu, or its derivative", "multiply it by x",
        lambda x, **_: (x > 0) * 1.0)),
    **dict.fromkeys(("leaky_relu", "lrelu"), LEAKY),
    "prelu": Reference("x where x > 0, else alpha * x", _prelu),
    "sigmoid": _plain("1 / (1 + exp(-x))", sigmoid, Slip(
        "the exponent has the wrong sign", SIGN, lambda x, **_: expit(-x)), Slip(
        "it is the derivative of the sigmoid", SIGN, lambda x, **_: expit(x) * expit(-x)), Slip(
        "it is tanh", SIGN, lambda x, **_: np.tanh(x))),
    "tanh": Reference("tanh(x)", lambda x, **_: np.tanh(x), {
        "1.7159 tanh(2 x / 3)": lambda x, **_: 1.7159 * np.tanh(2 * x / 3)}, None, (Slip(
        "it is the sigmoid", "np.tanh(x)", lambda x, **_: expit(x)), Slip(
        "it is tanh(x / 2): exp(x) stands where exp(2 x) belongs", "np.tanh(x)",
        lambda x, **_: np.tanh(x / 2)), Slip(
        "it is the derivative of tanh", "np.tanh(x)", lambda x, **_: 1 - np.tanh(x)**2))),
    "gelu": Reference("x * Phi(x), or an approximation of it", _gelu, {
        "by tanh": _gelu_by_tanh, "by sigmoid": lambda x, **_: _swish(x, 1.702)}),
    "elu": _chosen("x where x > 0, else alpha * (exp(x) - 1)",
                   _one("alpha", _elu, 1.0, 0.001, 20.0), Slip(
                       "- 1 is missing", "alpha * (np.exp(x) - 1)",
                       lambda x, **_: np.where(x > 0, x, np.exp(x)))),
    "celu": _chosen("x where x > 0, else alpha * (exp(x / alpha) - 1)",
                    _one("alpha", _celu, 1.0, 0.01, 20.0)),
    "selu": _chosen("scale * elu(x, alpha)", Fitted(
        ("scale", "alpha"), _selu, (1.0507009873554805, 1.6732632423543772), (0.1, 0.1),
        (9.0, 9.0))),
    "softplus": _chosen("log(1 + exp(x))", _one("beta", softplus, 1.0, 0.05, 50.0)),
    "softsign": _plain("x / (1 + |x|)", lambda x: x / (1 + np.abs(x))),
    **dict.fromkeys(("silu", "swish"), SWISH),
    "mish": _plain("x * tanh(log(1 + exp(x)))", lambda x: x * np.tanh(softplus(x))),
    "relu6": _plain("min(max(x, 0), 6)", lambda x: np.clip(x, 0, 6), NOT_CLIPPED),
    **dict.fromkeys(("hard_sigmoid", "hardsigmoid"), HARD_SIGMOID),
    **dict.fromkeys(("hard_tanh", "hardtanh"), HARD_TANH),
    **dict.fromkeys(("hard_swish", "hardswish"), HARD_SWISH),
    **dict.fromkeys(("log_sigmoid", "logsigmoid"), LOG_SIGMOID),
    "softmax": _by_row("exp(x) / sum(exp(x))", softmax, Slip(
        "it is normalized over all rows together", OVER_ALL, lambda x, **_: softmax(x)), Slip(
        "exp(x) is not divided by its sum", "divide by np.exp(x).sum(axis=1, keepdims=True)",
        lambda x, **_: np.exp(x))),
    **dict.fromkeys(("log_softmax", "logsoftmax"), LOG_SOFTMAX),
    "l2_normalize": Reference(
        "x / |x| of each row", _unit_rows,
        {"samples in columns": partial(_unit_rows, axis=0)}, None, (Slip(
            "it is divided by the squared length", "take the root of the sum of squares",
            lambda x, **_: x / np.sum(x**2, axis=-1, keepdims=True)), Slip(
            "it is divided by the length of all rows together", OVER_ALL,
            lambda x, **_: x / np.linalg.norm(x)))),
    "flatten": _plain("x, each sample as a row", lambda x: x.reshape(len(x), -1)),
    **{name: _plain(told, value) for name, told, value in (
        ("square", "x**2", np.square), ("cube", "x**3", lambda x: x**3), ("abs", "|x|", np.abs),
        ("sin", "sin(x)", np.sin), ("cos", "cos(x)", np.cos), ("exp", "exp(x)", np.exp),
        ("log", "log(x)", np.log), ("sqrt", "sqrt(x)", np.sqrt),
        ("reciprocal", "1 / x", np.reciprocal), ("identity", "x", np.positive))},
}
