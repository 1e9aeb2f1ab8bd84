"""The hot loop of dropout: keep or zero an array block by block, in several threads.

A block of 64 K units is read, masked and written while it is in the cache, and no temporary is
larger than a block. Blocks do not depend on each other, so neither the number of threads nor
their order can change a result.
"""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layers.precision import Array

BLOCK = 1 << 16
"""Units in a block, a multiple of 8: a block of packed bits begins with a byte."""

TALL, WIDE = 512, 16
"""Sides of the tiles in which an array is transposed: WIDE numbers are the cache line that they are
written to, and TALL runs along the lines that are read. Squares of 64 took twice the time."""

Mask: TypeAlias = NDArray[np.bool_]
Reader: TypeAlias = Callable[[int, int], Mask]
"""read(start, stop) -> the mask's units start ... stop - 1, in C order; start is a block's."""

BITS = {2: np.uint16, 4: np.uint32, 8: np.uint64}
"""The unsigned integer that has as many bytes as a float."""


def each_block(size: int, work: Callable[[int, int], Any], threads: int | None = None) -> None:
    """Call work(start, stop) for every block of `size` units, in as many threads as pay off."""
    step = BLOCK * max(4, size // (64 * BLOCK))  # few enough jobs, and enough for any thread count

    def run(first: int) -> None:
        for start in range(first, min(first + step, size), BLOCK):
            work(start, min(start + BLOCK, size))

    in_threads(run, range(0, size, step), threads)


def in_threads(run: Callable[[int], Any], jobs: range, threads: int | None = None) -> None:
    """Call run(job) for every job, in `threads` threads (default: one for each processor)."""
    if threads is None:
        threads = min(len(jobs), available_threads()) if len(jobs) > 1 else 1
    if threads <= 1:
        for job in jobs:
            run(job)
        return
    waiting = deque(jobs)

    def work_off() -> None:
        while waiting:
            try:
                job = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            run(job)

    from concurrent.futures import ThreadPoolExecutor  # small arrays do without

    with ThreadPoolExecutor(threads - 1) as helpers:  # the caller is a thread, too
        results = [helpers.submit(work_off) for _ in range(threads - 1)]
        work_off()
        for result in results:
            result.result()  # raises what was raised there


def available_threads() -> int:
    """Return on how many processors this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def collect(shape: tuple[int, ...], read: Reader, threads: int | None = None) -> Mask:
    """Return the whole mask that `read` yields, as an array of `shape`."""
    mask = np.empty(shape, bool)
    flat = mask.reshape(-1)

    def work(start: int, stop: int) -> None:
        flat[start:stop] = read(start, stop)

    each_block(flat.size, work, threads)
    return mask


def mask_blocks(x: Array, read: Reader, divisor: float, threads: int | None = None) -> Array:
    """Return x / divisor where the mask that `read` yields is True, and +0.0 elsewhere."""
    x = np.asarray(x)  # not the class of a memmap
    native = x.dtype.newbyteorder("=")
    out = np.empty(x.shape, native)
    target = out.reshape(-1)
    if x.flags.c_contiguous and x.dtype == native:
        source = x.reshape(-1)
    else:  # gather strided input once, into the output, and go on from there in place
        gather(x, out)
        source = target

    def work(start: int, stop: int) -> None:
        select(source[start:stop], read(start, stop), divisor, target[start:stop])

    each_block(x.size, work, threads)
    return out.astype(x.dtype, copy=False)


def gather(x: Array, out: Array) -> None:
    """Copy x, of any strides, into the C-ordered `out`.

    Where x runs fastest along another axis than the last, a copy in either order would fetch a
    cache line for every number. A tile uses up the lines it fetches.
    """
    strides = [abs(stride) or np.inf if length > 1 else np.inf
               for stride, length in zip(x.strides, x.shape, strict=True)]
    if x.size < BLOCK or strides[-1] == min(strides):
        out[...] = x
        return
    fast = int(np.argmin(strides))
    wide = max(WIDE, TALL * WIDE * x.shape[-1] // x.size)  # few rows make wider tiles, not more

    def copy_rows(row: int) -> None:
        rows = (*(slice(None) for _ in range(fast)), slice(row, row + TALL))
        for column in range(0, x.shape[-1], wide):
            columns = (..., slice(column, column + wide))
            out[rows][columns] = x[rows][columns]

    in_threads(copy_rows, range(0, x.shape[fast], TALL))


def memory_order(x: Array) -> tuple[int, ...] | None:
    """Return the order of axes in which x fills its memory; None if it is C order, or none does.

    Examples
    --------
    >>> x = np.empty((2, 3, 4))
    >>> memory_order(x), memory_order(x.transpose(2, 0, 1)), memory_order(x[:, ::2])
    (None, (1, 2, 0), None)
    """
    if x.flags.c_contiguous:
        return None
    order = tuple(sorted(range(x.ndim), key=lambda axis: -x.strides[axis]))
    return order if x.transpose(order).flags.c_contiguous else None


def laid_out(mask: Mask, order: tuple[int, ...]) -> Mask:
    """Return the same mask, the order of its axes in memory another.

    Examples
    --------
    >>> laid_out(np.ones((2, 3), bool), (1, 0)).T.flags.c_contiguous
    True
    """
    axes = mask.transpose(order)
    copy = np.empty(axes.shape, bool)
    gather(axes, copy)
    return copy.transpose(np.argsort(order))


def mask_whole(x: Array, mask: Mask, divisor: float) -> Array:
    """Return x / divisor where `mask`, of any strides, is True, and +0.0 elsewhere."""
    x = np.asarray(x)  # not the class of a memmap
    native = x.dtype.newbyteorder("=")
    out = np.empty(x.shape, native)
    rows = max(1, BLOCK * len(x) // max(x.size, 1))

    def work(start: int) -> None:
        part = slice(start, start + rows)
        select(x[part].astype(native, copy=False), mask[part], divisor, out[part])

    in_threads(work, range(0, len(x), rows), None if x.size > 4 * BLOCK else 1)
    return out.astype(x.dtype, copy=False)


def select(x: Array, keep: Mask, divisor: float, out: Array) -> None:
    """Write x / divisor where `keep` is True, +0.0 elsewhere; `keep` is of the shape of x.

    Multiplying x / divisor by 0 would make -0.0 of -1 and NaN of inf. So the quotient is taken as
    the integer that its bits spell: times 1 it is the same bits, times 0 it is the bits of +0.0,
    always. The product has no branch for the processor to mispredict, which makes it ten times
    faster than a copy under a mask.
    """
    bits = BITS[x.dtype.itemsize]
    spelt = out.view(bits)
    if divisor == 1.0:
        np.multiply(x.view(bits), keep.view(np.uint8), out=spelt)
        return
    # Overflow shows as inf in out. A warning would depend on the thread: np.errstate is not
    # inherited by new ones.
    with np.errstate(all="ignore"):
        _divide(x, divisor, out)
    np.multiply(spelt, keep.view(np.uint8), out=spelt)


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
        np.take(_half_quotients(divisor), x.view(np.uint16), out=out, mode="wrap")


@functools.lru_cache(maxsize=8)
def _half_quotients(divisor: float) -> NDArray[np.float16]:
    """Return every float16, in the order of its bits, divided by `divisor`."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    quotients = (halves.astype(np.float32) / np.float32(divisor)).astype(np.float16)
    quotients.flags.writeable = False
    return quotients
