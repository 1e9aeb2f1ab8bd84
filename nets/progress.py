"""tqdm's progress bar, loaded where one is shown: it takes as long to load as all nets."""

from __future__ import annotations

from typing import Any, TypeAlias

Bar: TypeAlias = Any
"""A tqdm."""


def progress_bar(**options: Any) -> Bar:
    """Return a bar, a context manager, made with tqdm's own options.

    Examples
    --------
    >>> with progress_bar(total=2, disable=True) as bar:
    ...     bar.total
    2
    """
    from tqdm import tqdm

    return tqdm(**options)
