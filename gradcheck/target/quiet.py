"""What a target prints, warns of and reseeds is kept to itself."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from gradcheck.generators import global_generators_restored
from gradcheck.target.printed import Tally


@contextlib.contextmanager
def quiet(stream: TextIO | Tally | None = None) -> Iterator[None]:
    """Send what the target prints to a stream, by default stderr; keep its settings to itself."""
    here = os.getcwd()
    with (contextlib.redirect_stdout(stream or sys.stderr), warnings.catch_warnings(),
          np.errstate(), global_generators_restored()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            os.chdir(here)
