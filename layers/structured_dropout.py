"""Dropout with one decision for a whole sequence, or for a whole residual branch.

Successive steps of a sequence say nearly the same: dropping them one by one takes no information
away. These layers take every key of `dropout_forward` but 'shared_axes', which they choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers.arguments import Array, floating, one_of, refuse
from layers.dropout import inverted_backward, inverted_dropout
from layers.replay import Cache
from layers.settings import axis_of, dropout_settings


def locked_dropout_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop the same units at every time step of a sequence (variational dropout).

    ::

        mask ~ Bernoulli(1 - p), the shape of x but 1 along the time axis
        out  = mask * x / (1 - p)

    In a recurrent net, mask what goes *into* the gates, ``gates = f(locked(h))``, and carry the
    unmasked h to the next step. A mask on the carried state itself would multiply a unit by
    1 / (1 - p) once a step: by 2 ** 100 after a hundred steps at p = 0.5. A loop over the steps
    gets one mask for all of them from ``dropout_forward(h, ...)`` with one 'seed' a sequence.

    Parameters
    ----------
    x : ndarray of float, at least two axes; (N, T, D) unless 'time_axis' says otherwise
        Sequences.
    dropout_param : dict
        'p', 'mode'; optionally 'time_axis' (int, default 1), and 'seed', 'rng', 'store' as in
        `dropout_forward`.

    Returns
    -------
    out, cache
        As in `dropout_forward`.

    Raises
    ------
    TypeError, ValueError
        As in `dropout_forward`, or 'time_axis' is no axis of x.

    References
    ----------
    .. [1] Gal, Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
       Networks", NIPS 2016, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(1.0, 13.0).reshape(1, 3, 4)
    >>> out, _ = locked_dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0, "time_axis": 1})
    >>> out[0]
    array([[ 2.,  0.,  0.,  8.],
           [10.,  0.,  0., 16.],
           [18.,  0.,  0., 24.]])
    """
    settings = dropout_settings(dropout_param)
    x = floating("x", x)
    if x.ndim < 2:
        refuse("x", x, "sequences: a time axis and at least another one", "pass x (N, T, D)")
    axis = axis_of("dropout_param['time_axis']", settings.param.get("time_axis", 1), x.shape)
    settings.refuse_shared_axes()
    return inverted_dropout(x, settings, (axis,))


def locked_dropout_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the units that were kept: dx = mask * dout / (1 - p).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 2, 4))
    >>> _, cache = locked_dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> locked_dropout_backward(x, cache)[0]
    array([[2., 0., 0., 2.],
           [2., 0., 0., 2.]])
    """
    return inverted_backward(dout, cache, "locked_dropout_forward")


def stochastic_depth_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop the residual branch of whole samples, or of the whole batch (drop path).

    ::

        mask ~ Bernoulli(1 - p), one for each sample, or one in all
        out  = mask * x / (1 - p)                  x is the branch f(h) of a block h + f(h)

    The identity is kept: it is not an argument but added outside, ``h + out``, so that a dropped
    block is exactly ``h``, and its gradient reaches h undiminished. The paper scales by 1 - p at
    test time; this is the inverted form, whose test mode costs nothing.

    Parameters
    ----------
    x : ndarray of float, shape (N, ...)
        Output of the residual branch.
    dropout_param : dict
        'p', 'mode'; optionally 'granularity' ('sample', the default, or 'batch'), and 'seed',
        'rng', 'store' as in `dropout_forward`. The paper lets p grow with the depth:
        p_l = l / L * p_L.

    Returns
    -------
    out, cache
        As in `dropout_forward`.

    Raises
    ------
    TypeError, ValueError
        As in `dropout_forward`, or 'granularity' is another word.

    References
    ----------
    .. [1] Huang, Sun, Liu, Sedra, Weinberger, "Deep Networks with Stochastic Depth", ECCV 2016,
       equations 2 and 5.

    Examples
    --------
    >>> import numpy as np
    >>> h, branch = np.ones((4, 2)), np.full((4, 2), 0.25)
    >>> out, _ = stochastic_depth_forward(branch, {"p": 0.5, "mode": "train", "seed": 0})
    >>> h + out
    array([[1.5, 1.5],
           [1. , 1. ],
           [1. , 1. ],
           [1.5, 1.5]])
    """
    settings = dropout_settings(dropout_param)
    x = floating("x", x, min_ndim=1)
    granularity = one_of("dropout_param['granularity']",
                         settings.param.get("granularity", "sample"), ("sample", "batch"))
    settings.refuse_shared_axes()
    return inverted_dropout(x, settings, range(granularity == "sample", x.ndim))


def stochastic_depth_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient into the branches that were kept: dx = mask * dout / (1 - p).

    The gradient of the identity is dout itself, and is added by whoever added the identity.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((4, 1))
    >>> _, cache = stochastic_depth_forward(x, {"p": 0.5, "mode": "train", "seed": 0})
    >>> stochastic_depth_backward(x, cache).T
    array([[2., 0., 0., 2.]])
    """
    return inverted_backward(dout, cache, "stochastic_depth_forward")
