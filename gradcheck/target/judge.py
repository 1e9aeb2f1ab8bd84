"""The one judge of a pair's gradient and of its contract: for check, grade and the pytest plugin.

It compares forward and backward with each other. Whether forward computes what a standard name
promises is judged at the end, and not for those who hold it to a reference of their own.
"""

from __future__ import annotations

import functools
import itertools
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gradcheck.examples.candidates import Example, NoExampleError, how_to, keyword_settings
from gradcheck.examples.standard import LAYERS, SHAPE_KEEPING
from gradcheck.exceptions.remedies import reason_and_remedy
from gradcheck.exceptions.words import reason_of, with_line
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.at_arguments import candidates_for, judge_at, shapes_of
from gradcheck.target.exceptions import OURS
from gradcheck.target.judgement import Judgement
from gradcheck.target.needs import need_of
from gradcheck.target.nets import judged_net
from gradcheck.target.pairs import Pair
from gradcheck.target.refusals import is_own_raise, reached
from gradcheck.target.trial import Trial
from gradcheck.target.unwritten import of_backward

__all__ = ["UNWRITTEN", "Judgement", "is_unwritten", "judge"]

MOST_CANDIDATES = 24
# what no arguments are to blame for, where a framework says which parameter is dout
OF_BACKWARD = frozenset({"dout-ignored", "nonlinear-in-dout"})
UNWRITTEN = "not written yet: it returns None or raises NotImplementedError"


def judge(pair: Pair, conventions: Conventions, seed: int = 0,
          like: Pair | None = None, values: bool = True) -> Judgement:
    """Judge a layer's or a loss's gradient and contract, and its value.

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
    values : bool
        Whether forward's value is held to the definition of a standard name.

    Returns
    -------
    Judgement
        At the first arguments that forward takes. A gradient that is right there is held to be
        right in single precision, at other numbers and in test mode as well, unless the example is
        the target's own.

    Examples
    --------
    >>> pair = Pair("relu", "relu", lambda x: (x * (x > 0), x), lambda d, x: 2 * d * (x > 0))
    >>> judgement = judge(pair, Conventions())
    >>> judgement.status, judgement.report.findings[0].code
    ('failed', 'scaled')
    """
    if pair.net is not None:
        return judged_net(pair, seed)
    like = like or pair
    pair = with_keywords(pair)
    trial = Trial(pair, conventions, seed)
    try:
        found = list(itertools.islice(candidates_for(like, seed), MOST_CANDIDATES))
    except NoExampleError as error:
        return Judgement("skipped", f"not judged: {error}")
    except OURS:
        raise
    except BaseException as error:
        return Judgement("skipped", _of_own_example(f"{like.base}_example", error))
    if gap := trial.gap(found):
        return Judgement("todo", gap)
    judgement = _Walk(trial, like, found).judgement()
    if pair.lacking and judgement.status in ("passed", "warned"):
        return replace(judgement, status="todo", message=pair.lacking)
    if not values:
        return judgement
    from gradcheck.target.valued import with_value  # with the definitions, which others go without

    return with_value(judgement, trial, like.base)


def is_unwritten(pair: Pair, conventions: Conventions, like: Pair) -> bool:
    """Whether a layer's forward is not written yet, at the arguments of another one."""
    found = list(itertools.islice(candidates_for(like, 0), MOST_CANDIDATES))
    gap = Trial(pair, conventions, 0).gap(found)
    return bool(gap) and not of_backward(gap)


def with_keywords(pair: Pair) -> Pair:
    """Return a pair whose settings that are taken by keyword alone are given."""
    def given(function: Callable[..., Any]) -> Callable[..., Any]:
        settings = keyword_settings(function)
        return functools.partial(function, **settings) if settings else function

    return replace(pair, forward=given(pair.forward), backward=pair.backward and given(
        pair.backward))


@dataclass
class _Walk:
    """The way through the arguments that a pair may take, to the first at which it is judged.

    At guessed arguments a wrong number is a finding; an exception or a shape is none, since
    the guess may be what is wrong.
    """

    trial: Trial
    like: Pair
    found: Sequence[Example]
    refusals: list[BaseException] = field(default_factory=list)
    refused: list[Example] = field(default_factory=list)

    def judgement(self) -> Judgement:
        """Return what is said of the pair."""
        unfit: list[tuple[int, Judgement]] = []
        for place, example in self._accepted():
            if (unfit and example.guessed and not self.trial.pair.is_loss
                    and self.trial.gives_a_number(example)):
                continue  # where every shape is that of a number, no slip in one could show
            judgement = replace(judge_at(self.trial, self.like, example, place), example=example)
            need = self._need(judgement)
            if need:
                return Judgement("skipped", f"not judged: {need}", example=example)
            worse = bool(unfit) and judgement.is_about_form  # than where it only had another shape
            if not worse and not self._is_held_back(judgement, example, place):
                return self._placed(judgement, place)
            unfit.append((place, judgement))
        if not unfit:
            return self._refused()
        place, judgement = unfit[0]
        example = self.found[place]
        if self._is_the_standard_one:
            return replace(judge_at(self.trial, self.like, self.found[0]), example=self.found[0])
        if not example.guessed:
            return self._placed(judgement, place)
        if self._why and not self.found[0].guessed:
            return replace(judgement, status="skipped", advice=(), message=(
                f"not judged: with {shapes_of(self.found[0])} {self._why}"))
        return replace(judgement, status="skipped", advice=(), message=_told_how(
            self.trial.pair, f"shapes were guessed ({shapes_of(example)}) and do not fit",
            judgement.message))

    @property
    def _is_the_standard_one(self) -> bool:
        """Whether forward has the very parameters of its standard name, and raises by a slip.

        It was meant for those arguments; what it takes besides, it takes by accident.
        """
        first = self.trial.refusal(self.found[0])
        return first is not None and not is_own_raise(first) and not self.found[0].guessed and (
            self.like.example is None) and tuple(LAYERS.get(self.like.base, ())) == (
                self.found[0].names)

    def _accepted(self) -> Iterator[tuple[int, Example]]:
        """Yield the arguments that forward takes; where it gives another shape they come later."""
        misfits: list[tuple[int, Example]] = []
        for place, example in enumerate(self.found):
            if example.guessed:
                yield from misfits
                misfits = []
            if example.when == "demanded" and not self._demands:
                continue
            error = self.trial.refusal(example)
            if error is not None:
                self.refusals.append(error)
                self.refused.append(example)
            elif not example.guessed and self._misfits(example):
                misfits.append((place, example))
            else:
                yield place, example
        yield from misfits

    def _misfits(self, example: Example) -> bool:
        """Whether forward takes arguments of another layout than its own: the output shows it."""
        return self.trial.gives_nothing(example) or (
            self.like.base in SHAPE_KEEPING and not self.trial.keeps_shape(example))

    @property
    def _demands(self) -> bool:
        """Whether forward raised at the first arguments knowingly, or for a name that is missing.

        What else it raises may be a slip that shows at these arguments alone.
        """
        first = self.refusals[0] if self.refusals else None
        return isinstance(first, NameError) or (first is not None and is_own_raise(first))

    def _is_held_back(self, judgement: Judgement, example: Example, place: int) -> bool:
        """Whether other arguments are tried before this is said.

        What shows at further arguments alone was right in form at these.
        """
        if judgement.report is not None and judgement.report.examples > 1:
            return False
        if self.like.firm and judgement.codes and set(judgement.codes) <= OF_BACKWARD:
            return False
        if example.guessed or (example.when and self._is_the_standard_one):
            return judgement.is_about_form and "not written yet" not in judgement.message
        later = [other.when for other in self.found[place + 1:]]
        return judgement.is_about_shapes and ("shaped" in later or self.like.base in SHAPE_KEEPING)

    def _need(self, judgement: Judgement) -> str:
        """Return what a function lacked that is not its own, where that is why it raised."""
        raised = self.trial.raised
        about_raising = "raises" in judgement.codes or (
            judgement.report is None and judgement.status == "failed")
        return need_of(raised[-1]) if about_raising and raised else ""

    def _placed(self, judgement: Judgement, place: int) -> Judgement:
        """Return a judgement that says where it was made, if that is not where one would look."""
        example = self.found[place]
        if not place or example.guessed:
            return judgement
        pair = self.trial.pair
        name = pair.name if pair.is_loss else f"{pair.name}_forward"
        why = f"{name} refuses {shapes_of(self.found[0])}" if self.refusals else (
            f"{shapes_of(self.found[0])} gave another shape")
        advice = f"checked at {shapes_of(example)}, as {why}"
        return replace(judgement, advice=(*judgement.advice, advice))

    def _refused(self) -> Judgement:
        """Return what is said of a forward that takes no arguments at all."""
        need = next(filter(None, map(need_of, self.refusals)), "")
        if need:
            return Judgement("skipped", f"not judged: {need}")
        first, example = judge_at(self.trial, self.like, self.found[0]), self.found[0]
        nearest = self._nearest
        if example.guessed:
            why = self._why_of(nearest) or first.message
            return replace(first, status="skipped", advice=(), message=_told_how(
                self.trial.pair, f"it takes none of {len(self.found)} kinds of guessed arguments; "
                f"with {shapes_of(self.refused[nearest])} {why}"))
        why = self._why or first.message
        standard = example.names == tuple(LAYERS.get(self.like.base, ()))
        if nearest and not self.refused[nearest].guessed and (self._demands or not standard):
            # of several layouts, its own gets on best
            example = self.refused[nearest]
            first = judge_at(self.trial, self.like, example)
        if self.like.example is not None:
            own = f"{self.like.base}_example"
            return replace(first, example=example, message=f"{own} returned {shapes_of(example)}, "
                           f"which forward does not take: {why}\n  Correct what {own} returns, or "
                           "forward")
        return replace(first, example=example, message=f"{first.message}\n  It was called with "
                       f"{shapes_of(example)}; {self._elsewhere()}if it takes others, a function "
                       f"{self.trial.pair.base}_example(rng) beside it returns them as a tuple")

    @property
    def _nearest(self) -> int:
        """The place of the refusal before which forward got furthest, the first of equals."""
        return max(range(len(self.refusals)), default=0, key=lambda i: (
            reached(self.trial.pair.forward, self.refusals[i]), -i))

    @property
    def _why(self) -> str:
        """What the first arguments that forward refused made it raise."""
        return self._why_of(0)

    def _why_of(self, place: int) -> str:
        if not self.refusals:
            return ""
        error = self.refusals[place]
        return with_line(f"it raised {reason_and_remedy(error)}", error)

    def _elsewhere(self) -> str:
        """Say at which narrower arguments forward does not raise."""
        for example in self.found:
            if example.when == "demanded" and not self.trial.refuses(example):
                return f"it runs at {shapes_of(example)}, so what it raises depends on sizes; "
        return ""


def _told_how(pair: Pair, reason: str, came: str = "") -> str:
    """Return why a pair was not judged, what to write so that it is, and what came of a guess."""
    note = f"\n  note: with them {' '.join(came.split())}" if came else ""
    return (f"not judged: {reason}\n  Remedy: write beside it, with shapes that it takes for ...,\n"
            + textwrap.indent(how_to(pair.name, pair.forward, "..."), "      ") + note)


def _of_own_example(name: str, error: BaseException) -> str:
    """Return what is said of a pair's own example that raised."""
    remedy = ("" if isinstance(error, NameError) and "'rng'" not in str(error) else
              f". Remedy: write def {name}(rng), which is called with a NumPy generator and "
              "returns a tuple of arguments")
    return f"{name} raised {reason_and_remedy(error) if not remedy else reason_of(error)}{remedy}"
