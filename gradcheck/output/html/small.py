"""A report and a record in a notebook: the parts of a page in small, without a style sheet.

A notebook lends tables its own stripes, and feedback made of one takes every style sheet away. So
there is no table here: each line reads as text, its looks are its own, and the maps are pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcheck.output.html.curve import curve
from gradcheck.output.html.heatmap import maps, where_worst
from gradcheck.output.html.markup import details, name, number, of_type, prose, text
from gradcheck.output.html.said import said
from gradcheck.output.html.snippet import snippet
from gradcheck.output.plain import counted

if TYPE_CHECKING:
    from gradcheck.output.record import Item, Record
    from gradcheck.report import Report

# Legible on white and on a dark notebook alike.
COLOURS = {"passed": "#2a8a4f", "warned": "#b06d00", "failed": "#d0433a", "error": "#d0433a",
           "inconclusive": "#b06d00", "todo": "#7a838d", "skipped": "#7a838d"}
LINE = "margin:.25em 0"
OPENS = "display:list-item;cursor:pointer"
APART = "margin:.9em 0 .25em"
DOT = " \u00b7 "


def report_view(report: Report) -> str:
    """Return a report as HTML: verdict, findings, the gradients that are wrong as maps."""
    told = report.to_dict(grids=True)
    work = (f"{counted(report.checked, 'coordinate')}, "
            f"{counted(report.evaluations, 'forward call')}")
    message = "\n".join(report.paragraphs()) if report.status != "passed" else ""
    return "".join([
        f'<div style="line-height:1.4">{_line(report.name, report.status, work)}',
        *_said(message, numbers=False), snippet({"report": told}),
        *map(_argument, told["arguments"]), "</div>"])


def record_view(record: Record) -> str:
    """Return a record as HTML: a line an item, what is wrong below it.

    Examples
    --------
    >>> from gradcheck.output.record import Item, Record
    >>> "relu" in record_view(Record("check", "homework.py", (Item("relu", "relu", "passed"),)))
    True
    """
    # the record shows itself by this module, and the summary is made of the record
    from gradcheck.output.parts import summary

    notes = "".join(f'<p style="{LINE}">note: {prose(note)}</p>' for note in record.notes)
    head = f'<p style="{LINE}"><b>{name(record.path or record.target)}</b></p>'
    return (f'<div style="line-height:1.4">{head}{"".join(map(_item, record.items))}{notes}'
            f"<pre>{text(summary(record))}</pre></div>")


def results_view(results: Sequence[Mapping[str, Any]]) -> str:
    """Return what became of the laws of a mask: what is broken first, the rest folded away.

    Examples
    --------
    >>> results_view([{"name": "rate", "status": "passed", "message": ""}]).count("1 law holds")
    1
    """
    by_status: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        by_status.setdefault(result["status"], []).append(result)
    broken, held = by_status.pop("failed", []), by_status.pop("passed", [])
    head = (f"{len(broken)} of {counted(len(results), 'law')} {_are(broken)} broken" if broken else
            f"{counted(len(held), 'law')} hold{'s' * (len(held) == 1)}")
    colour = COLOURS["failed" if broken else "passed"]
    names = ", ".join(f"<code>{text(result['name'])}</code>" for result in held)
    return "".join([
        f'<div style="line-height:1.4"><p style="{LINE}"><b style="color:{colour}">{head}</b></p>',
        *map(_law, broken),
        *(_folded(f"{len(others)} {text(status)}", "".join(map(_law, others)))
          for status, others in by_status.items()),
        _folded(f"{len(held)} passed", f'<p style="{LINE}">{names}</p>') if held else "", "</div>"])


def _are(entries: Sequence[Any]) -> str:
    return "is" if len(entries) == 1 else "are"


def _law(result: Mapping[str, Any]) -> str:
    message = str(result["message"]).removeprefix(f"{result['name']}: ")
    return f'<p style="{LINE}"><b>{name(result["name"])}</b>: {prose(message)}</p>'


def _item(item: Item) -> str:
    """Return an item's line, and what is said of it where something is wrong."""
    facts = [", ".join(map(str, item.arguments))] if item.arguments else []
    if item.worst_error is not None:
        facts.append(f"worst error {number(item.worst_error, 2)}")
    if item.max_points is not None:
        facts.append(f"{item.points or 0:.4g} of {item.max_points:.4g} points")
    drawn = [entry for entry in (item.details.get("report") or {}).get("arguments", ())
             if "x" in entry.get("grid", {}).get("states", "")]
    advice = "".join(f'<p style="{LINE}">advice: {prose(remark)}</p>' for remark in item.advice)
    return "".join([
        _line(item.name, item.status, DOT.join(facts), APART),
        *_said(item.message if item.status != "passed" else "", numbers=not drawn),
        snippet(item.details), advice, *map(_argument, drawn)])


def _line(called: str, status: str, facts: str, style: str = LINE) -> str:
    """Return name, verdict and numbers as one line of text."""
    rest = f"{DOT}{text(facts)}" if facts else ""
    return (f'<p style="{style}"><b>{name(called)}</b>: <b style="color:{COLOURS[status]}">'
            f"{status}</b>{rest}</p>")


def _said(message: str, numbers: bool) -> Iterator[str]:
    if message:
        # a notebook has margins of its own for paragraphs, wide enough for an essay
        lines = said(message, numbers).replace("<p ", f'<p style="{LINE}" ')
        yield f'<div style="border-left:3px solid #8a949e;padding-left:.75em;{LINE}">{lines}</div>'


def _argument(entry: Mapping[str, Any]) -> str:
    """Return the numbers of one gradient; of a wrong one also its maps."""
    label, grid = f"d{entry['name']}", entry.get("grid")
    line = (f'<p style="{LINE}"><b>{name(label)}</b> {text(of_type(entry))}{DOT}worst '
            f"relative error {number(entry['worst_error'], 2)}{text(where_worst(entry))}</p>")
    if grid is None or "x" not in grid["states"]:
        return line  # what is right must not look alarming: rounding errors are no picture
    steps = curve(entry)
    return line + maps(grid, label, entry["worst_index"]) + (
        _folded("the error against the step length", steps))


def _folded(summary: str, content: str) -> str:
    """Return what is folded away, with the sign that it opens: nbgrader's style takes it off."""
    return details(summary, content).replace("<summary>", f'<summary style="{OPENS}">', 1)
