"""A judgement together with what is wrong with forward's value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from gradcheck.examples.candidates import Example
from gradcheck.report import Finding
from gradcheck.run.several import is_wrong
from gradcheck.target.at_arguments import shapes_of
from gradcheck.target.followed import right_for_the_definition, without_followers
from gradcheck.target.judgement import Judgement
from gradcheck.target.pairs import Pair
from gradcheck.target.statistics import Statistics
from gradcheck.target.trial import Trial
from gradcheck.target.values import Values


def with_value(judgement: Judgement, trial: Trial, base: str) -> Judgement:
    """Return a judgement that says, too, where forward's value is another than its name's.

    Parameters
    ----------
    judgement : Judgement
        Of the gradient and the contract. What it says of them stands: a backward may be right for
        a forward that is wrong. The value is compared at all arguments of it; running statistics
        are a matter of the first ones.
    trial : Trial
        What was judged. Where its backward is right for the definition, the gradients that do not
        fit the wrong forward are no slips of their own.
    base : str
        The standard name that decides on the definition.
    """
    report, found = judgement.report, judgement.example
    if report is None or found is None or judgement.status in ("skipped", "todo"):
        return judgement
    seen = value_at(trial.pair, base, (found, *judgement.taken[1:]))
    report = replace(report, notes=(*report.notes, *seen.notes))
    if seen.finding is not None:
        # What is wrong with forward comes first: backward may have been written for the right one.
        report = replace(report, findings=(seen.finding, *report.findings), passed=False)
        if any(map(is_wrong, report.findings[1:])):
            report = without_followers(report, right_for_the_definition(
                trial, base, judgement.wrong_at or found))
        return replace(judgement, report=report, status="failed",
                       message="\n".join(report.paragraphs()))
    return replace(judgement, report=report, convention=seen.convention)


class Seen(NamedTuple):
    """What is wrong with a value, remarks on it, and the convention in which it is right."""

    finding: Finding | None = None
    notes: tuple[str, ...] = ()
    convention: str = ""


def value_at(pair: Pair, base: str, examples: Sequence[Example]) -> Seen:
    """Return what is wrong where a value first is, and a remark on where that is.

    Where all are right, the remarks say in which conventions.
    """
    first, *further = examples
    statistics = Statistics(pair, base, first)
    if statistics.are_elsewhere:
        further = [found for found in further if not _is_tested(found)]
    like = Values(pair, base, first)
    values = [like, *(Values(pair, base, found, False, like) for found in further)]
    finding = values[0].finding() or statistics.finding()
    if finding is not None:
        return Seen(finding)
    for value in values[1:]:
        finding = value.finding()
        if finding is not None:
            return Seen(finding, (f"the value differs with {shapes_of(value.found)}",))
    told = [(value.convention, value.is_asked_for) for value in values if value.convention]
    # at a single example a loss may meet another convention's number
    own = [text for text, asked in told if not asked][:1] + list(statistics.conventions)
    every = dict.fromkeys([*(text for text, _ in told), *statistics.conventions])
    return Seen(None, tuple(f"forward's value is right: {text}" for text in every),
                "; ".join(own))


def _is_tested(found: Example) -> bool:
    return any(isinstance(arg, dict) and arg.get("mode") == "test" for arg in found.args)
