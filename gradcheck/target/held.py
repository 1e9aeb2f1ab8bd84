"""A pair whose gradient is right at its first arguments, held to be right at further ones.

Here alone are they called, so whoever has something to say about them is one of `JUDGES`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.arguments import was_refused
from gradcheck.contract.breach import Breach
from gradcheck.examples.candidates import Example
from gradcheck.exceptions.remedies import reason_and_remedy
from gradcheck.exceptions.words import raising_line, reason_of
from gradcheck.findings.contrast import contrasted
from gradcheck.findings.lenses.others import Wrong
from gradcheck.findings.told import told
from gradcheck.report import Finding, Report
from gradcheck.run.several import is_wrong, together
from gradcheck.target.exceptions import OURS
from gradcheck.target.further import Further
from gradcheck.target.ignored import ignored_settings
from gradcheck.target.judgement import FORM_CODES
from gradcheck.target.looks import LOOKS
from gradcheck.target.losses import WrongFormError
from gradcheck.target.refusals import is_not_entered, refusal_of
from gradcheck.target.shared import shared_buffers
from gradcheck.target.squeezed import squeezed
from gradcheck.target.trial import Trial

# Of this process's own time, so that a verdict does not hang on what else the machine does; a pair
# that waits is waited for a little longer.
LEAST_SECONDS = 2.0
PATIENCE = 5.0
# What is asked about all the arguments that a pair took, the first ones first.
Judge = Callable[[Trial, list[Example]], Iterator[Finding]]
JUDGES: tuple[Judge, ...] = (ignored_settings, shared_buffers, squeezed)


@dataclass(frozen=True)
class Held:
    """What further arguments showed.

    Attributes
    ----------
    report : Report
        The first one, or what is found where a gradient is wrong; the work of all is counted.
    refused : tuple of str
        What the pair refuses to take, and why.
    undecided : tuple of str
        Where the numbers cannot decide.
    not_run : tuple of str
        What there was no time for.
    taken : tuple of Example
        The arguments at which the pair was judged.
    wrong_at : Example, optional
        Those of them at which something is wrong.
    """

    report: Report
    refused: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    taken: tuple[Example, ...] = ()
    wrong_at: Example | None = None

    @property
    def advice(self) -> Iterator[str]:
        """Yield what is said of it in a line each."""
        if self.refused:
            yield f"not judged at what it refuses: {', '.join(self.refused)}"
        if self.undecided:
            yield f"the numbers cannot decide {', '.join(self.undecided)}"


@dataclass(frozen=True)
class Seen:
    """What one more example showed: a report, or why there is none."""

    report: Report | None = None
    refusal: str = ""


def held_to(entries: Iterable[Further], trial: Trial, found: Example, first: Report) -> Held:
    """Return what is found at further arguments, within the first one's time or two seconds.

    Parameters
    ----------
    entries : iterable of Further
        The arguments, the likeliest to show something first.
    trial : Trial
        The pair.
    found : Example
        Its first arguments.
    first : Report
        What was found there: nothing wrong.
    """
    limit = max(LEAST_SECONDS, first.seconds)
    end, late = time.process_time() + limit, time.perf_counter() + PATIENCE * limit
    held, taken = Held(first), [found]
    # what is rounded is at a kink neither one slope nor the other, for no other reason
    rounded = any(finding.code == "lower-precision" for finding in first.findings)
    for entry in entries:
        if rounded and entry.variant.look == "coordinates":
            continue
        if time.process_time() > end or time.perf_counter() > late:
            held = replace(held, not_run=(*held.not_run, entry.told))
            continue
        seen = _seen(replace(trial, pair=entry.pair or trial.pair), entry)
        held = _with(held, entry, seen, first.passed)
        if any(map(is_wrong, held.report.findings)):
            return replace(held, wrong_at=None if entry.pair else entry.example)
        taken += [entry.example] if seen.report is not None else []
    return _looked_over(held, trial, taken)


def _looked_over(held: Held, trial: Trial, taken: list[Example]) -> Held:
    """Return what shows when all the arguments that were taken are looked at together."""
    # a layer object keeps its gradients where it likes, and its settings are a constructor's
    judges = JUDGES if trial.pair.example is None else (squeezed,) if trial.pair.inputs else ()
    new = tuple(finding for judge in judges for finding in _asked(judge, trial, taken))
    report = replace(held.report, findings=(*new, *held.report.findings),
                     passed=held.report.passed and not new)
    return replace(held, report=report, taken=tuple(taken))


def _with(held: Held, entry: Further, seen: Seen, passed: bool) -> Held:
    """Return what is known after one more example."""
    if seen.refusal:
        return replace(held, refused=(*held.refused, f"{entry.told} ({seen.refusal})"))
    if seen.report is None:
        return held
    undecided = (entry.told,) if seen.report.inconclusive and not seen.report.findings else ()
    return replace(held, undecided=(*held.undecided, *undecided), report=together(
        held.report, seen.report, entry.told, entry.variant.first if passed else ""))


def _seen(trial: Trial, entry: Further) -> Seen:
    """Return what one more example shows; of guessed arguments the form says nothing."""
    before = len(trial.raised)
    try:
        report = _report(trial, entry)
    except OURS:
        raise
    except Exception as error:
        if was_refused(error):
            return Seen()
        report = _raising(trial, error, entry.example)
    codes = frozenset[str]().union(*(finding.symptoms for finding in report.findings))
    if codes and entry.excused(trial, entry.example):
        return Seen()
    if "raises" in codes:
        if any(map(is_not_entered, trial.raised[before:])):
            return Seen()  # what the reference takes, and the target has no parameter for
        refusal = next(map(refusal_of, trial.raised[before:]), "")
        if refusal:
            return Seen(refusal=refusal)
    told = any("instead_of" in finding.evidence for finding in report.findings)
    return Seen() if entry.example.guessed and codes & FORM_CODES and not told else Seen(report)


def _report(trial: Trial, entry: Further) -> Report:
    """Return what is looked at, at one example."""
    variant = entry.variant
    if variant.look in LOOKS:
        return LOOKS[variant.look](trial, entry.example)
    if variant.look == "coordinates":
        return trial.report(entry.example)
    return trial.report_along(entry.example, variant.dout)


def _raising(trial: Trial, error: Exception, found: Example) -> Report:
    """Return the report of a call that raised."""
    def right_at(args: tuple[Any, ...]) -> tuple[int, ...] | None:
        return () if trial.report_along(replace(found, args=args)).passed else None

    cause = error.__cause__ if isinstance(error, WrongFormError) and error.__cause__ else error
    facts: dict[str, Any] = {"reason": reason_and_remedy(cause) if isinstance(cause, Exception)
                             else reason_of(cause), "line": raising_line(cause)}
    trial.raised.append(cause)
    how = "no pair" if isinstance(cause, WrongFormError) else "forward"
    finding = told(Breach("raises", how, facts=facts))
    return contrasted(Report(False, False, (finding,), 0, 1, 0.0, name=trial.pair.name),
                      Wrong(found.args, found.names, None, right_at))


def _asked(judge: Judge, trial: Trial, taken: list[Example]) -> list[Finding]:
    """Return what a judge says; what the pair raises when it is asked is no finding of his."""
    try:
        return list(judge(trial, taken))
    except OURS:
        raise
    except Exception:
        return []
