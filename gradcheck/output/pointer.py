"""The line of a slip with a caret under it, what is wrong there, and the edit where it is told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gradcheck.output.plain import clean, cleaned_diff, quoted

HINT = "; `gradcheck check --repair` shows the edit"
SUSPECT = ("the slip may be here: another value of this would make every gradient right; no edit "
           "was proved")
SUSPECTS = ("the slip may be at one of these places: another value there would make every gradient "
            "right; no edit was proved")
SEEN = "seen by running it line by line"
CELL = re.compile(r"[/\\]ipykernel_\d+[/\\]\d+\.py$|^<ipython-input")
ITS_CELL = "its cell"
TABS = 8
SHORT = 40


def pointer(repair: Mapping[str, Any], file: str | None = None) -> list[str]:
    r"""Return the line of a repair, and a caret under the expression.

    Parameters
    ----------
    repair : mapping
        As `Repair.to_dict` returns it.
    file : str, optional
        What its file is called; by default as it is.

    Examples
    --------
    >>> told = {"file": "a.py", "line": 15, "column": 12, "before": "dout * mask",
    ...         "text": "    return dout * mask"}
    >>> print("\n".join(pointer(told)))
    a.py:15: return dout * mask
                    ^^^^^^^^^^^
    """
    name = called(repair["file"]) if file is None else called(file)
    by_line: dict[int, list[Mapping[str, Any]]] = {}
    for place in (repair, *repair.get("also", ())):
        by_line.setdefault(place["line"], []).append(place)
    return [line for places in by_line.values() for line in _pointed(places, name)]


def called(file: str) -> str:
    """Return what a report calls a file; a cell that runs in a kernel has a name for no reader.

    >>> called("/tmp/ipykernel_4711/1234567.py"), called("homework.py")
    ('its cell', 'homework.py')
    """
    return ITS_CELL if CELL.search(file) else file


def _pointed(places: Sequence[Mapping[str, Any]], name: str) -> Iterator[str]:
    """Yield a line, and carets under each expression in it that is edited."""
    text = clean(places[0]["text"]).expandtabs(TABS)
    shown = text.strip()
    indent = len(text) - len(text.lstrip())
    head = f"{name}{', line ' if name == ITS_CELL else ':'}{places[0]['line']}: "
    marked: set[int] = set()
    for place in places:
        start = max(place["column"] - 1 - indent, 0)
        width = len(clean(place["before"]).partition("\n")[0]) or 1
        marked.update(range(start, start + max(1, min(width, len(shown) - start))))
    yield f"{head}{shown}"
    yield " " * len(head) + "".join("^" if i in marked else " " for i in range(max(marked) + 1))


def sentence(repair: Mapping[str, Any], hint: str = "") -> str:
    """Return what is wrong at the line, and where the edit was proved.

    >>> sentence({"words": "another axis is wanted here", "verified_at": 3, "side": "backward",
    ...           "kind": "axis", "before": "axis=0", "after": "axis=1", "diff": "..."})
    'another axis is wanted here: `axis=1` for `axis=0` (the edit is right at 3 other arguments)'
    """
    if repair["kind"] in ("write", "statistics"):
        return f"{repair['words']} ({SEEN})"
    if not repair["verified_at"] and not repair.get("proof"):
        return SUSPECT if repair["kind"] == "suspect" else (
            f"perhaps {repair['words']}; no edit was proved")
    said = "".join([repair["words"], _wanted(repair, repair), *_also(repair), hint])
    if repair.get("proof"):
        return f"{said} ({repair['proof']})"
    if repair["side"] == "mask":
        return f"{said} ({repair['verified_at']} laws of the mask hold with it)"
    if repair["side"] == "value-alone":
        return f"{said} for the value; backward agrees with forward as it is, so mend both"
    if repair["side"] == "forward":
        said = f"if forward is what is wrong, {said}"
    count = repair["verified_at"]
    proof = f"right at {count} other argument{'s' * (count != 1)}"
    return f"{said} ({proof})" if hint else f"{said} (the edit is {proof})"


def _also(repair: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong at each other place that the same diff edits."""
    for place in repair.get("also", ()):
        same = all(place[key] == repair[key] for key in ("words", "before", "after"))
        told = "the same" if same else f"{place['words']}{_wanted(repair, place)}"
        yield f"; and in line {place['line']}: {told}"


def _wanted(repair: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    """Return what is wanted at a place and for what, where the edit is told and both are short."""
    texts = clean(place["after"]), clean(place["before"])
    short = all(0 < len(text) <= SHORT and "\n" not in text for text in texts)
    return f": `{texts[0]}` for `{texts[1]}`" if repair["diff"] and short else ""


def diff_of(repair: Mapping[str, Any], file: str | None = None) -> list[str]:
    """Return the lines of the diff, its file called as from the current folder."""
    if not repair["diff"]:
        return []
    _, _, *rest = repair["diff"].removesuffix("\n").split("\n")  # a line may end in a return
    name = (relative(repair["file"]) if file is None else file).replace(os.sep, "/").lstrip("/")
    return [f"--- {quoted(f'a/{name}')}", f"+++ {quoted(f'b/{name}')}", *rest]


def told(repair: Mapping[str, Any]) -> list[str]:
    """Return the line, the caret and the sentence."""
    has_more = repair["verified_at"] and not repair["diff"] and repair["side"] != "value-alone"
    hint = HINT if has_more else ""
    return [*pointer(repair, relative(repair["file"])), sentence(repair, hint)]


def shown(repairs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[list[str], str, list[str]]]:
    """Yield lines with their carets, what is said of them, and a diff; of suspects once for all.

    Examples
    --------
    >>> suspect = {"file": "a.py", "line": 1, "column": 1, "before": "x", "text": "x = y",
    ...            "kind": "suspect", "words": "", "verified_at": 0, "diff": None, "side": ""}
    >>> [(len(pointed), said[:37]) for pointed, said, _ in shown([suspect, suspect])]
    [(4, 'the slip may be at one of these place')]
    """
    entries = list(repairs)
    suspects = [entry for entry in entries if entry["kind"] == "suspect"]
    for entry in entries:
        *pointed, said = told(entry)
        if len(suspects) < 2 or entry not in suspects:
            yield pointed, said, cleaned_diff(diff_of(entry))
    if len(suspects) > 1:
        yield [line for entry in suspects for line in told(entry)[:-1]], SUSPECTS, []


def patch(records: Iterable[Any]) -> str:
    """Return the edits of all records' layers as one patch."""
    diffs = [diff_of(repair) for record in records for item in record.items
             for repair in repairs_in(item.details)]
    return "".join(f"{line}\n" for diff in diffs for line in diff)


def repairs_in(details: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the repairs among the details of an item."""
    report = details.get("report", {})
    for holder in (report, details):
        found = holder.get("repairs", ()) if isinstance(holder, Mapping) else ()
        yield from found if isinstance(found, list | tuple) else ()


def relative(file: str) -> str:
    """Return a path from the current folder, where it lies below it; else as it is.

    Examples
    --------
    >>> relative(os.path.abspath("homework.py"))
    'homework.py'
    """
    named = clean(file)
    try:
        found = os.path.relpath(named) if os.path.isabs(named) else named
    except (OSError, ValueError):  # another drive, or the current folder is gone
        return named
    return named if found.startswith(os.pardir) else found
