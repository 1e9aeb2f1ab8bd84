"""Central differences of one coordinate over all steps that are of any use, for a picture of them.

Nothing is judged by them. They are computed only where somebody has asked, see `recording`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from gradcheck.numeric.comparison import Comparison, Steps
from gradcheck.numeric.dependence import Alignment
from gradcheck.numeric.differences import Problem
from gradcheck.numeric.ladder import step_lengths
from gradcheck.numeric.slopes import GroupSlopes

# of the usual step, which is eps^(1/3) of x: from where truncation rules to where rounding does
WIDEST, RATIO, RUNGS = 2.0**14, 4.0, 22
_asked: ContextVar[bool] = ContextVar("recording", default=False)


@contextmanager
def recording(asked: bool = True) -> Iterator[None]:
    """Have the checks inside record the error against the step, for each argument's worst place.

    Examples
    --------
    >>> from gradcheck import check_layer
    >>> def cube(x): return x ** 3, x
    >>> with recording():
    ...     report = check_layer(cube, lambda dout, x: 3 * x ** 2 * dout, np.ones(2))
    >>> len(report.arguments[0].steps)
    22
    """
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)


def is_asked() -> bool:
    """Whether somebody has asked for the error against the step."""
    return _asked.get()


def curve_at(problem: Problem, comparison: Comparison, where: tuple[int, ...]) -> Steps:
    """Return (step, central difference, bound of its roundoff) at a coordinate, widest step first.

    What is not finite is left out: so wide a step has left the function's domain.
    """
    position, evaluator = comparison.position, problem.evaluator
    x = evaluator.args[position]
    alone = Alignment(x.shape, problem.origin.shape, ())
    lengths = step_lengths(x, evaluator.eps)
    slopes = GroupSlopes(problem, position, alone, alone.group_of(where), lengths)
    rungs = [slopes(WIDEST / RATIO**rung) for rung in range(RUNGS)]
    told = [(float(rung.step[0]), float(rung.central[0]), float(rung.roundoff[0]))
            for rung in rungs]
    return tuple(rung for rung in told if rung[0] > 0 and np.all(np.isfinite(rung)))
