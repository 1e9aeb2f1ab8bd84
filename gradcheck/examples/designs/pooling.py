"""Pooling: windows that tile and that overlap, higher than wide and square, with ties."""

from __future__ import annotations

from gradcheck.examples.designs.common import ANY, BASIS
from gradcheck.examples.recipes import each, spread, tied
from gradcheck.examples.variants import Variant


def _pooled(told: str, x: tuple[int, ...], window: tuple[int, int], stride: int) -> Variant:
    """Return an example with an image and a window of these sizes."""
    height, width = window
    return Variant(told, {"x": spread(*x), "pool_param": {
        "pool_height": height, "pool_width": width, "stride": stride}})


HIGH = _pooled("with windows higher than wide", (3, 2, 7, 8), (3, 2), 2)
TILES = _pooled("with windows that tile", (3, 2, 6, 8), (2, 2), 2)
OVERLAPPING = _pooled("with stride = 1", (3, 2, 4, 5), (2, 2), 1)
SQUARE = _pooled("with a square image", (3, 2, 4, 4), (2, 2), 2)
WINDOWS = (HIGH, TILES, OVERLAPPING, SQUARE)
TIES = Variant("with ties", {"x": tied(3, 2, 6, 4), "pool_param": {
    "pool_height": 2, "pool_width": 2, "stride": 2}}, look="coordinates")

DESIGNS = {
    **each("max_pool maxpool max_pool2d", (*WINDOWS, TIES, *BASIS)),
    **each("avg_pool avgpool avg_pool2d mean_pool", (*WINDOWS, *BASIS)),
    "pool": ANY,
}
