"""One slip is one message: findings that say the same of several arguments are told once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Told(Protocol):
    """What is said of an argument."""

    @property
    def code(self) -> str:
        """What it is."""

    @property
    def argument(self) -> str | None:
        """The argument; None where it is about the whole layer."""

    @property
    def message(self) -> str:
        """The words."""


Finding = TypeVar("Finding", bound=Told)
# Their words are the numbers of one argument, and the same is meant of all.
OF_NUMBERS = frozenset({"unexplained", "non-finite"})


def folded(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """Return each finding that says something new, with its code and the gradients it is about.

    Examples
    --------
    >>> from gradcheck.report import Finding
    >>> same = [Finding("scaled", name, (), f"d{name} is twice that") for name in ("x", "w")]
    >>> [head for _, head in folded([*same, Finding("scaled", "b", (), "db is thrice that")])]
    ['scaled in dx, dw', 'scaled in db']
    """
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, _words(finding)), []).append(finding)
    return [(group[0], _head(group)) for group in groups.values()]


def _head(group: Sequence[Told]) -> str:
    arguments = dict.fromkeys(f"d{entry.argument}" for entry in group if entry.argument)
    return f"{group[0].code}{' in ' if arguments else ''}{', '.join(arguments)}"


def _words(finding: Told) -> str:
    """Return what is said without the argument's name."""
    if finding.code in OF_NUMBERS and finding.argument:
        return "of an argument"
    return re.sub(rf"\bd?{re.escape(finding.argument)}\b", "_", finding.message
                  ) if finding.argument else finding.message
