"""What a check found, as frozen records that read well as text, HTML and JSON.

Nothing here computes: `gradcheck.check` fills the records in.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gradcheck.folded import folded
from gradcheck.grid import Grid
from gradcheck.output.plain import plain
from gradcheck.output.pointer import diff_of, pointer, sentence
from gradcheck.repaired import Repair

MOST_WHERE = 20
MOST_SHOWN, MOST_COLUMNS = 5, 40
TIE, NUMERIC = "\xa0", re.compile(r"numeric \S+ ± ")  # a number and its bound stay together


# A gradient that is right can have these; they are told, and fail nothing but where their evidence
# says `fails`.
WARNED = frozenset({"dout-mutated", "cache-mutated", "input-mutated", "lower-precision", "unstable",
                    "setting-ignored", "numerical-backward"})


class GradientError(AssertionError):
    """A gradient check failed; the message is the report's text."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its stable code.

    Attributes
    ----------
    code : str
        A finding's code, such as ``'scaled'``; see ``gradcheck explain CODE``.
    argument : str or None
        The argument whose gradient is wrong; None where the finding is about the whole layer.
    where : tuple of tuple of int
        Indices of wrong coordinates, the worst first; at most twenty of them.
    message : str
        What, where, the likely cause, and the remedy.
    evidence : dict
        The numbers behind the message.
    """

    code: str
    argument: str | None
    where: tuple[tuple[int, ...], ...]
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        target = f" in d{self.argument}" if self.argument else ""
        return f"{self.code}{target}: {self.message}"

    @property
    def fails(self) -> bool:
        """Whether it makes a layer fail, even if every gradient is right."""
        return bool(self.evidence.get("fails", self.code not in WARNED))

    @property
    def symptoms(self) -> frozenset[str]:
        """The code, and those of what was seen first, before other arguments told the cause."""
        return frozenset({self.code, *self.evidence.get("instead_of", ())})

    @property
    def places(self) -> str:
        """The first places and a semicolon, to be followed by a pointer; '' where there is none."""
        shown = [_index(index) for index in self.where[:MOST_SHOWN]]
        while len(shown) > 1 and len(", ".join(shown)) > MOST_COLUMNS:
            shown.pop()
        more = " ..." if len(self.where) > len(shown) else ""
        return f"at {', '.join(shown)}{more}; " if shown else ""

    @property
    def raised_at(self) -> list[str]:
        """File, line and code line of an exception, as Python's traceback shows them."""
        return str(self.evidence.get("line", "")).splitlines()

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain Python values that JSON can hold."""
        return {
            "code": self.code,
            "argument": self.argument,
            "where": [list(index) for index in self.where],
            "message": self.message,
            "evidence": plain(dict(self.evidence)),
        }


@dataclass(frozen=True)
class ArgumentReport:
    """The numbers of one argument's gradient.

    Attributes
    ----------
    name, shape, dtype
        The argument as it was passed.
    checked : int
        How many of its coordinates were compared.
    worst_index : tuple of int
        Where ``|analytic - numeric|`` is largest against its tolerance.
    analytic, numeric, error, bound : float
        The two values there, their distance, and the error bound of the numeric one.
    worst_error : float
        The largest error of any coordinate, relative to the gradient's root mean square plus the
        coordinate itself; of a large argument, the relative disagreement along a direction.
    directions : int
        Along how many random directions a large argument was compared; 0 for one that was
        compared coordinate by coordinate.
    coarseness : float
        An error of so large a share of the gradient might hide behind the tolerance; what is
        smaller than this, elements included, would not show.
    grid : Grid or None
        The two gradients, small enough to be drawn.
    steps : tuple of (float, float, float)
        At `worst_index`: step, central difference and the bound of its roundoff, the widest step
        first. Empty where it is right and nobody asked for them.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    checked: int
    worst_index: tuple[int, ...]
    analytic: float
    numeric: float
    error: float
    bound: float
    worst_error: float
    directions: int = 0
    coarseness: float = 0.0
    grid: Grid | None = field(default=None, repr=False, compare=False)
    steps: tuple[tuple[float, float, float], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        head = f"d{self.name} {self.dtype}{list(self.shape)}: {self.checked} checked"
        if self.directions and not self.error:
            return (f"{head} along {self.directions} random directions, worst relative error "
                    f"{self.worst_error:.1e}")
        return (
            f"{head}, worst relative error {self.worst_error:.1e} at {_index(self.worst_index)}: "
            f"analytic {self.analytic:.9g}, numeric {self.numeric:.9g} ± {self.bound:.1e}"
        )

    def to_dict(self, grid: bool = False) -> dict[str, Any]:
        """Return the numbers as plain Python values that JSON can hold, the grid if asked for."""
        names = ("name", "dtype", "checked", "analytic", "numeric", "error", "bound",
                 "worst_error", "directions", "coarseness")
        record = {name: plain(getattr(self, name)) for name in names}
        return {**record, "shape": list(self.shape), "worst_index": list(self.worst_index),
                "steps": [list(map(plain, rung)) for rung in self.steps],
                **({"grid": self.grid.to_dict()} if grid and self.grid is not None else {})}


@dataclass(frozen=True)
class Report:
    """The outcome of a gradient check.

    Attributes
    ----------
    passed : bool
        True if nothing was found and every coordinate could be decided.
    inconclusive : bool
        True if the numeric gradient's own error bound was too wide to decide some coordinate, or
        nothing was compared.
    findings : tuple of Finding
        What is wrong, the cause that explains most first.
    checked : int
        Coordinates compared.
    evaluations : int
        Calls of the forward function (of the loss, for a net).
    seconds : float
        Wall-clock time of the check.
    arguments : tuple of ArgumentReport
        The numbers, an entry for each differentiated argument.
    notes : tuple of str
        What a reader should know besides the verdict.
    examples : int
        At how many examples the layer was judged.
    repairs : tuple of Repair
        The line that a slip is in, and the edit that was proved, where they were asked for.
    """

    passed: bool
    inconclusive: bool
    findings: tuple[Finding, ...]
    checked: int
    evaluations: int
    seconds: float
    arguments: tuple[ArgumentReport, ...] = ()
    notes: tuple[str, ...] = ()
    name: str = "layer"
    examples: int = 1
    repairs: tuple[Repair, ...] = ()

    @property
    def status(self) -> str:
        """'passed', 'warned', 'failed' or 'inconclusive'."""
        if self.passed:
            return "passed"
        compared = {entry.name for entry in self.arguments}
        if any(finding.fails or (
                finding.code == "lower-precision" and finding.argument not in compared)
                for finding in self.findings):
            return "failed"
        return "inconclusive" if self.inconclusive or not self.checked else "warned"

    def without(self, codes: Collection[str]) -> Report:
        """Return the report without the findings of these codes."""
        kept = tuple(finding for finding in self.findings if finding.code not in codes)
        return replace(self, findings=kept, passed=not kept and not self.inconclusive)

    @property
    def worst_error(self) -> float:
        """The largest relative error of any argument; NaN where no number was compared."""
        return max((entry.worst_error for entry in self.arguments), default=float("nan"))

    def __str__(self) -> str:
        lines = [
            f"{self.name}: {self.status} ({self._examples}{self.checked} coordinates, "
            f"{self.evaluations} forward calls, {self.seconds:.2g} s)"
        ]
        for entry in self.arguments:
            lines += _wrapped(str(entry))
        for finding, head in folded(self.findings):
            lines += _wrapped(f"{head}: {finding.message}")
            lines += [f"    {line}" for line in finding.raised_at]
            lines.append(f"    {finding.places}see: gradcheck explain {finding.code}")
        for told in (repair.to_dict() for repair in self.repairs):
            lines += [f"  {line}" for line in (*pointer(told), sentence(told))]
            lines += diff_of(told)
        for note in self.notes:
            lines += _wrapped(f"note: {note}")
        return "\n".join(lines)

    @property
    def _examples(self) -> str:
        return f"{self.examples} examples, " if self.examples > 1 else ""

    def paragraphs(self) -> Iterator[str]:
        """Yield what is wrong, to be folded: each finding, the numbers beside them, the notes."""
        told = folded(self.findings)
        for finding, head in told:
            yield f"{head}: {finding.message}"
            yield from (f"  {line}" for line in finding.raised_at)
            yield f"  {finding.places}gradcheck explain {finding.code}"
        guilty = {finding.argument for finding, _ in told}
        for entry in self.arguments:
            if entry.name in guilty or not self.findings:
                yield f"  {entry}"
        for note in self.notes:
            yield f"  note: {note}"

    def to_dict(self, grids: bool = False) -> dict[str, Any]:
        """Return the report as plain Python values that JSON can hold, grids if asked for."""
        return {
            "name": self.name,
            "verdict": self.status,
            "status": self.status,
            "passed": self.passed,
            "inconclusive": self.inconclusive,
            "findings": [finding.to_dict() for finding in self.findings],
            "checked": self.checked,
            "examples": self.examples,
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "arguments": [entry.to_dict(grids) for entry in self.arguments],
            "notes": list(self.notes),
            "repairs": [repair.to_dict() for repair in self.repairs],
        }

    def raise_if_failed(self) -> None:
        """Raise GradientError with the report's text if it failed or could not decide."""
        if self.status in ("failed", "inconclusive"):
            raise GradientError(str(self))

    def _repr_html_(self) -> str:
        from gradcheck.output.html.small import report_view  # for a notebook alone

        return report_view(self)


def _wrapped(text: str) -> list[str]:
    """Return a paragraph in lines of a report."""
    tied = NUMERIC.sub(lambda found: found[0].replace(" ", TIE), text)
    lines = textwrap.wrap(tied, 98, initial_indent="  ", subsequent_indent="    ",
                          break_long_words=False, break_on_hyphens=False)
    return [line.replace(TIE, " ") for line in lines]


def _index(index: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, index)) + "]"
