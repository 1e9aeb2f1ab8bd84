"""What a target prints, warns of and reseeds is kept to itself."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what the target prints to stderr, and keep its warnings and reseeding to itself."""
    with (contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(),
          global_generator_restored()):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def global_generator_restored() -> Iterator[None]:
    """Put NumPy's global generator back afterwards: targets and submissions may seed it."""
    state = np.random.get_state(legacy=False)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
