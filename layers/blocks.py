"""Layers that usually follow each other, as one: affine - [batch or layer norm] - relu - [dropout].

A block is its layers in order; its backward is their backwards in the same order, run from the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from layers.activations import relu_backward, relu_forward
from layers.affine import affine_backward, affine_forward
from layers.arguments import Array, cached
from layers.dropout import dropout_backward, dropout_forward
from layers.normalization import (
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
)

Caches = tuple[Any, ...]
Stage = tuple[Any, ...]  # a forward function and its arguments after x


def affine_relu_forward(x: Array, w: Array, b: Array) -> tuple[Array, Caches]:
    """Affine layer, then ReLU.

    Parameters
    ----------
    x : array of float, shape (N, d1, ..., dk)
    w, b : arrays of float, shapes (D, M) and (M,)
        As in `affine_forward`.

    Returns
    -------
    out : array, shape (N, M)
    cache : tuple
        The caches of the layers, for `affine_relu_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> out, cache = affine_relu_forward(np.ones((1, 2)), np.eye(2), np.array([-3.0, 3.0]))
    >>> print(out)
    [[0. 4.]]
    """
    return _forward(x, (affine_forward, w, b), (relu_forward,))


def affine_relu_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `affine_relu_forward`; return dx, dw, db.

    Examples
    --------
    >>> import numpy as np
    >>> out, cache = affine_relu_forward(np.ones((1, 2)), np.eye(2), np.array([-3.0, 3.0]))
    >>> dx, dw, db = affine_relu_backward(np.ones((1, 2)), cache)
    >>> print(db)
    [0. 1.]
    """
    return _backward(dout, cache, "affine_relu_forward", affine_backward, relu_backward)


def affine_relu_dropout_forward(
    x: Array, w: Array, b: Array, dropout_param: Mapping[str, Any]
) -> tuple[Array, Caches]:
    """Affine layer, ReLU, then inverted dropout.

    Parameters
    ----------
    x : array of float, shape (N, d1, ..., dk)
    w, b : arrays of float, shapes (D, M) and (M,)
        As in `affine_forward`.
    dropout_param : dict
        As in `dropout_forward`.

    Returns
    -------
    out : array, shape (N, M)
    cache : tuple
        The caches of the layers, for `affine_relu_dropout_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> dropout_param = {"mode": "train", "p": 0.5, "seed": 1}
    >>> out, cache = affine_relu_dropout_forward(np.ones((9, 2)), np.eye(2), np.zeros(2),
    ...                                          dropout_param)
    >>> print(set(out.ravel().tolist()) == {0.0, 2.0})
    True
    """
    return _forward(x, (affine_forward, w, b), (relu_forward,), (dropout_forward, dropout_param))


def affine_relu_dropout_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `affine_relu_dropout_forward`; return dx, dw, db.

    Examples
    --------
    >>> import numpy as np
    >>> out, cache = affine_relu_dropout_forward(np.ones((1, 2)), np.eye(2), np.ones(2),
    ...                                          {"mode": "test", "p": 0.5})
    >>> dx, dw, db = affine_relu_dropout_backward(np.ones((1, 2)), cache)
    >>> print(db)
    [1. 1.]
    """
    return _backward(dout, cache, "affine_relu_dropout_forward",
                     affine_backward, relu_backward, dropout_backward)


def affine_bn_relu_forward(
    x: Array, w: Array, b: Array, gamma: Array, beta: Array, bn_param: MutableMapping[str, Any]
) -> tuple[Array, Caches]:
    """Affine layer, batch normalization, then ReLU.

    Parameters
    ----------
    x : array of float, shape (N, d1, ..., dk)
    w, b : arrays of float, shapes (D, M) and (M,)
        As in `affine_forward`.
    gamma, beta : arrays of float, shape (M,)
        As in `batchnorm_forward`.
    bn_param : dict
        As in `batchnorm_forward`: in train mode the running averages are written back.

    Returns
    -------
    out : array, shape (N, M)
    cache : tuple
        The caches of the layers, for `affine_bn_relu_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, one, zero = np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)
    >>> out, cache = affine_bn_relu_forward(x, np.eye(1), zero, one, zero, {"mode": "train"})
    >>> print(out.T.round(3))
    [[0. 1.]]
    """
    return _forward(x, (affine_forward, w, b), (batchnorm_forward, gamma, beta, bn_param),
                    (relu_forward,))


def affine_bn_relu_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `affine_bn_relu_forward`; return dx, dw, db, dgamma, dbeta.

    Examples
    --------
    >>> import numpy as np
    >>> x, one, zero = np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)
    >>> out, cache = affine_bn_relu_forward(x, np.eye(1), zero, one, zero, {"mode": "train"})
    >>> dx, dw, db, dgamma, dbeta = affine_bn_relu_backward(np.ones((2, 1)), cache)
    >>> print(dgamma.round(3), dbeta)
    [1.] [1.]
    """
    return _backward(dout, cache, "affine_bn_relu_forward",
                     affine_backward, batchnorm_backward_alt, relu_backward)


def affine_bn_relu_dropout_forward(
    x: Array,
    w: Array,
    b: Array,
    gamma: Array,
    beta: Array,
    bn_param: MutableMapping[str, Any],
    dropout_param: Mapping[str, Any],
) -> tuple[Array, Caches]:
    """Affine layer, batch normalization, ReLU, then inverted dropout.

    Parameters
    ----------
    x : array of float, shape (N, d1, ..., dk)
    w, b : arrays of float, shapes (D, M) and (M,)
        As in `affine_forward`.
    gamma, beta : arrays of float, shape (M,)
        As in `batchnorm_forward`.
    bn_param : dict
        As in `batchnorm_forward`: in train mode the running averages are written back.
    dropout_param : dict
        As in `dropout_forward`.

    Returns
    -------
    out : array, shape (N, M)
    cache : tuple
        The caches of the layers, for `affine_bn_relu_dropout_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, one, zero = np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)
    >>> out, cache = affine_bn_relu_dropout_forward(
    ...     x, np.eye(1), zero, one, zero, {"mode": "train"}, {"mode": "test", "p": 0.5})
    >>> print(out.T.round(3))
    [[0. 1.]]
    """
    # A dropout_param that is refused after batchnorm has run must leave the averages alone.
    own_param = dict(bn_param) if isinstance(bn_param, MutableMapping) else bn_param
    out, cache = _forward(x, (affine_forward, w, b), (batchnorm_forward, gamma, beta, own_param),
                          (relu_forward,), (dropout_forward, dropout_param))
    if own_param is not bn_param:
        bn_param.update(own_param)
    return out, cache


def affine_bn_relu_dropout_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `affine_bn_relu_dropout_forward`; return dx, dw, db, dgamma, dbeta.

    Examples
    --------
    >>> import numpy as np
    >>> x, one, zero = np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)
    >>> out, cache = affine_bn_relu_dropout_forward(
    ...     x, np.eye(1), zero, one, zero, {"mode": "train"}, {"mode": "test", "p": 0.5})
    >>> dx, dw, db, dgamma, dbeta = affine_bn_relu_dropout_backward(np.ones((2, 1)), cache)
    >>> print(dbeta)
    [1.]
    """
    return _backward(dout, cache, "affine_bn_relu_dropout_forward",
                     affine_backward, batchnorm_backward_alt, relu_backward, dropout_backward)


def affine_ln_relu_forward(
    x: Array, w: Array, b: Array, gamma: Array, beta: Array, ln_param: Mapping[str, Any]
) -> tuple[Array, Caches]:
    """Affine layer, layer normalization, then ReLU.

    Parameters
    ----------
    x : array of float, shape (N, d1, ..., dk)
    w, b : arrays of float, shapes (D, M) and (M,)
        As in `affine_forward`.
    gamma, beta : arrays of float, shape (M,)
        As in `layernorm_forward`.
    ln_param : dict
        As in `layernorm_forward`.

    Returns
    -------
    out : array, shape (N, M)
    cache : tuple
        The caches of the layers, for `affine_ln_relu_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, zero = np.array([[1.0, 3.0]]), np.zeros(2)
    >>> out, cache = affine_ln_relu_forward(x, np.eye(2), zero, np.ones(2), zero, {})
    >>> print(out.round(3))
    [[0. 1.]]
    """
    return _forward(x, (affine_forward, w, b), (layernorm_forward, gamma, beta, ln_param),
                    (relu_forward,))


def affine_ln_relu_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `affine_ln_relu_forward`; return dx, dw, db, dgamma, dbeta.

    Examples
    --------
    >>> import numpy as np
    >>> x, zero = np.array([[1.0, 3.0]]), np.zeros(2)
    >>> out, cache = affine_ln_relu_forward(x, np.eye(2), zero, np.ones(2), zero, {})
    >>> dx, dw, db, dgamma, dbeta = affine_ln_relu_backward(np.ones((1, 2)), cache)
    >>> print(dbeta)
    [0. 1.]
    """
    return _backward(dout, cache, "affine_ln_relu_forward",
                     affine_backward, layernorm_backward, relu_backward)


def affine_ln_relu_dropout_forward(
    x: Array,
    w: Array,
    b: Array,
    gamma: Array,
    beta: Array,
    ln_param: Mapping[str, Any],
    dropout_param: Mapping[str, Any],
) -> tuple[Array, Caches]:
    """Affine layer, layer normalization, ReLU, then inverted dropout.

    Parameters
    ----------
    x : array of float, shape (N, d1, ..., dk)
    w, b : arrays of float, shapes (D, M) and (M,)
        As in `affine_forward`.
    gamma, beta : arrays of float, shape (M,)
        As in `layernorm_forward`.
    ln_param : dict
        As in `layernorm_forward`.
    dropout_param : dict
        As in `dropout_forward`.

    Returns
    -------
    out : array, shape (N, M)
    cache : tuple
        The caches of the layers, for `affine_ln_relu_dropout_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, zero = np.array([[1.0, 3.0]]), np.zeros(2)
    >>> out, cache = affine_ln_relu_dropout_forward(
    ...     x, np.eye(2), zero, np.ones(2), zero, {}, {"mode": "test", "p": 0.5})
    >>> print(out.round(3))
    [[0. 1.]]
    """
    return _forward(x, (affine_forward, w, b), (layernorm_forward, gamma, beta, ln_param),
                    (relu_forward,), (dropout_forward, dropout_param))


def affine_ln_relu_dropout_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `affine_ln_relu_dropout_forward`; return dx, dw, db, dgamma, dbeta.

    Examples
    --------
    >>> import numpy as np
    >>> x, zero = np.array([[1.0, 3.0]]), np.zeros(2)
    >>> out, cache = affine_ln_relu_dropout_forward(
    ...     x, np.eye(2), zero, np.ones(2), zero, {}, {"mode": "test", "p": 0.5})
    >>> dx, dw, db, dgamma, dbeta = affine_ln_relu_dropout_backward(np.ones((1, 2)), cache)
    >>> print(dbeta)
    [0. 1.]
    """
    return _backward(dout, cache, "affine_ln_relu_dropout_forward",
                     affine_backward, layernorm_backward, relu_backward, dropout_backward)


def _forward(x: Array, *stages: Stage) -> tuple[Array, Caches]:
    """Run the stages one after the other; the cache is the tuple of their caches."""
    caches = []
    for forward, *arguments in stages:
        x, cache = forward(x, *arguments)
        caches.append(cache)
    return x, tuple(caches)


def _backward(
    dout: Array, cache: Caches, forward: str, *backwards: Callable[..., Any]
) -> tuple[Array, ...]:
    """Run the backwards from the last to the first; return dx, then every stage's own gradients."""
    caches = cached(cache, (object,) * len(backwards), forward)
    gradients: tuple[Array, ...] = ()
    for backward, own_cache in zip(reversed(backwards), reversed(caches), strict=True):
        result = backward(dout, own_cache)
        dout, *own = result if isinstance(result, tuple) else (result,)
        gradients = (*own, *gradients)
    return (dout, *gradients)
