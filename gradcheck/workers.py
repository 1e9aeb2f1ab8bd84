"""`workers` as in SciPy: nothing, a number of processes, or anything that maps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gradcheck.arguments import refuse


@contextmanager
def map_like(workers: int | Callable[..., Any] | None) -> Iterator[Callable[..., Any] | None]:
    """Yield a function called as ``run(function, list)``, or None for a plain loop.

    Examples
    --------
    >>> with map_like(None) as run:
    ...     run is None
    True
    >>> with map_like(map) as run:
    ...     list(run(abs, [-1, 2]))
    [1, 2]
    """
    if workers is None or (workers == 1 and not isinstance(workers, bool)):
        yield None
    elif callable(workers):
        yield workers
    elif isinstance(workers, bool) or not isinstance(workers, int) or workers < -1 or not workers:
        refuse("workers", workers, "a positive int, -1 for all cores, or a map-like callable",
               "pass for example workers=2 or workers=pool.map", TypeError
               if not isinstance(workers, int) or isinstance(workers, bool) else ValueError)
    else:
        from concurrent.futures import ProcessPoolExecutor  # slow to import

        with ProcessPoolExecutor(os.cpu_count() if workers == -1 else workers) as pool:
            yield pool.map
