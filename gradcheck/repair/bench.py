"""The bench: a layer at some arguments, on which candidates for its functions are tried."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.inspection import as_gradients
from gradcheck.numeric.evaluator import output_of
from gradcheck.repair.code import NoSourceError, Source
from gradcheck.repair.sites import Change, Site
from gradcheck.repair.trace import Run, functions_of, traced
from gradcheck.repair.truth import Place, distances, matches, sampled

UNCHANGED = 1e-9
MOST_FUNCTIONS = 8
NOTICE = "__gradcheck_notice__"
QUOTED = re.compile(r"'(\w+)'")
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
    """How far every gradient is from the true one with a candidate; 1 is as far as it may be.

    Attributes
    ----------
    distances : list of float
        Of each gradient, infinite where it is not there.
    matched : int
        How many elements are right.
    sample : ndarray
        A few elements of all gradients; empty where backward raises.
    reached : float
        The line at which backward raises; infinite where it does not.
    error, missing : str
        What it says there, and the name that is not defined.
    """

    distances: list[float]
    matched: int = 0
    sample: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    reached: float = np.inf
    error: str = ""
    missing: str = ""

    @property
    def right(self) -> frozenset[int]:
        """The places of the gradients that are right."""
        return frozenset(i for i, far in enumerate(self.distances) if far <= 1.0)

    @property
    def is_right(self) -> bool:
        """Whether all are."""
        return len(self.right) == len(self.distances)

    def is_nearer(self, other: Outcome) -> bool:
        """Whether more is right than with another candidate, and nothing less.

        Where backward raises, whether it gets further, or raises something else there.
        """
        if self.right != other.right:
            return self.right > other.right
        return self.parts > other.parts or (
            self.parts == other.parts and self.error != other.error)

    @property
    def parts(self) -> tuple[float, ...]:
        """How many gradients are there, how many elements are right, how far backward gets."""
        reached = self.reached + 0.5 * (not self.missing)
        return sum(map(bool, np.isfinite(self.distances))), self.matched, reached


@dataclass(eq=False)
class Bench:
    """A layer at its own arguments, and at others.

    Attributes
    ----------
    places : sequence of Place
        The arguments of the check first.
    parts : list of Part
        The user's functions that ran, the backward first.
    """

    places: Sequence[Place]
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        place = self.places[0]
        layer = place.layer
        backward = traced(lambda: layer.backward(place.dout.copy(), place.fresh_cache()))
        forward = traced(lambda: layer.forward(*place.evaluator.arguments()))
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
        try:
            found = self.gradients(part, code, place)
            outcome = Outcome(distances(place, found))
            if not outcome.is_right and place is self.places[0]:
                outcome.matched = matches(place, found)
                outcome.sample = sampled(place, found)
            return outcome
        except FAULTS as error:
            return Outcome([np.inf] * len(place.layer.wrt), reached=self._line_of(error),
                           error=repr(error), missing=missing_name(error))

    def _line_of(self, error: Exception) -> int:
        """Return the line of backward at which it raised; 0 where that was elsewhere."""
        mains = [part.source.code for part in self.parts if part.is_main and part.in_backward]
        return next((line for frame, line in traceback.walk_tb(error.__traceback__)
                     for code in mains if frame.f_code.co_name == code.co_name
                     and frame.f_code.co_filename == code.co_filename), 0)

    def gradients(self, part: Part | None, code: CodeType | None, place: Place) -> list[Any]:
        """Return the gradients with other code for one function."""
        with part.source.running(code) if part and code else nullcontext():
            cache = self._cache(place) if part and part.in_forward else place.fresh_cache()
            return as_gradients(place.layer.backward(place.dout.copy(), cache)) or []

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


def missing_name(error: Exception) -> str:
    """Return the name that an exception says is not defined, '' for another exception.

    >>> missing_name(NameError("name 'dx' is not defined"))
    'dx'
    """
    found = QUOTED.search(str(error)) if isinstance(error, NameError) else None
    return found[1] if found else ""


@contextmanager
def watched(part: Part, site: Site, node: ast.expr, notice: Callable[[Any], Any]
            ) -> Iterator[CodeType]:
    """Yield code in which an expression in the place of a site goes through a function."""
    call = ast.Call(ast.Name(NOTICE, ast.Load()), [node], [])
    with Change(None, ((site, call),)).applied():
        code = part.source.compiled()
    names = part.source.function.__globals__
    names[NOTICE] = notice
    try:
        yield code
    finally:
        del names[NOTICE]


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
