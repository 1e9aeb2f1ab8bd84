"""DropBlock: dropout of contiguous squares of feature maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, floating, integer, refuse, same_shape
from layers.blocked import Mask
from layers.masks import Source, bernoulli, source_of
from layers.replay import Cache, apply_mask, opened, passed, recall, remember
from layers.settings import Shape, dropout_settings, required


def dropblock_forward(x: Array, dropout_param: Mapping[str, Any]) -> tuple[Array, Cache]:
    """Drop squares of block_size x block_size pixels, in every channel by itself.

    ::

        gamma = p / block_size**2 * H * W / ((H - block_size + 1) * (W - block_size + 1))
        seeds ~ Bernoulli(gamma) on the (H - block_size + 1, W - block_size + 1) places for a block
        mask  = False on every block that has a seed
        out   = mask * x / mask.mean()             the realised keep fraction of this call

    gamma is the paper's: the areas of the blocks add up to p in the mean, but where blocks overlap
    a pixel is dropped only once. So fewer than p of the pixels are dropped, and the scale is the
    realised fraction, not 1 - p.

    Parameters
    ----------
    x : ndarray of float, shape (N, C, H, W)
        Feature maps.
    dropout_param : dict
        'p', 'mode', 'block_size' (odd, at most min(H, W); 1 is dropout of single pixels);
        optionally 'seed', 'rng', 'store' as in `dropout_forward`.

    Returns
    -------
    out : ndarray
        Shape and dtype of x; all +0.0 in the rare case that every pixel was dropped.
    cache : tuple
        ``(dropout_param, mask)``, as in `dropout_forward`.

    Raises
    ------
    TypeError, ValueError
        As in `dropout_forward`, or x is no batch of images, or the block is even or too large.
    KeyError
        'p', 'mode' or 'block_size' is missing.

    References
    ----------
    .. [1] Ghiasi, Lin, Le, "DropBlock: A regularization method for convolutional networks",
       NeurIPS 2018, algorithm 1 and equation 1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 1, 5, 6))
    >>> param = {"p": 0.3, "mode": "train", "block_size": 3, "seed": 0}
    >>> out, cache = dropblock_forward(x, param)
    >>> cache[1][0, 0].astype(int)
    array([[1, 1, 1, 0, 0, 0],
           [1, 1, 1, 0, 0, 0],
           [1, 1, 1, 0, 0, 0],
           [1, 1, 1, 0, 0, 0],
           [1, 1, 1, 1, 1, 1]])
    >>> round(float(out.mean()), 12)
    1.0
    """
    settings = dropout_settings(dropout_param)
    settings.refuse_shared_axes()
    x = floating("x", x, ndim=4)
    block_size = _block_size(required("dropout_param", settings.param, "block_size"), x.shape)
    if settings.mode == "test":
        return x, passed(x, settings)
    source = source_of(settings.param)
    mask = _draw(x.shape, settings.p, block_size, source)
    return apply_mask(x, mask, _keep_fraction(mask)), remember(mask, x.shape, settings, source)


def dropblock_backward(dout: Array, cache: Cache) -> Array:
    """Pass the gradient through the pixels that were kept: dx = mask * dout / mask.mean().

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 2, 3, 3))
    >>> out, cache = dropblock_forward(x, {"p": 0.5, "mode": "train", "block_size": 3, "seed": 0})
    >>> dropblock_backward(x, cache)[0, :, 0, 0]
    array([2., 0.])
    """
    dout, settings, stored = opened(dout, cache, "dropblock_forward")
    if settings.mode == "test":
        return dout
    mask = recall(settings, stored, lambda units, seed: _draw(
        units, settings.p, settings.param["block_size"], seed))
    dout = same_shape("dout", dout, mask.shape, "x")
    return apply_mask(dout, mask, _keep_fraction(mask))


def _draw(shape: Shape, p: float, block_size: int, source: Source) -> Mask:
    """Draw the seeds of blocks, each named by its first row and column, and spread them."""
    samples, channels, height, width = shape
    rows, columns = height - block_size + 1, width - block_size + 1
    gamma = p / block_size**2 * (height * width) / (rows * columns)
    seeds = ~bernoulli((samples, channels, rows, columns), gamma, source)
    tall = np.zeros((samples, channels, height, columns), bool)
    for offset in range(block_size):
        tall[:, :, offset:offset + rows] |= seeds
    dropped = np.zeros(shape, bool)
    for offset in range(block_size):
        dropped[:, :, :, offset:offset + columns] |= tall
    return ~dropped


def _keep_fraction(mask: Mask) -> float:
    """Return which part of the mask is kept; 1 for none, where there is nothing to scale."""
    return np.count_nonzero(mask) / mask.size if mask.any() else 1.0


def _block_size(value: object, shape: Shape) -> int:
    name, limit = "dropout_param['block_size']", min(shape[2:])
    expected = f"an odd integer from 1 to {limit}, the smaller side of x {shape}"
    size = integer(name, value, expected, "pass an int; the paper takes 7")
    if not 1 <= size <= limit:
        refuse(name, size, expected, "pass a smaller block, or larger images"
               if size > 0 else "pass 1 for single pixels")
    if size % 2 == 0:
        refuse(name, size, expected, f"pass {size - 1}; an even block has no centre")
    return size
