"""What the contract reports: breaches of its rules, as codes and facts without a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Breach:
    """One rule that a layer breaks.

    Attributes
    ----------
    code : str
        The finding that it is.
    how : str
        In which of the code's ways; the finding has a sentence for each.
    argument : str or None
        The argument that it is about; None where it is about the whole layer.
    where : tuple of tuple of int
        The index of the worst element, where there is one.
    facts : dict
        What the sentence is filled in with.
    """

    code: str
    how: str
    argument: str | None = None
    where: tuple[tuple[int, ...], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Inspection:
    """What the calls gave: breaches, and the values that the numbers are compared with."""

    breaches: list[Breach] = field(default_factory=list)
    out: Array | None = None
    cache: Any = None
    dout: Array | None = None
    gradients: list[Any] = field(default_factory=list)
    calls: int = 0
    draws_randomness: bool = False

    def add(self, code: str, how: str, argument: str | None = None,
            where: tuple[tuple[int, ...], ...] = (), **facts: Any) -> None:
        """Note a breach; each code once an argument."""
        if argument not in self.arguments(code):
            self.breaches.append(Breach(code, how, argument, where, facts))

    def has(self, code: str) -> bool:
        """Whether a breach of this code was noted."""
        return bool(self.arguments(code))

    def arguments(self, code: str) -> list[str | None]:
        """Return the arguments that breaches of this code are about; None is the whole layer."""
        return [entry.argument for entry in self.breaches if entry.code == code]
