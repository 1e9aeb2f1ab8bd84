"""The form of a finding: its code, what it means, how it is recognised, and two small programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from gradcheck.contract.breach import Breach
from gradcheck.findings.lenses.others import Wrong
from gradcheck.findings.view import View
from gradcheck.program import Given

Evidence = dict[str, Any] | None
Contrast = Breach | None


class Tier(IntEnum):
    """How much a rule claims: the lowest tier in which a rule fits decides.

    In the tier that decides, one rule fits and no other; so there is no order within a tier.
    """

    FORM = 1      # the true formula with one slip in it, a wrong factor for example
    PATTERN = 2   # which units or samples pass: a pattern that some of those slips also show
    PLACE = 3     # right numbers at wrong places, or wrong between two bounds
    REMNANT = 4   # what nearly every cause above also leaves behind
    NOTHING = 5   # no rule fits


@dataclass(frozen=True)
class Message:
    """What is said of a slip, filled in with the evidence by ``str.format``."""

    because: str
    remedy: str

    def told(self, **words: Any) -> str:
        """Return the two sentences; an exception that is quoted may bring a remedy of its own.

        Examples
        --------
        >>> Message("{what} is missing", "add {what}").told(what="a factor")
        'a factor is missing. Remedy: add a factor.'
        >>> Message("it raised {what}", "catch it").told(what="ValueError: p. Remedy: p < 1")
        'it raised ValueError: p. Remedy: p < 1.'
        """
        because = self.because.format(**words)
        if "Remedy: " in because:
            return f"{because}."
        return f"{because}. Remedy: {self.remedy.format(**words)}."


@dataclass(frozen=True)
class Clue(Message):
    """One way to recognise a cause: `test` returns the evidence, or None where it does not fit."""

    test: Callable[[View], Evidence]

    def __init__(self, test: Callable[[View], Evidence], because: str, remedy: str) -> None:
        super().__init__(because, remedy)
        object.__setattr__(self, "test", test)


def layer(name: str, source: str, args: str) -> Given:
    """Return a Given that is checked as the layer `name` at `args`."""
    return Given(source, f"check_layer({name}_forward, {name}_backward, {args})")


@dataclass(frozen=True)
class Rule:
    """A finding.

    Attributes
    ----------
    code : str
        Its stable name; the module is called the same, with underscores.
    tier : Tier or None
        When its clues are asked; None for a rule that has none, such as the contract's.
    meaning : str
        What is wrong, and how it comes about.
    sign : str
        How it shows in the numbers.
    given : Given
        The half that the two programs share.
    wrong, right : str
        Source of the wrong part and of its repair.
    clues : tuple of Clue
        Ways to recognise it in a gradient whose numbers disagree.
    shape_clues : tuple of Clue
        Ways to recognise it in a gradient of a wrong shape; their view's `a` is what was returned,
        its `n` the numeric gradient.
    breaches : mapping of str to Message
        What is said where the contract reports a breach of this code, by the kind of breach.
    fatal : bool
        Whether comparing numbers means nothing once this is found.
    conduct : bool
        Whether a gradient that is right in numbers can still have it.
    contrast : callable, optional
        Recognises it by other arguments, at which the layer is right, see `findings.contrast`.
    """

    code: str
    tier: Tier | None
    meaning: str
    sign: str
    given: Given
    wrong: str
    right: str
    clues: tuple[Clue, ...] = ()
    shape_clues: tuple[Clue, ...] = ()
    breaches: Mapping[str, Message] = field(default_factory=dict)
    fatal: bool = False
    conduct: bool = False
    contrast: Callable[[Wrong], Contrast] | None = None

    def __post_init__(self) -> None:
        for name in ("meaning", "sign"):
            object.__setattr__(self, name, " ".join(getattr(self, name).split()))

    @property
    def wrong_program(self) -> str:
        """A complete program whose `report` has this finding first."""
        return self.given.program(self.wrong)

    @property
    def right_program(self) -> str:
        """The program after the repair; its `report` passes."""
        return self.given.program(self.right)
