"""First-order update rules: `rule(w, dw, config=None) -> next_w, config`.

A rule returns a new array and leaves `w` and `dw` as they were. What it has to remember from step
to step (velocity, running averages, the step number) it stores in `config`, which is the dict that
was passed; the published notebooks read it from there. An array in `config` that anybody else
holds stays as it was, too: only one that the config holds alone is written over.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layers.arguments import Array
from nets.elementwise import alone, in_parts, owned, running_mean
from nets.hyperparameters import Config, prepared

Stepped = tuple[Array, Config]
UpdateRule = Callable[..., Stepped]

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
    config = prepared(w, dw, config, learning_rate=1e-2)
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
    config = prepared(w, dw, config, ("velocity",), learning_rate=1e-2, momentum=0.9)
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
    return _rmsprop(w, dw, config)


def _rmsprop(w: Array, dw: Array, config: Config | None, spare: Array | None = None) -> Stepped:
    config = prepared(
        w, dw, config, ("cache",), learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8
    )
    rate, decay, epsilon = (config[key] for key in ("learning_rate", "decay_rate", "epsilon"))
    next_w = np.empty_like(w) if spare is None else spare
    for part, dpart, cache, out in in_parts(w, dw, owned(config, "cache"), next_w):
        root = np.asarray(np.sqrt(running_mean(cache, decay, dpart**2)))
        root += epsilon
        step = np.asarray(rate * dpart)
        step /= root
        out[...] = np.subtract(part, step, out=step)
    return next_w, config


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
    return _adam(w, dw, config)


def _adam(w: Array, dw: Array, config: Config | None, spare: Array | None = None) -> Stepped:
    config = prepared(
        w, dw, config, ("m", "v"), learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8
    )
    config["t"] = t = int(config.get("t", 0)) + 1
    beta1, beta2 = config["beta1"], config["beta2"]
    next_w = np.empty_like(w) if spare is None else spare
    for part, dpart, m, v, out in in_parts(w, dw, owned(config, "m"), owned(config, "v"), next_w):
        step = np.asarray(running_mean(m, beta1, dpart) / (1 - beta1**t))
        root = np.asarray(running_mean(v, beta2, dpart**2) / (1 - beta2**t))
        np.sqrt(root, out=root)
        root += config["epsilon"]
        step *= config["learning_rate"]
        step /= root
        out[...] = np.subtract(part, step, out=step)
    return next_w, config


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
    free = alone(grads, name)
    dw = grads.pop(name)
    if free and dw.dtype == w.dtype and rule in _IN_PLACE:
        return _IN_PLACE[rule](w, dw, config, dw)
    return rule(w, dw, config)


def _minus(w: Array, step: Array) -> Array:
    """Return w - step in the dtype of w, in the memory of the step, which nobody needs again."""
    return np.subtract(w, step, out=step).astype(w.dtype, copy=False)


UPDATE_RULES: dict[str, UpdateRule] = {
    "sgd": sgd, "sgd_momentum": sgd_momentum, "rmsprop": rmsprop, "adam": adam,
}
_IN_PLACE: dict[UpdateRule, UpdateRule] = {
    sgd: _sgd, sgd_momentum: _sgd_momentum, rmsprop: _rmsprop, adam: _adam,
}
