"""One check under way: contract, then numbers, then diagnosis, then a Report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.inspection import as_gradients, inspect_layer, note_exception
from gradcheck.contract.layer import Layer
from gradcheck.contract.linearity import note_nonlinearity
from gradcheck.equal import (
    ARGUMENT_ULPS,
    COMPUTED_IN,
    HIDDEN,
    NATIVE_ULPS,
    TERMS,
)
from gradcheck.findings.case import Case
from gradcheck.findings.contrast import contrasted
from gradcheck.findings.diagnose import Diagnosis, diagnose, is_fatal
from gradcheck.findings.lenses.others import Wrong, seems_right
from gradcheck.numeric.compare import compare
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.dependence import align
from gradcheck.numeric.differences import Problem, natural_scale
from gradcheck.numeric.evaluator import Evaluator, ShapeError, output_of
from gradcheck.numeric.jointly import Jointly
from gradcheck.numeric.ladder import step_lengths
from gradcheck.numeric.projection import compare_by_projection
from gradcheck.progress import progress_bar
from gradcheck.report import Report
from gradcheck.run import summary
from gradcheck.run.native import hold_native
from gradcheck.run.parts import settle_in_parts
from gradcheck.run.scatter import scatter
from gradcheck.workers import map_like

Array = NDArray[Any]
Workers = int | Callable[..., Any] | None

# above so many perturbations an argument is compared along random directions; a net's loss is dear
MOST_GROUPS = {"layer": 1024, "gradient": 1024, "net": 16}
NO_NUMBERS = ("non-finite", "wrong-shape", "padding-crop")


class Session:
    """Runs one check; `kind` is 'layer', 'gradient' (of a scalar function) or 'net'.

    With `along`, every argument is compared along so many random directions, however small it is.
    """

    def __init__(self, layer: Layer, constants: Mapping[str, float], label: str,
                 kind: str = "layer", seed: int = 0, along: int = 0, rtol: float = 0.0,
                 atol: float = 0.0) -> None:
        self.started = time.perf_counter()
        self.layer, self.constants, self.label, self.kind = layer, dict(constants), label, kind
        self._streams = np.random.SeedSequence(seed).spawn(3)
        self.upstream, self.linear = map(np.random.default_rng, self._streams[:2])
        self.evaluator = Evaluator(layer.forward, layer.args)
        self.comparisons: list[Comparison] = []
        self.problem: Problem | None = None
        self.groups, self.along = 0, along
        self.spreads: dict[int, Array | float] = {}
        self.analytic: list[Array] = []
        self.rtol, self.atol = rtol, atol
        self.is_part, self.only = False, set(layer.wrt)

    @cached_property
    def directions(self) -> np.random.Generator:
        """Draws the directions, where there are any."""
        return np.random.default_rng(self._streams[2])

    def run(self, dout: Array | None, workers: Workers, progress: bool) -> Report:
        """Return the report."""
        report = self._judged(dout, workers, progress)
        return contrasted(report, Wrong(self.layer.args, self.layer.names,
                                        getattr(self.found.out, "shape", None), self._right_at))

    def _judged(self, dout: Array | None, workers: Workers, progress: bool) -> Report:
        self.found = inspect_layer(self.layer, dout, self.upstream)
        self.evaluator.count = self.found.calls
        self.evaluator.protect = self.found.has("input-mutated") or self.found.has("cache-mutated")
        if not self.found.gradients or is_fatal(self.found):
            return self._report(diagnose(self.found))
        with np.errstate(all="ignore"), progress_bar(self.label, progress) as bar, \
                map_like(workers) as mapper:
            case = self._case(mapper, bar)
            diagnosis = diagnose(self.found, case)
            wrong = None
            if case is not None and not diagnosis.findings:
                wrong = self._decide_in_parts(case, workers)
            return wrong or self._report(diagnosis)

    def _decide_in_parts(self, case: Case, workers: Workers) -> Report | None:
        """Decide what the sum over all outputs left open; return what is wrong with a part."""
        if self.kind != "layer" or self.is_part:
            return None

        def check(dout: Array) -> Report:
            other = Session(self.layer, self.constants, self.label, along=self.along,
                            rtol=self.rtol, atol=self.atol)
            other.is_part, other.only = True, {entry.position for entry in self.comparisons
                                               if np.any(entry.undecided)}
            return other.run(dout, workers, False)

        wrong, evaluations = settle_in_parts(case, check)
        self.evaluator.count += evaluations
        return wrong

    def _case(self, mapper: Callable[..., Any] | None, bar: Callable[[int], None]) -> Case | None:
        """Return the numbers; None where they mean nothing after all."""
        try:
            return self._compare_all(mapper, bar)
        except ShapeError as error:
            self.found.add("wrong-shape", "output", reason=str(error))
            return None
        except Exception as error:
            if not getattr(error, "raised_by_forward", False):
                raise
            note_exception(self.found, "near", error)
            return None

    def _compare_all(self, mapper: Callable[..., Any] | None,
                     bar: Callable[[int], None]) -> Case | None:
        """Compare every argument at float64, then the user's dtype with that."""
        assert self.found.dout is not None
        dout = self.found.dout.astype(np.float64)
        analytic = self._analytic(dout)
        if analytic is None:
            return None
        self.analytic = analytic
        self.evaluator.measure_resolution(self.layer.wrt, self.linear)
        returned = self.evaluator.call()
        origin = output_of(returned).astype(np.float64)
        self.evaluator.shape = dout.shape
        if origin.shape != dout.shape:
            raise ShapeError(f"forward's output has shape {origin.shape} at float64 and shape "
                             f"{dout.shape} at the arguments' own dtype")
        if self.kind == "layer":
            self._note_nonlinearity(returned[1], origin, dout, analytic)
            if is_fatal(self.found):
                return None
        problem = Problem(self.evaluator, origin, dout, mapper, bar, self._noise, self._spread,
                          rtol=self.rtol, atol=self.atol)
        self.problem = problem
        places = {position: place for place, position in enumerate(self.layer.wrt[:len(analytic)])
                  if position in self.only and self._is_comparable(position, analytic[place])}
        if self.along:
            self.jointly = Jointly(problem, {position: analytic[places[position]] for position
                                             in places}, self.directions, self.along)
        for position, place in places.items():
            self.comparisons.append(self._judge(problem, position, place, analytic[place]))
        return Case(self.layer, problem, self.found, tuple(self.comparisons), tuple(analytic),
                    self.constants, self.kind, self._again)

    def _is_comparable(self, position: int, gradient: Array) -> bool:
        name, shape = self.layer.names[position], self.layer.args[position].shape
        return gradient.shape == shape and gradient.dtype.kind == "f" and not any(
            name in self.found.arguments(code) for code in NO_NUMBERS)

    def _again(self, args: tuple[Any, ...]) -> Case | None:
        """Return the case of the same layer at other arguments, None where they are of no use."""
        if self.kind != "layer":
            return None
        other = Session(replace(self.layer, args=args), self.constants, self.label)
        other.found = inspect_layer(other.layer, None, other.upstream)
        case = None
        if other.found.gradients and not is_fatal(other.found):
            case = other._case(None, lambda steps: None)
        self.evaluator.count += other.found.calls + other.evaluator.count
        return case

    @np.errstate(all="ignore")
    def _right_at(self, args: tuple[Any, ...]) -> tuple[int, ...] | None:
        case = self._again(args) if seems_right(self.layer, args) else None
        return case.out.shape if case and case.is_right else None

    def _note_nonlinearity(self, cache: Any, origin: Array, dout: Array,
                           analytic: list[Array]) -> None:
        def rounding(position: int) -> Array | float:
            terms = natural_scale(origin, dout, self.evaluator.args[position])
            return TERMS * self.evaluator.eps * terms + self._noise(position)

        note_nonlinearity(self.found, self.layer, cache, dout, analytic, self.linear, rounding)

    def _judge(self, problem: Problem, position: int, place: int, gradient: Array) -> Comparison:
        """Compare one argument's gradient at float64 and, if it passes, at the user's dtype."""
        comparison = self._compare(self._of_dtypes(problem, position, gradient.dtype), position,
                                   gradient.astype(np.float64))
        if not np.any(comparison.failed):
            self._compare_native(problem, comparison, place)
        return comparison

    def _of_dtypes(self, problem: Problem, position: int, dtype: np.dtype[Any]) -> Problem:
        """Return the problem with what the dtypes of an argument and its gradient allow."""
        argument = self.layer.args[position].dtype
        # a gradient is held to the coarser of the argument's dtype and its own
        ulps = max(ARGUMENT_ULPS * float(np.finfo(argument).eps),
                   NATIVE_ULPS * float(np.finfo(dtype).eps))
        assert self.found.out is not None
        finest = next((width for width, eps in COMPUTED_IN.items() if self.evaluator.eps > eps), 8)
        width = min(finest, argument.itemsize, dtype.itemsize, self.found.out.dtype.itemsize)
        return replace(problem, ulps=ulps, limit=HIDDEN[width], moved_by=self._moved_by(position))

    def _analytic(self, dout: Array) -> list[Array] | None:
        """Return the gradients at float64: the user's own if that is his dtype."""
        if all(self.layer.args[i].dtype == np.float64 for i in self.layer.wrt):
            return [np.asarray(entry) for entry in self.found.gradients]
        try:
            return self._gradients(self.evaluator.arguments(), dout)
        except Exception as error:
            note_exception(self.found, "float64", error)
            return None

    def _gradients(self, args: list[Any], dout: Array) -> list[Array]:
        """Return backward's gradients at other arguments."""
        self.evaluator.count += 1
        _, cache = self.layer.forward(*args)
        gradients = as_gradients(self.layer.backward(dout.copy(), cache))
        if gradients is not None:
            return [np.array(entry) for entry in gradients]
        raise TypeError("backward returned neither an array nor a tuple of arrays")

    def _noise(self, position: int) -> Array | float:
        """Return how far a layer's gradient moves as its arguments are rounded anew."""
        return self._spread(position) if self.kind == "layer" else 0.0

    def _spread(self, position: int) -> Array | float:
        """Return the scatter of the float64 gradient; computed once."""
        assert self.found.dout is not None
        if position not in self.spreads:
            self.spreads[position] = self._scatter(
                self.evaluator.arguments, self.layer.wrt.index(position),
                self.found.dout.astype(np.float64), self._moved_by(position))
        return self.spreads[position]

    def _moved_by(self, position: int) -> float:
        """Return the relative amount that shows how an argument's gradient is rounded."""
        dtype = self.analytic[self.layer.wrt.index(position)].dtype
        own = float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0
        return 4 * max(self.evaluator.eps, own / 2)

    def _scatter(self, arguments: Callable[[], list[Any]], place: int, dout: Array,
                 relative: float) -> Array | float:
        return scatter(lambda args, moved: self._gradients(args, moved)[place], arguments,
                       self.layer.wrt, dout, relative, seed=place)

    def _compare(self, problem: Problem, position: int, analytic: Array) -> Comparison:
        """Compare coordinate by coordinate, or along directions where that costs too much."""
        x, name = self.evaluator.args[position], self.layer.names[position]
        if self.along:
            return self.jointly.comparison(problem, position, name, analytic)
        scale = step_lengths(x, self.evaluator.eps) / self.evaluator.eps ** (1 / 3)
        alignment = align(self.evaluator, position, problem.origin, scale)
        self.groups += alignment.group_count
        most = MOST_GROUPS[self.kind]
        if (self.groups if self.kind == "net" else alignment.group_count) <= most:
            return compare(problem, position, name, analytic, alignment)
        return compare_by_projection(problem, position, name, analytic, self.directions)

    def _compare_native(self, problem: Problem, comparison: Comparison, place: int) -> None:
        """Hold the gradient of a narrower dtype against the float64 one, which has passed."""
        if self.layer.args[comparison.position].dtype != np.float64:
            hold_native(comparison, self.found, problem, place, self.layer.args,
                        lambda dout, relative: self._scatter(self.layer.copies, place, dout,
                                                             relative))

    def _report(self, diagnosis: Diagnosis) -> Report:
        """Close the check."""
        findings = diagnosis.findings
        notes = summary.notes_of(self.comparisons, self.layer, self.rtol, self.atol)
        checked = sum(entry.coordinates for entry in self.comparisons)
        if nothing := not findings and not checked:
            notes.append("nothing was compared: the arguments have no elements. Remedy: check at "
                         "arrays that have some")
        inconclusive = nothing or any(bool(np.any(entry.undecided)) for entry in self.comparisons)
        return Report(
            passed=not findings and not inconclusive,
            inconclusive=inconclusive,
            findings=findings,
            checked=checked,
            evaluations=self.evaluator.count,
            seconds=time.perf_counter() - self.started,
            arguments=tuple(summary.of_argument(
                entry, self.layer.args[entry.position], self.problem)
                for entry in self.comparisons),
            notes=(*notes, *diagnosis.notes),
            name=self.label,
        )
