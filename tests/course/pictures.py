"""What takes the place of the pictures that the notebooks show, and of what they are shown by."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

SHAPE = (300, 380, 3)  # wider than high, as the notebook's kitten is, which it crops


def imread(path: str) -> np.ndarray:
    """Return a picture of bytes: smooth waves, of other lengths for each name."""
    rng = np.random.default_rng(sum(map(ord, path)))
    rows, columns = np.indices(SHAPE[:2])
    waves = [np.sin(rows / rng.uniform(5, 30)) * np.cos(columns / rng.uniform(5, 30))
             for _ in range(3)]
    return (127.5 + 127.5 * np.stack(waves, axis=2)).astype(np.uint8)


def resized(picture: np.ndarray, shape: tuple[int, int], **_: Any) -> np.ndarray:
    """Return a picture of another height and width, each pixel the nearest one."""
    rows, columns = (np.linspace(0, length - 1, new).round().astype(int)
                     for length, new in zip(picture.shape, shape, strict=False))
    return picture[rows[:, np.newaxis], columns]


def visualize_grid(images: np.ndarray, ubound: float = 255.0, padding: int = 1) -> np.ndarray:
    """Return filters (N, H, W, C) beside each other in a square, each from 0 to ubound."""
    n, height, width, channels = images.shape
    side = int(np.ceil(np.sqrt(n)))
    grid = np.zeros((side * (height + padding), side * (width + padding), channels))
    for i, image in enumerate(images):
        top, left = (i // side) * (height + padding), (i % side) * (width + padding)
        low, high = image.min(), image.max()
        grid[top:top + height, left:left + width] = ubound * (image - low) / (high - low)
    return grid


def modules() -> dict[str, types.ModuleType]:
    """Return the libraries that read and resize pictures, and the course's own module."""
    names = {
        "cs231n.vis_utils": {"visualize_grid": visualize_grid},
        "imageio": {"imread": imread},
        "scipy.misc": {"imread": imread, "imresize": resized},
        "skimage": {},
        "skimage.transform": {"resize": resized},
    }
    made = {name: types.ModuleType(name) for name in names}
    for name, functions in names.items():
        vars(made[name]).update(functions)
    return made
