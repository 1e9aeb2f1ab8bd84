"""The line of a forward whose value is not its name's: edits of it, with values as judges."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from dataclasses import replace

from gradcheck.check import check_layer
from gradcheck.examples.candidates import Example
from gradcheck.repair.judged import repairs_by
from gradcheck.repaired import Repair
from gradcheck.target.pairs import Pair
from gradcheck.target.statistics import Statistics
from gradcheck.target.trial import Trial
from gradcheck.target.valued import value_at
from gradcheck.target.values import Values

MOST_OTHERS = 3


def value_repairs(trial: Trial, example: Example, others: Iterable[Example],
                  gradient_wrong: bool, seconds: float) -> tuple[Repair, ...]:
    """Return the edit of forward with which its value is the one that its name promises.

    Parameters
    ----------
    trial : Trial
        The pair.
    example : Example
        Arguments at which the value is wrong.
    others : iterable of Example
        Further ones; where the value is wrong as well, it has to be right with the edit.
    gradient_wrong : bool
        Whether backward disagreed with the wrong forward: it has to agree with the edited one. One
        that agreed was written for the wrong value, and an edit of forward alone is no repair: only
        its line is told.
    seconds : float
        At most.
    """
    pair = trial.pair
    wrong = [example, *itertools.islice(
        (other for other in others if _is_wrong(pair, other)), MOST_OTHERS)]

    finite = [Statistics(pair, pair.base, found).finite for found in wrong]

    def value_right() -> bool:
        values = [Values(pair, pair.base, found, varied=found is example) for found in wrong]
        statistics = [Statistics(pair, pair.base, found) for found in wrong]
        # what does not run, has another shape or NaN in it, is not compared, and not right for that
        return all(value.calls and value.definition is not None for value in values) and (
            value_at(pair, pair.base, wrong).finding is None) and all(
            now.finite >= before and now.finding() is None
            for now, before in zip(statistics, finite, strict=True))

    def gradient_right() -> bool:
        forward, backward, args = trial.functions(example)
        return check_layer(forward, backward, *args, progress=False).status in (
            "passed", "warned")

    # backward knows nothing of running statistics: it stays as it is, and right
    whole = gradient_wrong or Values(pair, pair.base, example, varied=False).finding() is None
    found = repairs_by(lambda: _run(pair, example), [
        value_right, *([gradient_right] if whole else [])], side="value",
        verified=len(wrong) - 1, seconds=seconds)
    return found if whole else tuple(
        replace(repair.only_line(), side="value-alone") for repair in found)


def _is_wrong(pair: Pair, found: Example) -> bool:
    try:
        return (Values(pair, pair.base, found, varied=False).finding() is not None
                or Statistics(pair, pair.base, found).finding() is not None)
    except Exception:
        return False


def _run(pair: Pair, example: Example) -> None:
    pair.forward(*copy.deepcopy(example.args))
