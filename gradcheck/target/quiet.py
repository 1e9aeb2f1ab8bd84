"""What a target prints, warns of and reseeds is kept to itself."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator

import numpy as np

from gradcheck.generators import global_generators_restored


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what the target prints to stderr; keep its warnings, seeds and settings to itself."""
    here = os.getcwd()
    with (contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(), np.errstate(),
          global_generators_restored()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            os.chdir(here)
