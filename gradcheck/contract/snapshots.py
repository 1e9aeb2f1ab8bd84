"""Copies of nested values, compared bit by bit: what tells that a call wrote into something."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.nested import leaves


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
        if first.dtype.kind == "O":
            return bool(np.array_equal(first, second))
        if first.dtype.char in "gG":
            # a long double is padded, and what the padding holds is no value
            return bool(np.array_equal(first, second, equal_nan=True))
        return first.tobytes() == second.tobytes()
    if type(first) is not type(second):
        return False
    return bool(first is second or first == second or (first != first and second != second))
