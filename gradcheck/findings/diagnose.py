"""Name the cause of every mismatch: the rules are asked tier by tier, the first that fits tells it.

A rule predicts the analytic gradient, or a property of it, from the true one. It is accepted only
if it explains every coordinate to a ten-thousandth of the discrepancy; where none does, the finding
is 'unexplained' and no guess is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from gradcheck.contract.breach import Breach, Inspection
from gradcheck.exceptions.words import reason_of
from gradcheck.findings.case import Case
from gradcheck.findings.lenses.shapes import near, view_of_shape
from gradcheck.findings.registry import clues, fatal_codes, shape_clues
from gradcheck.findings.rule import Clue, Message, Rule, Tier
from gradcheck.findings.smaller import smaller_arguments
from gradcheck.findings.told import message_of, told, words_of
from gradcheck.findings.view import View
from gradcheck.report import Finding

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Diagnosis:
    """What was found, and what its reader should know besides."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def diagnose(found: Inspection, case: Case | None = None) -> Diagnosis:
    """Return a finding for every breach of the contract and for every argument's wrong gradient.

    Parameters
    ----------
    found : Inspection
        What the contract reports.
    case : Case, optional
        The numbers; None where comparing them would mean nothing.
    """
    if case is None:
        return Diagnosis(tuple(map(told, found.breaches)), ())
    notes: list[str] = []
    shared: dict[str, Any] = {}
    findings = [_breach_explained(case, breach, notes) for breach in found.breaches]
    findings += [_mismatch_explained(View(case, comparison, shared), notes)
                 for comparison in case.comparisons if np.any(comparison.failed)]
    return Diagnosis(tuple(findings), tuple(dict.fromkeys(notes)))


def is_fatal(found: Inspection) -> bool:
    """Whether comparing numbers would mean nothing."""
    return bool(found.breaches) and any(map(found.has, fatal_codes()))


def _mismatch_explained(view: View, notes: list[str]) -> Finding:
    worst = view.where()
    fit = _first_fit(view, clues(), notes)
    assert fit is not None, "unexplained fits always"
    where = ""
    if view.is_partial and fit[0].tier != Tier.FORM:
        smaller = _fit_at_smaller(view, notes)
        if smaller is not None and (smaller[0][0].tier or 0) < (fit[0].tier or 0):
            fit, where = smaller
    rule, clue, evidence = fit
    facts = {**_numbers(view, worst[0]), **evidence}
    message = clue.told(argument=view.name, **facts)
    return Finding(rule.code, view.name, worst, message + where, facts)


def _fit_at_smaller(view: View, notes: list[str]
                    ) -> tuple[tuple[Rule, Clue, dict[str, Any]], str] | None:
    """Return what fits at a smaller example of the layer, and where that is, if anything fits."""
    for args in smaller_arguments(view.case.layer.args, view.case.out):
        case = _answer("any", partial(view.case.again, args), notes)
        wrong = [entry for entry in case.comparisons if entry.name == view.name
                 and np.any(entry.failed)] if case is not None else []
        if case is None or not wrong or View(case, wrong[0]).is_partial:
            continue
        fit = _first_fit(View(case, wrong[0]), clues(), notes)
        shapes = ", ".join(f"{name} {list(arg.shape)}" for name, arg in zip(
            case.layer.names, args, strict=True) if isinstance(arg, np.ndarray))
        return None if fit is None else (fit, f" Seen at a smaller example: {shapes}.")
    return None


def _first_fit(view: View, asked: Iterable[tuple[Rule, Clue]], notes: list[str]
               ) -> tuple[Rule, Clue, dict[str, Any]] | None:
    """Return the first clue that fits, with its rule and the evidence."""
    for rule, clue in asked:
        evidence = _answer(rule.code, partial(clue.test, view), notes)
        if evidence is not None:
            return rule, clue, evidence
    return None


def _answer(code: str, question: Callable[[], Answer], notes: list[str]) -> Answer | None:
    """Return what a question gives; one that raises is noted and tells nothing."""
    try:
        return question()
    except Exception as error:
        # forward may refuse the arguments that a clue looks at, which is no failure of the rule
        if not getattr(error, "raised_by_forward", False):
            notes.append(f"rule {code} failed: {reason_of(error)}")
        return None


def _numbers(view: View, worst: tuple[int, ...]) -> dict[str, Any]:
    return {
        "analytic": float(view.a[worst]),
        "numeric": float(view.n[worst]),
        "bound": float(view.comparison.bound[worst]),
        "wrong": int(np.sum(view.comparison.failed)),
        "coordinates": view.comparison.coordinates,
    }


def _breach_explained(case: Case, breach: Breach, notes: list[str]) -> Finding:
    """Return the finding that a breach is; a wrong shape by its cause, if its values tell one."""
    view = _answer(breach.code, partial(_view_of_breach, case, breach), notes)
    fit = None if view is None else _first_fit(view, shape_clues(), notes)
    if fit is None:
        return told(breach)
    rule, clue, evidence = fit
    text = Message(f"{clue.because}; {message_of(breach).because}", clue.remedy).told(
        **{**words_of(breach), **evidence})
    return Finding(rule.code, breach.argument, (), text, {**breach.facts, **evidence})


def _view_of_breach(case: Case, breach: Breach) -> View | None:
    """Return what was returned in a wrong shape, beside the numeric gradient."""
    if breach.code != "wrong-shape" or breach.argument is None:
        return None
    position = case.layer.names.index(breach.argument)
    place = case.layer.wrt.index(position)
    returned = case.analytic[place] if place < len(case.analytic) else None
    if not isinstance(returned, np.ndarray) or not returned.size or (
            returned.dtype.kind not in "fiub" or not case.out.size):
        return None
    view = view_of_shape(case, position, returned)
    only_reshaped = view.a.size == view.n.size and near(view.a.reshape(view.n.shape), view.n)
    return None if only_reshaped else view
