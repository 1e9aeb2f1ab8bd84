"""DropConnect: dropout of the weights of an affine layer instead of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.affine import affine_backward, affine_forward
from layers.arguments import Array, cached, integer, parameter, refuse
from layers.dropout import dropout_backward, inverted_dropout
from layers.masks import check_source, normal, source_of
from layers.precision import cast, widen
from layers.settings import dropout_settings, p_of


def dropconnect_affine_forward(
    x: Array, w: Array, b: Array, dropout_param: Mapping[str, Any]
) -> tuple[Array, tuple[Any, Any]]:
    """Affine layer whose weights are dropped with probability p: dropout on w, then affine.

    ::

        mask ~ Bernoulli(1 - p), shape of w
        out  = x @ (mask * w / (1 - p)) + b        mode 'train'
        out  = x @ w + b                           mode 'test': the mean weights

    One mask serves the minibatch; the paper draws one a sample, which takes N times the memory.
    The biases are not dropped. The paper does not scale while it trains, and takes (1 - p) * w as
    the mean; scaling the weights by 1 / (1 - p) here makes w itself the mean.
    `dropconnect_affine_inference` is the paper's other test rule.

    Parameters
    ----------
    x : ndarray of float, shape (N, d1, ..., dk)
        A minibatch.
    w, b : ndarray of float, shapes (D, M) and (M,)
        As in `affine_forward`.
    dropout_param : dict
        As in `dropout_forward`; 'shared_axes' 0 drops all weights of an output, 1 all of an input.

    Returns
    -------
    out : ndarray, shape (N, M)
    cache : tuple
        ``(affine_cache, (dropout_param, mask))``; the mask, of the shape of w, is True = kept.

    Raises
    ------
    TypeError, ValueError, KeyError
        As in `affine_forward` and `dropout_forward`.

    References
    ----------
    .. [1] Wan, Zeiler, Zhang, LeCun, Fergus, "Regularization of Neural Networks using
       DropConnect", ICML 2013, section 3 and algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> x, w, b = np.ones((1, 2)), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.zeros(3)
    >>> out, (_, (_, mask)) = dropconnect_affine_forward(
    ...     x, w, b, {"p": 0.5, "mode": "train", "seed": 0})
    >>> mask.astype(int)
    array([[1, 0, 0],
           [1, 1, 0]])
    >>> out
    array([[10., 10.,  0.]])
    """
    settings = dropout_settings(dropout_param)
    kept, dropout_cache = inverted_dropout(parameter("w", w, ndim=2), settings)
    out, affine_cache = affine_forward(x, kept, b)
    return out, (affine_cache, dropout_cache)


def dropconnect_affine_backward(
    dout: Array, cache: tuple[Any, Any]
) -> tuple[Array, Array, Array]:
    """Backpropagate through `dropconnect_affine_forward`; return dx, dw, db.

    ::

        dx = dout @ (mask * w / (1 - p)).T
        dw = mask * (x.T @ dout) / (1 - p)
        db = sum of dout over the samples

    Examples
    --------
    >>> import numpy as np
    >>> x, w, b = np.ones((1, 2)), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.zeros(3)
    >>> out, cache = dropconnect_affine_forward(x, w, b, {"p": 0.5, "mode": "train", "seed": 0})
    >>> dx, dw, db = dropconnect_affine_backward(np.ones((1, 3)), cache)
    >>> dx, dw
    (array([[ 2., 18.]]), array([[2., 0., 0.],
           [2., 2., 0.]]))
    """
    affine_cache, dropout_cache = cached(cache, (tuple, tuple), "dropconnect_affine_forward")
    dx, dkept, db = affine_backward(dout, affine_cache)
    return dx, dropout_backward(dkept, dropout_cache), db


def dropconnect_affine_inference(
    x: Array, w: Array, b: Array, dropout_param: Mapping[str, Any], samples: int = 1
) -> Array:
    """Draw outputs of the layer from the Gaussian that has the mean and variance of its training.

    ::

        mean = x @ w + b
        var  = p / (1 - p) * (x * x) @ (w * w)
        out  = mean + sqrt(var) * z,  z ~ N(0, 1)

    The output of the masked layer is a sum of many independent terms, so it is nearly Gaussian.
    Pass the samples through the activation, then average: the mean of the activation is what the
    mean weights get wrong.

    Parameters
    ----------
    x, w, b : ndarray of float
        As in `affine_forward`.
    dropout_param : dict
        'p' or 'keep_prob', and optionally 'seed' or 'rng', as in `dropout_forward`.
    samples : int, default 1
        How many outputs to draw.

    Returns
    -------
    ndarray, shape (samples, N, M)
        Of the dtype of x.

    References
    ----------
    .. [1] Wan, Zeiler, Zhang, LeCun, Fergus, "Regularization of Neural Networks using
       DropConnect", ICML 2013, section 4 and algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> x, w, b = np.ones((1, 100)), np.ones((100, 1)), np.zeros(1)
    >>> out = dropconnect_affine_inference(x, w, b, {"p": 0.5, "seed": 0}, samples=10_000)
    >>> round(float(out.mean())), round(float(out.std()))
    (100, 10)
    """
    p = p_of(dropout_param)
    check_source(dropout_param)
    expected, remedy = "a positive integer", "pass how many outputs to draw"
    if integer("samples", samples, expected, remedy) < 1:
        refuse("samples", samples, expected, remedy)
    mean, (x, w, b) = affine_forward(x, w, b)
    rows = widen(x.reshape(len(x), w.shape[0]))
    variance = p / (1.0 - p) * (np.square(rows) @ np.square(widen(w)))
    noise = normal((int(samples), *mean.shape), source_of(dropout_param))
    return cast(mean + np.sqrt(variance) * noise, mean.dtype)
