"""The table of laws, and what became of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from gradcheck.mask_laws import backward, forward, independence, rate, strict


@dataclass(frozen=True)
class Law:
    """A law: its name, what it says, how it is judged.

    Attributes
    ----------
    name : str
        The key of `expected_failures`.
    check : callable
        Raises DropoutLawError; takes a Probe and an Example, Samples, or a Probe, by kind.
    kind : {'deterministic', 'statistical', 'probe', 'strict'}
        'strict' laws fail only under strict=True and are advice otherwise.
    detects : str
        Statistical laws: the smallest deviation found in nearly every run.
    """

    name: str
    check: Callable[..., None]
    kind: str
    detects: str = ""

    @property
    def description(self) -> str:
        """What the law says, in a line."""
        return (self.check.__doc__ or "").strip().splitlines()[0]


def _laws() -> tuple[Law, ...]:
    def named(module: Any, names: str, kind: str) -> list[Law]:
        return [Law(name, getattr(module, f"check_{name}"), kind, DETECTS.get(name, ""))
                for name in names.split()]

    return (
        *named(forward, """runs values dtype memory_layouts x_untouched param_untouched
               p_zero_is_identity test_mode seed_repeats""", "deterministic"),
        *named(backward, """backward_uses_forward_mask backward_where_x_is_zero backward_is_linear
               backward_repeats dout_untouched test_mode_backward interleaved_forwards""",
               "deterministic"),
        *named(backward, "large_arrays", "probe"),
        *named(independence, "fresh_mask_each_call other_seed_differs", "statistical"),
        *named(rate, "rate rate_at_extreme_p rate_on_every_shape expectation", "statistical"),
        *named(independence, "axes lags far_pairs patterns", "statistical"),
        *named(rate, "count_is_binomial independence_of_x positions small_arrays", "statistical"),
        *named(independence, "calls_are_independent seeds_are_independent", "statistical"),
        *named(strict, """dropped_are_positive_zero bad_p_is_refused bad_mode_is_refused
               cache_is_a_snapshot global_generator_untouched zero_dimensional_and_empty float16
               backward_dtype scale_in_double_precision integers_are_refused
               seed_ignores_dtype_and_layout other_dout_shape_is_refused""", "strict"),
    )


DETECTS = {
    "rate": "p off by 0.009 at p = 0.3, 0.7; by 0.005 at p = 0.5; by 0.006 at p = 0.1, 0.9",
    "rate_at_extreme_p": "p = 0.002 off by 0.0015, p = 0.0004 by 0.0008: 8-bit thresholds",
    "rate_on_every_shape": "p off by 0.16 on shape (1, 64) ..., by 0.09 on (2, 3, 5, 7)",
    "small_arrays": "a pattern of three units that never occurs; p off by 0.4 on one unit",
    "expectation": "mean of out off by 1.4 % at p = 0.3, 1 % at p = 0.5",
    "fresh_mask_each_call": "one repeated mask among 864 calls",
    "calls_are_independent": "correlation 0.07 of successive calls",
    "other_seed_differs": "one repeated mask among 375 seeds",
    "seeds_are_independent": "correlation 0.11 of consecutive seeds",
    "count_is_binomial": "standard deviation of counts off by 40 % (calls), 15 % (blocks of 64)",
    "positions": "p of one position off by 0.24; of odd units by 0.007",
    "independence_of_x": "p of a tenth of the values off by 0.031; of a sign by 0.014",
    "lags": "correlation 0.016 at any one distance up to 2^19",
    "axes": "correlation 0.03 of neighbours along an axis; p of one row off by 0.25",
    "far_pairs": "correlation 0.03 of halves, mirrored or transposed units",
    "patterns": "a pattern of four units more or less frequent by 10 %",
}
LAWS = _laws()


@dataclass(frozen=True)
class CheckResult:
    """What became of one law.

    Attributes
    ----------
    name : str
        The law.
    status : {'passed', 'failed', 'xfail', 'advice', 'skipped'}
        'xfail': broken as expected; 'advice': a law beyond common practice is broken.
    message : str
        What is wrong, the minimal example, the number, the likely slip; or why it was skipped.
    evidence : dict
        The numbers.
    seconds : float
        Time spent.
    """

    name: str
    status: str
    message: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.status:8s} {self.message or self.name}"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON types."""
        return asdict(self)


def table_of_deviations() -> str:
    """Return the smallest deviation that each statistical law detects, as a table."""
    rows = [law for law in LAWS if law.detects]
    width = max(len(law.name) for law in rows)
    rule = f"{'=' * width}  {'=' * max(len(law.detects) for law in rows)}"
    lines = [f"{law.name:{width}}  {law.detects}" for law in rows]
    return "\n".join([rule, f"{'law':{width}}  smallest deviation", rule, *lines, rule])
