"""A layer that is graded in parts: what is wrong with each, its source, what follows from it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.output.html.layer import layer, section, sources
from gradcheck.output.html.markup import Ids, details, name, prose, text
from gradcheck.output.pointer import repairs_in
from gradcheck.output.record import Item
from gradcheck.output.rows import in_few

FOLLOWS = "counts once "


def group(items: Sequence[Item], identity: str, ids: Ids) -> str:
    """Return the section about a layer that is graded in parts.

    Parameters
    ----------
    items : sequence of Item
        Its parts; the first may hold its source.
    identity : str
        The section's id.
    ids : Ids
        The ids of the page.

    Examples
    --------
    >>> parts = [Item("relu: value", "relu", "passed", "", 2.0, 2.0)]
    >>> "value" in group(parts, "relu", Ids())
    True
    """
    earned, most = (sum(points or 0.0 for points in found) for found in (
        [item.points for item in items], [item.max_points for item in items]))
    title = f'{name(items[0].group)} <span class="badge">{earned:.4g} of {most:.4g} points</span>'
    folded = list(in_few(items))
    items = folded if len(folded) == 1 and not _is_silent(folded[0]) else items
    told = [item for item in items if not _is_silent(item) and not _follows(item)]
    repairs = [repair for item in items for repair in repairs_in(item.details)]
    source = sources(items[0], repairs, identity, ids)
    content = "".join([
        _listed("passed", filter(_is_silent, items)), *_told(told, ids, source),
        *_following(items), "" if told else details("Source", source)])
    return section(identity, "layer", title, content, items[0].group)


def _is_silent(item: Item) -> bool:
    return item.status == "passed" and not item.message and not item.advice


def _follows(item: Item) -> bool:
    """Whether a part fails for no reason of its own."""
    return item.status != "passed" and item.message.startswith(FOLLOWS)


def _told(items: Sequence[Item], ids: Ids, source: str) -> Iterator[str]:
    """Yield what is said of each part, the first with the source; what is said again, once."""
    for _, run in itertools.groupby(items, lambda item: (item.status, item.message)):
        parts = list(run)
        first = replace(parts[0], details={key: value for key, value in parts[0].details.items()
                                           if key != "sources"})
        yield layer(first, ids.new(first.name), ids, 3, source)
        yield _listed("the same of", parts[1:])
        source = ""


def _following(items: Sequence[Item]) -> Iterator[str]:
    """Yield what other parts wait for."""
    for message, parts in itertools.groupby(filter(_follows, items), lambda item: item.message):
        names = ", ".join(map(_part, parts))
        yield f'<p class="facts">{text(names)}: {prose(message)}</p>'


def _listed(head: str, items: Iterator[Item] | Sequence[Item]) -> str:
    names = ", ".join(map(_part, items))
    return f'<p class="facts">{head}: {text(names)}</p>' if names else ""


def _part(item: Item) -> str:
    return item.name.partition(": ")[2] or item.name
