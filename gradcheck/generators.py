"""NumPy's and Python's global generators, put back after code that may seed them or draw."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from gradcheck.sandbox.global_generator import GlobalGenerator

_generator = GlobalGenerator()


def global_mark() -> object:
    """Return what is equal as long as nobody uses NumPy's global generator.

    >>> before = global_mark()
    >>> np.random.default_rng(0).random() < 1, global_mark() == before
    (True, True)
    """
    return _generator.mark


@contextmanager
def global_generators_restored(name: str | None = None) -> Iterator[None]:
    """Put both generators back afterwards; with a name, start from the state that it stands for.

    >>> with global_generators_restored("a law"):
    ...     drawn = np.random.rand()
    >>> with global_generators_restored("a law"):
    ...     np.random.rand() == drawn
    True
    """
    numpy_state, mark, python_state = _generator.state, _generator.mark, random.getstate()
    if name is not None:
        np.random.seed(zlib.crc32(name.encode()))  # noqa: NPY002
        random.seed(zlib.crc32(name.encode()))
    try:
        yield
    finally:
        if name is not None or _generator.mark != mark:
            np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
