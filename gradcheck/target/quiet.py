"""What a target prints, warns of and reseeds is kept to itself."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator

from gradcheck.generators import global_generators_restored


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what the target prints to stderr, and keep its warnings and reseeding to itself."""
    with (contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(),
          global_generators_restored()):
        warnings.simplefilter("ignore")
        yield
