"""The table of a record: a row an item, which leads to what is said of it."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.output.html.markup import badge, name, number, text
from gradcheck.output.record import Item

Column = tuple[str, str, list[str]]


def verdicts(items: Sequence[Item], identities: Sequence[str]) -> str:
    """Return the table, without the columns that are empty.

    Parameters
    ----------
    items : sequence of Item
        In their order.
    identities : sequence of str
        The id of the section about each.

    Examples
    --------
    >>> 'href="#relu"' in verdicts([Item("relu", "relu", "passed")], ["relu"])
    True
    """
    if not items:
        return ""
    columns: list[Column] = [
        ("layer", "", [f'<a href="#{identity}">{name(item.name)}</a>'
                       for item, identity in zip(items, identities, strict=True)]),
        ("verdict", "", [badge(item.status) for item in items]),
        ("points", "n", ["" if item.max_points is None else
                         f"{item.points or 0:.4g}/{item.max_points:.4g}" for item in items]),
        ("arguments", "wide", [", ".join(map(name, item.arguments[:8])) for item in items]),
        ("worst error", "n", ["" if item.worst_error is None else number(item.worst_error, 2)
                              for item in items]),
        ("examples", "n wide", [text(str((item.details.get("report") or {}).get("examples", "")))
                                for item in items]),
    ]
    return table([column for column in columns if any(column[2])], "the verdicts")


def table(columns: Sequence[Column], caption: str) -> str:
    """Return columns, each with a title and a class, as a table that scrolls where it must.

    Examples
    --------
    >>> table([("a", "n", ["1"])], "numbers").count("<td")
    0
    """
    head = "".join(f'<th scope="col" class="{kind}">{title}</th>' for title, kind, _ in columns)
    rows = []
    for cells in zip(*(cells for _, _, cells in columns), strict=True):
        first, *rest = zip(cells, (kind for _, kind, _ in columns), strict=True)
        rows.append(f'<tr><th scope="row">{first[0]}</th>' + "".join(
            f'<td class="{kind}">{cell}</td>' for cell, kind in rest) + "</tr>")
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">'
            f'<table class="verdicts"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>")
