"""Dropout of whole channels: neighbouring pixels say nearly the same.

Dropping them one by one takes no information away. These layers take one decision for all pixels of
a channel, and every key of `dropout_forward` but 'shared_axes', which they choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers.arguments import Array, floating, refuse
from layers.dropout import inverted_backward, inverted_dropout
from layers.replay import Cache
from layers.settings import dropout_settings


def spatial_dropout_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop whole channels: one decision for each sample and channel.

    ::

        mask ~ Bernoulli(1 - p), shape (N, C, 1, ..., 1)
        out  = mask * x / (1 - p)

    Parameters
    ----------
    x : ndarray of float, shape (N, C, d1, ...)
        A batch, always: the first axis is the samples, the second one the channels. An input of
        one sample (C, d1, ...) has to be passed as ``x[np.newaxis]``, since its shape alone would
        be taken for C samples. `dropout1d_forward`, `dropout2d_forward` and `dropout3d_forward`
        are the same for one, two and three spatial axes, and refuse any other number.
    dropout_param : dict
        'p', 'mode', and optionally 'seed', 'rng', 'store', as in `dropout_forward`.

    Returns
    -------
    out, cache
        As in `dropout_forward`; the mask has the shape of x, and the memory of (N, C).

    Raises
    ------
    TypeError, ValueError
        As in `dropout_forward`, or x has fewer than three axes.

    References
    ----------
    .. [1] Tompson, Goroshin, Jain, LeCun, Bregler, "Efficient Object Localization Using
       Convolutional Networks", CVPR 2015, section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 4, 2, 2))
    >>> out, cache = spatial_dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> out.reshape(4, 4)
    array([[2., 2., 2., 2.],
           [0., 0., 0., 0.],
           [0., 0., 0., 0.],
           [2., 2., 2., 2.]])
    """
    x = floating("x", x)
    if x.ndim < 3:
        refuse("x", x, "a batch of shape (N, C, d1, ...)",
               "add the batch axis with x[np.newaxis]; features without space are for "
               "dropout_forward")
    settings = dropout_settings(dropout_param)
    settings.refuse_shared_axes()
    return inverted_dropout(x, settings, range(2, x.ndim))


def spatial_dropout_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the channels that were kept: dx = mask * dout / (1 - p).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 4, 3))
    >>> _, cache = spatial_dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> spatial_dropout_backward(x, cache)[0, :, 0]
    array([2., 0., 0., 2.])
    """
    return inverted_backward(dout, cache, "spatial_dropout_forward")


def dropout1d_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop whole channels of x (N, C, L); see `spatial_dropout_forward`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((2, 3, 4))
    >>> out, _ = dropout1d_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> out.mean(axis=2)
    array([[2., 0., 0.],
           [2., 2., 0.]])
    """
    return _batched(x, 3, "(N, C, L)", dropout_param)


def dropout1d_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the channels that were kept: dx = mask * dout / (1 - p).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((2, 3, 4))
    >>> _, cache = dropout1d_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> dropout1d_backward(x, cache).mean(axis=2)
    array([[2., 0., 0.],
           [2., 2., 0.]])
    """
    return inverted_backward(dout, cache, "dropout1d_forward")


def dropout2d_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop whole channels of x (N, C, H, W); see `spatial_dropout_forward`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((2, 3, 4, 4))
    >>> out, _ = dropout2d_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> out.mean(axis=(2, 3))
    array([[2., 0., 0.],
           [2., 2., 0.]])
    """
    return _batched(x, 4, "(N, C, H, W)", dropout_param)


def dropout2d_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the channels that were kept: dx = mask * dout / (1 - p).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((2, 3, 4, 4))
    >>> _, cache = dropout2d_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> dropout2d_backward(x, cache).mean(axis=(2, 3))
    array([[2., 0., 0.],
           [2., 2., 0.]])
    """
    return inverted_backward(dout, cache, "dropout2d_forward")


def dropout3d_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop whole channels of x (N, C, D, H, W); see `spatial_dropout_forward`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((2, 3, 4, 4, 4))
    >>> out, _ = dropout3d_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> out.mean(axis=(2, 3, 4))
    array([[2., 0., 0.],
           [2., 2., 0.]])
    """
    return _batched(x, 5, "(N, C, D, H, W)", dropout_param)


def dropout3d_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the channels that were kept: dx = mask * dout / (1 - p).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((2, 3, 4, 4, 4))
    >>> _, cache = dropout3d_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> dropout3d_backward(x, cache).mean(axis=(2, 3, 4))
    array([[2., 0., 0.],
           [2., 2., 0.]])
    """
    return inverted_backward(dout, cache, "dropout3d_forward")


def _batched(
    x: Array, ndim: int, shape: str, dropout_param: Mapping[str, Any]
) -> tuple[Array, Cache]:
    if floating("x", x).ndim != ndim:
        refuse("x", x, f"a batch of shape {shape}",
               "add a batch axis with x[np.newaxis] if x is one sample; spatial_dropout_forward "
               "takes any number of spatial axes")
    return spatial_dropout_forward(x, dropout_param)
