"""Whether any step could have told a derivative: what a right gradient's inconclusive check needs.

The derivative is known, since the gradient is right; so the error of every difference quotient is,
too. A step resolves where quotients of one order, central or of one side, stay within the asked
tolerance as the step is halved: a single one may come near by chance, as roundoff does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import gradcheck.check
from gradcheck.equal import norm, rms
from gradcheck.numeric.comparison import Comparison
from gradcheck.run.session import Session

Array = np.ndarray
LENGTHS = 1e-13 * 2 ** (np.arange(200) / 3)  # to 1e7
OCTAVE = 3  # of them: twice a length is one, too
COORDINATES = 8
# Central differences of orders 2 and 4, and those of one side of orders 1 and 2.
QUOTIENTS: dict[str, tuple[tuple[float, float], ...]] = {
    "central": ((1, 1 / 2), (-1, -1 / 2)),
    "central, order 4": ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)),
    "forward": ((1, 1), (0, -1)),
    "backward": ((0, 1), (-1, -1)),
    "forward, order 2": ((0, -3 / 2), (1, 2), (2, -1 / 2)),
    "backward, order 2": ((0, 3 / 2), (-1, -2), (-2, 1 / 2)),
}


def resolving_step(value: Callable[[float], float], true: float, tolerance: float,
                   scale: float, last_place: float = 0.0) -> tuple[str, float] | None:
    """Return the quotient and the step that tell a derivative, None where none does.

    Parameters
    ----------
    value : callable
        ``value(t)`` returns the function's value as t moves along the direction.
    true : float
        Its derivative at t = 0.
    tolerance : float
        The error that is asked for.
    scale : float
        The size of t, of which the lengths are multiples.
    last_place : float
        The unit in which the values are rounded.

    Examples
    --------
    >>> resolving_step(np.sin, 1.0, 1e-3, 1.0)[0]
    'central'
    >>> resolving_step(lambda t: 1e13 + np.sin(t), 1.0, 1e-3, 1.0)
    """
    lengths = LENGTHS[0] * 2 ** (np.arange(LENGTHS.size + OCTAVE) / OCTAVE) * scale
    above, below = (np.array([value(side * length) for length in lengths]) for side in (1, -1))
    values = {0: np.full(LENGTHS.size, value(0.0)), 1: above[:-OCTAVE], -1: below[:-OCTAVE],
              2: above[OCTAVE:], -2: below[OCTAVE:]}
    for name, terms in QUOTIENTS.items():
        quotient = sum(weight * values[at] for at, weight in terms) / lengths[:-OCTAVE]
        # where the last place alone is more than the tolerance, what is near is so by chance
        near = np.abs(quotient - true) <= tolerance
        near &= last_place <= tolerance * lengths[:-OCTAVE]
        stable = np.convolve(near, np.ones(OCTAVE + 1), "valid") == OCTAVE + 1
        if np.any(stable):
            return name, float(lengths[np.argmax(stable)])
    return None


@contextmanager
def recorded() -> Iterator[list[Session]]:
    """Record the sessions of the checks made meanwhile."""
    sessions: list[Session] = []

    class Recorded(Session):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            sessions.append(self)

    before = gradcheck.check.Session
    gradcheck.check.Session = Recorded  # type: ignore[misc]
    try:
        yield sessions
    finally:
        gradcheck.check.Session = before  # type: ignore[misc]


def resolvable(session: Session, limit: float, seed: int = 0) -> list[str]:
    """Return what a right gradient's check left undecided, and some step would have decided.

    An argument of which nothing is decided is looked at along a direction; and some of the
    coordinates that are undecided, each alone.
    """
    rng, found = np.random.default_rng(seed), []
    for entry in session.comparisons:
        if not np.any(entry.undecided):
            continue
        for what, lines in _open(session, entry, rng):
            told = (_told(session, entry, direction, limit * size) for direction, size in lines)
            # a single element that nothing tells leaves the argument open
            if all(told):
                found.append(f"d{entry.name}, {what}")
    return found


def _told(session: Session, entry: Comparison, direction: Array, tolerance: float
          ) -> tuple[str, float] | None:
    true = float(np.sum(entry.analytic * direction))
    value = _along(session, entry.position, direction)
    return resolving_step(value, true, tolerance, 1.0, _last_place(session)) if tolerance else None


def _open(session: Session, entry: Comparison, rng: np.random.Generator
          ) -> Iterator[tuple[str, list[tuple[Array, float]]]]:
    """Yield directions that are undecided, and what the error of each is measured against."""
    x, gradient = session.evaluator.args[entry.position], entry.analytic
    scale = np.maximum(np.abs(x), rms(x) or 1.0)
    if np.all(entry.undecided):
        direction = scale * rng.standard_normal(x.shape)
        yield "along a direction", [(direction, norm(gradient * direction))]
    lines = []
    for place in rng.permutation(np.argwhere(entry.undecided))[:COORDINATES]:
        where = tuple(map(int, place))
        single = np.zeros(x.shape)
        single[where] = scale[where]
        size = max(abs(float(gradient[where])), rms(gradient))
        lines.append((single, size * float(scale[where])))
    yield f"at {len(lines)} undecided elements", lines


def _along(session: Session, position: int, direction: Array) -> Callable[[float], float]:
    evaluator = session.evaluator
    assert session.found.dout is not None
    dout = session.found.dout.astype(np.float64)
    x = evaluator.args[position]
    origin = evaluator.out()
    return lambda t: float(np.sum((evaluator.anywhere(position, x + t * direction) - origin)
                                  * dout))


def _last_place(session: Session) -> float:
    assert session.found.dout is not None
    return float(np.spacing(norm(session.evaluator.out() * session.found.dout)))
