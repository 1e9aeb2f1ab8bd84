"""The whole record as JSON."""

from __future__ import annotations

from gradcheck.output.plain import dump
from gradcheck.output.record import Record


def as_json(record: Record) -> str:
    """Return the whole record as JSON."""
    return dump(record.to_dict())
