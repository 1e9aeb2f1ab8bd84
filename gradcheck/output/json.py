"""The whole record as JSON, and the schema that it keeps to (schema.json, beside this module)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from gradcheck.output.plain import dump
from gradcheck.output.record import Record


def as_json(record: Record) -> str:
    """Return the whole record as JSON."""
    return dump(record.to_dict())


def as_json_list(records: Sequence[Record]) -> str:
    """Return several records as one JSON list."""
    return dump([record.to_dict() for record in records])


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a record and of a list of records.

    Examples
    --------
    >>> schema()["$defs"]["record"]["properties"]["schema"]
    {'const': 1}
    """
    text = files("gradcheck.output").joinpath("schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
