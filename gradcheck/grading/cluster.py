"""A dask cluster as `workers`: its address, such as ``tcp://10.0.0.1:8786``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = "10s"


def is_address(workers: object) -> bool:
    """Whether `workers` names a cluster.

    >>> is_address("tcp://10.0.0.1:8786"), is_address(2)
    (True, False)
    """
    return isinstance(workers, str) and "://" in workers


@contextmanager
def mapping(address: str) -> Iterator[Callable[..., Any]]:
    """Yield what is called as ``run(function, list)`` and works on the cluster.

    Raises
    ------
    ValueError
        The extra is not installed, or nobody answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(f"workers: got {address!r}, and the package distributed is not installed. "
                         'Remedy: pip install "maskgrad[distributed]".') from None
    try:
        client = Client(address, timeout=SECONDS)
    except (OSError, ValueError) as error:
        raise ValueError(f"workers: nobody answers at {address!r} ({error}). Remedy: check the "
                         "address that dask scheduler printed.") from None
    with client:
        yield client.get_executor().map
