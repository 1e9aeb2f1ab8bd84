"""The one judge of a pair's gradient and of its contract: for check, grade and the pytest plugin.

It compares forward and backward with each other, and with nothing else. Whether forward computes
what its name promises is a question for those who have a reference.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.examples.standard import Example, NoExampleError, candidates, how_to
from gradcheck.exceptions import reason_of
from gradcheck.output.record import Item
from gradcheck.report import Finding, Report
from gradcheck.target.conventions import Conventions
from gradcheck.target.exceptions import OURS
from gradcheck.target.further import Further, further
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Trial, WrongFormError, drops, floating

# What a gradient can still do wrong whose numbers were compared, and are right.
CONTRACT_CODES = frozenset({"input-mutated", "dout-mutated", "cache-mutated", "lower-precision"})
# What may be the fault of arguments that were guessed.
FORM_CODES = frozenset({"raises", "wrong-shape", "non-finite"})
MOST_CANDIDATES = 24
UNWRITTEN = "not written yet: it returns None or raises NotImplementedError"
NO_CONTROL = (
    "without control over the randomness no two calls have the same mask, and there is nothing to "
    "differentiate; the mask laws still apply"
)


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
    """

    status: str
    message: str = ""
    report: Report | None = None
    gradient_right: bool = False
    advice: tuple[str, ...] = ()
    example: Example | None = None
    ignored: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.status == "passed"

    @property
    def is_about_form(self) -> bool:
        """Whether no number is wrong, but exceptions or shapes are in the way."""
        if self.report is None:
            return self.status in ("failed", "error")
        return self.status == "failed" and all(
            finding.code in FORM_CODES for finding in self.report.findings)

    def item(self, name: str, group: str) -> Item:
        """Return the judgement as an item of a record."""
        report = self.report
        if report is None:
            return Item(name, group, self.status, self.message, advice=self.advice)
        return Item(
            name, group, self.status, self.message, seconds=report.seconds,
            arguments=tuple(entry.name for entry in report.arguments),
            worst_error=_worst(report), evaluations=report.evaluations, advice=self.advice,
            details={"report": report.to_dict(), "ignored": list(self.ignored)})


def judge(pair: Pair, conventions: Conventions, seed: int = 0,
          like: Pair | None = None) -> Judgement:
    """Judge a layer's or a loss's gradient and contract.

    Parameters
    ----------
    pair : Pair
        Its functions are called with copies of arguments; whatever they raise is their failure.
    conventions : Conventions
        For a layer with dropout in it.
    seed : int
        Draws the arguments, and the checker's directions.
    like : Pair, optional
        Whose name, parameters and example decide on the arguments; by default the pair's own.

    Returns
    -------
    Judgement
        At the first arguments that forward takes. A gradient that is right there is held to be
        right in single precision, at other numbers and in test mode as well, unless the example is
        the target's own.

    Examples
    --------
    >>> pair = Pair("relu", "relu", lambda x: (np.maximum(x, 0), x), lambda d, x: 2 * d * (x > 0))
    >>> judgement = judge(pair, Conventions())
    >>> judgement.status, judgement.report.findings[0].code
    ('failed', 'scaled')
    """
    like = like or pair
    trial = Trial(pair, conventions, seed)
    try:
        found = list(itertools.islice(_candidates(like, seed), MOST_CANDIDATES))
    except NoExampleError as error:
        return Judgement("skipped", f"not judged: {error}")
    except OURS:
        raise
    except BaseException as error:
        return Judgement("skipped", f"{like.base}_example raised {reason_of(error)}")
    if trial.is_unwritten(found):
        return Judgement("todo", UNWRITTEN)
    return _first_accepted(trial, like, found)


def is_unwritten(pair: Pair, conventions: Conventions, like: Pair) -> bool:
    """Whether a layer is not written yet, at the arguments of another one."""
    found = list(itertools.islice(_candidates(like, 0), MOST_CANDIDATES))
    return Trial(pair, conventions, 0).is_unwritten(found)


def _candidates(like: Pair, seed: int | Sequence[int]) -> Iterator[Example]:
    return candidates(like.base, like.forward, np.random.default_rng(seed), like.example)


def _first_accepted(trial: Trial, like: Pair, found: Sequence[Example]) -> Judgement:
    """Judge a pair at the first arguments that its forward takes, and say which it refuses.

    At guessed arguments a wrong number is a finding; an exception or a shape is none, since
    the guess may be what is wrong.
    """
    unfit: list[Judgement] = []
    for place, example in enumerate(found):
        if trial.refuses(example):
            continue
        judgement = replace(_judge_at(trial, like, example, place), example=example)
        if not (example.guessed and judgement.is_about_form):
            refused = f"checked at {_shapes(example)}, as {trial.pair.name}_forward refuses " \
                      f"{_shapes(found[0])}"
            advice = (refused,) if place and not example.guessed else ()
            return replace(judgement, advice=(*judgement.advice, *advice))
        unfit.append(judgement)
    if unfit:
        return replace(unfit[0], status="skipped", advice=(), message=_told_how(
            trial.pair, "at guessed arguments "
            f"({_shapes(unfit[0].example)}): {unfit[0].message}"))  # type: ignore[arg-type]
    first = _judge_at(trial, like, found[0])
    if found[0].guessed:
        return replace(first, status="skipped", advice=(), message=_told_how(
            trial.pair, f"it takes none of {len(found)} kinds of guessed arguments; with "
            f"{_shapes(found[0])}: {first.message}"))
    return replace(first, example=found[0], message=f"{first.message}\n  It was called with "
                   f"{_shapes(found[0])}; if it takes others, a function "
                   f"{trial.pair.base}_example(rng) beside it returns them as a tuple")


def _told_how(pair: Pair, reason: str) -> str:
    """Return why a pair was not judged, and what to write so that it is."""
    return (f"not judged: {reason}\n  Remedy: write beside it, with shapes that it takes,\n"
            + textwrap.indent(how_to(pair.name, pair.forward), "      "))


def _judge_at(trial: Trial, like: Pair, found: Example, place: int = 0) -> Judgement:
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
    except WrongFormError as error:
        return Judgement("failed", str(error))
    except (Exception, *OURS):
        raise
    except BaseException as error:
        return Judgement("error", f"it raised {reason_of(error)}")
    advice = f"checked at guessed arguments ({_shapes(found)}); a function " \
             f"{trial.pair.name}_example(rng) that returns a tuple of arguments chooses them"
    return Judgement(report.status, "" if report.passed else "\n".join(report.paragraphs()),
                     report, _gradient_right(report, trial, found),
                     (advice,) if found.guessed else ())


def _redrawn(like: Pair, seed: int, place: int) -> Example:
    """Return the arguments at `place` among those for a name, with other numbers in them."""
    return next(itertools.islice(_candidates(like, (seed, 1)), place, None))


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


def _shapes(found: Example) -> str:
    return ", ".join(f"{name} {list(np.shape(arg))}" if isinstance(arg, np.ndarray)
                     else f"{name}={arg!r}"
                     for name, arg in zip(found.names, found.args, strict=True))


def _worst(report: Report) -> float | None:
    """Return the worst relative error of the gradients that are not zero within their bound."""
    return max((entry.worst_error for entry in report.arguments
                if max(abs(entry.analytic), abs(entry.numeric)) > entry.bound
                or entry.error > entry.bound), default=0.0 if report.arguments else None)
