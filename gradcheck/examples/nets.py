"""Arguments for a net's constructor and a batch for its loss, by the course's usual names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

SAMPLES, INPUT, HIDDEN, CLASSES = 5, 6, 7, 4
IMAGE = (3, 8, 8)  # its sides are even: pooling halves them
LAYERS = (HIDDEN, 8)
WORDS = {"<NULL>": 0, "<START>": 1, "<END>": 2, "cat": 3, "dog": 4, "tree": 5}
STEPS = 4

# What is handed in whether or not the parameter has a value of its own.
SIZES: tuple[tuple[str, Any], ...] = (
    (r"(n_|num_)?(in|input|inputs|feature|features)(_?(features|size|dim|dims|units))?|n_in|D",
     INPUT),
    (r"hidden_?(dims|sizes|size_list|layers?|units_list)|layer_?(dims|sizes)", list(LAYERS)),
    (r"(n_|num_)?hidden(_?(size|dim|units|nodes))?|n_hidden|H", HIDDEN),
    (r"(n_|num_)?(classes|out|output|outputs|labels)(_?(features|size|dim|units))?|n_out|C",
     CLASSES),
    (r"weight_?(scale|init_?std|std)|(init_?)?std|scale|sigma", 0.5),
    (r"reg|reg_strength|lambda_?|lam|weight_decay(_lambda)?|l2", 0.0),
    (r"num_filters|n_filters", 3), (r"filter_size|kernel_size", 3),
    (r"word_to_idx", WORDS), (r"wordvec_dim|word_?vec(_size)?|embed(ding)?_dim", 3),
    (r"dtype", np.float64), (r"seed", 0),
)
# One more value of a setting that a net may have, where that differs from its own.
CHOICES: tuple[tuple[str, Any], ...] = (
    ("reg", 0.3), ("weight_decay_lambda", 0.3), ("normalization", "batchnorm"),
    ("use_batchnorm", True), ("normalization", "layernorm"), ("dropout", 0.6),
    ("dropout_keep_ratio", 0.6), ("cell_type", "lstm"),
)


def net_settings(kind: Callable[..., Any]) -> dict[str, Any]:
    """Return small values for the parameters of a net's constructor, by their names.

    A size whose own value is a tuple is that of an image.

    Raises
    ------
    LookupError
        A parameter has no value of its own, and its name is not known.

    Examples
    --------
    >>> def net(input_dim=3072, hidden_dim=100, num_classes=10, reg=0.0): ...
    >>> net_settings(net)
    {'input_dim': 6, 'hidden_dim': 7, 'num_classes': 4, 'reg': 0.0}
    """
    settings = {}
    for name, parameter in inspect.signature(kind).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        known = [value for pattern, value in SIZES if re.fullmatch(pattern, name)]
        if known:
            own = parameter.default
            settings[name] = IMAGE if isinstance(own, tuple) and len(own) == 3 else known[0]
        elif parameter.default is parameter.empty:
            raise LookupError(f"no value is known for {name}")
    return settings


def other_choices(kind: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Yield one setting at a time that a net has, with another value than its own.

    >>> def net(hidden_dims, dropout=1, normalization=None, seed=None): ...
    >>> [list(choice.values()) for choice in other_choices(net)]
    [['batchnorm'], ['layernorm'], [0.6]]
    """
    parameters = inspect.signature(kind).parameters
    for name, value in CHOICES:
        if name in parameters and parameters[name].default != value and (
                "dropout" not in name or "seed" in parameters):
            yield {name: value}


def net_batch(loss: Callable[..., Any], settings: Mapping[str, Any], rng: np.random.Generator,
              samples: int = SAMPLES, reg: float = 0.0) -> tuple[Any, ...]:
    """Return a batch for a net's loss: inputs and labels, or features and captions, and a reg.

    Parameters
    ----------
    loss : callable
        The method, with self.
    settings : mapping
        What the net was constructed with.
    rng : Generator
        Draws the numbers.
    samples : int
        The size of the batch.
    reg : float
        The strength of the regularization, where the loss takes it.

    Examples
    --------
    >>> def loss(self, X, y=None, reg=0.0): ...
    >>> X, y, reg = net_batch(loss, {"input_size": 6}, np.random.default_rng(0))
    >>> X.shape, y.dtype.kind, reg
    ((5, 6), 'i', 0.0)
    """
    names = list(inspect.signature(loss).parameters)[1:]
    image = next((value for value in settings.values() if value is IMAGE), (INPUT,))
    X = rng.standard_normal((samples, *image))
    if "word_to_idx" in settings:
        return X, rng.integers(1, len(WORDS), size=(samples, STEPS))
    y = rng.integers(CLASSES, size=samples)
    return (X, y, reg) if "reg" in names[2:] else (X, y)


def drawn_params(params: Mapping[str, Any], rng: np.random.Generator, size: float = 1.0
                 ) -> dict[str, Any]:
    """Return a net's parameters drawn anew: what it starts from is too small to show a slip.

    A matrix is Gaussian, and its output about as large as its input times `size`; what has one
    axis is moved a little.

    Examples
    --------
    >>> drawn = drawn_params({"b": np.zeros(2)}, np.random.default_rng(0))
    >>> drawn["b"].round(2)
    array([ 0.03, -0.03])
    """
    drawn = {}
    for name, value in params.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            noise = rng.standard_normal(value.shape)
            fan_in = value[0].size if value.ndim > 2 else value.shape[0] if value.ndim else 1
            drawn[name] = size * noise / np.sqrt(fan_in) if value.ndim > 1 else value + (
                0.25 * noise)
        else:
            drawn[name] = value
    return drawn
