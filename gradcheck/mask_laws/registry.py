"""The table of laws: those of every subject, in the order in which they are judged."""

from __future__ import annotations

from types import ModuleType

from gradcheck.mask_laws import (
    backward,
    forward,
    freshness,
    independence,
    rate,
    strict_arrays,
    strict_calls,
    succession,
    uniformity,
)
from gradcheck.mask_laws.law import Law

# The first law that is broken should be the one that says what is wrong: the simplest come first.
SUBJECTS = (forward, backward, freshness, rate, independence, uniformity, succession,
            strict_calls, strict_arrays)


def laws_of(subject: ModuleType) -> list[Law]:
    """Return the laws of one module, in the order in which they stand there."""
    return [law for law in vars(subject).values() if isinstance(law, Law)]


LAWS = tuple(law for subject in SUBJECTS for law in laws_of(subject))
COMMON_LAWS = tuple(law for law in LAWS if law.kind != "strict")
STRICT_LAWS = tuple(law for law in LAWS if law.kind == "strict")


def table_of_deviations() -> str:
    """Return the smallest deviation that each statistical law detects, as a table."""
    rows = [law for law in LAWS if law.detects]
    width = max(len(law.name) for law in rows)
    rule = f"{'=' * width}  {'=' * max(len(law.detects) for law in rows)}"
    lines = [f"{law.name:{width}}  {law.detects}" for law in rows]
    return "\n".join([rule, f"{'law':{width}}  smallest deviation", rule, *lines, rule])
