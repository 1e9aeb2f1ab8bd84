"""One pair judged at given arguments, and, where it is right there, at further ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.arguments import was_refused
from gradcheck.examples.candidates import Example, candidates
from gradcheck.examples.standard import COURSE_LOSSES
from gradcheck.exceptions import reason_of
from gradcheck.report import Finding, Report
from gradcheck.target.exceptions import OURS
from gradcheck.target.further import Further, further
from gradcheck.target.judgement import Judgement
from gradcheck.target.losses import LossAloneError, WrongFormError
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Trial, drops, floating

# What a gradient can still do wrong whose numbers were compared, and are right.
CONTRACT_CODES = frozenset({"input-mutated", "dout-mutated", "cache-mutated", "lower-precision"})
NO_CONTROL = (
    "without control over the randomness no two calls have the same mask, and there is nothing to "
    "differentiate; the mask laws still apply"
)
OWN_GENERATOR = (
    "not judged: two calls of forward on equal arguments differ, as it draws from a generator of "
    "its own. Remedy: take the generator or a seed as an argument, or draw from np.random"
)
PER_SAMPLE = (
    "{0}, divided by N, would be right where dout holds each sample's own gradient and the "
    "mean's 1/N is left to the weights, as some courses write it; a comment "
    "`# gradcheck: ignore[scaled]` on the def line says that it is meant so"
)


def judge_at(trial: Trial, like: Pair, found: Example, place: int = 0) -> Judgement:
    """Judge a pair at example arguments, the one at `place` among those for its name."""
    if any(map(drops, found.args)) and trial.conventions.seeding is None:
        return Judgement("skipped", NO_CONTROL)
    if not any(map(floating, found.args)):
        return Judgement("error", f"none of the example arguments ({', '.join(found.names)}) is an "
                         "array of floats, so there is nothing to differentiate")
    try:
        report = trial.report(found)
        if like.example is None and _gradient_right(report, trial, found):
            arguments = further(found, _redrawn(like, trial.seed, place))
            report = _held_to(arguments, trial, report)
    except SystemExit as error:
        return Judgement("error", f"it called sys.exit({error.code!r})")
    except LossAloneError as error:
        return Judgement("failed" if trial.pair.name in COURSE_LOSSES else "skipped", str(error))
    except WrongFormError as error:
        return Judgement("failed", str(error))
    except OURS:
        raise
    except Exception as error:
        if not was_refused(error):
            raise
        return Judgement("skipped", f"not judged: {error}")
    except BaseException as error:
        return Judgement("error", f"it raised {reason_of(error)}")
    return _told(report, trial, found)


def _told(report: Report, trial: Trial, found: Example) -> Judgement:
    """Return what a report means, with what there is to say besides."""
    codes = [finding.code for finding in report.findings]
    if codes == ["forward-nondeterministic"] and not any("seed" in str(arg) for arg in found.args):
        return Judgement("skipped", OWN_GENERATOR)
    advice = [trial.pair.remark] if trial.pair.remark else []
    if found.guessed:
        advice.append(f"checked at guessed arguments ({shapes_of(found)}); a function "
                      f"{trial.pair.name}_example(rng) that returns a tuple of arguments chooses "
                      "them")
    averaged = [f"d{finding.argument}" for finding in report.findings
                if finding.evidence.get("name") == "1/N"]
    if averaged and len(averaged) == len(codes) == len(report.arguments) - 1:
        advice.append(PER_SAMPLE.format(" and ".join(averaged)))
    return Judgement(report.status, "" if report.passed else "\n".join(report.paragraphs()),
                     report, _gradient_right(report, trial, found), tuple(advice))


def _redrawn(like: Pair, seed: int, place: int) -> Example:
    """Return the arguments at `place` among those for a name, with other numbers in them."""
    return next(itertools.islice(candidates_for(like, (seed, 1)), place, None))


def _held_to(arguments: Iterator[Further], trial: Trial, first: Report) -> Report:
    """Return the first report, or what is found at the first arguments where a gradient is wrong.

    The work of all is counted. A coordinate that is left undecided there was decided at the first,
    and a forward may refuse float32.
    """
    told, all_work = first, [first]
    for entry in arguments:
        try:
            report = trial.report(entry.example)
        except WrongFormError:
            if entry.excused(trial, entry.example):
                continue
            raise
        all_work.append(report)
        new = report.findings if told.passed else tuple(filter(_wrong, report.findings))
        if new and not entry.excused(trial, entry.example):
            right = f"; {entry.first} nothing is wrong" if first.passed else ""
            told = replace(report, findings=(*new, *told.findings),
                           notes=(*told.notes, *report.notes, f"found {entry.told}{right}"))
        if any(map(_wrong, told.findings)):
            break
    return replace(told, checked=sum(report.checked for report in all_work),
                   evaluations=sum(report.evaluations for report in all_work),
                   seconds=sum(report.seconds for report in all_work))


def _wrong(finding: Finding) -> bool:
    """Whether a finding is about the gradient, and not about its contract alone."""
    return finding.code not in CONTRACT_CODES


def _gradient_right(report: Report, trial: Trial, found: Example) -> bool:
    """Whether every gradient was compared, and is right."""
    wanted = 1 if trial.pair.is_loss else sum(map(floating, found.args))
    return report.passed or (
        not report.inconclusive and len(report.arguments) == wanted
        and not any(map(_wrong, report.findings)))


def candidates_for(like: Pair, seed: int | Sequence[int]) -> Iterator[Example]:
    """Yield the arguments for a pair, drawn with a seed."""
    return candidates(like.base, like.forward, np.random.default_rng(seed), like.example)


def shapes_of(found: Example) -> str:
    """Return arguments as a sentence names them: arrays by their shapes."""
    return ", ".join(f"{name} {list(np.shape(arg))}" if isinstance(arg, np.ndarray)
                     else f"{name}={arg!r}"
                     for name, arg in zip(found.names, found.args, strict=True))
