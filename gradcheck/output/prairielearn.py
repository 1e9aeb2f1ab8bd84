"""What PrairieLearn reads of a record."""

from __future__ import annotations

from typing import Any

from gradcheck.output.parts import explanation, output_of, summary, total, with_points
from gradcheck.output.plain import clean, dump
from gradcheck.output.record import Record


def as_prairielearn(record: Record) -> str:
    """Return PrairieLearn's ``results.json`` (PrairieLearn documentation, External grading).

    `score` lies in [0, 1]. Only our own fault makes a submission not gradable: an attempt is
    then not used up. A submission that cannot be imported is graded, with zero.
    """
    rows = with_points(record)
    tests = [
        {"name": clean(item.name), "points": earned, "max_points": possible,
         "message": clean(item.message.partition("\n")[0], 300),
         "output": explanation(item, 1500)}
        for item, earned, possible in rows
    ]
    score = total(earned for _, earned, _ in rows)
    max_score = total(possible for _, _, possible in rows)
    result: dict[str, Any] = {
        "gradable": record.fault != "judge",
        "score": min(max(score / max_score, 0.0), 1.0) if max_score else 0.0,
        "message": summary(record),
        "output": output_of(record),
        "tests": tests,
    }
    if record.fault == "judge":
        result["format_errors"] = [clean(record.error)]
    return dump(result)
