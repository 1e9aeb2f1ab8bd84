"""Windows that slide over feature maps: how many there are, and what does not fit.

Convolution and pooling look at x (N, C, H, W) through windows of KH rows and KW columns. There are
(H + 2*pad - KH) / stride + 1 of them along the height, and that has to be a whole number: what a
window leaves over would be dropped without a word, and would never get a gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from layers.arguments import Array, integer, refuse
from layers.settings import required

BLOCK = 1 << 17
"""Numbers in what is computed at once: they fit into the second-level cache."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Where the windows over feature maps (N, C, H, W) are.

    Attributes
    ----------
    size : pair of int
        Rows and columns of the maps.
    kernel, stride, pad : pair of int
        Rows and columns of a window; how far it moves; how much is added on either side.
    counts : pair of int
        How many windows there are along the height and along the width.
    """

    size: Pair
    kernel: Pair
    stride: Pair
    pad: Pair
    counts: Pair

    def padded(self, x: Array, value: float = 0.0) -> Array:
        """Return x with `value` around it; x itself where nothing is added."""
        if self.pad == (0, 0):
            return x
        (top, left), (height, width) = self.pad, self.size
        around = np.full((*x.shape[:2], height + 2 * top, width + 2 * left), value, x.dtype)
        self.inside(around)[...] = x
        return around

    def inside(self, around: Array) -> Array:
        """Return the part of a padded array that is not padding, as a view."""
        (top, left), (height, width) = self.pad, self.size
        return around[:, :, top:top + height, left:left + width]

    def over(self, around: Array) -> Array:
        """Return the view (N, C, OH, OW, KH, KW) of all windows of a padded array."""
        if 0 in around.shape:  # sliding_window_view refuses nothing but these
            return np.empty((*around.shape[:2], *self.counts, *self.kernel), around.dtype)
        down, right = self.stride
        return sliding_window_view(around, self.kernel, axis=(2, 3))[:, :, ::down, ::right]

    def places(self, around: Array) -> Iterator[Array]:
        """Yield, for each place in a window, row by row, what all windows see there, as a view."""
        (rows, columns), (down, right) = self.counts, self.stride
        for i, j in np.ndindex(*self.kernel):
            yield around[:, :, i:i + down * (rows - 1) + 1:down,
                         j:j + right * (columns - 1) + 1:right]


def windows_over(
    x: Array, param_name: str, param: Mapping[str, Any], kernel: Pair, of: str
) -> Windows:
    """Return the windows of `kernel` over x (N, C, H, W), with the dict's stride and pad.

    Parameters
    ----------
    x : array, shape (N, C, H, W)
    param_name : str
        What messages call the dict.
    param : mapping
        stride : int > 0, or a pair of them for height and width; required.
        pad : int >= 0, or a pair; 0 where it is missing.
    kernel : pair of int
    of : str
        What messages call the window's owner: a filter, a window.

    Raises
    ------
    ValueError
        If the windows do not fit, with the arithmetic.

    Examples
    --------
    >>> x = np.ones((1, 1, 8, 7))
    >>> windows_over(x, "conv_param", {"stride": 1, "pad": 1}, (3, 3), "filter").counts
    (8, 7)
    >>> windows_over(x, "conv_param", {"stride": 2, "pad": 1}, (3, 3), "filter")
    Traceback (most recent call last):
    ValueError: conv_param['stride']: got 2, and (8 + 2*1 - 3) / 2 + 1 = 4.5 is not whole; ...
    """
    stride = _pair(f"{param_name}['stride']", required(param_name, param, "stride"), low=1)
    pad = _pair(f"{param_name}['pad']", param.get("pad", 0), low=0)
    size = (x.shape[2], x.shape[3])
    counts = tuple(
        _count(param_name, of, name, *lengths) for name, *lengths in
        zip(("height", "width"), size, kernel, stride, pad, strict=True))
    return Windows(size, kernel, stride, pad, (counts[0], counts[1]))


def _count(
    param_name: str, of: str, name: str, length: int, kernel: int, stride: int, pad: int
) -> int:
    """Return how many windows there are along one axis."""
    steps = length + 2 * pad - kernel
    arithmetic = f"({length} + 2*{pad} - {kernel}) / {stride} + 1 = {steps / stride + 1:.4g}"
    if steps < 0:
        refuse(f"{param_name}['pad']", f"{pad}, and the padded {name} {length} + 2*{pad} = "
               f"{length + 2 * pad} is less than the {of}'s {kernel}",
               f"a {of} that is no larger than the padded image",
               f"pass a smaller {of}, or a pad of {-(-(kernel - length) // 2)}")
    if steps % stride:
        refuse(f"{param_name}['stride']", f"{stride}, and {arithmetic} is not whole",
               f"windows that end with the {name} of x",
               f"pass another stride or pad, or crop x to the {name} {length - steps % stride}")
    return steps // stride + 1


def _pair(name: str, value: object, low: int) -> Pair:
    """Return a whole number, or a pair of them, for height and width."""
    expected = f"a whole number >= {low}, or a pair of them for height and width"
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2:
        refuse(name, value, expected, "pass one number for both axes")
    height, width = (integer(name, each, expected, f"pass {name} as an int") for each in both)
    if min(height, width) < low:
        refuse(name, value, expected, f"pass {low} or more")
    return height, width


def positive(param_name: str, param: Mapping[str, Any], key: str) -> int:
    """Return param[key], a whole number > 0.

    Examples
    --------
    >>> positive("pool_param", {"pool_height": 2}, "pool_height")
    2
    """
    name = f"{param_name}[{key!r}]"
    value = integer(name, required(param_name, param, key), "a whole number > 0",
                    "pass it as an int")
    if value < 1:
        refuse(name, value, "a whole number > 0", "2 is usual")
    return value


def blocks_of(count: int, numbers: int) -> list[slice]:
    """Return slices of `count` samples, each of as many as keep what is computed in the cache.

    Examples
    --------
    >>> blocks_of(5, numbers=BLOCK // 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, BLOCK // max(1, numbers))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]
