"""NumPy's global generator, whose state is asked for only where it has moved.

`np.random.get_state` makes its array number by number, which takes as long as a whole call of a
small layer; every call through the pipes needs to know whether the generator has moved.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

STATE_BYTES = 625 * 4  # of MT19937: 624 numbers, and the place among them


class GlobalGenerator:
    """NumPy's global generator.

    Examples
    --------
    >>> generator = GlobalGenerator()
    >>> before = generator.mark
    >>> generator.mark == before
    True
    >>> drawn = np.random.rand()
    >>> generator.mark == before
    False
    """

    def __init__(self) -> None:
        self._known: tuple[bytes, Any] = b"", None

    @property
    def state(self) -> Any:
        """Its state, as `np.random.get_state` gives it."""
        return self._memory_and_state()[1]

    @property
    def mark(self) -> object:
        """What is equal where its state is."""
        memory, state = self._memory_and_state()
        return memory or repr(state), state.get("has_gauss"), repr(state.get("gauss"))

    def _memory_and_state(self) -> tuple[bytes, Any]:
        bits: Any = np.random.mtrand.get_bit_generator()
        memory = b"" if type(bits) is not np.random.MT19937 else ctypes.string_at(
            bits.ctypes.state_address, STATE_BYTES)
        known = self._known
        # of a pair of normal numbers, the second waits elsewhere
        if not memory or memory != known[0] or known[1]["has_gauss"]:
            self._known = known = memory, np.random.get_state(legacy=False)  # noqa: NPY002
        return known
