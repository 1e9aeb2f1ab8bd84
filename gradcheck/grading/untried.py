"""What is said of the layers of a submission of which nothing could be judged."""

from __future__ import annotations

from gradcheck.output.record import Record

NOT_IMPORTED = "not judged: the file cannot be imported, see the error below"
GIVEN_UP = "not judged, see the error below"
ABSENT = ": missing; the file defines "
NO_FUNCTIONS = "not graded: the file has classes alone, see the error below"


def is_untried(record: Record) -> bool:
    """Whether a record's error says all: nothing of the file could be judged."""
    return bool(record.error) and all(item.message in (NO_FUNCTIONS, NOT_IMPORTED)
                                      for item in record.items)
