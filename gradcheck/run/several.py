"""Several examples of one layer: the first decides the diagnosis, the others may fail it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gradcheck.contract.breach import Breach
from gradcheck.findings.told import told
from gradcheck.report import Finding, Report

DIRECTIONS = 3
# Where nothing is known of a layer.
CAUSES = {
    "output": {
        "what": "forward's output",
        "because": "an exponential overflows, or a difference cancels",
        "remedy": "subtract the maximum of each row before exp, take np.logaddexp(0, x) for "
                  "log(1 + exp(x)), np.tanh for a quotient of exponentials, the mean of "
                  "(x - mean)^2 for a variance"},
    "gradient": {
        "because": "something overflows, or is divided by 0",
        "remedy": "write the derivative by what forward returned, as out * (1 - out), and guard "
                  "what divides or overflows"},
}
# What a gradient can still do wrong whose numbers were compared, and are right.
CONTRACT_CODES = frozenset({"input-mutated", "dout-mutated", "cache-mutated", "lower-precision"})


def with_more(first: Report, more: Iterable[tuple[str, Report]]) -> Report:
    """Return a report of a layer that passed, with what further examples show.

    Parameters
    ----------
    first : Report
        At the first arguments.
    more : iterable of (str, Report)
        Where the others were made, and what they say; none is asked for after one that fails.

    Examples
    --------
    >>> right = Report(True, False, (), 4, 9, 0.1)
    >>> wrong = Report(False, False, (Finding("scaled", "x", (), "by 2"),), 4, 9, 0.1)
    >>> report = with_more(right, [("with N = 1", right), ("with N = 40", wrong)])
    >>> report.status, report.examples, report.notes
    ('failed', 3, ('found with N = 40; at the first nothing is wrong',))
    """
    whole = first
    for where, report in more:
        whole = together(whole, report, where, "at the first" if first.passed else "")
        if any(map(is_wrong, whole.findings)):
            break
    return whole


def together(whole: Report, report: Report, where: str, right: str = "") -> Report:
    """Return a report with what one more example shows, and the work that it took.

    A coordinate that is left undecided there was decided at the first. What was found of the
    contract already is not said twice.
    """
    report = as_unstable(report)
    new = report.findings if not whole.findings else tuple(filter(is_wrong, report.findings))
    where = f"found {where}" + (f"; {right} nothing is wrong" if right else "")
    shown = report if any(map(is_wrong, new)) else whole  # the numbers that are told of
    shown = whole if not new else replace(
        shown, findings=(*new, *whole.findings), inconclusive=False, passed=False,
        notes=(*whole.notes, *report.notes, where))
    return replace(shown, checked=whole.checked + report.checked, examples=whole.examples + 1,
                   evaluations=whole.evaluations + report.evaluations,
                   seconds=whole.seconds + report.seconds)


def as_unstable(report: Report) -> Report:
    """Return what is found at further arguments: what is not finite there is unstable."""
    return replace(report, findings=tuple(map(_unstable, report.findings)))


def _unstable(finding: Finding) -> Finding:
    if finding.code != "non-finite":
        return finding
    how = "output" if finding.argument is None else "gradient"
    return unstable(how, finding.argument, finding.where, **finding.evidence)


def unstable(how: str, argument: str | None = None, where: tuple[tuple[int, ...], ...] = (),
             fails: bool = True, **facts: Any) -> Finding:
    """Return the finding that a layer overflows or cancels where it need not.

    >>> unstable("loss", value="inf", fails=False).fails
    False
    """
    cause = {} if "because" in facts else CAUSES.get(how, {})
    return told(Breach("unstable", how, argument, where, {"fails": fails, **cause, **facts}))


def is_wrong(finding: Finding) -> bool:
    """Whether a finding is about the numbers, and not about the contract alone."""
    return finding.fails and finding.code not in CONTRACT_CODES
