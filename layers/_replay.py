"""Drop units of an array, and keep in the cache what it takes to drop the same ones again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from layers._blocked import Mask, Reader, Writer, collect, mask_blocks, mask_whole
from layers.arguments import (
    OWN_CACHE,
    Array,
    cached,
    describe,
    floating,
    integer,
    mode_of,
    one_of,
    probability,
    refuse,
    required,
    same_shape,
)
from layers.masks import Source, check_source, drawn, source_of

Cache: TypeAlias = "tuple[dict[str, Any], Array | None]"
Shape: TypeAlias = "tuple[int, ...]"

STORES = ("mask", "bits", "seed")


def settings(param: Mapping[str, Any], stores: Sequence[str] = STORES) -> tuple[float, str]:
    """Return p and mode, having checked every key that the layers of the family share."""
    p = probability("dropout_param['p']", required("dropout_param", param, "p"))
    mode = mode_of("dropout_param", param)
    store = one_of("dropout_param['store']", param.get("store", "mask"), stores)
    check_source(param, replayed=store == "seed")
    return p, mode


class Snapshot(dict[str, Any]):
    """The caller's dict as it was in test mode: equal to it, and the shape of x beside it."""

    def __init__(self, param: Mapping[str, Any], shape: Shape) -> None:
        super().__init__(param)
        self.shape = shape


def passed(x: Array, param: Mapping[str, Any]) -> Cache:
    """Return the cache of test mode, in which there is no mask."""
    return Snapshot(param, x.shape), None


def opened(dout: object, cache: object, forward: str, kind: str = "b") -> tuple[Array, Any]:
    """Return dout and the dict of the cache, if they belong to a call of the function `forward`.

    `kind` is the kind of dtype of a stored mask.
    """
    param, stored = cached(cache, (object, object), forward)
    ours = f"the pair (dropout_param, mask) that {forward} returned"
    if not isinstance(param, Mapping):
        refuse("cache", param, ours, OWN_CACHE, TypeError)
    if not _replayable(param, stored, kind):
        refuse("cache", f"{describe(param)} with {describe(stored)}", ours, OWN_CACHE)
    dout = floating("dout", dout)
    if param["mode"] == "test" and isinstance(param, Snapshot):
        same_shape("dout", dout, param.shape, "x")
    return dout, param


def _replayable(param: Mapping[str, Any], stored: object, kind: str) -> bool:
    """Say whether a forward of the family can have made this cache."""
    if "p" not in param or param.get("mode") not in ("train", "test"):
        return False
    if param["mode"] == "test":
        return True
    store = param.get("store", "mask")
    if store not in STORES:
        return False
    needed = () if store == "mask" else ("shape", "units", *(["seed"] if store == "seed" else []))
    kinds = {"mask": kind, "bits": "u", "seed": None}
    stored_kind = stored.dtype.kind if isinstance(stored, np.ndarray) else None
    return all(key in param for key in needed) and stored_kind == kinds[store]


def drop(
    x: Array, p: float, divisor: float, param: Mapping[str, Any], shared_axes: object = None
) -> tuple[Array, Cache]:
    """Return x / divisor under a fresh mask, and the cache that `drop_again` needs.

    `shared_axes` are the axes along which one decision is shared (default: those of the dict).
    """
    units = units_of(x.shape, param.get("shared_axes") if shared_axes is None else shared_axes)
    store, source = param.get("store", "mask"), source_of(param)
    read, threads = drawn(p, source)
    stored, write = _storage(store, units)
    out = _apply(x, units, read, divisor, write, threads)
    if store == "mask" and units != x.shape:
        stored = np.broadcast_to(stored, x.shape)
    return out, (snapshot(param, source, shape=x.shape, units=units), stored)


def drop_again(dout: Array, cache: tuple[Any, ...], divisor: float) -> Array:
    """Return dout / divisor under the mask of a training cache."""
    param, stored = cache
    store = param.get("store", "mask")
    dout = same_shape("dout", dout, stored.shape if store == "mask" else param["shape"], "x")
    if store == "mask":
        return apply_mask(dout, stored, divisor)
    read = (_bits_reader(stored) if store == "bits"
            else drawn(float(param["p"]), param["seed"])[0])
    return _apply(dout, param["units"], read, divisor)


def snapshot(param: Mapping[str, Any], source: Source, **needed: Any) -> dict[str, Any]:
    """Copy the dict into the cache; where the mask is not kept, with what is needed to redo it."""
    store = param.get("store", "mask")
    if store == "mask":
        return dict(param)
    copy = {**param, **needed}
    if store == "seed":
        copy["seed"] = source
        copy.pop("rng", None)
    return copy


def apply_mask(x: Array, mask: Mask, divisor: float) -> Array:
    """Return x / divisor where the mask, of the shape of x, is True, and +0.0 elsewhere."""
    if not mask.flags.c_contiguous:  # decisions that are shared take no memory twice
        return mask_whole(x, mask, divisor)
    flat = mask.reshape(-1)
    return mask_blocks(x, lambda start, stop: flat[start:stop], divisor)


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


def _bits_reader(bits: Array) -> Reader:
    def read(start: int, stop: int) -> Mask:
        return np.unpackbits(bits[start // 8:-(-stop // 8)], count=stop - start).view(bool)

    return read


def remember(mask: Mask, shape: Shape, param: Mapping[str, Any], source: Source) -> Cache:
    """Return the cache of a mask that was drawn whole, for an input of `shape`."""
    store = param.get("store", "mask")
    copy = snapshot(param, source, shape=shape, units=mask.shape)
    if store == "mask":
        return copy, np.broadcast_to(mask, shape) if mask.shape != shape else mask
    return copy, np.packbits(mask) if store == "bits" else None


def recall(cache: tuple[Any, ...], draw: Callable[[Mapping[str, Any]], Mask]) -> Mask:
    """Return the mask that `remember` put away; draw(param) makes it anew for store 'seed'."""
    param, stored = cache
    store = param.get("store", "mask")
    if store == "mask":
        return stored
    mask = collect(param["units"], _bits_reader(stored)) if store == "bits" else draw(param)
    return np.broadcast_to(mask, param["shape"])


def units_of(shape: Shape, shared_axes: object) -> Shape:
    """Return the shape of the independent decisions: 1 along every shared axis.

    >>> units_of((8, 3, 5, 5), (2, -1))
    (8, 3, 1, 1)
    """
    if shared_axes is None:
        return shape
    name = "dropout_param['shared_axes']"
    axes = shared_axes if isinstance(shared_axes, tuple | list | range) else (shared_axes,)
    indices = [axis_of(name, axis, shape) for axis in axes]
    if len(set(indices)) < len(indices):
        refuse(name, shared_axes, "distinct axes", "name each axis once")
    return tuple(1 if axis in indices else length for axis, length in enumerate(shape))


def refuse_shared_axes(param: Mapping[str, Any]) -> None:
    """Refuse 'shared_axes' in the dict of a layer that has a shape of its own."""
    if param.get("shared_axes") is not None:
        refuse("dropout_param['shared_axes']", param["shared_axes"],
               "no such key: this layer shares its decisions along axes of its own",
               "leave the key out, or use dropout_forward")


def axis_of(name: str, axis: object, shape: Shape) -> int:
    """Return an axis of an array of `shape`, counted from the front."""
    ndim = len(shape)
    expected = f"an axis of an array of shape {shape}"
    index = integer(name, axis, expected, "pass an int")
    if not -ndim <= index < ndim:
        refuse(name, axis, expected, f"pass one from {-ndim} to {ndim - 1}")
    return index % ndim
