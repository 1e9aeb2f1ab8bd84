"""One BLAS thread: sums in one order, so that results do not depend on who else computes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


def one_blas_thread() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread inside the context; no limit where threadpoolctl is absent.

    The split of a matrix product over threads changes its rounding, and training amplifies that;
    and on a busy machine, the threads of products as small as ours wait for each other.
    threadpoolctl comes with scikit-learn, which brings the digits too.
    """
    try:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return nullcontext()
    return threadpool_limits(limits=1, user_api="blas")
