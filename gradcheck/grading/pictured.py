"""What a student's page draws of a submission: its own text, which is read and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.output.plain import named
from gradcheck.output.record import Item

MOST_CHARACTERS = 15_000


def with_sources(items: Sequence[Item], text: bytes, file: str) -> list[Item]:
    """Return one layer's items, the first with the source of the layer's functions.

    Parameters
    ----------
    items : sequence of Item
        Of one layer.
    text : bytes
        The submission.
    file : str
        What it is called.

    Examples
    --------
    >>> shown = with_sources([Item("f: value", "f", "failed")], b"def f_forward(x): return x", "a")
    >>> shown[0].details["sources"][0]["line"]
    1
    """
    if not items:
        return []
    found = list(_sources(items[0].group, text, file))
    first = replace(items[0], details={**items[0].details, "sources": found}) if found else items[0]
    return [first, *items[1:]]


def _sources(group: str, text: bytes, file: str) -> Iterator[dict[str, Any]]:
    """Yield the functions of a layer as they stand in the text."""
    try:
        tree = ast.parse(text)
        lines = text.decode().splitlines(keepends=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names = (group, f"{group}_forward", f"{group}_backward")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            start = min([node.lineno, *(entry.lineno for entry in node.decorator_list)])
            source = "".join(lines[start - 1:node.end_lineno])
            yield {"name": node.name, "file": named(file), "line": start,
                   "text": source[:MOST_CHARACTERS], "cut": len(source) > MOST_CHARACTERS}
