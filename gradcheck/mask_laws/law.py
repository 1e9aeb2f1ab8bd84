"""What a law is: a function that raises where it is broken, with what is said of it beside it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gradcheck.mask_laws.canonical import CAREFUL_DROPOUT, DROPOUT
from gradcheck.mask_laws.implementation import DropoutLawError
from gradcheck.program import Given, dedented

KINDS = ("deterministic", "statistical", "probe", "strict")


@dataclass(frozen=True)
class Law:
    """A law: what it says, how it is judged, and a program that breaks it.

    Attributes
    ----------
    name : str
        The key of `expected_failures`.
    check : callable
        Raises DropoutLawError; takes a Probe and an Example, Samples, or a Probe, by kind.
    kind : {'deterministic', 'statistical', 'probe', 'strict'}
        'strict' laws fail only under strict=True and are advice otherwise.
    meaning : str
        What the law says, in a line; then where it is broken in practice, and what follows.
    shows : str
        What is printed of `wrong_program`; '...' stands for what varies.
    right, wrong : str
        Lines of the right dropout, and those that break the law in their place.
    detects : str
        Statistical laws: the smallest deviation found in nearly every run.
    """

    name: str
    check: Callable[..., None]
    kind: str
    meaning: str
    shows: str
    right: str
    wrong: str
    detects: str = ""

    @property
    def description(self) -> str:
        """What the law says, in a line."""
        return self.meaning.partition("\n")[0]

    @property
    def right_program(self) -> str:
        """A complete program whose `result` is that the law holds."""
        source = CAREFUL_DROPOUT if self.kind == "strict" else DROPOUT
        return Given(source, f'check_law("{self.name}", (dropout_forward, dropout_backward))',
                     "result").program()

    @property
    def wrong_program(self) -> str:
        """The program before the repair: its `result` is that the law is broken."""
        right, wrong = dedented(self.right), dedented(self.wrong)
        line = next(line for line in self.right_program.splitlines()
                    if line.strip() == right.partition("\n")[0].strip())
        margin = " " * (_margin(line) - _margin(right))
        return self.right_program.replace(textwrap.indent(right, margin),
                                          textwrap.indent(wrong, margin), 1)


def _margin(text: str) -> int:
    return len(text) - len(text.lstrip())


def law(*, kind: str, shows: str, right: str, wrong: str,
        detects: str = "") -> Callable[[Callable[..., None]], Law]:
    """Make a law of a function: its name and its docstring are the law's.

    Parameters
    ----------
    kind, shows, right, wrong, detects : str
        See `Law`.

    Returns
    -------
    callable
        Takes the function, returns the Law.

    Examples
    --------
    >>> @law(kind="probe", shows="the mask is odd", right="p = param['p']", wrong="p = 0.5")
    ... def even(probe):
    ...     '''The mask is even.'''
    >>> even.name, even.kind, even.description
    ('even', 'probe', 'The mask is even.')
    """
    assert kind in KINDS, kind

    def made(check: Callable[..., None]) -> Law:
        return Law(check.__name__, check, kind, inspect.getdoc(check) or "",
                   " ".join(shows.split()), right, wrong, detects)

    return made


@dataclass(frozen=True)
class CheckResult:
    """What became of one law.

    Attributes
    ----------
    name : str
        The law.
    status : {'passed', 'failed', 'xfail', 'advice', 'skipped'}
        'xfail': broken as expected; 'advice': a law beyond common practice is broken.
    message : str
        What is wrong, the minimal example, the number, the likely slip; or why it was skipped.
    evidence : dict
        The numbers.
    seconds : float
        Time spent.
    error : DropoutLawError or None
        What was raised where the law is broken.
    """

    name: str
    status: str
    message: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    error: DropoutLawError | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.status:8s} {self.message or self.name}"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON types."""
        return {"name": self.name, "status": self.status, "message": self.message,
                "evidence": dict(self.evidence), "seconds": self.seconds}


class CheckResults(list[CheckResult]):
    """What became of every law: a list, which a notebook shows with what is broken first.

    Examples
    --------
    >>> results = CheckResults([CheckResult("rate", "failed", "rate: 0.7"), CheckResult("runs",
    ...                                                                                "passed")])
    >>> "1 of 2 laws is broken" in results._repr_html_()
    True
    """

    def _repr_html_(self) -> str:
        from gradcheck.output.html.small import results_view  # for a notebook alone

        return results_view([result.to_dict() for result in self])
