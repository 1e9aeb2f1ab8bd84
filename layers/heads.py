"""Products of many small matrices, in several threads: a head of attention is one of many.

BLAS takes threads of its own for a product of a certain size on, and one product after the other
then waits for them. Blocks of rows below that size take one thread each; the heads are what is
shared out among threads. No sum is split, so that neither changes a result.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layers.blocked import BLOCK, in_threads
from layers.precision import Array

SMALL = 1 << 18
"""Multiplications up to which OpenBLAS takes one thread."""


def product(a: Array, b: Array, out: Array) -> None:
    """Write a (n, M, K) @ b (n, K, N), in blocks of rows.

    Examples
    --------
    >>> out = np.empty((1, 2, 2))
    >>> product(np.eye(2)[np.newaxis], np.ones((1, 2, 2)), out)
    >>> out[0].tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    n, M, K = a.shape
    rows = block(M, SMALL // max(K * b.shape[2], 1))
    parts = M // rows if rows else 0
    with np.errstate(invalid="ignore", over="ignore"):
        np.matmul(a.reshape(n, parts, rows, K), b[:, np.newaxis],
                  out=out.reshape(n, parts, rows, b.shape[2]))


def block(rows: int, limit: int) -> int:
    """Return the largest divisor of a number of rows up to a limit; all rows if it is poor.

    Examples
    --------
    >>> block(128, 40), block(6, 100), block(127, 40)
    (32, 6, 127)
    """
    best = max((size for size in range(1, min(rows, limit) + 1) if rows % size == 0), default=0)
    return best if best >= min(8, rows) else rows


def each_part(work: Callable[[slice], None], heads: int, size: int) -> None:
    """Call work(part) for parts of the heads, whose weights are `size` numbers each."""
    step = max(1, 4 * BLOCK // max(size, 1))

    def run(start: int) -> None:
        with np.errstate(invalid="ignore", over="ignore"):
            work(slice(start, start + step))

    in_threads(run, range(0, heads, step), None if heads * size > 8 * BLOCK else 1)
