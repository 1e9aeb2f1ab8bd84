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
        self._memory: Any = b""
        self._state: Any = None

    @property
    def state(self) -> Any:
        """Its state, as `np.random.get_state` gives it."""
        bits: Any = np.random.mtrand.get_bit_generator()
        memory = b"" if type(bits) is not np.random.MT19937 else ctypes.string_at(
            bits.ctypes.state_address, STATE_BYTES)
        # of a pair of normal numbers, the second waits elsewhere
        if not memory or memory != self._memory or self._state["has_gauss"]:
            self._memory, self._state = memory, np.random.get_state(legacy=False)  # noqa: NPY002
        return self._state

    @property
    def mark(self) -> object:
        """What is equal where its state is."""
        state = self.state
        return self._memory or repr(state), state.get("has_gauss"), repr(state.get("gauss"))
