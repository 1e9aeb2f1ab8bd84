"""What update rules are told: hyperparameters with their bounds, and the state of a rule."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from layers.arguments import Array, floating, refuse, same_shape, scalar

Config = MutableMapping[str, Any]

# What a number in a config must be: the bounds, whether they are excluded, and how to say so.
_POSITIVE = {"low": 0.0, "low_open": True, "high": np.inf, "high_open": True}
_DECAY = {"low": 0.0, "high": 1.0, "high_open": True}
_BOUNDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "learning_rate": (
        _POSITIVE | {"low_open": False}, "a finite number >= 0", "1e-3 is a usual start"
    ),
    "epsilon": (_POSITIVE, "a finite number > 0", "1e-8 is usual"),
    "momentum": (_DECAY, "a number with 0 <= momentum < 1", "0.9 is usual"),
    "decay_rate": (_DECAY, "a number with 0 <= decay_rate < 1", "0.99 is usual"),
    "beta1": (_DECAY, "a number with 0 <= beta1 < 1", "0.9 is usual"),
    "beta2": (_DECAY, "a number with 0 <= beta2 < 1", "0.999 is usual"),
}


def prepared(
    w: Array, dw: Array, config: Config | None, state: tuple[str, ...] = (), **defaults: float
) -> Config:
    """Check a rule's arguments; fill `config` with defaults and, as `state`, with zero arrays.

    Examples
    --------
    >>> prepared(np.ones(2), np.ones(2), None, ("velocity",), momentum=0.9)
    {'momentum': 0.9, 'velocity': array([0., 0.])}
    """
    floating("w", w)
    same_shape("dw", dw, w.shape, "w")
    if config is None:
        config = {}
    if type(config) is not dict and not isinstance(config, MutableMapping):
        refuse("config", config, "a dict of hyperparameters", "pass {'learning_rate': 1e-3}",
               TypeError)
    t = config.get("t", 0)
    if (type(t) is not int and not isinstance(t, np.integer)) or t < 0:
        refuse("config['t']", t, "a whole number >= 0, the steps taken so far", "start at 0")
    settled: dict[str, Any] = {}  # a refusal halfway must leave the caller's dict alone
    for key, default in defaults.items():
        value = config.get(key, default)
        if type(value) is not float or not 0 < value < 1:  # inside the bounds of all of them
            bounds, expected, usual = _BOUNDS[key]
            value = scalar(f"config[{key!r}]", value, expected, usual, **bounds)
        settled[key] = value
    for key in state:
        if key in config:
            same_shape(f"config[{key!r}]", config[key], w.shape, "w")
        else:
            settled[key] = np.zeros_like(w)
    config.update(settled)
    return config


# The hyperparameters of each rule, and the state that it keeps beside them.
CONFIG_KEYS: dict[str, tuple[str, ...]] = {
    "sgd": ("learning_rate",),
    "sgd_momentum": ("learning_rate", "momentum", "velocity"),
    "rmsprop": ("learning_rate", "decay_rate", "epsilon", "cache"),
    "adam": ("learning_rate", "beta1", "beta2", "epsilon", "m", "v", "t"),
}


def check_config(rule: str, config: object) -> None:
    """Refuse an `optim_config` with keys that the rule does not know, or values out of range."""
    if not isinstance(config, Mapping):
        refuse("optim_config", config, "a dict of hyperparameters",
               "pass {'learning_rate': 1e-3}", TypeError)
    unknown = [key for key in config if key not in CONFIG_KEYS[rule]]
    if unknown:
        refuse("optim_config", f"the unknown key {', '.join(map(repr, unknown))}",
               f"keys among {', '.join(CONFIG_KEYS[rule])}, those of {rule!r}",
               "correct the spelling, or pass the update_rule that the key belongs to")
    for key in config.keys() & _BOUNDS.keys():
        bounds, expected, usual = _BOUNDS[key]
        scalar(f"optim_config[{key!r}]", config[key], expected, usual, **bounds)
