"""Wrong backwards with the code that they must be given, and the right twins that must pass.

A code's test file makes one `Cases`, fills it, and takes its tests from it:

    CASES = Cases("scaled")

    CASES.wrong("square_without_two", square, lambda dout, x: dout * x, randn(5, 6), factor=0.5)

    @CASES.backward(affine, *affine_args(7, 4, 3), factor=1 / 7, factor_name="1/N")
    def db_averaged(dout, x, w, b): ...

    CASES.right(square, randn(5, 6), backward=lambda dout, x: 2 * dout * x)

    test_first_code, test_right = CASES.tests()

A backward takes (dout, cache), or (dout, *cache) where it names the cache's parts one by one.
`all_cases()` yields the cases of all files; `python -m tests.gradcheck.findings` judges them.
"""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import re
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import gradcheck
from gradcheck.findings.registry import clues
from gradcheck.findings.rule import Clue
from gradcheck.findings.view import View
from tests.gradcheck.messages import complaints, too_wide

f16, f32 = np.float16, np.float32
PASSED = "passed"
RULE_FAILED = re.compile(r"rule \S+ failed: ")
LABELS = ("also", "factor", "factor_name")

# Another draw gives the same suite other numbers; set it before the files of cases are imported.
DRAW = 0


def randn(*shape: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    """Draw N(0, 1) numbers from a stream of their own for every shape."""
    return np.random.default_rng([seed + 1000 * DRAW, *shape]).standard_normal(shape).astype(dtype)


@dataclass(frozen=True, eq=False)
class Case:
    """A layer: `check()` reports on it, and its first finding should be `code`, or none at all.

    `also` lists other codes that a teacher could defend; `factor` and `factor_name` are what the
    evidence of a `scaled` finding must say.
    """

    name: str
    code: str
    check: Callable[[], Any]
    also: tuple[str, ...] = ()
    factor: float | None = None
    factor_name: str | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def accepted(self) -> tuple[str, ...]:
        """The code and those that are as defensible."""
        return (self.code, *self.also)


@dataclass(frozen=True)
class Verdict:
    """What the checker said of a case: its codes in order, or the exception it died of.

    `views` are what was diagnosed, one for every argument whose numbers disagree.
    """

    case: Case
    passed: bool
    codes: tuple[str, ...]
    seconds: float
    report: Any = None
    views: tuple[View, ...] = ()
    crash: str = ""

    @property
    def evidence(self) -> dict[str, Any]:
        """That of the primary finding."""
        return dict(self.report.findings[0].evidence) if self.codes else {}

    @property
    def detected(self) -> bool:
        """Whether the check failed, as it should."""
        return not self.passed and not self.crash

    @property
    def first(self) -> bool:
        """Whether the primary finding has the right code (or one that is as defensible)."""
        return self.detected and self.codes[:1] in {(code,) for code in self.case.accepted}

    @property
    def among(self) -> bool:
        """Whether any finding has the right code."""
        return self.detected and bool(set(self.codes) & set(self.case.accepted))

    @property
    def right_factor(self) -> bool:
        """Whether the evidence names the factor that the case says, if it says one."""
        case, told = self.case, self.evidence
        if case.factor is not None and not np.isclose(told["factor"], case.factor, rtol=2e-3):
            return False
        names = [value for value in told.values() if isinstance(value, str)]
        return case.factor_name in (None, *names)

    def __str__(self) -> str:
        got = self.crash or ", ".join(self.codes) or (PASSED if self.passed else "inconclusive")
        return f"{self.case.name:66s} {self.case.code:24s} {got} {str(self.evidence)[:160]}"


@functools.cache
def judge(case: Case) -> Verdict:
    """Check one case, once a session; a crash of the checker, or of a rule, is a verdict too."""
    start, views = time.perf_counter(), []
    watcher = (clues()[0][0], Clue(views.append, "", ""))  # asked first, it fits nothing
    try:
        with warnings.catch_warnings(), mock.patch(
                "gradcheck.findings.diagnose.clues", return_value=(watcher, *clues())):
            if case.code != PASSED:
                warnings.simplefilter("ignore", RuntimeWarning)
            report = case.check()
    except Exception as error:
        crash = f"CRASH {type(error).__name__}: {error}".splitlines()[0]
        return Verdict(case, False, (), time.perf_counter() - start, crash=crash)
    codes = tuple(finding.code for finding in report.findings)
    crash = next((note for note in report.notes if RULE_FAILED.match(note)), "")
    return Verdict(case, report.passed, codes, time.perf_counter() - start, report, tuple(views),
                   crash)


def badly_said(report: Any) -> list[str]:
    """Return what is wrong with the wording of a report, and its lines that are too wide."""
    code = [line for finding in report.findings for line in finding.raised_at]
    said = [*(finding.message for finding in report.findings), *report.notes]
    return [*complaints(said), *too_wide(str(report).splitlines(), code)]


def spread(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return a backward of (dout, cache) for one that takes (dout, *cache)."""
    parameters = inspect.signature(function).parameters.values()
    if sum(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters) <= 2:
        return function
    return lambda dout, cache: function(dout, *cache)


def backward_of(forward: Any) -> Callable[[Any], Any]:
    """Make the decorated backward the right one of `forward`, as its attribute `backward`."""

    def attach(backward: Any) -> Any:
        forward.backward = spread(backward)
        return backward

    return attach


def paired(name: str, forward: Any, backward: Callable[..., Any]) -> Any:
    """Return a forward that is called `name` and knows its right backward."""
    forward.__name__ = name
    backward_of(forward)(backward)
    return forward


def but(forward: Any, place: int, change: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return forward's backward with one gradient replaced by change(gradient, dout, *cache)."""

    def spoiled(dout: Any, cache: Any) -> tuple[Any, ...]:
        gradients = list(forward.backward(dout, cache))
        parts = cache if isinstance(cache, tuple) else (cache,)
        gradients[place] = change(gradients[place], dout, *parts)
        return tuple(gradients)

    return spoiled


def described(args: Sequence[Any]) -> str:
    """Name the first array among args: 'float32 4x5'."""
    for value in args:
        if isinstance(value, np.ndarray | np.generic):
            return f"{value.dtype} {'x'.join(map(str, value.shape)) or 'scalar'}"
    return "net"


class Cases:
    """The wrong and the right layers of one code."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.cases: list[Case] = []
        self.twins: set[Any] = set()

    def add(self, name: str, args: Sequence[Any], check: Callable[[], Any],
            code: str | None = None, **label: Any) -> None:
        """Register a check under a name of its own."""
        name = f"{name.strip('_')}[{described(args)}]"
        same = sum(case.name.partition(" #")[0] == name for case in self.cases)
        self.cases.append(Case(f"{name} #{same + 1}" if same else name, code or self.code, check,
                               **label))

    def _layer(self, name: str, forward: Any, backward: Any, args: tuple[Any, ...],
               options: dict[str, Any], code: str | None = None) -> None:
        label = {key: options.pop(key) for key in LABELS if key in options}
        backward = spread(backward)
        # what a wrong layer does to its arguments must not reach the next check
        given = (lambda: args) if code == PASSED else (lambda: copy.deepcopy(args))
        self.add(name, args, lambda: gradcheck.check_layer(
            forward, backward, *given(), **options), code, **label)

    def wrong(self, name: str, forward: Any, backward: Any, *args: Any,
              more: Sequence[tuple[Any, ...]] = (), code: str | None = None, **options: Any
              ) -> None:
        """Register a wrong backward at args, and at every tuple of arguments in `more`.

        A forward that knows its right backward becomes a right twin at the same arguments. `code`
        is given where a file holds cases of several.
        """
        factors = options.pop("factor", None)
        for place, each in enumerate((args, *more)):
            factor = factors[place] if isinstance(factors, list) else factors
            self._layer(name, forward, backward, each, {**options, "factor": factor}, code)
        if hasattr(forward, "backward") and forward not in self.twins:
            self.twins.add(forward)
            self.right(forward, *args, **{key: value for key, value in options.items()
                                          if key not in LABELS})

    def backward(self, forward: Any, *args: Any, **options: Any) -> Callable[[Any], Any]:
        """Register the decorated backward as a wrong partner of `forward`."""

        def register(backward: Any) -> Any:
            self.wrong(backward.__name__, forward, backward, *args, **options)
            return backward

        return register

    def forward(self, backward: Any, *args: Any, **options: Any) -> Callable[[Any], Any]:
        """Register the decorated forward as a wrong partner of `backward`."""

        def register(forward: Any) -> Any:
            self.wrong(forward.__name__, forward, backward, *args, **options)
            return forward

        return register

    def right(self, forward: Any, *args: Any, backward: Any = None, name: str = "",
              more: Sequence[tuple[Any, ...]] = (), **options: Any) -> None:
        """Register a layer that must pass, at args and at every tuple of arguments in `more`.

        Its backward is forward's own, if none is given.
        """
        for each in (args, *more):
            self._layer(name or forward.__name__, forward, backward or forward.backward, each,
                        dict(options), PASSED)

    def gradient(self, name: str, f: Any, gradient: Any, x: Any, *, code: str | None = None,
                 **options: Any) -> None:
        """Register a wrong gradient of the scalar function f at x; a right one as PASSED."""
        label = {key: options.pop(key) for key in LABELS if key in options}
        self.add(name, (x,), lambda: gradcheck.check_gradient(
            f, gradient, copy.deepcopy(x), **options), code, **label)

    def net(self, name: str, make: Callable[[], Any], X: np.ndarray, y: np.ndarray, *,
            code: str | None = None) -> None:
        """Register a maker of nets with wrong gradients; of right ones as PASSED."""
        self.add(name, (X,), lambda: gradcheck.check_net(make(), X, y), code)

    def tests(self) -> tuple[Callable[[Case], None], Callable[[Case], None]]:
        """Return the test of the wrong cases and that of the right ones, one item for each."""
        import pytest

        def test_first_code(case: Case) -> None:
            verdict = judge(case)
            assert verdict.first, str(verdict)
            assert verdict.right_factor, str(verdict)
            assert not badly_said(verdict.report)

        def test_right(case: Case) -> None:
            verdict = judge(case)
            assert verdict.passed, f"{verdict}\n{verdict.report}"

        wrong = [case for case in self.cases if case.code != PASSED]
        right = [case for case in self.cases if case.code == PASSED]
        return (pytest.mark.parametrize("case", wrong, ids=str)(test_first_code),
                pytest.mark.parametrize("case", right, ids=str)(test_right))


def collections() -> Iterator[tuple[str, Cases]]:
    """Yield the path of every test file below this folder that has cases, and its cases."""
    here = Path(__file__).parent
    for path in sorted(here.rglob("test_*.py")):
        if "CASES" in path.read_text(encoding="utf-8"):
            parts = path.relative_to(here).with_suffix("").parts
            module = importlib.import_module(".".join((__package__, *parts)))
            if isinstance(getattr(module, "CASES", None), Cases):
                yield "/".join(parts), module.CASES


def all_cases() -> Iterator[Case]:
    """Yield every case, wrong or right, of every file."""
    for _, collection in collections():
        yield from collection.cases
