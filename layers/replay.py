"""Drop units of an array, and keep in the cache what it takes to drop the same ones again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from layers.arguments import OWN_CACHE, Array, cached, floating, refuse, same_shape
from layers.blocked import (
    BLOCK,
    Mask,
    Reader,
    collect,
    laid_out,
    mask_blocks,
    mask_whole,
    memory_order,
    select,
)
from layers.masks import Drawer, Source, drawn, source_of
from layers.refusals import describe
from layers.settings import DropoutSettings, Shape, cached_settings, units_of

Cache: TypeAlias = "tuple[dict[str, Any], Array | None]"


class Snapshot(dict[str, Any]):
    """The caller's dict as it was in test mode: equal to it, and the shape of x beside it."""

    def __init__(self, param: Mapping[str, Any], shape: Shape) -> None:
        super().__init__(param)
        self.shape = shape


def passed(x: Array, settings: DropoutSettings) -> Cache:
    """Return the cache of test mode, in which there is no mask."""
    return Snapshot(settings.param, x.shape), None


def opened(
    dout: object, cache: object, forward: str, kind: str = "b"
) -> tuple[Array, DropoutSettings, Any]:
    """Return dout, the settings of the forward pass and what it stored.

    The cache is refused if it cannot be one of the function `forward`; `kind` is the kind of
    dtype of a stored mask.
    """
    param, stored = cached(cache, (object, object), forward)
    ours = f"the pair (dropout_param, mask) that {forward} returned"
    if type(param) is not dict and not isinstance(param, Mapping):
        refuse("cache", param, ours, OWN_CACHE, TypeError)
    settings = cached_settings(param)
    if settings is None or not _fits(stored, settings, kind):
        refuse("cache", f"{describe(param)} with {describe(stored)}", ours, OWN_CACHE)
    dout = floating("dout", dout)
    if settings.mode == "test" and isinstance(param, Snapshot):
        same_shape("dout", dout, param.shape, "x")
    return dout, settings, stored


def _fits(stored: object, settings: DropoutSettings, kind: str) -> bool:
    """Say whether this is what a forward pass under these settings stores."""
    if settings.mode == "test":
        return True
    stored_kind = stored.dtype.kind if isinstance(stored, np.ndarray) else None
    return stored_kind == {"mask": kind, "bits": "u", "seed": None}[settings.store]


def drop(
    x: Array, divisor: float, settings: DropoutSettings, shared_axes: object = None
) -> tuple[Array, Cache]:
    """Return x / divisor under a fresh mask, and the cache that `drop_again` needs.

    `shared_axes` are the axes along which one decision is shared (default: those of the dict).
    """
    units = units_of(x.shape, settings.shared_axes if shared_axes is None else shared_axes)
    source = source_of(settings.param)
    read, threads = drawn(settings.p, source)
    if settings.store == "mask" and units == x.shape and 0 < x.size <= BLOCK:
        mask = read(0, x.size).reshape(units)
        return apply_mask(x, mask, divisor), (dict(settings.param), mask)
    order = memory_order(x) if settings.store == "mask" and units == x.shape else None
    if order is not None:  # a byte a unit is transposed, once, and not x and dout
        mask = laid_out(collect(units, read, threads), order)
        return apply_mask(x, mask, divisor), (dict(settings.param), mask)
    stored, keep = _kept(settings.store, units, read)
    out = _apply(x, units, keep, divisor, threads)
    if settings.store == "mask" and units != x.shape:
        stored = np.broadcast_to(stored, x.shape)
    return out, (snapshot(settings, source, shape=x.shape, units=units), stored)


def drop_again(dout: Array, settings: DropoutSettings, stored: Any, divisor: float) -> Array:
    """Return dout / divisor under the mask of a training cache."""
    param, store = settings.param, settings.store
    dout = same_shape("dout", dout, stored.shape if store == "mask" else param["shape"], "x")
    if store == "mask":
        return apply_mask(dout, stored, divisor)
    read = _bits_reader(stored) if store == "bits" else drawn(settings.p, param["seed"])[0]
    return _apply(dout, param["units"], read, divisor)


def snapshot(settings: DropoutSettings, source: Source, **needed: Any) -> dict[str, Any]:
    """Copy the dict into the cache; where the mask is not kept, with what is needed to redo it."""
    copy = dict(settings.param)
    if settings.store == "mask":
        return copy
    copy.update(needed)
    if settings.store == "seed":
        copy["seed"] = source
        copy.pop("rng", None)
    return copy


def apply_mask(x: Array, mask: Mask, divisor: float) -> Array:
    """Return x / divisor where the mask, of the shape of x, is True, and +0.0 elsewhere."""
    if not mask.flags.c_contiguous:
        order = memory_order(mask)
        if order is not None and x.size > BLOCK:
            out = apply_mask(x.transpose(order), mask.transpose(order), divisor)
            return out.transpose(np.argsort(order))
        return mask_whole(x, mask, divisor)  # decisions that are shared take no memory twice
    if x.size <= BLOCK and x.dtype.isnative:
        out = np.empty(x.shape, x.dtype)
        select(np.asarray(x), mask, divisor, out)  # not the class of a memmap
        return out
    flat = mask.reshape(-1)
    return mask_blocks(x, lambda start, stop: flat[start:stop], divisor)


def _apply(
    x: Array,
    units: Shape,
    read: Reader,
    divisor: float,
    threads: int | None = None,
) -> Array:
    """Mask x by the decisions that `read` yields, shared along the axes where `units` is 1."""
    if units == x.shape:
        return mask_blocks(x, read, divisor, threads)
    mask = collect(units, read, threads)
    return mask_whole(x, np.broadcast_to(mask, x.shape), divisor)


def _kept(store: str, units: Shape, draw: Drawer) -> tuple[Any, Reader]:
    """Return an array for the cache, and what draws a block of the mask and keeps it there."""
    if store == "seed":
        return None, draw
    if store == "bits":
        size = int(np.prod(units, dtype=np.int64))
        bits = np.empty(-(-size // 8), np.uint8)

        def pack(start: int, stop: int) -> Mask:
            keep: Mask = draw(start, stop)
            bits[start // 8:-(-stop // 8)] = np.packbits(keep)
            return keep

        return bits, pack
    mask = np.empty(units, bool)
    flat = mask.reshape(-1)

    return mask, lambda start, stop: draw(start, stop, flat[start:stop])


def _bits_reader(bits: Array) -> Reader:
    def read(start: int, stop: int) -> Mask:
        return np.unpackbits(bits[start // 8:-(-stop // 8)], count=stop - start).view(bool)

    return read


def remember(mask: Mask, shape: Shape, settings: DropoutSettings, source: Source) -> Cache:
    """Return the cache of a mask that was drawn whole, for an input of `shape`."""
    copy = snapshot(settings, source, shape=shape, units=mask.shape)
    if settings.store == "mask":
        return copy, np.broadcast_to(mask, shape) if mask.shape != shape else mask
    return copy, np.packbits(mask) if settings.store == "bits" else None


def recall(settings: DropoutSettings, stored: Any, draw: Callable[[Shape, int], Mask]) -> Mask:
    """Return the mask that `remember` put away; draw(units, seed) makes it anew for 'seed'."""
    param, store = settings.param, settings.store
    if store == "mask":
        return stored
    mask = (collect(param["units"], _bits_reader(stored)) if store == "bits"
            else draw(param["units"], param["seed"]))
    return np.broadcast_to(mask, param["shape"])
