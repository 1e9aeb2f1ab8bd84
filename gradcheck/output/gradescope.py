"""What Gradescope reads of a record."""

from __future__ import annotations

from gradcheck.output.parts import explanation, summary, total, with_points
from gradcheck.output.plain import clean, dump
from gradcheck.output.record import Record


def as_gradescope(record: Record) -> str:
    """Return Gradescope's ``results.json`` (gradescope-autograders.readthedocs.io, Specifications).

    An item without points counts one. `score` is given at the top too, so an empty list of tests
    is still a valid result.
    """
    rows = with_points(record)
    tests = [
        {"name": clean(item.name), "score": earned, "max_score": possible,
         "status": "passed" if item.passed else "failed", "output": explanation(item),
         "output_format": "text", "visibility": "visible"}
        for item, earned, possible in rows
    ]
    return dump({
        "score": total(earned for _, earned, _ in rows),
        "execution_time": round(record.seconds, 3),
        "output": "\n".join([summary(record), *(f"note: {clean(note)}" for note in record.notes)]),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    })
