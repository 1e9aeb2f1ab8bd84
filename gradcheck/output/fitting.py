"""Whether values that another process sent are what the schema of a record says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from gradcheck.output.json import schema

LARGEST = 10**300  # of a whole number: one that is beyond all floats cannot be shown as one
TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int and abs(value) <= LARGEST,
    "number": lambda value: type(value) is float or TYPES["integer"](value),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}


def fits(value: Any, name: str) -> bool:
    """Return whether plain values are what the schema calls by a name.

    It knows the words that the schema is written in, and no others.

    Parameters
    ----------
    value : object
        As JSON was read.
    name : str
        One of the schema's ``$defs``: ``'record'``, ``'item'``.

    Examples
    --------
    >>> fits(3, "count"), fits("<b>", "count"), fits(-1, "count")
    (True, False, False)
    """
    return _fits(value, {"$ref": f"#/$defs/{name}"})


def _fits(value: Any, rules: Mapping[str, Any]) -> bool:
    return all(WORDS[word](value, rule) for word, rule in rules.items() if word in WORDS)


def _has_type(value: Any, names: str | list[str]) -> bool:
    return any(TYPES[name](value) for name in ([names] if isinstance(names, str) else names))


def _fits_named(value: Any, path: str) -> bool:
    return _fits(value, _named(path))


@cache
def _named(path: str) -> Mapping[str, Any]:
    rules = schema()
    for part in path.split("/")[1:]:
        rules = rules[part]
    return rules


WORDS: dict[str, Callable[[Any, Any], bool]] = {
    "$ref": _fits_named,
    "type": _has_type,
    "const": lambda value, only: type(value) is type(only) and value == only,
    "enum": lambda value, known: any(WORDS["const"](value, one) for one in known),
    "minimum": lambda value, least: not TYPES["number"](value) or value >= least,
    "pattern": lambda value, form: not isinstance(value, str) or bool(re.search(form, value)),
    "oneOf": lambda value, several: sum(_fits(value, rules) for rules in several) == 1,
    "items": lambda value, rules: (not isinstance(value, list)
                                   or all(_fits(entry, rules) for entry in value)),
    "required": lambda value, names: (not isinstance(value, Mapping)
                                      or all(name in value for name in names)),
    "properties": lambda value, rules: (not isinstance(value, Mapping) or all(
        _fits(value[name], rule) for name, rule in rules.items() if name in value)),
}
