"""A judgement together with what is wrong with forward's value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.examples.candidates import Example
from gradcheck.report import Finding
from gradcheck.target.judgement import Judgement
from gradcheck.target.pairs import Pair
from gradcheck.target.statistics import Statistics
from gradcheck.target.values import Values


def with_value(judgement: Judgement, pair: Pair, base: str, further: Sequence[Example] = ()
               ) -> Judgement:
    """Return a judgement that says, too, where forward's value is another than its name's.

    Parameters
    ----------
    judgement : Judgement
        Of the gradient and the contract. What it says of them stands: a backward may be right for
        a forward that is wrong.
    pair : Pair
        What was judged.
    base : str
        The standard name that decides on the definition.
    further : sequence of Example
        Arguments besides those of the judgement, at which the value is compared as well.
    """
    report, found = judgement.report, judgement.example
    if report is None or found is None or judgement.status == "skipped":
        return judgement
    finding, notes = value_at(pair, base, (found, *further))
    if finding is not None:
        # What is wrong with forward comes first: backward may have been written for the right one.
        report = replace(report, findings=(finding, *report.findings), passed=False)
        return replace(judgement, report=report, status="failed",
                       message="\n".join(report.paragraphs()))
    return replace(judgement, report=replace(report, notes=(*report.notes, *notes)))


def value_at(pair: Pair, base: str, examples: Sequence[Example]
             ) -> tuple[Finding | None, tuple[str, ...]]:
    """Return what is wrong where a value first is, and in which conventions values are right."""
    notes = []
    for found in examples:
        values = Values(pair, base, found)
        finding = values.finding() or Statistics(pair, base, found).finding()
        if finding is not None:
            return finding, ()
        notes.append(values.note)
    return None, tuple(dict.fromkeys(filter(None, notes)))
