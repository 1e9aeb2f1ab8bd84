"""What a page draws of a layer beside its numbers: its source, the lines that ran, its examples."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.coverage import Coverage
from gradcheck.output.record import FINE, Item
from gradcheck.target.at_arguments import shapes_of
from gradcheck.target.covering import uncovered
from gradcheck.target.judgement import Judgement
from gradcheck.target.sources import as_named
from gradcheck.target.trial import Trial

MOST_CHARACTERS = 15_000
MOST_EXAMPLES = 30
WRONG_HERE = " (wrong here)"


def pictured(item: Item, functions: Sequence[Callable[..., Any]], judgement: Judgement,
             trial: Trial | None) -> Item:
    """Return an item whose details hold what a page draws.

    Parameters
    ----------
    item : Item
        What is said of a layer.
    functions : sequence of callable
        What its file defines it by.
    judgement : Judgement
        Where it was judged.
    trial : Trial, optional
        With it, it is found out which lines of a layer that failed ran.

    Examples
    --------
    >>> def double(x): return 2 * x
    >>> shown = pictured(Item("f", "f", "passed"), [double], Judgement("passed"), None)
    >>> shown.details["sources"][0]["name"]
    'double'
    """
    wrong_at = judgement.wrong_at
    taken = judgement.taken or ((judgement.example,) if judgement.example else ())
    taken = (*taken, wrong_at) if wrong_at is not None else taken
    unrun = set(item.uncovered)
    if trial is not None and item.status not in FINE and taken and Coverage.is_possible():
        unrun.update(*uncovered(trial, functions, taken).values())
    return replace(item, details={
        **item.details, "sources": list(sources_of(functions)), "unrun": sorted(unrun),
        "examples": [f"{shapes_of(example)}{WRONG_HERE * (example is wrong_at)}"
                     for example in taken[:MOST_EXAMPLES]]})


def sources_of(functions: Sequence[Callable[..., Any]]) -> Iterator[dict[str, Any]]:
    """Yield name, file, first line and text of what has a source; of a long one its beginning.

    Nothing is there twice: of a class and its methods the methods are told.

    Examples
    --------
    >>> [source["name"] for source in sources_of([sources_of, abs, sources_of])]
    ['sources_of']
    """
    found = {(source["file"], source["line"]): source for source in _found(functions)}
    for source in found.values():
        lines = _lines(source)
        if not any(other is not source and other["file"] == source["file"]
                   and set(_lines(other)) < set(lines) for other in found.values()):
            yield source


def _lines(source: dict[str, Any]) -> range:
    return range(source["line"], source["line"] + source["text"].count("\n") + 1)


def _found(functions: Sequence[Callable[..., Any]]) -> Iterator[dict[str, Any]]:
    """Yield the source of each of the functions and classes that has one."""
    for function in functions:
        try:
            found = inspect.unwrap(function)
            lines, start = inspect.getsourcelines(found)
            file = inspect.getsourcefile(found) or ""
        except (OSError, TypeError, ValueError, IndexError, SyntaxError):
            continue
        text = "".join(lines)
        yield {"name": getattr(found, "__name__", ""), "file": as_named(file),
               "line": max(start, 1), "text": text[:MOST_CHARACTERS],
               "cut": len(text) > MOST_CHARACTERS}
