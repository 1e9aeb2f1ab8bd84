"""How a target's dropout takes p, scales, and draws."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.mask_laws.implementation import DropoutImplementation


@dataclass(frozen=True)
class Conventions:
    """How a target's dropout takes p, scales, and draws, as in DropoutImplementation."""

    p_is: str = "drop"
    scaling: str = "inverted"
    seeding: str | None = "seed"

    def __post_init__(self) -> None:
        DropoutImplementation(len, len, self.p_is, self.scaling, self.seeding)
