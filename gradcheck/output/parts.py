"""What several formats say alike: the summary, an item's explanation, its points."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gradcheck.output.plain import MESSAGE_LIMIT, OUTPUT_LIMIT, clean, counted, one_line
from gradcheck.output.pointer import repairs_in, shown
from gradcheck.output.record import STATUSES, Item, Record


def summary(record: Record) -> str:
    """Return the counts of every status, the points and the time in one line.

    Below it stands what went wrong with the whole.

    >>> summary(Record("grade", "a.py", (Item("relu", "relu", "failed", "", 1.0, 4.0),)))
    'a.py: 1 failed, 1 of 4 points in 0.0 s'
    """
    counts = {status: sum(item.status == status for item in record.items) for status in STATUSES}
    parts = [f"{count} {status}{'s' * (status == 'error' and count > 1)}"
             for status, count in counts.items() if count] or ["0 judged"]
    if record.max_score:
        parts.append(f"{record.score:g} of {record.max_score:g} points")
    name = one_line(record.target)
    line = f"{name}: {', '.join(parts)} in {record.seconds:.1f} s{_work(record)}{_seed(record)}"
    return f"{line}\n{clean(record.error)}" if record.error else line


def _seed(record: Record) -> str:
    """Tell what repeats a grade, unless its reader is to know the verdict alone."""
    seed = record.settings.get("seed") if record.kind == "grade" else None
    seed = None if _is_verdict_alone(record) else seed
    return "" if seed is None else f", seed {seed}"


def _is_verdict_alone(record: Record) -> bool:
    """Whether a grade tells no more than its verdicts: seed and output tell what was judged."""
    return record.kind == "grade" and record.settings.get("hints") == 0


def output_of(record: Record) -> str:
    """Return what was printed, cleaned, where its reader may know it.

    Examples
    --------
    >>> hidden = Record("grade", "a.py", output="x was 3", settings={"hints": 0})
    >>> output_of(hidden), output_of(Record("grade", "a.py", output="x was 3"))
    ('', 'x was 3')
    """
    return "" if _is_verdict_alone(record) else clean(record.output, OUTPUT_LIMIT)


def _work(record: Record) -> str:
    """Say how much was compared, where gradients were."""
    reports = [item.details["report"] for item in record.items if "report" in item.details]
    if record.kind != "check" or not reports:
        return ""
    checked, calls = (sum(report[key] for report in reports) for key in ("checked", "evaluations"))
    return f" ({counted(checked, 'coordinate')}, {counted(calls, 'forward call')})"


def explanation(item: Item, limit: int = MESSAGE_LIMIT) -> str:
    """Return what is wrong with an item and what is advised, or its status alone."""
    return clean("\n".join([item.message or item.status,
                            *(line for pointed, said, diff in shown(repairs_in(item.details))
                              for line in (*pointed, said, *diff)),
                            *(f"advice: {text}" for text in item.advice)]), limit)


def with_points(record: Record) -> list[tuple[Item, float, float]]:
    """Return (item, points, most points) for each item; one without points counts one."""
    return [
        (item, float(item.passed) if item.max_points is None else round(item.points or 0.0, 6),
         1.0 if item.max_points is None else round(item.max_points, 6))
        for item in record.items
    ]


def total(values: Iterable[float]) -> float:
    """Return a sum of points that shows no rounding."""
    return round(math.fsum(values), 6)
