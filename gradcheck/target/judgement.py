"""What is said of a pair's gradient and contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradcheck.examples.candidates import Example
from gradcheck.output.record import Item
from gradcheck.report import Finding, Report

# Of a forward that computes something else than its name promises.
VALUE_CODE = "value-differs"
MUTATED = "-mutated"
# What may be the fault of arguments that were guessed.
FORM_CODES = frozenset({"raises", "wrong-shape", "non-finite"})


@dataclass(frozen=True)
class Judgement:
    """What is said of a pair's gradient and contract.

    Attributes
    ----------
    status : str
        One of `gradcheck.output.record.STATUSES`.
    message : str
        What is wrong, where, and what to change.
    report : Report, optional
        The gradient checker's, where it could run.
    gradient_right : bool
        Whether every gradient was compared and is right; the contract may be broken all the same.
    advice : tuple of str
        Remarks that cost nothing.
    example : Example, optional
        The arguments that were tried first, where there are any.
    ignored : tuple of str
        Codes of findings that were there and do not count.
    not_run : tuple of str
        Further arguments for which there was no time.
    taken : tuple of Example
        The arguments at which it was judged, where it passed at all of them.
    convention : str
        In which convention forward's value is right, where that is not the definition's.
    wrong_at : Example, optional
        The arguments at which something is wrong, where at the first all is right.
    net_at : gradcheck.target.nets.Trial, optional
        The net and the batch at which a net was judged last.
    """

    status: str
    message: str = ""
    report: Report | None = None
    gradient_right: bool = False
    advice: tuple[str, ...] = ()
    example: Example | None = None
    ignored: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    taken: tuple[Example, ...] = ()
    convention: str = ""
    wrong_at: Example | None = None
    net_at: Any = None

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.status == "passed"

    @property
    def is_about_form(self) -> bool:
        """Whether exceptions or shapes are in the way of the numbers."""
        if self.report is None:
            return self.status in ("failed", "error")
        return self.status == "failed" and any(
            finding.symptoms & FORM_CODES or self._has_other_shape(finding)
            for finding in self.report.findings)

    @property
    def is_about_shapes(self) -> bool:
        """Whether gradients have other shapes than their arguments, and nothing else is wrong."""
        return self.report is not None and bool(self.report.findings) and all(
            "wrong-shape" in finding.symptoms or self._has_other_shape(finding)
            for finding in self.report.findings)

    def _has_other_shape(self, finding: Finding) -> bool:
        """Whether a finding is on a gradient that could not be compared."""
        assert self.report is not None
        return finding.argument is not None and finding.argument not in [
            entry.name for entry in self.report.arguments]

    @property
    def writes(self) -> bool:
        """Whether it was seen to write into what belongs to the caller."""
        return any(code.endswith(MUTATED) for code in self.codes)

    @property
    def codes(self) -> list[str]:
        """The codes of what was found."""
        return [finding.code for finding in self.report.findings] if self.report else []

    def item(self, name: str, group: str, detailed: bool = False) -> Item:
        """Return the judgement as an item of a record, with gradients to be drawn if asked for."""
        report = self.report
        if report is None:
            return Item(name, group, self.status, self.message, advice=self.advice)
        return Item(
            name, group, self.status, self.message, seconds=report.seconds,
            arguments=self._looked_at(report),
            worst_error=_worst(report), evaluations=report.evaluations, advice=self.advice,
            details={"report": report.to_dict(detailed), "ignored": list(self.ignored),
                     "not_run": list(self.not_run), "convention": self.convention})

    def _looked_at(self, report: Report) -> tuple[str, ...]:
        """Return the arguments whose gradients were judged, also where no number was compared."""
        names = dict.fromkeys([*(entry.name for entry in report.arguments),
                               *(finding.argument for finding in report.findings
                                 if finding.argument)])
        order = self.example.names if self.example is not None else ()
        return tuple(sorted(names, key=lambda name: order.index(name) if name in order else -1))


def _worst(report: Report) -> float | None:
    """Return the worst relative error of the gradients that are not zero within their bound."""
    return max((entry.worst_error for entry in report.arguments
                if max(abs(entry.analytic), abs(entry.numeric)) > entry.bound
                or entry.error > entry.bound), default=0.0 if report.arguments else None)
