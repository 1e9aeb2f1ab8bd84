"""NumPy's and Python's global generators, put back after code that may seed them or draw."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def global_generators_restored(name: str | None = None) -> Iterator[None]:
    """Put both generators back afterwards; with a name, start from the state that it stands for.

    >>> with global_generators_restored("a law"):
    ...     drawn = np.random.rand()
    >>> with global_generators_restored("a law"):
    ...     np.random.rand() == drawn
    True
    """
    numpy_state, python_state = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
    if name is not None:
        np.random.seed(zlib.crc32(name.encode()))  # noqa: NPY002
        random.seed(zlib.crc32(name.encode()))
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
