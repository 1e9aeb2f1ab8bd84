"""The values of pooling layers, by windows that share the image's memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gradcheck.reference.formula import Array, Reference, Slip, Value, demand

Reduce = Callable[..., Array]
SIZES = ("pool_height", "pool_width", "stride")


def windows(x: Array, pool_height: int, pool_width: int, stride: int) -> Array:
    """Return the windows of images (N, C, H, W), as the last two of six axes.

    >>> windows(np.ones((1, 1, 5, 4)), 2, 3, 2).shape
    (1, 1, 2, 1, 2, 3)
    """
    demand(x.ndim == 4 and x.shape[2] >= pool_height and x.shape[3] >= pool_width)
    seen = sliding_window_view(x, (pool_height, pool_width), axis=(2, 3))
    return seen[:, :, ::stride, ::stride]


def _pool(reduce: Reduce, x: Array, pool_height: int, pool_width: int, stride: int, pad: int = 0,
          fill: float = 0.0, **_: Any) -> Array:
    """Return what `reduce` makes of each window; the frame of a padded image is `fill`."""
    if pad:
        x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=fill)
    return np.asarray(reduce(windows(x, pool_height, pool_width, stride), axis=(-2, -1)))


def _begun(reduce: Reduce, x: Array, pool_height: int, pool_width: int, stride: int, **_: Any
           ) -> Array:
    """Return the same with a last window that begins inside and ends outside the image."""
    height, width = (max(0, -(-(size - pool) // stride) * stride + pool - size) for size, pool in
                     zip(x.shape[2:], (pool_height, pool_width), strict=True))
    demand(bool(height or width))
    longer = np.pad(x, ((0, 0), (0, 0), (0, height), (0, width)), constant_values=np.nan)
    return np.asarray(reduce(windows(longer, pool_height, pool_width, stride), axis=(-2, -1)))


def _channels_last(value: Value) -> Value:
    """Return the pooling of images (N, H, W, C)."""
    return lambda x, **roles: np.moveaxis(value(x=np.moveaxis(x, 3, 1), **roles), 1, 3)


def _swapped(value: Value) -> Value:
    return lambda pool_height, pool_width, **roles: value(
        pool_height=pool_width, pool_width=pool_height, **roles)


def _square(value: Value, side: str) -> Value:
    """Return pooling with one side of the window for both."""
    return lambda **roles: value(**{**roles, "pool_height": roles[side], "pool_width": roles[side]})


def _turned(reduce: Reduce) -> Value:
    """Return pooling by windows with swapped sides at the places of the right ones."""
    def pooled(x: Array, pool_height: int, pool_width: int, stride: int, **_: Any) -> Array:
        demand(pool_height != pool_width)
        height, width = windows(x, pool_height, pool_width, stride).shape[2:4]
        room = abs(pool_height - pool_width)
        longer = np.pad(x, ((0, 0), (0, 0), (0, room), (0, room)), constant_values=np.nan)
        seen = windows(longer, pool_width, pool_height, stride)[:, :, :height, :width]
        return np.asarray(reduce(seen, axis=(-2, -1)))

    return pooled


def _tiled(value: Value) -> Value:
    def pooled(pool_height: int, pool_width: int, stride: int, **roles: Any) -> Array:
        demand(pool_height == stride or pool_width == stride)
        return np.asarray(value(pool_height=stride, pool_width=stride, stride=stride, **roles))

    return pooled


def _slips(value: Value, ragged: Reduce, others: tuple[tuple[str, Reduce], ...]
           ) -> tuple[Slip, ...]:
    sides = "windows are pool_height high and pool_width wide"
    return (
        Slip("pool_height and pool_width are swapped", sides, _swapped(value)),
        Slip("pool_height and pool_width of the windows are swapped, not of the output", sides,
             _turned(ragged)),
        Slip("pool_height is taken for both sides", sides, _square(value, "pool_height")),
        Slip("pool_width is taken for both sides", sides, _square(value, "pool_width")),
        Slip("the stride is taken for both sides of the window", sides, _tiled(value)),
        Slip("the stride is taken as 1", "start each window stride further than the last",
             lambda stride, **roles: value(stride=1, **roles)),
        *(Slip(because, "reduce each window over both its axes", partial(_pool, reduce))
          for because, reduce in others),
    )


def _reference(told: str, reduce: Reduce, ragged: Reduce, fill: float,
               others: tuple[tuple[str, Reduce], ...], **more: Value) -> Reference:
    value, begun = partial(_pool, reduce, fill=fill), partial(_begun, ragged)
    conventions: dict[str, Value] = {
        "a last window may reach beyond the image": begun,
        "channels last": _channels_last(value),
        "channels last, a last window may reach beyond the image": _channels_last(begun), **more}
    return Reference(told, value, conventions, None, _slips(value, ragged, others), sized=True)


MAX_POOL = _reference(
    "the maximum of each window", np.max, np.nanmax, -np.inf,
    (("it is the mean of each window", np.mean), ("it is the minimum of each window", np.min),
     ("it is the sum of each window", np.sum)),
    zeros=partial(_pool, np.max))
AVG_POOL = _reference(
    "the mean of each window", np.mean, np.nanmean, 0.0,
    (("it is the maximum of each window", np.max), ("it is the sum of each window", np.sum)),
    inside=partial(_pool, np.nanmean, fill=np.nan))
