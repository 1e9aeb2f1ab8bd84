"""The value of a convolution in two dimensions: a sum over each window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gradcheck.reference.formula import Array, Reference, Slip, demand


def conv(x: Array, w: Array, b: Any = None, *, stride: int, pad: int, across: int | None = None,
         **_: Any) -> Array:
    """Return the correlation of images (N, C, H, W) with kernels (F, C, HH, WW), plus b.

    Parameters
    ----------
    x, w, b : array
        Images, kernels, and a bias for each kernel, in any shape.
    stride, pad : int
        Of both axes.
    across : int, optional
        Another stride for the last axis.

    Examples
    --------
    >>> conv(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), stride=1, pad=0).tolist()
    [[[[4.0, 4.0], [4.0, 4.0]]]]
    """
    demand(x.ndim == w.ndim == 4 and x.shape[1] == w.shape[1])
    demand(b is None or np.size(b) == len(w))
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    demand(all(np.greater_equal(padded.shape[2:], w.shape[2:])))
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    out = np.einsum("nchwij,fcij->nfhw", windows[:, :, ::stride, ::across or stride], w,
                    optimize=True)
    return out if b is None else out + np.reshape(b, (-1, 1, 1))


def _flipped(w: Array, **roles: Any) -> Array:
    return conv(w=w[..., ::-1, ::-1], **roles)


def _whole_pad(pad: int, **roles: Any) -> Array:
    return conv(pad=pad // 2, **roles)


CONV = Reference(
    "the sum of x times w over each window, plus b", conv, {
        "the kernel flipped, as in mathematics": _flipped,
        "pad is that of both sides together": _whole_pad,
    }, None, (
        Slip("b is left out", "add b[f] to the map of each kernel",
             lambda b, **roles: conv(**roles)),
        Slip("the image is not padded", "pad height and width by pad with zeros",
             lambda pad, **roles: conv(pad=0, **roles)),
        Slip("pad is taken twice", "pad each side by pad",
             lambda pad, **roles: conv(pad=2 * pad, **roles)),
        Slip("the stride is taken as 1", "start each window stride further than the last",
             lambda stride, **roles: conv(stride=1, **roles)),
        Slip("the kernel is transposed", "w[f, c] has height first, then width",
             lambda w, **roles: conv(w=np.swapaxes(w, 2, 3), **roles)),
        Slip("the stride counts for the height alone", "stride is that of both axes",
             lambda **roles: conv(across=1, **roles)),
        Slip("the channels are averaged", "sum over the channels", lambda x, b, **roles: conv(
            x=x, **roles) / x.shape[1] + np.reshape(b, (-1, 1, 1))),
        Slip("only the first channel counts", "sum over all channels",
             lambda x, w, **roles: conv(x[:, :1], w[:, :1], **roles)),
    ),
    sized=True,
)
