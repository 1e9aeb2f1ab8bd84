"""Drop units of an array, and keep in the cache what it takes to drop the same ones again."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from layers._arguments import Array, one_of, refuse, same_shape
from layers._blocked import Mask, Reader, Writer, collect, mask_blocks, mask_whole
from layers.masks import drawn, source_of

Cache: TypeAlias = "tuple[dict[str, Any], Array | None]"
Shape: TypeAlias = "tuple[int, ...]"

STORES = ("mask", "bits", "seed")


def drop(
    x: Array, p: float, divisor: float, param: Mapping[str, Any], shared_axes: object = None
) -> tuple[Array, Cache]:
    """Return x / divisor under a fresh mask, and the cache that `drop_again` needs.

    `shared_axes` are the axes along which one decision is shared (default: those of the dict).
    """
    store = one_of("dropout_param['store']", param.get("store", "mask"), STORES)
    axes = param.get("shared_axes") if shared_axes is None else shared_axes
    units = units_of(x.shape, axes)
    source = source_of("dropout_param", param)
    if store == "seed" and not isinstance(source, int):
        refuse("dropout_param['store']", store, "'mask' or 'bits' with a RandomState",
               "store the mask, or pass a np.random.Generator; a RandomState cannot go back")
    read, threads = drawn(p, source)
    stored, write = _storage(store, units)
    out = _apply(x, units, read, divisor, write, threads)
    if store == "mask":
        return out, (dict(param), stored if units == x.shape else np.broadcast_to(stored, x.shape))
    snapshot = {**param, "shape": x.shape, "units": units}
    if store == "seed":
        snapshot["seed"] = source
        snapshot.pop("rng", None)
    return out, (snapshot, stored)


def drop_again(dout: Array, cache: tuple[Any, ...], divisor: float) -> Array:
    """Return dout / divisor under the mask of a training cache."""
    param, stored = cache
    store = param.get("store", "mask")
    dout = same_shape("dout", dout, stored.shape if store == "mask" else param["shape"], "x")
    if store == "mask":
        if not stored.flags.c_contiguous:  # a decision that is shared takes no memory twice
            return mask_whole(dout, stored, divisor)
        return _apply(dout, dout.shape, _mask_reader(stored), divisor)
    read = (_bits_reader(stored) if store == "bits"
            else drawn(float(param["p"]), param["seed"])[0])
    return _apply(dout, param["units"], read, divisor)


def _apply(
    x: Array,
    units: Shape,
    read: Reader,
    divisor: float,
    write: Writer | None = None,
    threads: int | None = None,
) -> Array:
    """Mask x by the decisions that `read` yields, shared along the axes where `units` is 1."""
    if units == x.shape:
        return mask_blocks(x, read, divisor, write, threads)
    mask = collect(units, read, write, threads)
    return mask_whole(x, np.broadcast_to(mask, x.shape), divisor)


def _storage(store: str, units: Shape) -> tuple[Any, Writer | None]:
    """Return an array for the cache, and what writes a block of the mask into it."""
    if store == "seed":
        return None, None
    if store == "bits":
        size = int(np.prod(units, dtype=np.int64))
        bits = np.empty(-(-size // 8), np.uint8)

        def write_bits(start: int, stop: int, keep: Mask) -> None:
            bits[start // 8:-(-stop // 8)] = np.packbits(keep)

        return bits, write_bits
    mask = np.empty(units, bool)
    flat = mask.reshape(-1)

    def write_mask(start: int, stop: int, keep: Mask) -> None:
        flat[start:stop] = keep

    return mask, write_mask


def _mask_reader(mask: Mask) -> Reader:
    flat = mask.reshape(-1)
    return lambda start, stop: flat[start:stop]


def _bits_reader(bits: Array) -> Reader:
    def read(start: int, stop: int) -> Mask:
        return np.unpackbits(bits[start // 8:-(-stop // 8)], count=stop - start).view(bool)

    return read


def units_of(shape: Shape, shared_axes: object) -> Shape:
    """Return the shape of the independent decisions: 1 along every shared axis.

    >>> units_of((8, 3, 5, 5), (2, -1))
    (8, 3, 1, 1)
    """
    if shared_axes is None:
        return shape
    name = "dropout_param['shared_axes']"
    expected = f"an axis or distinct axes of an array of shape {shape}"
    axes = shared_axes if isinstance(shared_axes, tuple | list | range) else (shared_axes,)
    if any(isinstance(axis, bool | np.bool_) or not hasattr(axis, "__index__") for axis in axes):
        refuse(name, shared_axes, expected, "pass an int or a tuple of ints", TypeError)
    ndim = len(shape)
    indices = [operator.index(axis) for axis in axes]
    if any(not -ndim <= axis < ndim for axis in indices):
        refuse(name, shared_axes, expected, f"pass axes from {-ndim} to {ndim - 1}")
    distinct = {axis % ndim for axis in indices}
    if len(distinct) < len(indices):
        refuse(name, shared_axes, expected, "name each axis once")
    return tuple(1 if axis in distinct else length for axis, length in enumerate(shape))
