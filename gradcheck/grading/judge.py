"""Judges one layer of a submission: forward's values against the reference, the rest as check does.

Of the gradient and the contract the grader has no opinion of its own: both are what
`gradcheck.target.judge` says of the submission's functions, at the reference's arguments.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.exceptions.words import reason_of
from gradcheck.grading.accepted import accepted_references
from gradcheck.grading.afresh import compare_afresh
from gradcheck.grading.agreement import Disagreement
from gradcheck.grading.undecided import by_reference
from gradcheck.grading.values import Values
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.judge import Judgement, judge
from gradcheck.target.judgement import VALUE_CODE
from gradcheck.target.pairs import Pair
from gradcheck.target.suppression import without_ignored

ANOTHER_FUNCTION = (
    "the gradient is right for this forward, which is another function than the one asked for; it "
    "counts once forward's values in training are right"
)
ACCEPTED = "accepted in a convention of its own: {}"
DIFFERENCES = "numerical-backward"


@dataclass(frozen=True)
class Verdict:
    """The outcome for one part of a layer, with one of the statuses of an Item."""

    part: str
    status: str
    message: str = ""
    judgement: Judgement | None = None
    advice: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the part earns its points."""
        return self.status == "passed"


def judge_layer(
    pair: Pair, reference: Pair, conventions: Conventions, seed: int,
    ignored: Collection[str] = (), rtol: float = 0.0, accepted: Collection[str] = (),
) -> Iterator[Verdict]:
    """Judge a layer or a loss by its value, its gradient and its contract.

    Parameters
    ----------
    pair : Pair
        The submission's functions.
    reference : Pair
        The right ones, of the same name.
    conventions : Conventions
        For layers with dropout in them.
    seed : int
        Draws the inputs, which the submission must not foresee.
    ignored : collection of str
        Codes of findings that cost nothing. With 'value-differs' nothing is held to the reference:
        the value is not compared, and the gradient of any forward counts.
    rtol : float
        How far values may be off, relative to their size, beside what rounding explains.
    accepted : collection of str
        The conventions in which a value counts as well, see `gradcheck.reference.alternatives`.

    Yields
    ------
    Verdict
        For the parts 'value', 'gradient' and 'contract'. A gradient counts only for a forward that
        is the course's as it is trained: that of another function, say one that does nothing, is
        easy to get right. The contract counts only for a gradient that counts.
    """
    trained, compared = Verdict("value", "passed"), VALUE_CODE not in ignored
    named, values = _agreeing(pair, reference, conventions, seed, rtol, accepted)
    if compared:
        trained = _attempt(values.compare_in_training)
        everywhere = trained if not trained.passed else _attempt(values.compare_everywhere)
        yield replace(everywhere, advice=(ACCEPTED.format(named),)) if named else everywhere
    judgement = without_ignored(_judged(pair, reference, conventions, seed), ignored)
    judgement = by_reference(judgement, pair, reference)
    if not judgement.gradient_right:
        yield Verdict("gradient", judgement.status, judgement.message, judgement)
        status = judgement.status if judgement.status in ("skipped", "todo") else "failed"
        yield Verdict("contract", status, "counts once the gradient is right")
    elif DIFFERENCES in judgement.codes:
        yield Verdict("gradient", "failed", judgement.message, judgement)
        yield Verdict("contract", "failed", "counts once the gradient does")
    elif not trained.passed:
        yield Verdict("gradient", "failed", ANOTHER_FUNCTION, judgement)
        yield Verdict("contract", "failed", "counts once the gradient does")
    elif compared and not (fresh := _attempt(lambda: compare_afresh(values))).passed:
        judgement = replace(judgement, message=fresh.message)
        yield Verdict("gradient", "failed", fresh.message, judgement)
        yield Verdict("contract", "failed", "counts once the gradient does")
    else:
        yield Verdict("gradient", "passed", judgement=judgement)
        yield Verdict("contract", "passed" if judgement.passed else "failed", judgement.message)


def _agreeing(pair: Pair, reference: Pair, conventions: Conventions, seed: int, rtol: float,
              accepted: Collection[str]) -> tuple[str, Values]:
    """Return the accepted convention that a submission is right in, and the reference in it.

    That is the definition's, without a name, where it is right there or in none.
    """
    def beside(like: Pair) -> Values:
        return Values(pair, like, conventions, np.random.default_rng(seed), rtol)

    for name, like in (("", reference), *accepted_references(reference, accepted)):
        values = beside(like)
        if accepted and _attempt(values.compare_in_training).passed and _attempt(
                values.compare_everywhere).passed:
            return name, beside(like)
    return "", beside(reference)


def _attempt(compare: Callable[[], None]) -> Verdict:
    """Compare values; whatever a submission's function raises is its failure."""
    try:
        compare()
    except Disagreement as error:
        return Verdict("value", "failed", str(error))
    except Exception as error:
        trace = getattr(error, "trace", "")
        return Verdict("value", "failed", f"{reason_of(error)}\n{trace}".rstrip())
    return Verdict("value", "passed")


def _judged(pair: Pair, reference: Pair, conventions: Conventions, seed: int) -> Judgement:
    """Return what check says, at the arguments of the reference and never the submission's own.

    Where the submission raised, its own lines follow: the checker sees the sandbox's alone.
    """
    traces: list[tuple[str, str]] = []
    traced = replace(pair, forward=_traced(pair.forward, traces),
                     backward=pair.backward and _traced(pair.backward, traces))
    try:
        judgement = judge(traced, conventions, seed, like=reference, values=False)
    except Exception as error:  # what one layer made of the checker costs that layer alone
        return Judgement("error", reason_of(error))
    if judgement.status == "skipped" and conventions.seeding is not None:
        # what the reference takes is no guess: whoever refuses it has failed
        judgement = replace(judgement, status="failed")
    told = [trace for reason, trace in traces if trace and reason in judgement.message]
    if told and not judgement.gradient_right:
        return replace(judgement, message=f"{judgement.message}\n{told[0]}")
    return judgement


def _traced(function: Callable[..., Any], traces: list[tuple[str, str]]) -> Callable[..., Any]:
    """Return a function that notes where the submission raised."""

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except Exception as error:
            traces.append((reason_of(error).rstrip("."), str(getattr(error, "trace", ""))))
            raise

    return call
