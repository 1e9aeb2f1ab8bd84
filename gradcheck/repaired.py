"""A line that a slip is in, and the edit that repairs it: what a report says of the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

# What an unexplained gradient asks for, and what it says instead above a line that was found.
DERIVE = "derive the gradient again on paper and compare term by term"
BY_EDITS = ("look at the line below, found by trying small edits: with one of them every gradient "
            "is right")
NO_SLIP = " and no known slip explains them"
BY_SOLVING = ("look at the line below, found by solving: with another value there every gradient "
              "is right")
SUSPECT = "suspect"
WRITE, STATISTICS = "write", "statistics"


@dataclass(frozen=True)
class OtherPlace:
    """One more place that a repair edits.

    Attributes
    ----------
    line, column : int
        Where it begins, both from 1.
    before, after : str
        The text that is replaced, and what stands there then.
    words : str
        What is wrong there.
    text : str
        The whole line.
    """

    line: int
    column: int
    before: str
    after: str
    words: str
    text: str


@dataclass(frozen=True)
class Repair:
    """A line of the source, and the edit with which everything is right.

    Attributes
    ----------
    file : str
        The file, as Python knows it.
    line, column : int
        Where the edit begins, both from 1.
    before, after : str
        The text that is replaced, and what stands there then; `after` is '' for a suspect line.
    diff : str or None
        A unified diff that ``git apply`` takes; None for a suspect line, or where only the line
        was asked for.
    kind : str
        The kind of the edit, as ``gradcheck explain --edits`` lists them; 'suspect' for a line
        without one, 'write' for the line that writes into what belongs to the caller,
        'statistics' for the one that takes a batch's statistics in test mode.
    arguments : tuple of str
        The arguments whose gradients it makes right; of a write, what is written into.
    verified_at : int
        At how many other arguments it is right, too; 0 for a suspect line.
    words : str
        The kind in words, such as 'a factor is missing here'.
    text : str
        The whole line.
    side : str
        'backward'; 'forward' for an edit that changes what forward computes instead; 'value' for
        one with which forward's value is its name's, 'value-alone' where backward would have to
        change, too; 'mask' for one of a dropout's forward with which the laws of the mask hold.
    also : tuple of OtherPlace
        Where else the same diff edits the file.

    Examples
    --------
    >>> repair = Repair("a.py", 15, 12, "dout * mask", "dout * mask / p", "...", "factor", ("x",),
    ...                 3, "a factor is missing here", "    return dout * mask")
    >>> repair.to_dict()["arguments"]
    ['x']
    """

    file: str
    line: int
    column: int
    before: str
    after: str
    diff: str | None
    kind: str
    arguments: tuple[str, ...]
    verified_at: int
    words: str = ""
    text: str = ""
    side: str = "backward"
    also: tuple[OtherPlace, ...] = ()

    def only_line(self) -> Repair:
        """Return the repair without the edit: the line, and what kind of slip is in it.

        >>> repair = Repair("a.py", 1, 1, "x", "y", "...", "name", ("x",), 3)
        >>> repair.only_line().diff is None, repair.only_line().after
        (True, '')
        """
        also = tuple(replace(place, after="") for place in self.also)
        return replace(self, diff=None, after="", also=also)

    def to_dict(self) -> dict[str, Any]:
        """Return the repair as plain Python values that JSON can hold."""
        return {**asdict(self), "arguments": list(self.arguments),
                "also": [asdict(place) for place in self.also]}


def pointed(text: str, repairs: Sequence[Mapping[str, Any]]) -> str:
    """Return what is said of a layer, which asks for no derivation where a line is shown below it.

    Parameters
    ----------
    text : str
        The message of a finding, or several.
    repairs : sequence of mapping
        As `Repair.to_dict` returns them.

    Examples
    --------
    >>> pointed(f"Remedy: {DERIVE}.", [{"kind": "suspect"}]).partition(":")[2]
    ' look at the line below, found by solving: with another value there every gradient is right.'
    """
    if not repairs or repairs[0]["kind"] in (WRITE, STATISTICS):
        return text
    if repairs[0]["kind"] == SUSPECT:
        return text.replace(DERIVE, BY_SOLVING)
    return text.replace(DERIVE, BY_EDITS).replace(NO_SLIP, "")


def with_lines(report: Any, repairs: Sequence[Repair]) -> Any:
    """Return a report with the lines that were found; what its findings say points at them."""
    told = [repair.to_dict() for repair in repairs]
    findings = tuple(replace(finding, message=pointed(finding.message, told))
                     for finding in report.findings)
    return replace(report, findings=findings, repairs=tuple(repairs))
