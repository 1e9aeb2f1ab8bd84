"""How a target's dropout takes p, scales, and draws, and what the laws judge then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gradcheck.mask_laws.manners import refuse_unknown

if TYPE_CHECKING:
    from gradcheck.mask_laws.implementation import DropoutImplementation

# The layers that the laws are about; the second is vanilla by its name.
LAWFUL = ("dropout", "vanilla_dropout")


class NamedPair(Protocol):
    """A layer of a target."""

    @property
    def name(self) -> str:
        """What the target calls it."""

    @property
    def base(self) -> str:
        """What kind of layer it is: its name without a prefix."""

    @property
    def forward(self) -> Callable[..., Any]:
        """Its forward."""

    @property
    def backward(self) -> Callable[..., Any] | None:
        """Its backward; None for a loss."""


@dataclass(frozen=True)
class Conventions:
    """How a target's dropout takes p, scales, and draws, as in DropoutImplementation.

    Examples
    --------
    >>> Conventions(p_is="keep").to_dict()
    {'p_is': 'keep', 'scaling': 'inverted', 'seeding': 'seed'}
    """

    p_is: str = "drop"
    scaling: str = "inverted"
    seeding: str | None = "seed"

    def __post_init__(self) -> None:
        refuse_unknown(self.to_dict())

    @classmethod
    def of_flags(cls, p_is: str = "drop", scaling: str = "inverted", seeding: str = "seed"
                 ) -> Conventions:
        """Return what the flags of a command say: there, None is spelled 'none'."""
        return cls(p_is, scaling, None if seeding == "none" else seeding)

    def implementation(self, pair: NamedPair) -> DropoutImplementation:
        """Return a pair as the laws judge it; a vanilla_dropout scales at test time in any case."""
        # not for a process that reads settings alone
        from gradcheck.mask_laws.implementation import DropoutImplementation

        assert pair.backward is not None
        scaling = "vanilla" if pair.base == "vanilla_dropout" else self.scaling
        return DropoutImplementation(pair.forward, pair.backward, self.p_is, scaling,
                                     self.seeding, pair.name)

    def to_dict(self) -> dict[str, Any]:
        """Return the conventions by their names."""
        return asdict(self)
