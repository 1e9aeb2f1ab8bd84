"""One argument's analytic and numeric gradient, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import AGREES_ALONG, BOUNDS, size_of
from gradcheck.numeric.dependence import Alignment

Array = NDArray[Any]
Steps = tuple[tuple[float, float, float], ...]


@dataclass
class Comparison:
    """One argument's gradients and how far each coordinate can be trusted.

    `scale` is the size of the gradient at each coordinate, `natural` that of its terms before they
    cancel. `known` marks the coordinates whose numeric value was computed; `failed` those that are
    wrong. By `tolerance` each might have been off and passed; `settled` marks those that something
    else has decided, `undecided` those that nothing has; `coarseness` is the largest share of the
    gradient that a tolerance might hide. Along `directions` random ones, where there were any, the
    largest disagreement relative to the gradient was `residual`. `climbed` holds (step, central
    difference, bound of its roundoff) on the ladder of steps, for the worst of the failed
    coordinates that were moved together.
    """

    name: str
    position: int
    analytic: Array
    numeric: Array
    bound: Array
    failed: Array
    undecided: Array
    known: Array
    kinked: Array
    scale: Array
    natural: Array
    alignment: Alignment | None = None
    coordinates: int = 0
    directions: int = 0
    residual: float = 0.0
    coarseness: float = 0.0
    tolerance: Array = field(default_factory=lambda: np.zeros(()))
    settled: Array = field(default_factory=lambda: np.zeros((), dtype=bool))
    climbed: dict[tuple[int, ...], Steps] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of_differences(cls, name: str, position: int, analytic: Array, numeric: Array,
                       roundoff: Array, natural: Array, alignment: Alignment) -> Comparison:
        """Return the comparison of a gradient with a difference quotient at every coordinate."""
        no = np.zeros(analytic.shape, dtype=bool)
        return cls(name, position, analytic, numeric, bound=roundoff, failed=no.copy(),
                   undecided=no.copy(), known=np.ones(analytic.shape, dtype=bool),
                   kinked=no.copy(), scale=size_of(numeric), natural=natural,
                   alignment=alignment, coordinates=analytic.size, settled=no.copy())

    @classmethod
    def along_directions(cls, name: str, position: int, analytic: Array) -> Comparison:
        """Return one in which everything agrees, as directions show; no coordinate is known."""
        no = np.zeros(analytic.shape, dtype=bool)
        scale = size_of(analytic)
        return cls(name, position, analytic, analytic.copy(), bound=AGREES_ALONG * scale,
                   failed=no.copy(), undecided=no.copy(), known=no.copy(), kinked=no.copy(),
                   scale=scale, natural=np.zeros_like(scale), coordinates=analytic.size)

    @classmethod
    def of_shapes(cls, name: str, position: int, returned: Array, numeric: Array) -> Comparison:
        """Return one for a gradient of another shape; all of it counts as wrong."""
        yes = np.ones(numeric.shape, dtype=bool)
        return cls(name, position, returned, numeric, bound=np.zeros(numeric.shape),
                   failed=yes.copy(), undecided=~yes, known=yes.copy(), kinked=~yes,
                   scale=np.ones(numeric.shape), natural=np.ones(numeric.shape))

    def excuse(self, allowed: Array) -> None:
        """Let pass what is wrong by no more than is allowed."""
        if self.tolerance.shape == self.failed.shape and not self.failed.any():
            return
        excused = self.failed & (self.error <= allowed)
        self.failed &= ~excused
        self.tolerance = np.where(excused, allowed, self.tolerance)

    def passes_widely(self, most: Array) -> Array:
        """Return where a tolerance above this lets a coordinate pass, and no kink's interval."""
        wide = ~(self.tolerance <= most)
        return np.asarray(wide & ~self.failed & ~self.kinked)

    def close(self, size: Array, limit: float) -> None:
        """Mark what nothing has decided, and say what share of the gradient could hide."""
        counts = ~self.failed & ~self.kinked & ~self.settled
        self.undecided = np.asarray(counts & ~(self.tolerance <= limit * size))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(counts & (self.tolerance > 0), self.tolerance / size, 0.0)
        self.coarseness = float(np.max(share, initial=0.0))

    @property
    def error(self) -> Array:
        """|analytic - numeric|, zero where the numeric value is not known or a kink allows it."""
        if not np.any(self.known):
            return np.zeros(self.analytic.shape)
        error = np.abs(self.analytic - self.numeric)
        return np.where(self.known & ~(self.kinked & ~self.failed), error, 0.0)

    @property
    def relative_error(self) -> Array:
        """The error relative to the gradient, or to its terms where it is zero in effect."""
        return self.relative(self.error)

    def relative(self, error: Array) -> Array:
        """Return an error as `relative_error` has it."""
        if not np.any(self.known):
            return np.zeros(self.analytic.shape)
        zero = np.abs(self.numeric) <= BOUNDS * self.bound
        size = np.where(zero, self.scale + self.natural, self.scale)
        return error / np.where(size > 0, size, 1.0)
