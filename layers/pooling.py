"""Pooling of feature maps: the largest number of every window, or the mean of all."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, refuse, same_shape
from layers.blocked import BITS, in_threads
from layers.keys import checked_keys
from layers.precision import cast, widen
from layers.windows import Windows, blocks_of, positive, windows_over

# where the first maximum of each window is, counted row by row; the windows; x's dtype
MaxPoolCache = tuple[Array, Windows, "np.dtype[Any]"]
AvgPoolCache = tuple[tuple[int, ...], Windows, "np.dtype[Any]"]

_MAX_POOL = (np.ndarray, Windows, np.dtype)
_AVG_POOL = (tuple, Windows, np.dtype)


def max_pool_forward(x: Array, pool_param: Mapping[str, Any]) -> tuple[Array, MaxPoolCache]:
    """Keep the largest number of every window.

    With s = stride::

        out[n, c, i, j] = max of x[n, c, s*i:s*i + pool_height, s*j:s*j + pool_width]

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
        Feature maps. N may be 0.
    pool_param : dict
        pool_height, pool_width : int > 0, rows and columns of a window; required.
        stride : int > 0, or a pair for height and width; required.
        pad : int >= 0, or a pair, default 0: what is around x, and never the largest.

    Returns
    -------
    out : array, shape (N, C, OH, OW)
        With OH = (H + 2*pad - pool_height) / stride + 1, and OW alike. Of x's dtype; a window with
        a NaN in it comes out as NaN.
    cache : tuple
        For `max_pool_backward`: where each window's maximum is, one byte a window.

    Raises
    ------
    TypeError
        If x is no floating array.
    ValueError
        If a window is larger than the padded x or nothing but padding, or OH or OW is not whole;
        the message shows the arithmetic.
    KeyError
        If pool_param lacks a key.

    References
    ----------
    Riesenhuber, Poggio, "Hierarchical models of object recognition in cortex", Nature Neuroscience
    2 (1999). Scherer, Mueller, Behnke, "Evaluation of pooling operations", ICANN 2010.

    Examples
    --------
    >>> x = np.array([[[[1.0, 5.0, 2.0, 2.0], [4.0, 3.0, 2.0, 2.0]]]])
    >>> pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    >>> out, cache = max_pool_forward(x, pool_param)
    >>> print(out)
    [[[[5. 2.]]]]
    """
    x, windows = _arguments(x, pool_param)
    around = windows.padded(x, -np.inf)
    out = np.empty((*x.shape[:2], *windows.counts), x.dtype)
    first = np.empty(out.shape, np.min_scalar_type(windows.kernel[0] * windows.kernel[1] - 1))
    blocks = blocks_of(len(x), around[:1].size)

    def work(i: int) -> None:
        _maxima(windows, around[blocks[i]], out[blocks[i]], first[blocks[i]])

    in_threads(work, range(len(blocks)))
    return out, (first, windows, x.dtype)


def max_pool_backward(dout: Array, cache: MaxPoolCache) -> Array:
    """Hand each window's gradient to its maximum; to the first, row by row, where it has several.

    ::

        dx[n, c, i, j] = sum of dout over the windows whose first maximum stands at (i, j)

    Parameters
    ----------
    dout : array of float, shape (N, C, OH, OW)
        Upstream gradient.
    cache : tuple
        From `max_pool_forward`.

    Returns
    -------
    dx : array
        Of the shape and dtype of x.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> x = np.array([[[[1.0, 5.0, 2.0, 2.0], [4.0, 3.0, 2.0, 2.0]]]])
    >>> pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    >>> out, cache = max_pool_forward(x, pool_param)
    >>> print(max_pool_backward(np.array([[[[1.0, 10.0]]]]), cache))
    [[[[ 0.  1. 10.  0.]
       [ 0.  0.  0.  0.]]]]
    """
    first, windows, dtype = cached(cache, _MAX_POOL, "max_pool_forward")
    dout = widen(same_shape("dout", dout, first.shape, "max_pool_forward's out"))
    daround = _zeros_around(windows, dout)
    bits = np.dtype(BITS[dout.itemsize])
    dout = np.ascontiguousarray(dout, dout.dtype.newbyteorder("=")).view(bits)
    blocks = blocks_of(len(first), daround[:1].size)

    def work(i: int) -> None:
        block = blocks[i]
        for k, place in enumerate(windows.places(daround[block])):
            # A mask of bits: 0 times inf would be NaN, and a branch for each element takes longer.
            chosen = np.negative(first[block] == k, dtype=bits) & dout[block]
            place += chosen.view(daround.dtype)

    in_threads(work, range(len(blocks)))
    return np.ascontiguousarray(cast(windows.inside(daround), dtype))


def avg_pool_forward(x: Array, pool_param: Mapping[str, Any]) -> tuple[Array, AvgPoolCache]:
    """Take the mean of every window.

    With s = stride::

        out[n, c, i, j] = mean of x[n, c, s*i:s*i + pool_height, s*j:s*j + pool_width]

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
        Feature maps. N may be 0.
    pool_param : dict
        As in `max_pool_forward`; the padding counts as zeros.

    Returns
    -------
    out : array, shape (N, C, OH, OW)
        As in `max_pool_forward`; float16 is summed in float32.
    cache : tuple
        For `avg_pool_backward`.

    Raises
    ------
    TypeError, ValueError, KeyError
        As in `max_pool_forward`.

    References
    ----------
    LeCun et al., "Handwritten digit recognition with a back-propagation network", NIPS 1989.

    Examples
    --------
    >>> x = np.array([[[[1.0, 5.0, 2.0, 2.0], [3.0, 3.0, 2.0, 2.0]]]])
    >>> pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    >>> out, cache = avg_pool_forward(x, pool_param)
    >>> print(out)
    [[[[3. 2.]]]]
    """
    x, windows = _arguments(x, pool_param)
    around = windows.padded(widen(x))
    total = np.zeros((*x.shape[:2], *windows.counts), around.dtype)
    with np.errstate(invalid="ignore"):  # inf - inf: the NaN in out says so itself
        for place in windows.places(around):
            total += place
    total /= windows.kernel[0] * windows.kernel[1]
    return cast(total, x.dtype), (total.shape, windows, x.dtype)


def avg_pool_backward(dout: Array, cache: AvgPoolCache) -> Array:
    """Spread each window's gradient evenly: dx gets dout / (pool_height * pool_width) from each.

    Parameters
    ----------
    dout : array of float, shape (N, C, OH, OW)
        Upstream gradient.
    cache : tuple
        From `avg_pool_forward`.

    Returns
    -------
    dx : array
        Of the shape and dtype of x.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> pool_param = {"pool_height": 1, "pool_width": 2, "stride": 1}
    >>> out, cache = avg_pool_forward(np.ones((1, 1, 1, 3)), pool_param)
    >>> print(avg_pool_backward(np.array([[[[2.0, 10.0]]]]), cache))
    [[[[1. 6. 5.]]]]
    """
    shape, windows, dtype = cached(cache, _AVG_POOL, "avg_pool_forward")
    dout = widen(same_shape("dout", dout, shape, "avg_pool_forward's out"))
    daround = _zeros_around(windows, dout)
    share = dout / (windows.kernel[0] * windows.kernel[1])
    with np.errstate(invalid="ignore"):
        for place in windows.places(daround):
            place += share
    return np.ascontiguousarray(cast(windows.inside(daround), dtype))


def _arguments(x: Array, pool_param: Mapping[str, Any]) -> tuple[Array, Windows]:
    """Return x and its windows, if they fit, and none of them is nothing but padding."""
    x = floating("x", x, ndim=4)
    checked_keys("pool_param", pool_param,
                 "pass {'pool_height': 2, 'pool_width': 2, 'stride': 2}")
    height, width = (positive("pool_param", pool_param, key)
                     for key in ("pool_height", "pool_width"))
    windows = windows_over(x, "pool_param", pool_param, (height, width), "window")
    for pad, kernel in zip(windows.pad, windows.kernel, strict=True):
        if 2 * pad > kernel:
            refuse("pool_param['pad']", pad, f"at most {kernel // 2}, half of the window's "
                   f"{kernel}", "pass less: a window must see more than padding")
    return x, windows


def _zeros_around(windows: Windows, dout: Array) -> Array:
    """Return zeros of the padded x's shape for a dout."""
    sides = (length + 2 * pad for length, pad in zip(windows.size, windows.pad, strict=True))
    return np.zeros((*dout.shape[:2], *sides), dout.dtype.newbyteorder("="))


def _maxima(windows: Windows, around: Array, out: Array, first: Array) -> None:
    """Write the maximum of each window into `out`, and into `first` where it stands first."""
    places = list(windows.places(around))
    out[...] = places[0]
    for place in places[1:]:
        np.maximum(out, place, out=out)
    # How many places, from the first one on, are all lower; NaN is lower than nothing.
    lower, count = np.ones(out.shape, bool), np.zeros(out.shape, first.dtype)
    for place in itertools.islice(places, len(places) - 1):
        lower &= place < out
        count += lower
    first[...] = count
