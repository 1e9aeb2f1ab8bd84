"""The formats that a record of judgements is written in, and the writing itself.

`gradcheck check` and `gradcheck grade` both end in a `Record`: a list of `Item`s
with a verdict, and points where points are given. Every format is a function of the record alone,
listed in `FORMATS`; none computes a verdict.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import stat
import tempfile
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from gradcheck.output.record import MESSAGE_LIMIT, OUTPUT_LIMIT, STATUSES, Item, Record, clean


def as_json(record: Record) -> str:
    """Return the whole record as JSON."""
    return _dump(record.to_dict())


def as_gradescope(record: Record) -> str:
    """Return Gradescope's ``results.json`` (gradescope-autograders.readthedocs.io, Specifications).

    An item without points counts one. `score` is given at the top too, so an empty list of tests
    is still a valid result.
    """
    rows = _with_points(record)
    tests = [
        {"name": clean(item.name), "score": earned, "max_score": possible,
         "status": "passed" if item.passed else "failed", "output": _explanation(item),
         "output_format": "text", "visibility": "visible"}
        for item, earned, possible in rows
    ]
    return _dump({
        "score": _total(earned for _, earned, _ in rows),
        "execution_time": round(record.seconds, 3),
        "output": _summary(record),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    })


def as_prairielearn(record: Record) -> str:
    """Return PrairieLearn's ``results.json`` (PrairieLearn documentation, External grading).

    `score` lies in [0, 1]. Only our own fault makes a submission not gradable: an attempt is
    then not used up. A submission that cannot be imported is graded, with zero.
    """
    rows = _with_points(record)
    tests = [
        {"name": clean(item.name), "points": earned, "max_points": possible,
         "message": clean(item.message.partition("\n")[0], 300),
         "output": _explanation(item, 1500)}
        for item, earned, possible in rows
    ]
    score = _total(earned for _, earned, _ in rows)
    max_score = _total(possible for _, _, possible in rows)
    result: dict[str, Any] = {
        "gradable": record.fault != "judge",
        "score": min(max(score / max_score, 0.0), 1.0) if max_score else 0.0,
        "message": _summary(record),
        "output": clean(record.output, OUTPUT_LIMIT),
        "tests": tests,
    }
    if record.fault == "judge":
        result["format_errors"] = [clean(record.error)]
    return _dump(result)


def as_junit(record: Record) -> str:
    """Return JUnit XML that the Ant, Jenkins and pytest schemas all accept."""
    statuses = [item.status for item in record.items]
    suite = ET.Element("testsuite", {
        "name": _attribute(f"gradcheck {record.kind} {record.target}"),
        "package": "gradcheck", "id": "0", "hostname": "localhost",
        "timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"),
        "tests": str(len(statuses) + bool(record.error)),
        "failures": str(sum(s in ("failed", "inconclusive") for s in statuses)),
        "errors": str(statuses.count("error") + bool(record.error)),
        "skipped": str(statuses.count("skipped")), "time": f"{record.seconds:.3f}",
    })
    ET.SubElement(suite, "properties")
    for item in record.items:
        _testcase(suite, item.group, item.name, item.seconds, item.status, _explanation(item))
    if record.error:
        _testcase(suite, record.kind, record.target, 0.0, "error", clean(record.error))
    ET.SubElement(suite, "system-out").text = clean(record.output, OUTPUT_LIMIT)
    ET.SubElement(suite, "system-err").text = clean("\n".join(record.notes), OUTPUT_LIMIT)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _testcase(
    suite: ET.Element, group: str, name: str, seconds: float, status: str, text: str
) -> None:
    case = ET.SubElement(suite, "testcase", {
        "classname": _attribute(group), "name": _attribute(name), "time": f"{seconds:.3f}"})
    tag = {"failed": "failure", "inconclusive": "failure", "error": "error",
           "skipped": "skipped"}.get(status)
    if tag:
        first = _attribute(text.partition("\n")[0])
        attributes = {"message": first} if tag == "skipped" else {"type": status, "message": first}
        ET.SubElement(case, tag, attributes).text = text


def _attribute(text: str) -> str:
    return clean(text, 500).replace("\n", " ").replace("\t", " ")


def as_text(record: Record, color: bool = False, width: int = 100) -> str:
    """Return a table with one line an item, what is wrong below it, and a one-line summary.

    Paragraphs are folded to `width` columns.
    """
    points = any(item.max_points is not None for item in record.items)
    rows = [_row(item, points) for item in record.items]
    heading = ("name", "arguments", "worst error", "calls", *(["points"] if points else []),
               "verdict")
    kept = [i for i, title in enumerate(heading)
            if title in ("name", "verdict") or any(row[i] for row in rows)]
    widths = [max(len(row[i]) for row in [heading, *rows]) for i in kept]
    lines = [_line(heading, kept, widths)] if rows else []
    said = ("", "")
    for item, row in zip(record.items, rows, strict=True):
        lines.append(_colored(_line(row, kept, widths), item.status, color))
        before, said = said, (item.group, item.message)
        shown = not item.passed or (item.status == "skipped" and record.kind == "check")
        if item.message and shown and said != before:
            lines += _folded(clean(item.message), "    ", width)
        for text in item.advice:
            lines += _folded(f"advice: {clean(text)}", "    ", width)
    if record.output and record.kind == "grade":
        lines += ["", "the submission printed:", clean(record.output, OUTPUT_LIMIT).rstrip()]
    if record.notes:
        lines.append("")
        for note in record.notes:
            told = clean(note)
            lines += _folded(told if told.startswith("advice") else f"note: {told}", "", width)
    return "\n".join([*lines, *([""] if lines else []), _summary(record)]) + "\n"


def _folded(text: str, indent: str, width: int) -> list[str]:
    """Return `text` indented, its long lines folded between words within `width` columns."""
    lines = []
    for line in text.splitlines():
        start = indent + line[:len(line) - len(line.lstrip())]
        lines += textwrap.wrap(line.strip(), max(width, 40), initial_indent=start,
                               subsequent_indent=start + "  ", break_long_words=False,
                               break_on_hyphens=False)
    return lines


def _row(item: Item, points: bool) -> tuple[str, ...]:
    error = "" if item.worst_error is None else f"{item.worst_error:.1e}"
    calls = "" if item.evaluations is None else str(item.evaluations)
    earned = [f"{item.points or 0:g}/{item.max_points or 0:g}"] if points else []
    return (clean(item.name), ", ".join(map(clean, item.arguments)), error, calls, *earned,
            item.status)


def _line(row: Sequence[str], kept: Sequence[int], widths: Sequence[int]) -> str:
    cells = (row[i].replace("\n", " ").ljust(width) for i, width in zip(kept, widths, strict=True))
    return "  ".join(cells).rstrip()


def _colored(line: str, status: str, color: bool) -> str:
    if not color:
        return line
    code = {"passed": "32", "failed": "31", "error": "31", "inconclusive": "33"}.get(status, "0")
    return f"{line.removesuffix(status)}\x1b[{code}m{status}\x1b[0m"


def _summary(record: Record) -> str:
    counts = {status: sum(item.status == status for item in record.items) for status in STATUSES}
    parts = [f"{count} {status}" for status, count in counts.items() if count] or ["0 judged"]
    if record.max_score:
        parts.append(f"{record.score:g} of {record.max_score:g} points")
    line = f"{clean(record.target)}: {', '.join(parts)} in {record.seconds:.1f} s{_work(record)}"
    return f"{line}\n{clean(record.error)}" if record.error else line


def _work(record: Record) -> str:
    """Say how much was compared, where gradients were."""
    reports = [item.details["report"] for item in record.items if "report" in item.details]
    if record.kind != "check" or not reports:
        return ""
    checked, calls = (sum(report[key] for report in reports) for key in ("checked", "evaluations"))
    return f" ({checked:,} coordinates, {calls:,} forward calls)"


def _explanation(item: Item, limit: int = MESSAGE_LIMIT) -> str:
    return clean("\n".join([item.message or item.status,
                            *(f"advice: {text}" for text in item.advice)]), limit)


def _with_points(record: Record) -> list[tuple[Item, float, float]]:
    return [
        (item, float(item.passed) if item.max_points is None else round(item.points or 0.0, 6),
         1.0 if item.max_points is None else round(item.max_points, 6))
        for item in record.items
    ]


def _total(values: Iterable[float]) -> float:
    return round(math.fsum(values), 6)


def _dump(value: Any) -> str:
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


FORMATS: dict[str, Callable[[Record], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "gradescope": as_gradescope,
    "prairielearn": as_prairielearn,
}


def render(record: Record, format: str = "text", *, color: bool = False,
           width: int = 100) -> str:
    """Return `record` in one of `FORMATS`; `color` (of the verdicts) and `width` are the text's.

    >>> record = Record("check", "homework.py", (Item("relu", "relu", "passed"),), seconds=0.25)
    >>> print(render(record))
    name  verdict
    relu  passed
    <BLANKLINE>
    homework.py: 1 passed in 0.2 s
    <BLANKLINE>
    """
    if format not in FORMATS:
        raise ValueError(f"format: got {format!r}; expected one of {', '.join(FORMATS)}. "
                         "Remedy: pass one of these words.")
    return as_text(record, color, width) if format == "text" else FORMATS[format](record)


def as_line(record: Record) -> str:
    """Return a record in one line, for lists of many.

    >>> as_line(Record("grade", "a.py", (Item("relu", "relu", "failed", "", 1.0, 4.0),)))
    'a.py: 1 failed, 1 of 4 points in 0.0 s'
    """
    return _attribute(_summary(record).replace("\n", "; "))


def as_csv(records: Sequence[Record]) -> str:
    """Return one row a record. A cell that a spreadsheet would run as a formula gets a quote."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", "score", "max_score", "passed", "failed", "exit_code", "seconds",
                     "error"])
    for record in records:
        passed = sum(item.status == "passed" for item in record.items)
        writer.writerow([_cell(record.target), f"{record.score:g}", f"{record.max_score:g}",
                         passed, len(record.items) - passed, record.exit_code,
                         f"{record.seconds:.3f}", _cell(record.error.partition("\n")[0])])
    return table.getvalue()


def _cell(text: str) -> str:
    shown = _attribute(text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def write_result(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path` whole or not at all, never through a symbolic link.

    The text goes to a new file beside `path`, which then takes its place: a link that was put
    there is replaced, and what it points to stays as it was. Devices and pipes are written to.
    """
    target = Path(path)
    folder = target.parent.resolve()
    special = folder.is_relative_to("/dev") or folder.is_relative_to("/proc")
    if special or (target.exists() and not stat.S_ISREG(target.stat().st_mode)):
        target.write_text(text, encoding="utf-8")
        return
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode())
        os.replace(temporary, folder / target.name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
