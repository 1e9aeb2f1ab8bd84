"""What update rules compute element by element: in place where nobody can see it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np

from layers.arguments import Array

PART = 1 << 15
"""Numbers in a part of a large parameter; five arrays of them fit into the second-level cache."""


def owned(config: MutableMapping[str, Any], key: str) -> Array:
    """Return config[key], to be written over; it is a copy first where anybody else holds it.

    Examples
    --------
    >>> config = {"velocity": np.ones(2), "cache": np.ones(2)}
    >>> mine = config["cache"]
    >>> owned(config, "velocity").fill(3); owned(config, "cache").fill(3)
    >>> config, mine
    ({'velocity': array([3., 3.]), 'cache': array([3., 3.])}, array([1., 1.]))
    """
    if not alone(config, key):
        config[key] = np.array(config[key])
    array: Array = config[key]
    return array


def alone(held: MutableMapping[str, Any], key: str) -> bool:
    """Say whether nobody but this dict can see held[key], and it can be written over.

    Examples
    --------
    >>> held = {"mine": np.ones(2), "ours": np.ones(2)}
    >>> ours = held["ours"]
    >>> alone(held, "mine"), alone(held, "ours")
    (True, False)
    """
    return (sys.getrefcount(held[key]) <= _ALONE and type(held[key]) is np.ndarray
            and held[key].base is None and held[key].flags.writeable)


def running_mean(mean: Array, decay: float, new: Array) -> Array:
    """Return ``decay * mean + (1 - decay) * new``, and write it over `mean`, in its dtype.

    Where `new` is wider than what is stored, the result is as wide.

    Examples
    --------
    >>> mean = np.ones(2)
    >>> running_mean(mean, 0.75, np.array([1.0, 5.0])), mean
    (array([1., 2.]), array([1., 2.]))
    """
    mean *= decay
    new = (1 - decay) * new
    if np.result_type(mean, new) != mean.dtype:
        wide: Array = mean + new
        mean[...] = wide
        return wide
    mean += new
    return mean


def in_parts(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Yield arrays of one shape part by part, so that what is computed of a part stays small.

    Examples
    --------
    >>> [part.size for part, in in_parts(np.ones((300, 200)))]
    [32768, 27232]
    """
    size = arrays[0].size
    if size <= PART or not all(array.flags.c_contiguous for array in arrays):
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, size, PART):
        yield tuple(array[start:start + PART] for array in flat)


def _references_of_one_alone() -> int:
    """Return what `owned` counts for an array that nothing but the dict holds."""
    config: dict[str, Any] = {"key": np.empty(1)}
    return sys.getrefcount(config["key"])


# Where references are not counted, no array can be known to be held by the dict alone.
_ALONE = _references_of_one_alone() if sys.implementation.name == "cpython" else -1
