"""Blocks with a normalization in them: affine - batch or layer norm - relu - [dropout]."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from layers.activations import relu_backward, relu_forward
from layers.affine import affine_backward, affine_forward
from layers.arguments import Array
from layers.blocks import Caches, chain, chain_back
from layers.dropout import dropout_backward, dropout_forward
from layers.layer_normalization import layernorm_backward, layernorm_forward
from layers.normalization import batchnorm_backward_alt, batchnorm_forward


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
    return chain(x, (affine_forward, w, b), (batchnorm_forward, gamma, beta, bn_param),
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
    return chain_back(dout, cache, "affine_bn_relu_forward",
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
    out, cache = chain(x, (affine_forward, w, b), (batchnorm_forward, gamma, beta, own_param),
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
    return chain_back(dout, cache, "affine_bn_relu_dropout_forward",
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
    return chain(x, (affine_forward, w, b), (layernorm_forward, gamma, beta, ln_param),
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
    return chain_back(dout, cache, "affine_ln_relu_forward",
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
    return chain(x, (affine_forward, w, b), (layernorm_forward, gamma, beta, ln_param),
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
    return chain_back(dout, cache, "affine_ln_relu_dropout_forward",
                      affine_backward, layernorm_backward, relu_backward, dropout_backward)
