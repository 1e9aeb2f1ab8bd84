"""Layers that usually follow each other, as one: affine - relu - [dropout].

Those with a normalization in them are in `layers.normalized_blocks`. A block is its layers in
order; its backward is their backwards in the same order, run from the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from layers.activations import relu_backward, relu_forward
from layers.affine import affine_backward, affine_forward
from layers.arguments import Array, cached
from layers.dropout import dropout_backward, dropout_forward

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
    return chain(x, (affine_forward, w, b), (relu_forward,))


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
    return chain_back(dout, cache, "affine_relu_forward", affine_backward, relu_backward)


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
    return chain(x, (affine_forward, w, b), (relu_forward,), (dropout_forward, dropout_param))


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
    return chain_back(dout, cache, "affine_relu_dropout_forward",
                      affine_backward, relu_backward, dropout_backward)


def chain(x: Array, *stages: Stage) -> tuple[Array, Caches]:
    """Run the stages one after the other; the cache is the tuple of their caches.

    Examples
    --------
    >>> import numpy as np
    >>> out, cache = chain(np.array([-1.0, 2.0]), (relu_forward,), (relu_forward,))
    >>> out, len(cache)
    (array([0., 2.]), 2)
    """
    caches = []
    for forward, *arguments in stages:
        x, cache = forward(x, *arguments)
        caches.append(cache)
    return x, tuple(caches)


def chain_back(
    dout: Array, cache: Caches, forward: str, *backwards: Callable[..., Any]
) -> tuple[Array, ...]:
    """Run the backwards from the last to the first; return dx, then every stage's own gradients.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = chain(np.array([-1.0, 2.0]), (relu_forward,), (relu_forward,))
    >>> chain_back(np.ones(2), cache, "twice_forward", relu_backward, relu_backward)
    (array([0., 1.]),)
    """
    caches = cached(cache, (object,) * len(backwards), forward)
    gradients: tuple[Array, ...] = ()
    for backward, own_cache in zip(reversed(backwards), reversed(caches), strict=True):
        result = backward(dout, own_cache)
        dout, *own = result if isinstance(result, tuple) else (result,)
        gradients = (*own, *gradients)
    return (dout, *gradients)
