"""What is particular about arguments at which a layer is wrong: it is right at others like them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradcheck.contract.breach import Breach
from gradcheck.findings.lenses.others import Wrong
from gradcheck.findings.registry import contrasts
from gradcheck.findings.told import told
from gradcheck.report import Finding, Report


def contrasted(report: Report, wrong: Wrong) -> Report:
    """Return a report whose finding is what is particular about its arguments, where that shows.

    The layer was judged at other arguments for it, so that this is no guess: it says more than
    the numbers do. Findings that do not fail stay as they are.
    """
    failing = [finding for finding in report.findings if finding.fails]
    if not failing:
        return report
    first = failing[0]
    asked = replace(wrong, said=first.message.partition(". Remedy: ")[0])
    breach = next(filter(None, (_breach(contrast, asked) for contrast in contrasts())), None)
    if breach is None:
        return report
    text = told(breach).message
    facts = {**first.evidence, **breach.facts, "instead_of": [entry.code for entry in failing]}
    finding = Finding(breach.code, first.argument, first.where, text, facts)
    return replace(report, findings=(
        finding, *(entry for entry in report.findings if not entry.fails)))


def _breach(contrast: Callable[[Wrong], Breach | None], wrong: Wrong) -> Breach | None:
    """Return what one contrast shows; other arguments may make a layer raise whatever it likes."""
    try:
        return contrast(wrong)
    except Exception:
        return None
