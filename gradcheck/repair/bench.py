"""The bench: a layer at some arguments, on which candidates for its functions are tried."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np

from gradcheck.contract.inspection import as_gradients
from gradcheck.numeric.evaluator import output_of
from gradcheck.repair.code import NoSourceError, Source
from gradcheck.repair.sites import Change
from gradcheck.repair.trace import Run, functions_of, traced
from gradcheck.repair.truth import Place, distances, matches

UNCHANGED = 1e-9
MOST_FUNCTIONS = 8
# What ends a candidate, and no more: the limits of the process, and Ctrl-C, go through.
FAULTS = (Exception, RecursionError)


@dataclass(eq=False)
class Part:
    """A function that may be edited: its source, its first run, and when it runs."""

    source: Source
    run: Run
    in_forward: bool
    in_backward: bool
    is_main: bool = False


@dataclass
class Outcome:
    """How far every gradient is from the true one with a candidate; 1 is as far as it may be."""

    distances: list[float]
    matched: int = 0

    @property
    def right(self) -> frozenset[int]:
        """The places of the gradients that are right."""
        return frozenset(i for i, far in enumerate(self.distances) if far <= 1.0)

    @property
    def is_right(self) -> bool:
        """Whether all are."""
        return len(self.right) == len(self.distances)

    def is_nearer(self, other: Outcome) -> bool:
        """Whether more is right than with another candidate, and nothing less."""
        return self.right > other.right or (
            self.right == other.right and self.parts > other.parts)

    @property
    def parts(self) -> tuple[int, int]:
        """How many gradients are there at all, and how many of their elements are right."""
        return sum(map(bool, np.isfinite(self.distances))), self.matched


@dataclass(eq=False)
class Bench:
    """A layer at its own arguments, and at others.

    Attributes
    ----------
    places : sequence of Place
        The arguments of the check first.
    parts : list of Part
        The user's functions that ran, the backward first.
    error : Exception or None
        What backward raises as it is.
    """

    places: Sequence[Place]
    parts: list[Part] = field(default_factory=list)
    error: Exception | None = None
    tried: int = 0

    def __post_init__(self) -> None:
        place = self.places[0]
        layer = place.layer
        backward = traced(lambda: layer.backward(place.dout.copy(), place.fresh_cache()))
        forward = traced(lambda: layer.forward(*place.evaluator.arguments()))
        self.error = backward.error
        self.parts = parts_of(forward.runs, backward.runs)

    def traced_with(self, part: Part) -> Run:
        """Return the first run of a function as its tree stands now."""
        place, code = self.places[0], part.source.compiled()
        runs = traced(lambda: self.gradients(part, code, place)).runs
        return runs.get(code, part.run)

    def outcome(self, part: Part | None = None, code: CodeType | None = None,
                place: Place | None = None) -> Outcome:
        """Return what the layer gives with other code for one function; as it is without."""
        place = self.places[0] if place is None else place
        self.tried += 1
        try:
            found = self.gradients(part, code, place)
            outcome = Outcome(distances(place, found))
            if not outcome.is_right and place is self.places[0]:
                outcome.matched = matches(place, found)
            return outcome
        except FAULTS:
            return Outcome([np.inf] * len(place.layer.wrt))

    def gradients(self, part: Part | None, code: CodeType | None, place: Place) -> list[Any]:
        """Return the gradients with other code for one function."""
        with part.source.running(code) if part and code else nullcontext():
            cache = self._cache(place) if part and part.in_forward else place.fresh_cache()
            found = as_gradients(place.layer.backward(place.dout.copy(), cache))
        if found is None:
            raise TypeError("no gradients")
        return found

    def _cache(self, place: Place) -> Any:
        """Run forward again; with another value it would be another layer."""
        out, cache = place.layer.forward(*place.evaluator.arguments())
        now = output_of((out, cache))
        if now.shape != place.out.shape or not np.all(
                np.abs(now - place.out) <= UNCHANGED * (1 + np.abs(place.out))):
            raise ValueError("forward computes something else")
        return cache

    def tryout(self, part: Part, change: Change) -> tuple[CodeType, Outcome] | None:
        """Return a candidate's code and what it gives; None where it is no code."""
        try:
            with change.applied():
                code = part.source.compiled()
        except (SyntaxError, ValueError, TypeError, StopIteration):
            return None
        if len(code.co_freevars) != len(part.source.code.co_freevars):
            return None
        return code, self.outcome(part, code)

    def right_elsewhere(self, part: Part, code: CodeType) -> int:
        """Return at how many other sizes a candidate is right; -1 if it is wrong anywhere."""
        right = all(self.outcome(part, code, place).is_right for place in self.places[1:])
        return sum(place.is_new for place in self.places[1:]) if right else -1


def parts_of(forward: dict[CodeType, Run], backward: dict[CodeType, Run]) -> list[Part]:
    """Return the functions that ran and have a source, those of backward first."""
    runs = {**forward, **backward}
    mains = [next(iter(ran), None) for ran in (backward, forward)]
    found = []
    for function in functions_of(runs)[:MOST_FUNCTIONS] if runs else ():
        code = function.__code__
        with suppress(NoSourceError):
            found.append(Part(Source(function), runs[code], code in forward, code in backward,
                              code in mains))
    return sorted(found, key=lambda part: not part.in_backward)
