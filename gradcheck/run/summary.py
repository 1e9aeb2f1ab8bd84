"""What a report says of one argument's comparison: its worst coordinate, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.layer import Layer
from gradcheck.grid import AGREES, UNDECIDED, UNKNOWN, WRONG, Grid, grid_of
from gradcheck.numeric.comparison import Comparison, Steps
from gradcheck.numeric.curve import curve_at, is_asked
from gradcheck.numeric.differences import Problem
from gradcheck.report import ArgumentReport

Array = NDArray[Any]
TOLD = 1e-4  # of the gradient: where more could hide, the reader should know


def of_argument(entry: Comparison, argument: Array, problem: Problem | None = None
                ) -> ArgumentReport:
    """Return the numbers at the worst coordinate: a failed one if there is any.

    With the problem, also the error against the step there, if somebody asked for it.
    """
    error = entry.error
    relative = entry.relative(error)
    rank = np.where(entry.failed, relative + 1.0, relative)
    if not np.isfinite(rank).all():
        rank = np.nan_to_num(rank, nan=np.inf)
    worst: tuple[int, ...] = ()
    if relative.size:
        worst = tuple(map(int, np.unravel_index(int(np.argmax(rank)), relative.shape)))

    def at(values: Array) -> float:
        return float(values[worst]) if values.size else 0.0

    return ArgumentReport(
        name=entry.name, shape=argument.shape, dtype=str(argument.dtype),
        checked=entry.coordinates, worst_index=worst, analytic=at(entry.analytic),
        numeric=at(entry.numeric), error=at(error), bound=at(entry.bound),
        worst_error=max(float(np.max(relative)) if relative.size else 0.0, entry.residual),
        directions=entry.directions, coarseness=entry.coarseness,
        grid=_grid(entry, rank),
        steps=_steps(entry, worst, problem),
    )


def _grid(entry: Comparison, rank: Array) -> Grid | None:
    """Return the two gradients, small enough to be drawn; None where none was computed."""
    if not entry.analytic.shape == entry.numeric.shape == rank.shape or not np.any(entry.known):
        return None
    states = np.full(rank.shape, AGREES, "S1")
    for where, state in ((~entry.known, UNKNOWN), (entry.undecided, UNDECIDED),
                         (entry.failed, WRONG)):
        states[where] = state
    return grid_of(entry.analytic, entry.numeric, entry.bound, states, rank)


def _steps(entry: Comparison, worst: tuple[int, ...], problem: Problem | None) -> Steps:
    """Return the error against the step: all of it where it is asked for, else what is known."""
    known = entry.climbed.get(worst, ())
    if problem is None or not is_asked() or not entry.analytic.size:
        return known
    try:
        return curve_at(problem, entry, worst)
    except Exception as error:
        if not getattr(error, "raised_by_forward", False):
            raise
        return known  # of the layer nothing is judged here


def notes_of(comparisons: Sequence[Comparison], layer: Layer, rtol: float, atol: float
             ) -> list[str]:
    """Return what could not be decided, and why; what might hide; what the user has granted."""
    notes = []
    for entry in comparisons:
        if np.any(entry.undecided):
            notes.append(_undecided(entry, layer.args[entry.position].dtype))
        elif entry.coarseness > TOLD:
            notes.append(f"d{entry.name}: errors below {entry.coarseness:.0e} of the gradient "
                         "would not show")
        notes += entry.notes
    if rtol or atol:
        notes.append(f"errors up to {rtol:g} of the gradient plus {atol:g} were accepted, as "
                     f"rtol={rtol:g} and atol={atol:g} ask")
    return notes


def _undecided(entry: Comparison, dtype: np.dtype[Any]) -> str:
    """Return how many coordinates are undecided, the reason and the remedy."""
    count, size = int(np.sum(entry.undecided)), entry.analytic.size
    which = f"{count} of {size} coordinates are" if size > 1 else "its one coordinate is"
    if np.any(entry.failed):
        return f"d{entry.name}: {which} undecided beside the wrong ones"
    if np.isfinite(entry.coarseness):
        reason = (f"the rounding of the results hides errors up to {entry.coarseness:.0e} of the "
                  "gradient, whatever the step")
    elif not np.any(entry.analytic):
        reason = "the gradient that was returned is zero, and rounding hides whether that is right"
    else:
        reason = "no step gives a difference that means anything"
    wider = "" if dtype == np.float64 else "at float64, "
    return (f"d{entry.name}: {which} undecided; {reason}. Remedy: check {wider}at larger weights "
            "or arguments, or at another point")
