"""The hot loop of dropout: keep or zero an array block by block, in several threads.

A block of 64 K units is read, masked and written while it is in the cache, and no temporary is
larger than a block. Blocks do not depend on each other, so neither the number of threads nor
their order can change a result.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layers._arguments import Array, floating, refuse

BLOCK = 1 << 16
"""Units in a block, a multiple of 8: a block of packed bits begins with a byte."""

CHUNK = 4
"""Blocks that a thread takes at a time: enough to make the hand-over cheap."""

Mask: TypeAlias = NDArray[np.bool_]
Reader: TypeAlias = Callable[[int, int], Mask]
"""read(start, stop) -> the mask's units start ... stop - 1, in C order; start is a block's."""
Writer: TypeAlias = Callable[[int, int, Mask], Any]

BITS = {2: np.uint16, 4: np.uint32, 8: np.uint64}
"""The unsigned integer that has as many bytes as a float."""


def each_block(size: int, work: Callable[[int, int], Any], threads: int | None = None) -> None:
    """Call work(start, stop) for every block of `size` units, in as many threads as pay off."""
    chunks = range(0, size, CHUNK * BLOCK)

    def run(first: int) -> None:
        for start in range(first, min(first + CHUNK * BLOCK, size), BLOCK):
            work(start, min(start + BLOCK, size))

    if len(chunks) <= 1 or threads == 1 or available_threads() == 1:
        for first in chunks:
            run(first)
        return
    with ThreadPoolExecutor(min(len(chunks), threads or available_threads())) as pool:
        for _ in pool.map(run, chunks):  # asking for the results raises their errors
            pass


def available_threads() -> int:
    """Return on how many processors this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def collect(
    shape: tuple[int, ...], read: Reader, write: Writer | None = None, threads: int | None = None
) -> Mask:
    """Return the whole mask that `read` yields, as an array of `shape`."""
    mask = np.empty(shape, bool)
    flat = mask.reshape(-1)

    def work(start: int, stop: int) -> None:
        flat[start:stop] = read(start, stop)
        if write is not None:
            write(start, stop, flat[start:stop])

    each_block(flat.size, work, threads)
    return mask


def mask_blocks(
    x: Array, read: Reader, divisor: float, write: Writer | None = None, threads: int | None = None
) -> Array:
    """Return x / divisor where the mask that `read` yields is True, and +0.0 elsewhere.

    `write`, if there is one, is handed every part of the mask as it is read.
    """
    x = np.asarray(x)  # not the class of a memmap
    native = x.dtype.newbyteorder("=")
    if x.flags.c_contiguous and x.dtype == native:
        out = np.empty(x.shape, native)
        source = x.reshape(-1)
    else:  # gather strided input once, into the output, and go on from there in place
        out = np.array(x, native, order="C")
        source = out.reshape(-1)
    target = out.reshape(-1)

    def work(start: int, stop: int) -> None:
        keep = read(start, stop)
        if write is not None:
            write(start, stop, keep)
        select(source[start:stop], keep, divisor, target[start:stop])

    each_block(x.size, work, threads)
    return out.astype(x.dtype, copy=False)


def mask_whole(x: Array, mask: Mask, divisor: float) -> Array:
    """Return x / divisor where `mask`, of any strides, is True, and +0.0 elsewhere."""
    x = np.asarray(x)  # not the class of a memmap
    native = x.dtype.newbyteorder("=")
    out = np.empty(x.shape, native)
    rows = max(1, BLOCK * len(x) // max(x.size, 1))
    for start in range(0, len(x), rows):
        part = slice(start, start + rows)
        select(x[part].astype(native, copy=False), mask[part], divisor, out[part])
    return out.astype(x.dtype, copy=False)


def select(x: Array, keep: Mask, divisor: float, out: Array) -> None:
    """Write x / divisor where `keep` is True, +0.0 elsewhere; `keep` is of the shape of x.

    Multiplying x / divisor by 0 would make -0.0 of -1 and NaN of inf. So the quotient is taken as
    the integer that its bits spell: times 1 it is the same bits, times 0 it is the bits of +0.0,
    always. The product has no branch for the processor to mispredict, which makes it ten times
    faster than a copy under a mask.
    """
    bits = BITS[x.dtype.itemsize]
    if divisor == 1.0:
        np.multiply(x.view(bits), keep.view(np.uint8), out=out.view(bits))
        return
    # Overflow shows as inf in out. A warning would depend on the thread: np.errstate is not
    # inherited by new ones.
    with np.errstate(all="ignore"):
        _divide(x, divisor, out)
    np.multiply(out.view(bits), keep.view(np.uint8), out=out.view(bits))


def _divide(x: Array, divisor: float, out: Array) -> None:
    """Write x / divisor.

    NumPy has no fast division of float16, but there are only 65536 of them: large arrays look
    the quotient up. It is computed in float32, whose range holds every divisor.
    """
    if x.dtype != np.float16:
        np.divide(x, x.dtype.type(divisor), out=out)
    elif x.size < 4096:
        np.divide(x, np.float32(divisor), out=out, dtype=np.float32, casting="same_kind")
    else:
        np.take(_half_quotients(divisor), x.view(np.uint16), out=out, mode="clip")


@functools.lru_cache(maxsize=8)
def _half_quotients(divisor: float) -> NDArray[np.float16]:
    """Return every float16, in the order of its bits, divided by `divisor`."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    quotients = (halves.astype(np.float32) / np.float32(divisor)).astype(np.float16)
    quotients.flags.writeable = False
    return quotients


def maskable(name: str, value: object) -> Array:
    """Return `value` if it is a floating array whose bits can be masked; refuse it otherwise."""
    array = floating(name, value)
    if array.dtype.itemsize not in BITS:
        refuse(name, array, "float16, float32 or float64", f"pass {name}.astype(np.float64)",
               TypeError)
    return array
