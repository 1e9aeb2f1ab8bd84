"""One pair judged at given arguments, and, where it is right there, at further ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.arguments import was_refused
from gradcheck.examples.candidates import Example, candidates
from gradcheck.examples.standard import COURSE_LOSSES
from gradcheck.exceptions.words import reason_of, with_line
from gradcheck.report import Report
from gradcheck.run.several import is_wrong
from gradcheck.target.averaged import PER_SAMPLE, as_meant, averaged, in_columns
from gradcheck.target.exceptions import OURS
from gradcheck.target.further import Further, further, has_mode, of_object, own
from gradcheck.target.held import Held, held_to
from gradcheck.target.judgement import Judgement
from gradcheck.target.losses import LossAloneError, WrongFormError
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Trial, drops, floating

MOST_TOLD = 60
NO_CONTROL = (
    "without control over the randomness no two calls have the same mask, and there is nothing to "
    "differentiate; the mask laws still apply"
)
MOST_OWN = 24
OWN_GENERATOR = (
    "not judged: two calls of forward on equal arguments differ, as it draws from a generator of "
    "its own. Remedy: take the generator or a seed as an argument, or draw from np.random"
)
IN_A_DICT = (
    "the arrays in {0} were not differentiated, as they are in a dict: their gradients are not "
    "judged. Remedy: take them as arguments of their own, or judge with check_layer a forward that "
    "puts them into the dict"
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
        held = Held(report)
        if _gradient_right(report, trial, found):
            held = held_to(_further(trial, like, found, place), trial, found, report)
    except SystemExit as error:
        return Judgement("error", f"it called sys.exit({error.code!r})")
    except LossAloneError as error:
        is_the_courses = trial.pair.name in COURSE_LOSSES and "y" in found.names
        return Judgement("failed" if is_the_courses else "skipped", str(error))
    except WrongFormError as error:
        return Judgement("failed", with_line(str(error), error.__cause__))
    except OURS:
        raise
    except Exception as error:
        if not was_refused(error):
            raise
        return Judgement("skipped", f"not judged: {error}")
    except BaseException as error:
        return Judgement("error", f"it raised {reason_of(error)}")
    return _told(held, trial, found)


def _told(held: Held, trial: Trial, found: Example) -> Judgement:
    """Return what a report means, with what there is to say besides."""
    report = held.report
    codes = [finding.code for finding in report.findings]
    if codes == ["forward-nondeterministic"] and not any("seed" in str(arg) for arg in found.args):
        return Judgement("skipped", OWN_GENERATOR)
    advice = [*([trial.pair.remark] if trial.pair.remark else []), *held.advice]
    if found.guessed:
        advice.append(f"checked at guessed arguments ({shapes_of(found)}); a function "
                      f"{trial.pair.name}_example(rng) that returns a tuple of arguments chooses "
                      "them")
    if dicts := _dicts_of_arrays(found):
        advice.append(IN_A_DICT.format(" and ".join(dicts)))
    if (means := averaged(report, found)) and (
            trial.pair.inputs or in_columns(report, found)):
        report = as_meant(report, found)
    elif means:
        advice.append(PER_SAMPLE.format(" and ".join(f"d{name}" for name in means)))
    return Judgement(report.status, "" if report.passed else "\n".join(report.paragraphs()),
                     report, _gradient_right(report, trial, found), tuple(advice),
                     not_run=held.not_run, taken=held.taken or (found,), wrong_at=held.wrong_at)


def _further(trial: Trial, like: Pair, found: Example, place: int) -> Iterator[Further]:
    """Yield further arguments: those of the target's own that it yields, or those of a design."""
    if like.example is None or like.inputs:
        more = further if like.example is None else of_object
        return more(found, _redrawn(like, trial.seed, place), like)
    return own(itertools.islice(candidates_for(like, trial.seed), place + 1, MOST_OWN))


def _dicts_of_arrays(found: Example) -> list[str]:
    """Return the arguments that are dicts of arrays, a normalization's statistics aside."""
    return [name for name, arg in zip(found.names, found.args, strict=False)
            if isinstance(arg, dict) and not has_mode(arg) and any(map(floating, arg.values()))]


def _redrawn(like: Pair, seed: int, place: int) -> Example:
    """Return the arguments at `place` among those for a name, with other numbers in them."""
    return next(itertools.islice(candidates_for(like, (seed, 1)), place, None))


def _gradient_right(report: Report, trial: Trial, found: Example) -> bool:
    """Whether every gradient was compared, and is right."""
    wanted = 1 if trial.pair.is_loss else sum(map(floating, found.args))
    return report.passed or (
        not report.inconclusive and len(report.arguments) == wanted
        and not any(map(is_wrong, report.findings)))


def candidates_for(like: Pair, seed: int | Sequence[int]) -> Iterator[Example]:
    """Yield the arguments for a pair, drawn with a seed."""
    return candidates(like.base, like.forward, np.random.default_rng(seed), like.example)


def _shortly(value: object) -> str:
    """Return a value's repr in one line, its end cut off where it is long."""
    told = " ".join(repr(value).split())
    return told if len(told) <= MOST_TOLD else f"{told[:MOST_TOLD - 3]}..."


def shapes_of(found: Example) -> str:
    """Return arguments as a sentence names them: arrays by their shapes."""
    return ", ".join(f"{name} {list(np.shape(arg))}" if isinstance(arg, np.ndarray)
                     else f"{name}={_shortly(arg)}"
                     for name, arg in zip(found.names, found.args, strict=True))
