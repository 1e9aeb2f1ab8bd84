"""One layer: what is wrong, the line, the gradients beside each other, and what was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcheck.output.html.curve import curve
from gradcheck.output.html.diff import diff
from gradcheck.output.html.examples import extent
from gradcheck.output.html.heatmap import maps, where_worst
from gradcheck.output.html.laws import laws
from gradcheck.output.html.markup import (
    Ids,
    badge,
    details,
    link_to,
    name,
    number,
    number_of,
    of_type,
    prose,
    short,
    text,
)
from gradcheck.output.html.said import said
from gradcheck.output.html.source import source, stands_in, suspects_of
from gradcheck.output.plain import counted
from gradcheck.output.pointer import repairs_in, shown
from gradcheck.output.problems import relative
from gradcheck.output.record import FINE, Item

SUSPECT = '<span class="key suspect">\u25b6</span> suspect line'
UNRUN = '<span class="key unrun">\u25cb</span> ran at no example'
DOT, APART = " \u00b7 ", " \u00a0 "


def layer(item: Item, identity: str, ids: Ids, level: int = 2, source_: str | None = None) -> str:
    """Return the section about an item.

    Parameters
    ----------
    item : Item
        What is said of a layer.
    identity : str
        The section's id; its gradients have ids that begin with it.
    ids : Ids
        The ids of the page.
    level : int
        Of its heading.
    source_ : str, optional
        What is shown as its source; by default its own.

    Examples
    --------
    >>> layer(Item("relu", "relu", "passed"), "relu", Ids()).startswith('<section id="relu"')
    True
    """
    source_ = sources(item, list(repairs_in(item.details)), identity, ids) if source_ is None else (
        source_)
    body = (_fine if item.status in FINE else _wrong)(item, identity, ids, source_)
    title = f"{name(item.name)} {badge(item.status)}"
    return section(identity, f"layer {item.status}", title, _facts(item) + body, item.name, level)


def section(identity: str, kind: str, title: str, content: str, label: str, level: int = 2) -> str:
    """Return a section with a heading that others can link to.

    Examples
    --------
    >>> section("relu", "layer", "relu", "", "relu").count('id="relu"')
    1
    """
    return (f'<section id="{identity}" class="{kind}" aria-label="{text(short(label))}">'
            f"<h{level}>{title}{link_to(identity, label)}</h{level}>{content}</section>")


def _facts(item: Item) -> str:
    """Return where it stands, and in numbers what was done, in one line."""
    report = item.details.get("report") or {}
    facts = []
    if item.file:
        line = f":{item.line}" if item.line else ""
        facts.append(f"<code>{text(f'{relative(item.file)}{line}')}</code>")
    if item.max_points is not None:
        facts.append(f"{item.points or 0:.4g} of {item.max_points:.4g} points")
    if item.worst_error is not None:
        facts.append(f"worst relative error {number(item.worst_error, 2)}")
    if report.get("checked"):
        facts.append(counted(report["checked"], "coordinate"))
    if report.get("examples"):
        facts.append(counted(report["examples"], "example"))
    return f'<p class="facts">{DOT.join(facts)}</p>' if facts else ""


def _wrong(item: Item, identity: str, ids: Ids, source_: str) -> str:
    """Return all that is known of a layer that is not right, the cause first."""
    return "".join([
        f'<div class="said">{said(item.message, not _is_drawn(item))}</div>' if item.message
        else "",
        laws(item.details.get("laws", ()), identity, ids, item.message),
        _edit(list(repairs_in(item.details))),
        source_,
        *_gradients(item, identity, ids, folded=False),
        _remarks(item),
        extent(item),
    ])


def _is_drawn(item: Item) -> bool:
    """Whether the gradients are there to be looked at."""
    return any("grid" in entry for entry in (item.details.get("report") or {}).get(
        "arguments", ()))


def _fine(item: Item, identity: str, ids: Ids, source_: str) -> str:
    """Return what is worth a look at a layer that is right: folded away, but for a line."""
    repairs = list(repairs_in(item.details))
    never = f'<p>{text(item.details["uncovered"])}</p>' if item.details.get("uncovered") else ""
    convention = item.details.get("convention", "")
    told = f"<p>{prose(convention)}</p>" if convention else ""
    message = f'<div class="said">{said(item.message)}</div>' if item.message else ""
    gradients = "".join(_gradients(item, identity, ids, folded=True))
    shown_ = [_edit(repairs), source_, details("Gradients", gradients)] if repairs else [
        details("Source and gradients", source_ + gradients)]
    return "".join([message, told, never, _remarks(item),
                    laws(item.details.get("laws", ()), identity, ids, item.message),
                    *shown_, extent(item)])


def _edit(repairs: Sequence[Mapping[str, Any]]) -> str:
    """Return what is wrong at the line, and the edit where it is told."""
    parts = []
    for pointed, sentence, lines in shown(repairs):
        where = "" if len(repairs) > 1 else pointed[0].partition(": ")[0]
        at = f"<code>{text(where)}</code>: " if where else ""
        parts.append(f'<p class="slip">{at}{prose(sentence)}</p>{diff(lines)}')
    return f'<div class="edit"><h3>Where it comes from</h3>{"".join(parts)}</div>' if parts else ""


def sources(item: Item, repairs: Sequence[Mapping[str, Any]], identity: str, ids: Ids) -> str:
    """Return the functions beside each other, with a key to their marks.

    Examples
    --------
    >>> sources(Item("relu", "relu", "passed"), [], "relu", Ids())
    ''
    """
    found = item.details.get("sources", ())
    if not found:
        return _lines_alone(repairs)
    unrun = item.details.get("unrun") or item.uncovered
    placed = [repair for repair in repairs if any(stands_in(repair, entry) for entry in found)]
    marks = suspects_of(placed)
    shown_ = "".join(f'<div><p class="facts"><code>{text(entry["name"])}</code></p>'
                     f"{source(entry, marks, unrun, ids, f'{identity}-')}</div>"
                     for entry in found)
    links = [f'<a href="#{identity}-L{text(line)}">line {text(line)}</a>' for line in sorted(marks)
             if f'id="{identity}-L{line}"' in shown_]
    said_ = [f"{SUSPECT} ({', '.join(links)})"] * bool(links) + [UNRUN] * bool(unrun)
    key = f'<p class="soft">{APART.join(said_)}</p>' if said_ else ""
    others = _lines_alone([repair for repair in repairs if repair not in placed])
    return f'{others}<div class="sources">{shown_}</div>{key}'


def _lines_alone(repairs: Sequence[Mapping[str, Any]]) -> str:
    """Return the lines with their carets, where the whole source is not known."""
    lines = [line for pointed, _, _ in shown(repairs) for line in pointed]
    return f"<pre>{text(chr(10).join(lines))}</pre>" if lines else ""


def _gradients(item: Item, identity: str, ids: Ids, folded: bool) -> Iterator[str]:
    """Yield maps and curve of each argument: wrong ones open, but for all curves but the first."""
    entries = (item.details.get("report") or {}).get("arguments", ())
    for place, entry in enumerate(sorted(entries, key=_is_wrong, reverse=True)):
        has_curve_folded = place > 0 and _is_wrong(entry)
        yield _gradient(entry, ids.new(f"{identity}-d{entry['name']}"), folded, has_curve_folded)


def _gradient(entry: Mapping[str, Any], identity: str, folded: bool, has_curve_folded: bool
              ) -> str:
    label = f"d{entry['name']}"
    grid, wrong = entry.get("grid"), _is_wrong(entry)
    words = "is wrong" if wrong else "agrees"
    title = f"{name(label)} {words}"
    shape = f"<code>{text(of_type(entry))}</code>"
    drawn = "".join([
        maps(grid, label, entry["worst_index"]) if grid else "", curve(entry, has_curve_folded)])
    if not drawn:
        return ""
    where = f'<p class="facts">{shape}, worst{text(where_worst(entry))}</p>'
    if not wrong and not folded:
        return f'<div id="{identity}">{details(title, where + drawn)}</div>'
    return (f'<div id="{identity}" class="gradient"><h3>{title}{link_to(identity, label)}</h3>'
            f"{where}{drawn}</div>")


def _is_wrong(entry: Mapping[str, Any]) -> bool:
    """Whether some coordinate of a gradient is wrong."""
    grid = entry.get("grid")
    if grid:
        return "x" in grid["states"]
    return number_of(entry["error"]) > number_of(entry["bound"])


def _remarks(item: Item) -> str:
    """Return the advice, which costs nothing."""
    listed = "".join(f"<li>{prose(remark)}</li>" for remark in item.advice)
    return f'<ul class="advice" aria-label="advice">{listed}</ul>' if listed else ""
