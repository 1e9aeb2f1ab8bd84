"""What holds a written format to its schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import xmlschema

from gradcheck.output.json import schema

DATA = Path(__file__).parent / "data"


@cache
def _json_validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


@cache
def _sarif_validator() -> Any:
    rules = json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(rules)(rules)


@cache
def _junit_validator() -> Any:
    return xmlschema.XMLSchema(str(DATA / "junit-10.xsd"))


def valid_json(text: str) -> Any:
    """Return JSON text as values, after it was held to the package's own schema."""
    values = json.loads(text)
    _json_validator().validate(values)
    return values


def valid_sarif(text: str) -> Any:
    """Return a SARIF log as values, after it was held to the standard's schema."""
    values = json.loads(text)
    _sarif_validator().validate(values)
    return values


def valid_junit(text: str) -> str:
    """Return JUnit XML, after it was held to the XSD."""
    _junit_validator().validate(text)
    return text
