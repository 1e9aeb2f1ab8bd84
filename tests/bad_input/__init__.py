"""Wrong arguments, as a table: one BadCall a row, one file a package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BadCall:
    """`call(*make())` must raise `error` with every one of `words` in its message."""

    name: str
    call: Callable[..., Any]
    make: Callable[[], tuple[Any, ...]]
    error: type[Exception]
    words: tuple[str, ...]
