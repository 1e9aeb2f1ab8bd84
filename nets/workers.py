"""`workers` as in SciPy: a number of processes, or anything that maps."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from nets.arguments import whole

Workers = int | Callable[..., Iterable[Any]]


@contextmanager
def map_like(workers: Workers) -> Iterator[Callable[..., Iterable[Any]]]:
    """Yield what is called as ``run(function, list)``; no process of it is left afterwards.

    Examples
    --------
    >>> with map_like(1) as run:
    ...     list(run(abs, [-1, 2]))
    [1, 2]
    """
    if callable(workers):
        yield workers
        return
    if workers != -1:
        whole("workers", workers, low=1)
    if workers == 1:
        yield map
        return
    import multiprocessing  # slow to load
    from concurrent.futures import ProcessPoolExecutor

    others = set(multiprocessing.active_children())
    # A forked child would inherit the locks of threads that it does not have.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() if workers == -1 else workers, context,
                             initializer=end_with_parent) as pool:
        try:
            yield pool.map
        except BaseException:  # what is under way would be waited for, however long it takes
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise


def end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, whatever ended that one."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)
