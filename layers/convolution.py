"""Convolution of images: every filter looks at every place through the same weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, parameter, refuse, same_shape
from layers.keys import checked_keys
from layers.precision import as_floats, cast, widen
from layers.settings import required
from layers.windows import Windows, blocks_of, windows_over

ConvCache = tuple[Array, Array, Array, Windows]

_CONV = (*(np.ndarray,) * 3, Windows)


def conv_forward(
    x: Array, w: Array, b: Array, conv_param: Mapping[str, Any]
) -> tuple[Array, ConvCache]:
    """Slide filters over images, and add a bias to what each of them sees.

    With x padded by zeros, and s = stride::

        out[n, f, i, j] = sum(w[f] * x[n, :, s*i:s*i + HH, s*j:s*j + WW]) + b[f]

    The filters are not flipped: what mathematics calls cross-correlation.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
        Images. N may be 0.
    w : array of float, shape (F, C, HH, WW)
        F filters.
    b : array of float, shape (F,)
        Biases. Integers are taken as numbers of x's dtype.
    conv_param : dict
        stride : int > 0, how far a filter moves; required.
        pad : int >= 0, zeros around the images; required.
        Each may be a pair, for height and width.

    Returns
    -------
    out : array, shape (N, F, OH, OW)
        With OH = (H + 2*pad - HH) / stride + 1, and OW alike. Of x's dtype; float16 is summed in
        float32.
    cache : tuple
        For `conv_backward`.

    Raises
    ------
    TypeError
        If an argument is no floating array.
    ValueError
        If the channels disagree, a filter is larger than the padded image, or OH or OW is not
        whole; the message shows the arithmetic.
    KeyError
        If conv_param has no 'stride' or no 'pad'.

    Notes
    -----
    The windows of a few images at a time are copied into columns (C*HH*WW, OH*OW), and one matrix
    product applies all filters to all of them. The columns are not kept: backward builds them anew.

    References
    ----------
    LeCun et al., "Gradient-based learning applied to document recognition", Proceedings of the
    IEEE 86 (1998). Chellapilla, Puri, Simard, "High performance convolutional neural networks for
    document processing", IWFHR 2006, section 3, for the columns.

    Examples
    --------
    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> edges = np.array([[[[-1.0, 1.0]]]])
    >>> out, cache = conv_forward(x, edges, np.zeros(1), {"stride": 1, "pad": 0})
    >>> print(out[0, 0])
    [[1. 1. 1.]
     [1. 1. 1.]
     [1. 1. 1.]
     [1. 1. 1.]]
    """
    x, w, b = _arguments(x, w, b)
    required("conv_param", checked_keys("conv_param", conv_param,
                                        "pass {'stride': 1, 'pad': 1}"), "pad")
    windows = windows_over(x, "conv_param", conv_param, (w.shape[2], w.shape[3]), "filter")
    seen, filters = windows.over(windows.padded(widen(x))), _rows(w)
    out = np.empty((len(x), len(w), *windows.counts), np.result_type(seen, filters))
    rows = out.reshape(len(x), len(w), math.prod(windows.counts))
    # Only inf or NaN in the data makes an invalid operation here: the NaN in out says so itself.
    with np.errstate(invalid="ignore"):
        for block, columns in _columns_by_block(seen):
            np.matmul(filters, columns, out=rows[block])
            rows[block] += widen(b)[:, np.newaxis]
    return cast(out, x.dtype), (x, w, b, windows)


def conv_backward(dout: Array, cache: ConvCache) -> tuple[Array, Array, Array]:
    """Backpropagate through `conv_forward`.

    ::

        dw[f] = sum of dout[n, f, i, j] * (the window of x at n, i, j)
        dx    = every window gets sum over f of w[f] * dout[n, f, i, j]; where windows overlap,
                the shares add up; what reaches the padding is dropped
        db[f] = sum of dout[:, f]

    Parameters
    ----------
    dout : array of float, shape (N, F, OH, OW)
        Upstream gradient.
    cache : tuple
        From `conv_forward`.

    Returns
    -------
    dx, dw, db : arrays
        Of the shapes and dtypes of x, w and b.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> x, w = np.arange(3.0).reshape(1, 1, 1, 3), np.array([[[[10.0, 1.0]]]])
    >>> out, cache = conv_forward(x, w, np.zeros(1), {"stride": 1, "pad": 0})
    >>> dx, dw, db = conv_backward(np.ones((1, 1, 1, 2)), cache)
    >>> print(dx.ravel(), dw.ravel(), db)
    [10. 11.  1.] [1. 3.] [2.]
    """
    x, w, b, windows = cached(cache, _CONV, "conv_forward")
    out_shape = (len(x), len(w), *windows.counts)
    dout = widen(same_shape("dout", dout, out_shape, "conv_forward's out"))
    around, filters = windows.padded(widen(x)), _rows(w)
    seen, upstream = windows.over(around), dout.reshape(*out_shape[:2], math.prod(windows.counts))
    daround = np.zeros(around.shape, np.result_type(dout, filters))
    dfilters = np.zeros(filters.shape[::-1], np.result_type(dout, around))
    with np.errstate(invalid="ignore"):
        for block, columns in _columns_by_block(seen):
            for column, row in zip(columns, upstream[block], strict=True):
                dfilters += column @ row.T
            # No one reads these columns again: their memory does for the gradient of the windows.
            same = columns.dtype == daround.dtype
            dcolumns = np.matmul(filters.T, upstream[block], out=columns if same else None)
            _add_windows(dcolumns, windows, daround[block])
        dw, db = dfilters.T.reshape(w.shape), dout.sum(axis=(0, 2, 3))
    dx = windows.inside(daround)
    return np.ascontiguousarray(cast(dx, x.dtype)), cast(dw, w.dtype), cast(db, b.dtype)


def _arguments(x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """Return x, w and b, if that is what they are, and their channels agree."""
    x, w = floating("x", x, ndim=4), parameter("w", w, ndim=4)
    b = parameter("b", as_floats(b, x), ndim=1)
    if w.shape[1] != x.shape[1]:
        refuse("w", w, f"shape (F, C, HH, WW) with C = {x.shape[1]}, the channels of x {x.shape}",
               f"make w.shape[1] == {x.shape[1]}; images stored as (N, H, W, C) need "
               "x.transpose(0, 3, 1, 2)")
    if 0 in w.shape[1:]:
        refuse("w", w, "filters of at least one row, column and channel", "check HH, WW and C")
    same_shape("b", b, w.shape[:1], "w's filters", "give each filter one bias")
    return x, w, b


def _rows(w: Array) -> Array:
    """Return each filter as a row (F, C*HH*WW)."""
    return widen(w).reshape(len(w), math.prod(w.shape[1:]))


def _columns_by_block(seen: Array) -> Iterator[tuple[slice, Array]]:
    """Yield windows (N, C, OH, OW, HH, WW) as columns (n, C*HH*WW, OH*OW), some images at a time.

    All blocks share one buffer that fits into the cache.
    """
    n, channels, rows, columns, height, width = seen.shape
    shape = (channels, height, width, rows, columns)
    blocks = blocks_of(n, math.prod(shape))
    buffer = np.empty((blocks[0].stop if blocks else 0, *shape), seen.dtype)
    for block in blocks:
        part = buffer[:block.stop - block.start]
        part[...] = seen[block].transpose(0, 1, 4, 5, 2, 3)
        yield block, part.reshape(len(part), channels * height * width, rows * columns)


def _add_windows(columns: Array, windows: Windows, around: Array) -> None:
    """Add columns (n, C*HH*WW, OH*OW) to the places of a padded array that they were read at."""
    n, channels = around.shape[:2]
    parts = columns.reshape(n, channels, math.prod(windows.kernel), *windows.counts)
    for k, place in enumerate(windows.places(around)):
        place += parts[:, :, k]
