"""First-order update rules: `rule(w, dw, config=None) -> next_w, config`.

A rule returns a new array and leaves `w`, `dw` and every array in `config` as they were. What it
has to remember from step to step (velocity, running averages, the step number) it stores in
`config`, which is the dict that was passed; the published notebooks read it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import numpy as np

from layers.arguments import Array, floating, refuse, same_shape, scalar

Config = MutableMapping[str, Any]
UpdateRule = Callable[..., tuple[Array, Config]]

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


def _prepare(
    w: Array, dw: Array, config: Config | None, state: tuple[str, ...] = (), **defaults: float
) -> Config:
    """Check the arguments and fill `config` with defaults and, as `state`, zero arrays."""
    floating("w", w)
    same_shape("dw", dw, w.shape, "w")
    if config is None:
        config = {}
    if not isinstance(config, MutableMapping):
        refuse("config", config, "a dict of hyperparameters", "pass {'learning_rate': 1e-3}",
               TypeError)
    t = config.get("t", 0)
    if isinstance(t, bool) or not isinstance(t, int | np.integer) or t < 0:
        refuse("config['t']", t, "a whole number >= 0, the steps taken so far", "start at 0")
    settled = dict(config)  # a refusal halfway must leave the caller's dict alone
    for key, default in defaults.items():
        bounds, expected, usual = _BOUNDS[key]
        value = settled.get(key, default)
        settled[key] = scalar(f"config[{key!r}]", value, expected, usual, **bounds)
    for key in state:
        same_shape(f"config[{key!r}]", settled.setdefault(key, np.zeros_like(w)), w.shape, "w")
    config.update(settled)
    return config


def sgd(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """Take a step of stochastic gradient descent, ``w - learning_rate * dw``.

    Parameters
    ----------
    w : ndarray of floats, any shape
        The parameter.
    dw : ndarray of floats, shape of `w`
        Gradient of the loss with respect to `w`.
    config : dict, optional
        ``learning_rate`` (default 1e-2). Defaults are written into it.

    Returns
    -------
    next_w : ndarray, shape and dtype of `w`
    config : dict
        The dict that was passed, or a new one.

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, an array is not floating, or a hyperparameter is out of range.

    References
    ----------
    Robbins and Monro, "A stochastic approximation method", Ann. Math. Statist. 22 (1951).

    Examples
    --------
    >>> next_w, config = sgd(np.array([1.0, 2.0]), np.array([1.0, -1.0]), {'learning_rate': 0.5})
    >>> next_w
    array([0.5, 2.5])
    """
    config = _prepare(w, dw, config, learning_rate=1e-2)
    return (w - config["learning_rate"] * dw).astype(w.dtype, copy=False), config


def sgd_momentum(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """Take a step of gradient descent with (heavy ball) momentum.

    ``velocity = momentum * velocity - learning_rate * dw;  next_w = w + velocity``

    Parameters
    ----------
    w, dw : ndarray of floats, one shape
        The parameter and its gradient.
    config : dict, optional
        ``learning_rate`` (1e-2), ``momentum`` (0.9) and the state ``velocity`` (zeros; replaced
        by a new array at each step).

    Returns
    -------
    next_w : ndarray, shape and dtype of `w`
    config : dict

    Raises
    ------
    ValueError, TypeError
        As `sgd`.

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Comput.
    Math. Math. Phys. 4 (1964), equation 9; in the form of Sutskever et al. (2013), equation 1.

    Examples
    --------
    >>> w, dw = np.array([1.0]), np.array([1.0])
    >>> w, config = sgd_momentum(w, dw, {'learning_rate': 0.5})
    >>> w, config = sgd_momentum(w, dw, config)
    >>> w, config['velocity']
    (array([-0.45]), array([-0.95]))
    """
    config = _prepare(w, dw, config, ("velocity",), learning_rate=1e-2, momentum=0.9)
    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    config["velocity"] = velocity.astype(w.dtype, copy=False)
    return w + config["velocity"], config


def rmsprop(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """Take a step scaled by the root of a running mean of the squared gradient.

    ``cache = decay_rate * cache + (1 - decay_rate) * dw**2;``
    ``next_w = w - learning_rate * dw / (sqrt(cache) + epsilon)``

    Parameters
    ----------
    w, dw : ndarray of floats, one shape
        The parameter and its gradient.
    config : dict, optional
        ``learning_rate`` (1e-2), ``decay_rate`` (0.99), ``epsilon`` (1e-8) and the state
        ``cache`` (zeros; replaced by a new array at each step).

    Returns
    -------
    next_w : ndarray, shape and dtype of `w`
    config : dict

    Raises
    ------
    ValueError, TypeError
        As `sgd`.

    References
    ----------
    Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning (2012).

    Examples
    --------
    >>> next_w, config = rmsprop(np.array([1.0]), np.array([4.0]))
    >>> next_w, config['cache']
    (array([0.9]), array([0.16]))
    """
    config = _prepare(
        w, dw, config, ("cache",), learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8
    )
    cache = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw**2
    config["cache"] = cache.astype(w.dtype, copy=False)
    step = config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])
    return (w - step).astype(w.dtype, copy=False), config


def adam(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """Take a step of Adam: running means of the gradient and of its square, bias-corrected.

    ``t = t + 1;  m = beta1 * m + (1 - beta1) * dw;  v = beta2 * v + (1 - beta2) * dw**2;``
    ``next_w = w - learning_rate * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + epsilon)``

    Parameters
    ----------
    w, dw : ndarray of floats, one shape
        The parameter and its gradient.
    config : dict, optional
        ``learning_rate`` (1e-3), ``beta1`` (0.9), ``beta2`` (0.999), ``epsilon`` (1e-8) and the
        state ``m``, ``v`` (zeros; replaced by new arrays at each step) and ``t`` (0, the number
        of steps taken).

    Returns
    -------
    next_w : ndarray, shape and dtype of `w`
    config : dict

    Raises
    ------
    ValueError, TypeError
        As `sgd`; also if ``t`` is not a whole number >= 0.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR (2015), algorithm 1.

    Examples
    --------
    >>> next_w, config = adam(np.array([1.0]), np.array([4.0]), {'learning_rate': 0.1})
    >>> next_w, config['t']
    (array([0.9]), 1)
    """
    config = _prepare(
        w, dw, config, ("m", "v"), learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8
    )
    beta1, beta2 = config["beta1"], config["beta2"]
    config["t"] = t = int(config.get("t", 0)) + 1
    m = beta1 * config["m"] + (1 - beta1) * dw
    v = beta2 * config["v"] + (1 - beta2) * dw**2
    config["m"], config["v"] = m.astype(w.dtype, copy=False), v.astype(w.dtype, copy=False)
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    step = config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return (w - step).astype(w.dtype, copy=False), config


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


UPDATE_RULES: dict[str, UpdateRule] = {
    "sgd": sgd,
    "sgd_momentum": sgd_momentum,
    "rmsprop": rmsprop,
    "adam": adam,
}
