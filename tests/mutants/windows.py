"""Wrong backwards of convolution and pooling, which bring their own forwards."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from . import Family, randn

FAMILY = Family()
wrong = FAMILY.backward
f16, f32 = np.float16, np.float32


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


def conv_right(dout, cache, kernel=None):
    """The right padded dx, with dw and db, for mutants that spoil one of them."""
    x, w, param = cache
    pad, kernel = param["pad"], w if kernel is None else kernel
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j, rows, columns in places(dout, param["stride"], w.shape[2:]):
        dpadded[:, :, rows, columns] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], kernel)
        dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], padded[:, :, rows, columns])
    return dpadded, dw, dout.sum(axis=(0, 2, 3))


def crop(dpadded, pad):
    return dpadded[:, :, pad:dpadded.shape[2] - pad, pad:dpadded.shape[3] - pad]


@wrong("overlap-overwritten", conv, *conv_args((2, 3, 5, 4), (2, 3, 3, 3), pad=1))
@wrong("overlap-overwritten", conv, *conv_args((3, 1, 6, 6), (2, 1, 2, 2), dtype=f32))
def conv_assigns_where_it_should_add(dout, cache):
    _, w, param = cache
    dpadded, dw, db = conv_right(dout, cache)
    for i, j, rows, columns in places(dout, param["stride"], w.shape[2:]):
        dpadded[:, :, rows, columns] = np.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
    return crop(dpadded, param["pad"]), dw, db


@wrong("window-misplaced", conv, *conv_args((2, 2, 7, 7), (3, 2, 3, 3), stride=2))
@wrong("window-misplaced", conv, *conv_args((1, 3, 6, 8), (2, 3, 2, 2), stride=2, dtype=f32))
def conv_backward_ignores_the_stride(dout, cache):
    _, w, _ = cache
    dpadded, dw, db = conv_right(dout, cache)
    dpadded[...] = 0
    for i, j, rows, columns in places(dout, 1, w.shape[2:]):
        dpadded[:, :, rows, columns] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
    return dpadded, dw, db


@wrong("window-misplaced", conv, *conv_args((2, 2, 6, 5), (2, 2, 3, 3), pad=1))
def conv_weights_see_the_unpadded_window(dout, cache):
    x, w, param = cache
    dpadded, dw, db = conv_right(dout, cache)
    dw[...] = 0
    shifted = np.pad(x, ((0, 0), (0, 0), (0, 2), (0, 2)))
    for i, j, rows, columns in places(dout, param["stride"], w.shape[2:]):
        dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], shifted[:, :, rows, columns])
    return crop(dpadded, param["pad"]), dw, db


@wrong("kernel-flipped", conv, *conv_args((2, 3, 5, 6), (2, 3, 3, 3), pad=1))
@wrong("kernel-flipped", conv, *conv_args((2, 2, 6, 5), (3, 2, 2, 2), dtype=f32))
def conv_dx_correlates_the_flipped_kernel(dout, cache):
    _, w, param = cache
    dpadded, dw, db = conv_right(dout, cache, kernel=w[:, :, ::-1, ::-1])
    return crop(dpadded, param["pad"]), dw, db


@wrong("kernel-flipped", conv, *conv_args((3, 2, 5, 5), (2, 2, 3, 3)))
def conv_dw_comes_out_flipped(dout, cache):
    dx, dw, db = conv_right(dout, cache)
    return dx, dw[:, :, ::-1, ::-1], db


@wrong("padding-crop", conv, *conv_args((2, 2, 4, 5), (3, 2, 3, 3), pad=1))
@wrong("padding-crop", conv, *conv_args((1, 3, 5, 5), (2, 3, 5, 5), pad=2, dtype=f32))
def conv_crops_from_the_corner(dout, cache):
    x, _, _ = cache
    dpadded, dw, db = conv_right(dout, cache)
    return dpadded[:, :, :x.shape[2], :x.shape[3]], dw, db


@wrong("padding-crop", conv, *conv_args((2, 1, 6, 4), (2, 1, 3, 3), pad=1))
def conv_crops_the_padding_at_one_end(dout, cache):
    _, _, param = cache
    dpadded, dw, db = conv_right(dout, cache)
    both = 2 * param["pad"]
    return dpadded[:, :, both:, both:], dw, db


@wrong("wrong-shape", conv, *conv_args((2, 2, 4, 4), (2, 2, 3, 3), pad=1), also=("padding-crop",))
def conv_returns_the_padded_gradient(dout, cache):
    return conv_right(dout, cache)


@wrong("samples-ignored", conv, *conv_args((4, 2, 5, 4), (3, 2, 2, 3)))
def conv_loop_misses_the_last_sample(dout, cache):
    x, w, param = cache
    dx, _, db = conv_right(dout, cache)
    _, dw, _ = conv_right(dout[:-1], (x[:-1], w, param))
    dx[-1] = 0
    return dx, dw, db


@wrong("transposed", conv, *conv_args((2, 3, 5, 5), (3, 3, 2, 2)))
def conv_dw_has_its_channels_transposed(dout, cache):
    dx, dw, db = conv_right(dout, cache)
    return dx, dw.transpose(1, 0, 2, 3), db


@wrong("scaled", conv, *conv_args((3, 2, 4, 5), (2, 2, 3, 2)), factor=1 / 3, factor_name="1/N")
def conv_db_averaged_over_the_batch(dout, cache):
    dx, dw, db = conv_right(dout, cache)
    return dx, dw, db / len(dout)


def conv1d(x, w):
    """Cross-correlation of signals x (N, T) with one kernel w (K,)."""
    return sliding_window_view(x, len(w), axis=1) @ w, (x, w)


def conv1d_right(dout, cache):
    x, w = cache
    dx = np.zeros_like(x)
    for t in range(dout.shape[1]):
        dx[:, t:t + len(w)] += dout[:, t, None] * w
    windows = sliding_window_view(x, len(w), axis=1)
    return dx, np.einsum("nt,ntk->k", dout, windows)


@wrong("overlap-overwritten", conv1d, randn(3, 9), randn(4))
def conv1d_assigns_where_it_should_add(dout, cache):
    _, w = cache
    dx, dw = conv1d_right(dout, cache)
    for t in range(dout.shape[1]):
        dx[:, t:t + len(w)] = dout[:, t, None] * w
    return dx, dw


@wrong("kernel-flipped", conv1d, randn(4, 8), randn(3))
def conv1d_convolves_where_it_should_correlate(dout, cache):
    x, w = cache
    _, dw = conv1d_right(dout, cache)
    return conv1d_right(dout, (x, w[::-1]))[0], dw


@wrong("window-misplaced", conv1d, randn(2, 10), randn(3))
def conv1d_windows_start_one_late(dout, cache):
    _, w = cache
    dx, dw = conv1d_right(dout, cache)
    dx[...] = 0
    for t in range(dout.shape[1] - 1):
        dx[:, t + 1:t + 1 + len(w)] += dout[:, t, None] * w
    return dx, dw


def max_pool(x, size, stride):
    """Maximum of each window of x (N, C, H, W); cache (x, size, stride)."""
    windows = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5)), (x, size, stride)


def pool(dout, cache, spread, add=True):
    """Give each window `spread(window)`, an array (N, C, size, size), times its dout."""
    x, size, stride = cache
    dx = np.zeros_like(x)
    for i, j, rows, columns in places(dout, stride, (size, size)):
        part = spread(x[:, :, rows, columns]) * dout[:, :, i, j, None, None]
        dx[:, :, rows, columns] = part + add * dx[:, :, rows, columns]
    return dx


def hot_at(window, index):
    """An array like window with 1 at the flat index of each window, else 0."""
    flat = np.zeros((*window.shape[:2], window.shape[2] * window.shape[3]), window.dtype)
    np.put_along_axis(flat, index[..., None], 1, axis=2)
    return flat.reshape(window.shape)


def flatten(window):
    return window.reshape(*window.shape[:2], -1)


def at_maximum(window):
    return hot_at(window, flatten(window).argmax(axis=2))


@wrong("overlap-overwritten", max_pool, randn(2, 2, 5, 6), 3, 1)
@wrong("overlap-overwritten", max_pool, randn(1, 3, 7, 7, dtype=f32), 3, 2)
def max_pool_assigns_where_it_should_add(dout, cache):
    return pool(dout, cache, at_maximum, add=False)


@wrong("pool-spread", max_pool, randn(2, 3, 4, 6), 2, 2)
@wrong("pool-spread", max_pool, randn(3, 1, 6, 6, dtype=f32), 3, 3)
def max_pool_spreads_evenly(dout, cache):
    return pool(dout, cache, lambda window: np.full_like(window, 1 / window[0, 0].size))


@wrong("pool-spread", max_pool, randn(2, 2, 6, 4, dtype=f16), 2, 2)
def max_pool_gives_everybody_all(dout, cache):
    return pool(dout, cache, np.ones_like)


def row_max(x):
    return x.max(axis=1), x


@wrong("pool-spread", row_max, randn(5, 7))
def row_max_spreads_evenly(dout, x):
    return np.repeat(dout[:, None], x.shape[1], axis=1) / x.shape[1]


@wrong("pool-misrouted", max_pool, randn(2, 2, 4, 4), 2, 2)
@wrong("pool-misrouted", max_pool, randn(1, 2, 6, 9, dtype=f32), 3, 3)
def max_pool_routes_to_the_minimum(dout, cache):
    return pool(dout, cache, lambda window: hot_at(window, flatten(window).argmin(axis=2)))


@wrong("pool-misrouted", max_pool, randn(3, 2, 4, 6), 2, 2)
def max_pool_routes_to_the_first_of_the_window(dout, cache):
    return pool(dout, cache, lambda window: hot_at(window, 0 * flatten(window).argmax(axis=2)))


@wrong("pool-misrouted", max_pool, randn(2, 1, 6, 6), 3, 3)
def max_pool_exchanges_rows_and_columns(dout, cache):
    return pool(dout, cache, lambda window: at_maximum(window).swapaxes(2, 3))


@wrong("pool-misrouted", row_max, randn(6, 5, dtype=f32))
def row_max_routes_one_to_the_right(dout, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), (x.argmax(axis=1) + 1) % x.shape[1]] = dout
    return dx


def average_pool(x, size, stride):
    windows = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.mean(axis=(4, 5)), (x, size, stride)


@wrong("pool-misrouted", average_pool, randn(2, 2, 4, 6), 2, 2)
def average_pool_routes_to_the_maximum(dout, cache):
    return pool(dout, cache, at_maximum)


@wrong("scaled", average_pool, randn(2, 3, 6, 6), 3, 3, factor=9)
def average_pool_forgets_to_divide(dout, cache):
    return pool(dout, cache, np.ones_like)


@wrong("overlap-overwritten", average_pool, randn(2, 2, 5, 5), 2, 1)
def average_pool_assigns_where_it_should_add(dout, cache):
    return pool(dout, cache, lambda window: np.full_like(window, 1 / window[0, 0].size), add=False)


# Each tied maximum alone has a gradient between its one-sided slopes; all together get too much.
@wrong("pool-spread", row_max, np.array([[1.0, 3.0, 3.0, 0.5], [2.0, -1.0, 0.0, 1.0]]),
       also=("unexplained",))
def row_max_pays_every_tied_element_in_full(dout, x):
    return dout[:, None] * (x == x.max(axis=1, keepdims=True))
