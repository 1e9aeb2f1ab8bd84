"""Convolutions with what usually follows them, as one layer: relu, pooling, batchnorm, dropout.

Blocks as in `layers.blocks`: the layers in order, and their backwards from the end.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from layers.activations import relu_backward, relu_forward
from layers.arguments import Array
from layers.blocks import Caches, chain, chain_back
from layers.convolution import conv_backward, conv_forward
from layers.pooling import max_pool_backward, max_pool_forward
from layers.spatial_dropout import dropout2d_backward, dropout2d_forward
from layers.spatial_normalization import spatial_batchnorm_backward, spatial_batchnorm_forward


def conv_relu_forward(
    x: Array, w: Array, b: Array, conv_param: Mapping[str, Any]
) -> tuple[Array, Caches]:
    """Convolution, then ReLU.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
    w, b : arrays of float, shapes (F, C, HH, WW) and (F,)
    conv_param : dict
        As in `conv_forward`.

    Returns
    -------
    out : array, shape (N, F, OH, OW)
    cache : tuple
        The caches of the layers, for `conv_relu_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.array([-1.0, 2.0]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 1))
    >>> out, cache = conv_relu_forward(x, w, np.zeros(1), {"stride": 1, "pad": 0})
    >>> print(out.ravel())
    [0. 2.]
    """
    return chain(x, (conv_forward, w, b, conv_param), (relu_forward,))


def conv_relu_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `conv_relu_forward`; return dx, dw, db.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.array([-1.0, 2.0]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 1))
    >>> out, cache = conv_relu_forward(x, w, np.zeros(1), {"stride": 1, "pad": 0})
    >>> dx, dw, db = conv_relu_backward(np.ones((1, 1, 1, 2)), cache)
    >>> print(dx.ravel(), dw.ravel(), db)
    [0. 1.] [2.] [1.]
    """
    return chain_back(dout, cache, "conv_relu_forward", conv_backward, relu_backward)


def conv_relu_pool_forward(
    x: Array, w: Array, b: Array, conv_param: Mapping[str, Any], pool_param: Mapping[str, Any]
) -> tuple[Array, Caches]:
    """Convolution, ReLU, then max pooling.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
    w, b : arrays of float, shapes (F, C, HH, WW) and (F,)
    conv_param : dict
        As in `conv_forward`.
    pool_param : dict
        As in `max_pool_forward`.

    Returns
    -------
    out : array, shape (N, F, PH, PW)
    cache : tuple
        The caches of the layers, for `conv_relu_pool_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.array([-1.0, 2.0]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 1))
    >>> pool_param = {"pool_height": 1, "pool_width": 2, "stride": 1}
    >>> out, cache = conv_relu_pool_forward(x, w, np.ones(1), {"stride": 1, "pad": 0}, pool_param)
    >>> print(out.ravel())
    [3.]
    """
    return chain(x, (conv_forward, w, b, conv_param), (relu_forward,),
                 (max_pool_forward, pool_param))


def conv_relu_pool_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `conv_relu_pool_forward`; return dx, dw, db.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.array([-1.0, 2.0]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 1))
    >>> pool_param = {"pool_height": 1, "pool_width": 2, "stride": 1}
    >>> out, cache = conv_relu_pool_forward(x, w, np.ones(1), {"stride": 1, "pad": 0}, pool_param)
    >>> dx, dw, db = conv_relu_pool_backward(np.ones((1, 1, 1, 1)), cache)
    >>> print(dx.ravel(), dw.ravel(), db)
    [0. 1.] [2.] [1.]
    """
    return chain_back(dout, cache, "conv_relu_pool_forward",
                      conv_backward, relu_backward, max_pool_backward)


def conv_bn_relu_forward(
    x: Array,
    w: Array,
    b: Array,
    gamma: Array,
    beta: Array,
    conv_param: Mapping[str, Any],
    bn_param: MutableMapping[str, Any],
) -> tuple[Array, Caches]:
    """Convolution, spatial batch normalization, then ReLU.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
    w, b : arrays of float, shapes (F, C, HH, WW) and (F,)
    gamma, beta : arrays of float, shape (F,)
    conv_param : dict
        As in `conv_forward`.
    bn_param : dict
        As in `spatial_batchnorm_forward`; the running averages are written back.

    Returns
    -------
    out : array, shape (N, F, OH, OW)
    cache : tuple
        The caches of the layers, for `conv_bn_relu_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.array([1.0, 3.0]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 1))
    >>> one, zero = np.ones(1), np.zeros(1)
    >>> out, cache = conv_bn_relu_forward(
    ...     x, w, zero, one, zero, {"stride": 1, "pad": 0}, {"mode": "train"})
    >>> print(out.ravel().round(3))
    [0. 1.]
    """
    return chain(x, (conv_forward, w, b, conv_param),
                 (spatial_batchnorm_forward, gamma, beta, bn_param), (relu_forward,))


def conv_bn_relu_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `conv_bn_relu_forward`; return dx, dw, db, dgamma, dbeta.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.array([1.0, 3.0]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 1))
    >>> one, zero = np.ones(1), np.zeros(1)
    >>> out, cache = conv_bn_relu_forward(
    ...     x, w, zero, one, zero, {"stride": 1, "pad": 0}, {"mode": "train"})
    >>> dx, dw, db, dgamma, dbeta = conv_bn_relu_backward(np.ones((1, 1, 1, 2)), cache)
    >>> print(dbeta)
    [1.]
    """
    return chain_back(dout, cache, "conv_bn_relu_forward",
                      conv_backward, spatial_batchnorm_backward, relu_backward)


def conv_relu_spatial_dropout_forward(
    x: Array, w: Array, b: Array, conv_param: Mapping[str, Any], dropout_param: Mapping[str, Any]
) -> tuple[Array, Caches]:
    """Convolution, ReLU, then dropout of whole feature maps.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
    w, b : arrays of float, shapes (F, C, HH, WW) and (F,)
    conv_param : dict
        As in `conv_forward`.
    dropout_param : dict
        As in `spatial_dropout_forward`.

    Returns
    -------
    out : array, shape (N, F, OH, OW)
    cache : tuple
        The caches of the layers, for `conv_relu_spatial_dropout_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.ones((1, 1, 2, 2)), np.ones((4, 1, 1, 1))
    >>> out, cache = conv_relu_spatial_dropout_forward(
    ...     x, w, np.zeros(4), {"stride": 1, "pad": 0}, {"mode": "train", "p": 0.5, "seed": 0})
    >>> print(out.mean(axis=(2, 3)))
    [[2. 0. 0. 2.]]
    """
    return chain(x, (conv_forward, w, b, conv_param), (relu_forward,),
                 (dropout2d_forward, dropout_param))


def conv_relu_spatial_dropout_backward(dout: Array, cache: Caches) -> tuple[Array, ...]:
    """Backpropagate through `conv_relu_spatial_dropout_forward`; return dx, dw, db.

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.ones((1, 1, 2, 2)), np.ones((4, 1, 1, 1))
    >>> out, cache = conv_relu_spatial_dropout_forward(
    ...     x, w, np.zeros(4), {"stride": 1, "pad": 0}, {"mode": "train", "p": 0.5, "seed": 0})
    >>> dx, dw, db = conv_relu_spatial_dropout_backward(np.ones((1, 4, 2, 2)), cache)
    >>> print(db)
    [8. 0. 0. 8.]
    """
    return chain_back(dout, cache, "conv_relu_spatial_dropout_forward",
                      conv_backward, relu_backward, dropout2d_backward)
