"""Run the checker on mutants and right layers, and count its verdicts."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from . import Correct, Mutant


@dataclass(frozen=True)
class Verdict:
    """What the checker said of one mutant: its codes in order, or the exception it died of."""

    mutant: Mutant
    passed: bool
    codes: tuple[str, ...]
    seconds: float
    evidence: str = ""
    crash: str = ""

    @property
    def detected(self) -> bool:
        return not self.passed and not self.crash

    @property
    def first(self) -> bool:
        """Whether the primary finding has the right code (or one that is as defensible)."""
        return self.detected and self.codes[:1] in {(code,) for code in self._right}

    @property
    def among(self) -> bool:
        return self.detected and bool(set(self.codes) & set(self._right))

    @property
    def _right(self) -> tuple[str, ...]:
        return (self.mutant.code, *self.mutant.also)

    def __str__(self) -> str:
        got = self.crash or ", ".join(self.codes) or ("PASSED" if self.passed else "inconclusive")
        return f"{self.mutant.name:66s} {self.mutant.code:24s} {got} {self.evidence}"


def judge(mutant: Mutant) -> Verdict:
    """Check one mutant; a crash of the checker is a verdict too."""
    start = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            report = mutant.check()
    except Exception as error:
        crash = f"CRASH {type(error).__name__}: {error}".splitlines()[0]
        return Verdict(mutant, False, (), time.perf_counter() - start, crash=crash)
    codes = tuple(finding.code for finding in report.findings)
    evidence = str(report.findings[0].evidence)[:160] if codes else ""
    return Verdict(mutant, report.passed, codes, time.perf_counter() - start, evidence)


def judge_mutants(mutants: Iterable[Mutant]) -> list[Verdict]:
    """Judge every mutant."""
    return [judge(mutant) for mutant in mutants]


def judge_correct(layers: Iterable[Correct]) -> list[Verdict]:
    """Judge every right layer as a mutant whose code is 'passed'."""
    return [judge(Mutant(layer.name, "passed", layer.check)) for layer in layers]


def summary(mutants: list[Verdict], correct: list[Verdict]) -> str:
    """Say totals and rates, then every missed, misnamed and falsely failed case."""
    missed = [v for v in mutants if not v.detected]
    misnamed = [v for v in mutants if v.detected and not v.first]
    false = [v for v in correct if not v.passed]
    count = max(1, len(mutants))
    codes = {v.mutant.code for v in mutants}
    lines = [
        f"{len(mutants)} mutants of {len(codes)} codes, {len(correct)} right layers, "
        f"{sum(v.seconds for v in mutants + correct):.1f} s",
        f"detected {1 - len(missed) / count:.1%}, right code first "
        f"{sum(v.first for v in mutants) / count:.1%}, among the findings "
        f"{sum(v.among for v in mutants) / count:.1%}, false failures {len(false)}",
    ]
    for title, verdicts in (("missed (wanted, got)", missed), ("misnamed (wanted, got)", misnamed),
                            ("false failures", false)):
        if verdicts:
            lines += ["", f"{title}: {len(verdicts)}", *(f"  {v}" for v in verdicts)]
    slow = [v for v in mutants + correct if v.seconds > 1]
    if slow:
        lines += ["", "slower than a second:"]
        lines += [f"  {v.mutant.name:66s} {v.seconds:.1f} s" for v in slow]
    return "\n".join(lines)
