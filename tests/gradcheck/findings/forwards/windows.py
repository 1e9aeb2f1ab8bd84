"""Convolution and pooling, place by place."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.gradcheck.findings.cases import backward_of, paired, randn


def conv(x, w, b, conv_param):
    """Cross-correlation of x (N, C, H, W) with w (F, C, HH, WW); cache (x, w, conv_param)."""
    pad, stride = conv_param["pad"], conv_param["stride"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,fcij->nfhw", windows, w) + b[:, None, None], (x, w, conv_param)


def conv_args(x_shape, w_shape, pad=0, stride=1, dtype=np.float64):
    return (randn(*x_shape, dtype=dtype), randn(*w_shape, dtype=dtype),
            randn(w_shape[0], dtype=dtype), {"pad": pad, "stride": stride})


def places(dout, stride, size):
    """Yield each output place (i, j) with the rows and columns of its input window."""
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            top, left = i * stride, j * stride
            yield i, j, slice(top, top + size[0]), slice(left, left + size[1])


def conv_padded(dout, cache, *, kernel=None, stride=None, add=True):
    """The right dx with its padding, dw and db; the keywords are where students slip in dx."""
    x, w, param = cache
    pad, kernel = param["pad"], w if kernel is None else kernel
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j, rows, columns in places(dout, stride or param["stride"], w.shape[2:]):
        part = np.einsum("nf,fchw->nchw", dout[:, :, i, j], kernel)
        dpadded[:, :, rows, columns] = part + add * dpadded[:, :, rows, columns]
    for i, j, rows, columns in places(dout, param["stride"], w.shape[2:]):
        dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], padded[:, :, rows, columns])
    return dpadded, dw, dout.sum(axis=(0, 2, 3))


def crop(dpadded, pad):
    return dpadded[:, :, pad:dpadded.shape[2] - pad, pad:dpadded.shape[3] - pad]


def conv_slip(**slips):
    """A backward of conv; the keywords are conv_padded's."""

    def backward(dout, cache):
        dpadded, dw, db = conv_padded(dout, cache, **slips)
        return crop(dpadded, cache[2]["pad"]), dw, db

    return backward


backward_of(conv)(conv_slip())


def conv1d(x, w, dilation=1, pad=0):
    """Cross-correlation of x (N, T) with w (K,); cache (padded, w, dilation, pad)."""
    padded = np.pad(x, ((0, 0), (pad, pad)))
    size = padded.shape[1] - dilation * (len(w) - 1)
    out = sum(w[k] * padded[:, dilation * k:dilation * k + size] for k in range(len(w)))
    return out, (padded, w, dilation, pad)


def conv1d_padded(dout, cache, *, kernel=None, dilation=None, add=True):
    """The right dx with its padding, and dw; the keywords are where students slip."""
    padded, w, right, _ = cache
    dpadded, size = np.zeros_like(padded), dout.shape[1]
    kernel, step = w if kernel is None else kernel, dilation or right
    for k in range(len(w)):
        tap = slice(step * k, step * k + size)
        dpadded[:, tap] = kernel[k] * dout + add * dpadded[:, tap]
    return dpadded, np.array([(dout * padded[:, right * k:right * k + size]).sum()
                              for k in range(len(w))])


def conv1d_slip(**slips):
    """A backward of conv1d; the keywords are conv1d_padded's."""

    def backward(dout, cache):
        dpadded, dw = conv1d_padded(dout, cache, **slips)
        return dpadded[:, cache[3]:dpadded.shape[1] - cache[3]], dw

    return backward


backward_of(conv1d)(conv1d_slip())


def max_pool(x, size, stride):
    """Maximum of each window of x (N, C, H, W); cache (x, size, stride)."""
    windows = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5)), (x, size, stride)


def average_pool(x, size, stride):
    windows = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.mean(axis=(4, 5)), (x, size, stride)


def pooled(share, add=True):
    """A backward that gives each window `share(window)`, an array like it, times its dout."""

    def backward(dout, cache):
        x, size, stride = cache
        dx = np.zeros_like(x)
        for i, j, rows, columns in places(dout, stride, (size, size)):
            part = share(x[:, :, rows, columns]) * dout[:, :, i, j, None, None]
            dx[:, :, rows, columns] = part + add * dx[:, :, rows, columns]
        return dx

    return backward


def routed(pick):
    """A share that gives all to the flat index that pick(windows (N, C, size * size)) returns."""

    def share(window):
        flat = window.reshape(*window.shape[:2], -1)
        hot = np.zeros_like(flat)
        np.put_along_axis(hot, pick(flat)[..., None], 1, axis=2)
        return hot.reshape(window.shape)

    return share


at_maximum = routed(lambda flat: flat.argmax(axis=2))


def evenly(window):
    return np.full_like(window, 1 / window[0, 0].size)


backward_of(max_pool)(pooled(at_maximum))
backward_of(average_pool)(pooled(evenly))


def row_max(x):
    """The maximum over the second axis; cache x."""
    return x.max(axis=1), x


@backward_of(row_max)
def row_max_backward(dout, x):
    """Each maximum's dout, to the first where several tie."""
    dx = np.zeros_like(x)
    np.put_along_axis(dx, np.expand_dims(x.argmax(axis=1), 1), np.expand_dims(dout, 1), axis=1)
    return dx


def blocks_of_two(x):
    """Max pooling of x (N, T) by reshaping."""
    return x.reshape(len(x), -1, 2).max(axis=2), x


@backward_of(blocks_of_two)
def blocks_of_two_backward(dout, x):
    pairs = x.reshape(len(x), -1, 2)
    return (dout[:, :, None] * (pairs == pairs.max(axis=2, keepdims=True))).reshape(x.shape)


def min_pool(x):
    return x.reshape(len(x), -1, 3).min(axis=2), x


@backward_of(min_pool)
def min_pool_backward(dout, x):
    windows = x.reshape(len(x), -1, 3)
    return (dout[:, :, None] * (windows == windows.min(axis=2, keepdims=True))).reshape(x.shape)


# Repeats each element of x (N, T) three times.
upsample = paired("upsample", lambda x: (np.repeat(x, 3, axis=1), x.shape),
                  lambda dout, shape: dout.reshape(*shape, 3).sum(axis=2))
