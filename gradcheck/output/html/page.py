"""A record as a page: the verdicts, then a section for each layer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from gradcheck.output.html.document import document
from gradcheck.output.html.layer import layer
from gradcheck.output.html.markup import Ids, badge, details, link_to, name, prose, short, text
from gradcheck.output.html.parts import group
from gradcheck.output.html.verdicts import verdicts
from gradcheck.output.parts import output_of, summary
from gradcheck.output.plain import OUTPUT_LIMIT, one_line
from gradcheck.output.record import Item, Record

MOST_NAMED = 3
WORDS = ("<b>Analytic</b> is the gradient that your backward returns, <b>numeric</b> the one that "
         "small steps of your forward give. They should agree.")
# A layer's verdict is that of its worst part.
GRAVITY = ("passed", "skipped", "warned", "todo", "inconclusive", "failed", "error")
MADE = "Made by <code>gradcheck</code>. Nothing on this page is loaded from elsewhere."


def as_page(records: Sequence[Record], title: str = "") -> str:
    """Return one or several records as one self-contained page.

    Parameters
    ----------
    records : sequence of Record
        One a target.
    title : str
        What the page is called; by default the target.

    Examples
    --------
    >>> shown = as_page([Record("check", "a.py", (Item("relu", "relu", "passed"),))])
    >>> 'id="relu"' in shown, shown.startswith("<!doctype html>")
    (True, True)
    """
    names = [PurePath(record.target).name for record in records]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    called = short(title or f"{', '.join(names[:MOST_NAMED])}{more}")
    ids, several = Ids(), len(records) > 1
    main = "".join(_record(record, ids, several) for record in records)
    head = f"<h1>{name(called)}</h1>"
    return document(f"{called} \u2013 gradcheck", head + main, f"<p>{MADE}</p>")


def _record(record: Record, ids: Ids, several: bool) -> str:
    """Return what is said of one target."""
    head = ""
    if several:
        mine = ids.new(record.target)
        head = (f'<h2 id="{mine}">{name(record.path or record.target)}'
                f"{link_to(mine, record.target)}</h2>")
    counts, _, error = summary(record).partition("\n")
    counts = counts.removeprefix(f"{one_line(record.target)}: ")
    warned = any(item.status == "warned" for item in record.items)
    fine = "warned" if warned else "passed"
    status = fine if record.passed else "error" if record.error else "failed"
    return "".join([
        head, f'<p class="lead">{badge(status)} {text(counts)}</p>',
        f'<div class="error"><div class="said"><pre>{text(error)}</pre></div></div>' if error
        else "", *_layers(record, ids), _notes(record)])


def _layers(record: Record, ids: Ids) -> Iterator[str]:
    """Yield the table, then a section an item; of a grade, one a layer, with its parts in it."""
    graded = record.kind == "grade"
    rows = _per_layer(record.items) if graded else list(record.items)
    identities = [ids.new(row.name) for row in rows]
    yield verdicts(rows, identities)
    if any("report" in item.details and not item.passed for item in record.items):
        yield f'<p class="soft">{WORDS}</p>'
    if not graded:
        yield from (layer(item, mine, ids) for item, mine in zip(rows, identities, strict=True))
        return
    groups = itertools.groupby(record.items, lambda item: item.group)
    yield from (group(list(parts), mine, ids)
                for (_, parts), mine in zip(groups, identities, strict=True))


def _per_layer(items: Sequence[Item]) -> list[Item]:
    """Return an item a layer, with the sum of the points of its parts, and their worst verdict."""
    found = []
    for group_, parts in itertools.groupby(items, lambda item: item.group):
        listed = list(parts)
        worst = max(listed, key=lambda item: GRAVITY.index(item.status))
        found.append(Item(group_, group_, worst.status,
                          points=sum(item.points or 0.0 for item in listed),
                          max_points=sum(item.max_points or 0.0 for item in listed)))
    return found


def _notes(record: Record) -> str:
    """Return the remarks on the whole, and what was printed."""
    listed = "".join(f"<li>{prose(note)}</li>" for note in record.notes)
    printed = text(output_of(record), OUTPUT_LIMIT).strip()
    return "".join([
        f"<h2>Notes</h2><ul>{listed}</ul>" if listed else "",
        details("What it printed", f'<pre tabindex="0">{printed}</pre>') if printed else ""])
