"""The page of a class: who has how many points, and what of each layer went wrong how often."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from gradcheck.output.folder import reason
from gradcheck.output.html.document import document
from gradcheck.output.html.markup import name, number, short, text
from gradcheck.output.html.page import MADE
from gradcheck.output.html.parts import FOLLOWS
from gradcheck.output.html.verdicts import table
from gradcheck.output.plain import counted
from gradcheck.output.record import Item, Record

BAR, HIGH = 120, 12
MOST_CODES = 3
NOT_THERE = "nothing to judge"


def as_overview(records: Sequence[Record], students: Sequence[str], pages: Sequence[str],
                called: str) -> str:
    """Return the page of a class.

    Parameters
    ----------
    records : sequence of Record
        One a submission.
    students : sequence of str
        What each is called.
    pages : sequence of str
        Where each one's own page lies, from this one.
    called : str
        The name of the class.

    Examples
    --------
    >>> ann = Record("grade", "in/ann.py", (Item("relu", "relu", "failed", "no", 1.0, 4.0),))
    >>> 'href="out/ann/b%20c.html"' in as_overview([ann], ["ann"], ["out/ann/b c.html"], "ours")
    True
    """
    title = short(called)
    content = "".join([
        f"<h1>{name(title)}</h1>", _lead(records), _layers(records),
        '<h2 id="students">Students</h2>', _students(records, students, pages)])
    return document(f"{title} \u2013 gradcheck", content, f"<p>{MADE}</p>")


def _lead(records: Sequence[Record]) -> str:
    """Return the class in a sentence."""
    most = max((record.max_score for record in records), default=0.0)
    scores = [record.score for record in records]
    middle = statistics.median(scores) if scores else 0.0
    full = sum(record.passed for record in records)
    return (f'<p class="lead">{counted(len(records), "submission")}, {full} with nothing wrong. '
            f"Median {number(middle, 4)} of {number(most, 4)} points.</p>")


def _grouped(items: Sequence[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.group, []).append(item)
    return found


def _layers(records: Sequence[Record]) -> str:
    """Return a row a layer: who has it right, and what was found in it most."""
    names = dict.fromkeys(item.group for record in records for item in record.items)
    if not names:
        return ""
    right, points, found = [], [], []
    for layer in names:
        theirs = [_grouped(record.items).get(layer, []) for record in records]
        right.append(sum(bool(items) and all(item.passed for item in items) for items in theirs))
        points.append(_share(theirs))
        found.append(_most(theirs))
    columns = [("layer", "", [name(layer) for layer in names]),
               ("right", "n", [f"{count} of {len(records)}" for count in right]),
               ("points", "share wide", [_bar(share) for share in points]),
               ("found most often", "", found)]
    return f'<h2 id="layers">Layers</h2>{table(columns, "what of each layer went wrong")}'


def _share(theirs: Sequence[Sequence[Item]]) -> float:
    """Return the share of its points that a layer earned."""
    earned, most = (sum((getattr(item, key) or 0.0) for items in theirs for item in items)
                    for key in ("points", "max_points"))
    return earned / most if most else 0.0


def _most(theirs: Sequence[Sequence[Item]]) -> str:
    """Return the codes that most submissions have in a layer."""
    counts = Counter(code for items in theirs for code in dict.fromkeys(_codes(items)))
    return ", ".join(f"<code>{text(code)}</code> {count}"
                     for code, count in counts.most_common(MOST_CODES))


def _codes(items: Sequence[Item]) -> Iterator[str]:
    """Yield what is wrong with one submission's layer: findings, else the parts that failed."""
    wrong = [item for item in items if not item.passed and not item.message.startswith(FOLLOWS)]
    codes = [finding["code"] for item in wrong
             for finding in (item.details.get("report") or {}).get("findings", ())]
    if not codes and len(wrong) == len(items) and len({item.message for item in wrong}) == 1:
        codes = [NOT_THERE]
    yield from codes or (item.name.partition(": ")[2] or item.status for item in wrong)


def _bar(share: float) -> str:
    """Return a share as a bar with its number."""
    width = round(BAR * min(max(share, 0.0), 1.0), 1)
    told = f"{100 * share:.0f} %"
    return (f'<svg role="img" aria-label="{told}" width="{BAR}" height="{HIGH}">'
            f'<rect width="{BAR}" height="{HIGH}" fill="currentColor" fill-opacity="0.14"/>'
            f'<rect width="{width:g}" height="{HIGH}" class="m-series" fill="#0a50b5"/></svg> '
            f'<span class="soft">{told}</span>')


def _students(records: Sequence[Record], students: Sequence[str], pages: Sequence[str]) -> str:
    """Return a row a submission, which leads to its page."""
    linked = [f'<a href="{quote(page, errors="surrogateescape")}">{name(student)}</a>'
              for student, page in zip(students, pages, strict=True)]
    shares = [record.score / record.max_score if record.max_score else 0.0 for record in records]
    columns = [("submission", "", linked),
               ("points", "n", [f"{record.score:g}/{record.max_score:g}" for record in records]),
               ("share", "share wide", [_bar(share) for share in shares]),
               ("to mend", "", [_to_mend(record) for record in records])]
    return table(columns, "the submissions")


def _to_mend(record: Record) -> str:
    """Return the layers that lost points, or why nothing was judged."""
    if why := reason(record):
        return f'<span class="badge error">error</span> {text(short(why))}'
    wrong = [layer for layer, items in _grouped(record.items).items()
             if not all(item.passed for item in items)]
    return ", ".join(map(name, wrong)) or '<span class="badge passed">nothing</span>'
