"""At which arguments a layer was judged, how sharply, and what of it never ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcheck.output.html.markup import details, number, number_of, text
from gradcheck.output.plain import counted
from gradcheck.output.record import Item


def extent(item: Item) -> str:
    """Return how far the judgement of an item reaches; '' where nothing is known of it."""
    report = item.details.get("report") or {}
    rows = [*_coarseness(report.get("arguments", ())), *_examples(item, report),
            *_unseen(item)]
    listed = "".join(f"<dt>{head}</dt><dd>{content}</dd>" for head, content in rows)
    return f'<dl class="extent">{listed}</dl>' if listed else ""


def _coarseness(arguments: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield how large an error might hide, the coarsest argument first."""
    known = [entry for entry in arguments if number_of(entry["coarseness"]) > 0]
    if known:
        told = ", ".join(f"{number(entry['coarseness'], 1)} of d{text(entry['name'])}"
                         for entry in known)
        yield "How sharp the comparison is", f"errors below {told} would not show"
    along = [entry for entry in arguments if entry["directions"]]
    if along:
        told = ", ".join(f"d{text(entry['name'])}" for entry in along)
        yield ("Compared along random directions",
               f"{told}: all coordinates at once, not one by one")


def _examples(item: Item, report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the arguments."""
    examples = item.details.get("examples", ())
    if examples:
        listed = "".join(f"<li><code>{text(example)}</code></li>" for example in examples)
        others = int(report.get("examples") or 0) - len(examples)
        more = f"<p>and at {counted(others, 'more example')}</p>" if others > 0 else ""
        shown = f"<ol>{listed}</ol>{more}"
        if len(examples) > 2:
            shown = details(counted(len(examples), "example"), shown)
        yield "Judged at", shown
    elif report.get("examples"):
        yield "Judged at", counted(report["examples"], "example")


def _unseen(item: Item) -> Iterator[tuple[str, str]]:
    """Yield what did not run, or was not judged."""
    never = item.details.get("uncovered", "")
    if never:
        yield "Lines", text(never)
    not_run = item.details.get("not_run", ())
    if not_run:
        yield "No time for examples", text(", ".join(not_run))
    printed = item.details.get("printed")
    if isinstance(printed, Mapping):
        first = "\n".join(map(str, printed["first"]))
        yield f"It printed {counted(printed['lines'], 'line')}", f"<pre>{text(first)}</pre>"
