"""Wrong arguments of the layers of feature maps: what does not fit is shown by its arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import layers as L
from tests.bad_input import BadCall

NAN = float("nan")
X = (2, 4, 8, 6)


def case(
    call: Callable[..., Any], right: dict[str, Callable[[], Any]]
) -> Callable[..., BadCall]:
    """Return a maker of rows: `call` with its right arguments, save for the changed ones."""
    def wrong(name: str, *words: str, error: type[Exception] = ValueError, **changes: Any
              ) -> BadCall:
        return BadCall(f"{call.__name__}: {name}", call, lambda: tuple(
            changes[key] if key in changes else make() for key, make in right.items()),
            error, words)
    return wrong


def maps() -> np.ndarray:
    return np.linspace(-1, 1, 2 * 4 * 8 * 6).reshape(X)


conv = case(L.conv_forward, {
    "x": maps, "w": lambda: np.ones((3, 4, 3, 3)), "b": lambda: np.zeros(3),
    "conv_param": lambda: {"stride": 1, "pad": 1}})
pool, mean = (case(forward, {
    "x": maps, "pool_param": lambda: {"pool_height": 2, "pool_width": 2, "stride": 2}})
    for forward in (L.max_pool_forward, L.avg_pool_forward))
batchnorm = case(L.spatial_batchnorm_forward, {
    "x": maps, "gamma": lambda: np.ones(4), "beta": lambda: np.zeros(4),
    "bn_param": lambda: {"mode": "train"}})
groupnorm = case(L.spatial_groupnorm_forward, {
    "x": maps, "gamma": lambda: np.ones(4), "beta": lambda: np.zeros(4), "G": lambda: 2,
    "gn_param": dict})


def tiles(**changes: Any) -> dict[str, Any]:
    return {"pool_height": 2, "pool_width": 2, "stride": 2, **changes}


CONVOLUTION = [
    conv("a stride that does not fit", "(8 + 2*1 - 3) / 2 + 1 = 4.5 is not whole", "height 7",
         conv_param={"stride": 2, "pad": 1}),
    conv("a stride that does not fit the width", "(6 + 2*0 - 3) / 2 + 1 = 2.5 is not whole",
         "width", conv_param={"stride": (1, 2), "pad": 0}),
    conv("filters larger than the padded image", "8 + 2*0 = 8 is less than the filter's 9",
         "a pad of 1", w=np.ones((3, 4, 9, 3)), conv_param={"stride": 1, "pad": 0}),
    conv("channels that disagree", "w", "C = 4", "(2, 4, 8, 6)", w=np.ones((3, 2, 3, 3))),
    conv("images with the channels last", "transpose(0, 3, 1, 2)",
         x=np.ones((2, 8, 6, 4))),
    conv("one image without a batch", "x", "4 dimensions", x=np.ones((4, 8, 6))),
    conv("filters of rank 3", "w", "4 dimensions", w=np.ones((4, 3, 3))),
    conv("a bias too many", "b", "(4,)", "(3,)", b=np.zeros(4)),
    conv("no rows in a filter", "w", "at least one row", w=np.ones((3, 4, 0, 3))),
    conv("NaN in w", "w", "NaN", w=np.full((3, 4, 3, 3), NAN)),
    conv("integer images", "x", "int64", error=TypeError, x=np.ones(X, int)),
    conv("integer filters", "w", "int64", error=TypeError, w=np.ones((3, 4, 3, 3), int)),
    conv("a stride of 0", "conv_param['stride']", ">= 1", conv_param={"stride": 0, "pad": 1}),
    conv("a negative pad", "conv_param['pad']", ">= 0", conv_param={"stride": 1, "pad": -1}),
    conv("half a stride", "conv_param['stride']", error=TypeError,
         conv_param={"stride": 1.5, "pad": 1}),
    conv("three strides", "conv_param['stride']", "pair", conv_param={"stride": (1, 1, 1),
                                                                      "pad": 1}),
    conv("no stride", "'stride'", error=KeyError, conv_param={"pad": 1}),
    conv("no pad", "'pad'", error=KeyError, conv_param={"stride": 1}),
    conv("PyTorch's padding", "padding", "'pad'", conv_param={"stride": 1, "padding": 1}),
    conv("no dict", "conv_param", "dict", error=TypeError, conv_param=1),
]

POOLING = [row for wrong in (pool, mean) for row in (
    wrong("a window that does not fit", "(8 + 2*0 - 3) / 2 + 1 = 3.5 is not whole",
          pool_param=tiles(pool_height=3)),
    wrong("a window larger than the image", "6 + 2*0 = 6 is less than the window's 7",
          pool_param=tiles(pool_width=7)),
    wrong("padding wider than half a window", "pool_param['pad']", "at most 1",
          pool_param=tiles(pad=2)),
    wrong("an empty window", "pool_param['pool_height']", "> 0", pool_param=tiles(pool_height=0)),
    wrong("a window of halves", "pool_param['pool_width']", error=TypeError,
          pool_param=tiles(pool_width=2.0)),
    wrong("no width", "'pool_width'", error=KeyError,
          pool_param={"pool_height": 2, "stride": 2}),
    wrong("Keras' key", "pool_size", "'pool_height'", pool_param=tiles(pool_size=2)),
    wrong("integers", "x", "int64", error=TypeError, x=np.ones(X, int)),
    wrong("rank 3", "x", "4 dimensions", x=np.ones((4, 8, 6))),
)]

NORMALIZATION = [
    groupnorm("groups that do not divide", "4 / 3 = 1.333 is not whole", "[1, 2, 4]", G=3),
    groupnorm("more groups than channels", "4 / 8 = 0.5 is not whole", G=8),
    groupnorm("no groups", "G", "divides the 4 channels", G=0),
    groupnorm("half a group", "G", error=TypeError, G=0.5),
    groupnorm("gamma too short", "gamma", "(2,)", "(4,)", gamma=np.ones(2)),
    groupnorm("gamma of another rank", "gamma", "1 dimension", gamma=np.ones((4, 1, 1))),
    groupnorm("beta along the wrong axis", "beta", "(1, 4, 1, 1)", beta=np.ones((4, 1, 1, 1))),
    groupnorm("no places", "x", "at least one place", x=np.ones((2, 4, 0, 6))),
    groupnorm("rank 2", "x", "4 dimensions", x=np.ones((2, 4))),
    groupnorm("eps = 0", "gn_param['eps']", "> 0", gn_param={"eps": 0.0}),
    batchnorm("gamma of the images' width", "gamma", "(6,)", "x's channels", gamma=np.ones(6)),
    batchnorm("rank 2", "x", "4 dimensions", x=np.ones((2, 4))),
    batchnorm("no samples", "at least one sample", x=np.ones((0, 4, 8, 6))),
    batchnorm("no mode", "'mode'", error=KeyError, bn_param={}),
]


def made(name: str) -> Any:
    """Return the cache of a right call."""
    return {
        "conv": lambda: L.conv_forward(maps(), np.ones((3, 4, 3, 3)), np.zeros(3),
                                       {"stride": 1, "pad": 1}),
        "max_pool": lambda: L.max_pool_forward(maps(), tiles()),
        "avg_pool": lambda: L.avg_pool_forward(maps(), tiles()),
        "spatial_batchnorm": lambda: L.spatial_batchnorm_forward(
            maps(), np.ones(4), np.zeros(4), {"mode": "train"}),
        "spatial_groupnorm": lambda: L.spatial_groupnorm_forward(
            maps(), np.ones(4), np.zeros(4), 2, {}),
    }[name]()[1]


NAMES = ("conv", "max_pool", "avg_pool", "spatial_batchnorm", "spatial_groupnorm")
BACKWARDS = [row for name in NAMES for backward in (getattr(L, f"{name}_backward"),) for row in (
    BadCall(f"{name}_backward: dout of another shape", backward,
            lambda name=name: (np.ones((2, 4, 5, 5)), made(name)), ValueError,
            ("dout", "(2, 4, 5, 5)", "expected shape (2, ")),
    BadCall(f"{name}_backward: no cache", backward, lambda: (np.ones(X), None), TypeError,
            ("cache", f"{name}_forward")),
    BadCall(f"{name}_backward: another layer's cache", backward, lambda: (np.ones(X), (1, 2)),
            (TypeError, ValueError), ("cache", f"{name}_forward")),
)]

CASES = (*CONVOLUTION, *POOLING, *NORMALIZATION, *BACKWARDS)
