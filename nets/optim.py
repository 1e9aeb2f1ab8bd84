"""First-order update rules: `rule(w, dw, config=None) -> next_w, config`.

A rule returns a new array and leaves `w` and `dw` as they were. What it has to remember from step
to step (velocity, running averages, the step number) it stores in `config`, which is the dict that
was passed; the published notebooks read it from there. An array in `config` that anybody else
holds stays as it was, too: only one that the config holds alone is written over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import numpy as np

from layers.arguments import Array, floating, refuse, same_shape, scalar
from nets.elementwise import alone, owned, running_mean

Config = MutableMapping[str, Any]
Stepped = tuple[Array, Config]
UpdateRule = Callable[..., Stepped]

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


def sgd(w: Array, dw: Array, config: Config | None = None) -> Stepped:
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
    return _sgd(w, dw, config)


def _sgd(w: Array, dw: Array, config: Config | None, spare: Array | None = None) -> Stepped:
    config = _prepare(w, dw, config, learning_rate=1e-2)
    return _minus(w, np.asarray(np.multiply(dw, config["learning_rate"], out=spare))), config


def sgd_momentum(w: Array, dw: Array, config: Config | None = None) -> Stepped:
    """Take a step of gradient descent with (heavy ball) momentum.

    ``velocity = momentum * velocity - learning_rate * dw;  next_w = w + velocity``

    Parameters
    ----------
    w, dw : ndarray of floats, one shape
        The parameter and its gradient.
    config : dict, optional
        ``learning_rate`` (1e-2), ``momentum`` (0.9) and the state ``velocity`` (zeros).

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
    return _sgd_momentum(w, dw, config)


def _sgd_momentum(
    w: Array, dw: Array, config: Config | None, spare: Array | None = None
) -> Stepped:
    config = _prepare(w, dw, config, ("velocity",), learning_rate=1e-2, momentum=0.9)
    step = np.asarray(np.multiply(dw, config["learning_rate"], out=spare))
    velocity = owned(config, "velocity")
    velocity *= config["momentum"]
    velocity -= step
    return np.add(w, velocity, out=step).astype(w.dtype, copy=False), config


def rmsprop(w: Array, dw: Array, config: Config | None = None) -> Stepped:
    """Take a step scaled by the root of a running mean of the squared gradient.

    ``cache = decay_rate * cache + (1 - decay_rate) * dw**2;``
    ``next_w = w - learning_rate * dw / (sqrt(cache) + epsilon)``

    Parameters
    ----------
    w, dw : ndarray of floats, one shape
        The parameter and its gradient.
    config : dict, optional
        ``learning_rate`` (1e-2), ``decay_rate`` (0.99), ``epsilon`` (1e-8) and the state
        ``cache`` (zeros).

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
    root = np.asarray(np.sqrt(running_mean(config, "cache", config["decay_rate"], dw**2)))
    root += config["epsilon"]
    step = np.asarray(config["learning_rate"] * dw)
    step /= root
    return _minus(w, step), config


def adam(w: Array, dw: Array, config: Config | None = None) -> Stepped:
    """Take a step of Adam: running means of the gradient and of its square, bias-corrected.

    ``t = t + 1;  m = beta1 * m + (1 - beta1) * dw;  v = beta2 * v + (1 - beta2) * dw**2;``
    ``next_w = w - learning_rate * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + epsilon)``

    Parameters
    ----------
    w, dw : ndarray of floats, one shape
        The parameter and its gradient.
    config : dict, optional
        ``learning_rate`` (1e-3), ``beta1`` (0.9), ``beta2`` (0.999), ``epsilon`` (1e-8) and the
        state ``m``, ``v`` (zeros) and ``t`` (0, the number of steps taken).

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
    config["t"] = t = int(config.get("t", 0)) + 1
    beta1, beta2 = config["beta1"], config["beta2"]
    step = np.asarray(running_mean(config, "m", beta1, dw) / (1 - beta1**t))
    root = np.asarray(running_mean(config, "v", beta2, dw**2) / (1 - beta2**t))
    np.sqrt(root, out=root)
    root += config["epsilon"]
    step *= config["learning_rate"]
    step /= root
    return _minus(w, step), config


def updated(rule: UpdateRule, w: Array, grads: dict[str, Array], name: str,
            config: Config) -> Stepped:
    """Take a gradient out of its dict and run a rule on it.

    Where the dict alone held it, next_w is written over it: a step then holds parameters,
    gradients and state once, and takes three quarters of the time.

    Examples
    --------
    >>> grads = {"w": np.array([1.0])}
    >>> updated(sgd, np.array([2.0]), grads, "w", {"learning_rate": 0.5}), grads
    ((array([1.5]), {'learning_rate': 0.5}), {})
    """
    in_place = _IN_PLACE.get(rule) if alone(grads, name) else None
    dw = grads.pop(name)
    return in_place(w, dw, config, dw) if in_place else rule(w, dw, config)


def _minus(w: Array, step: Array) -> Array:
    """Return w - step in the dtype of w, in the memory of the step, which nobody needs again."""
    return np.subtract(w, step, out=step).astype(w.dtype, copy=False)


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
    "sgd": sgd, "sgd_momentum": sgd_momentum, "rmsprop": rmsprop, "adam": adam,
}
_IN_PLACE: dict[UpdateRule, UpdateRule] = {sgd: _sgd, sgd_momentum: _sgd_momentum}
