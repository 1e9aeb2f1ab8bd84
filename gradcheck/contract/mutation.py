"""Whether a call wrote into something: copies of nested values, compared bit by bit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.contract.breach import Inspection
from gradcheck.contract.layer import Layer
from gradcheck.nested import leaves

# what a layer may write into a parameter dict: its running statistics, as cs231n's batchnorm does
WRITTEN_BACK = re.compile(r"running|moving|num_batches|average")
MOST_PATHS = 8


def snapshot(value: Any, path: str) -> dict[str, Any]:
    """Return copies of the leaves of a nested value, by path."""
    return {where: leaf.copy() if isinstance(leaf, np.ndarray) else leaf
            for where, leaf in leaves(value, path)}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the paths at which two snapshots differ."""
    return sorted(path for path in before.keys() | after.keys()
                  if path not in before or path not in after
                  or not same_bits(before[path], after[path]))


def same_bits(first: Any, second: Any) -> bool:
    """Whether two leaves are equal in kind, shape, dtype and every bit.

    >>> same_bits(np.array([np.nan]), np.array([np.nan])), same_bits(np.zeros(2), np.zeros(3))
    (True, False)
    """
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if first.shape != second.shape or first.dtype != second.dtype:
            return False
        if first.dtype.hasobject:
            return repr(first) == repr(second)
        if first.dtype.char in "gG":
            # a long double is padded, and what the padding holds is no value
            return bool(np.array_equal(first, second, equal_nan=True))
        return first.tobytes() == second.tobytes()
    if type(first) is not type(second):
        return False
    return bool(first is second or first == second or (first != first and second != second))


def note_mutated_arguments(found: Inspection, layer: Layer, args: list[Any], culprit: str) -> None:
    """Tell every argument that a call of `culprit`, forward or backward, wrote into.

    Settings may be added to a dict of them: what the caller put there is as it was.
    """
    for name, original, used in zip(layer.names, layer.args, args, strict=True):
        before = dict(leaves(original, name))
        changed = [path for path in differences(before, dict(leaves(used, name)))
                   if not WRITTEN_BACK.search(path.removeprefix(name))
                   and (path in before or not isinstance(original, Mapping))]
        if changed:
            found.add("input-mutated", "written", name, changed=changed[:MOST_PATHS], by=culprit)


def note_mutated_cache(found: Inspection, before: dict[str, Any]) -> bool:
    """Tell a cache that is not as it was `before` backward; return whether it is not."""
    changed = differences(before, dict(leaves(found.cache, "cache")))
    if changed:
        found.add("cache-mutated", "written", changed=changed[:MOST_PATHS])
    return bool(changed)
