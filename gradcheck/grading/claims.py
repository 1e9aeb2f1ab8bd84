"""What a submission's process says of its line: checked against the file, applied to its text.

Nothing of it is believed: places have to be in the file, words are taken from the table of edits,
and a diff has to fit the text. Whether it repairs anything is for a judge to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.repair.diffs import unified
from gradcheck.repair.edits import BY_NAME, KINDS, TOO_MUCH
from gradcheck.repaired import SUSPECT, OtherPlace, Repair

MOST_CLAIMS, MOST_PLACES, MOST_NAMES = 3, 8, 10
MOST_TEXT, LONGEST_NAME = 8_000, 40
MOST_CHANGED = 12
HUNK = re.compile(r"@@ -(\d{1,7})(?:,(\d{1,7}))? \+\d{1,7}(?:,\d{1,7})? @@")
WORDS = {entry for kind in KINDS for entry in (kind.words, kind.more, kind.less) if entry} | set(
    TOO_MUCH.values())
SIDES = ("backward", "forward", "value", "mask")


class ClaimError(ValueError):
    """What is claimed cannot be so."""


@dataclass(frozen=True)
class Claim:
    """A line, and the text with the edit, where there is one.

    Attributes
    ----------
    repair : Repair
        Its line and its words are the file's and the table's own; nothing of it is proved.
    edited : str or None
        The file's text with the edit.
    """

    repair: Repair
    edited: str | None


def lines_of(path: Path) -> list[str]:
    """Return the lines of a file, as Python reads them.

    Raises
    ------
    ClaimError
        It is no text in UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimError(f"{path} cannot be read") from error
    return re.findall(r"[^\n]*\n|[^\n]+", text.replace("\r\n", "\n").replace("\r", "\n"))


def claims(told: Any, path: Path, lines: Sequence[str]) -> Iterator[Claim]:
    r"""Yield what can be so among what is claimed of a file; those with an edit first.

    Parameters
    ----------
    told : object
        JSON's types.
    path : Path
        The submission.
    lines : sequence of str
        What stands in it.

    Examples
    --------
    >>> told = [{"line": 2, "column": 12, "before": "dout", "kind": "suspect", "diff": None}]
    >>> claim, = claims(told, Path("a.py"), ["def f(dout, x):\n", "    return dout\n"])
    >>> claim.repair.text, claim.repair.before, claim.edited
    ('    return dout', 'dout', None)
    """
    entries = told if isinstance(told, list) else []
    found = []
    for entry in entries[:MOST_CLAIMS]:
        try:
            found.append(_claim(entry, path, lines))
        except (ClaimError, KeyError, TypeError):
            continue
    return iter(sorted(found, key=lambda claim: claim.edited is None))


def _claim(told: Mapping[str, Any], path: Path, lines: Sequence[str]) -> Claim:
    kind, diff = told["kind"], told["diff"]
    if kind not in BY_NAME and (kind != SUSPECT or diff is not None):
        raise ClaimError(f"there is no such kind of edit: {kind!r}")
    edited = None if diff is None else applied(lines, _text(diff))
    place = _place(told, lines, edited, kind)
    also = [] if edited is None else [
        _place(entry, lines, edited, kind) for entry in list(told.get("also", ()))[:MOST_PLACES]]
    side = told.get("side")
    repair = Repair(
        path.name, place.line, place.column, place.before, place.after,
        None if edited is None else _diff(path, lines, edited), kind,
        _names(told.get("arguments", ())), 0, place.words, place.text,
        side if side in SIDES else SIDES[0], tuple(also))
    return Claim(repair, None if edited is None else "".join(edited))


def _place(told: Mapping[str, Any], lines: Sequence[str], edited: Sequence[str] | None, kind: str
           ) -> OtherPlace:
    """Return a place of the file, the whole line where the expression is not in it."""
    number = _number(told["line"], len(lines))
    text = lines[number - 1].rstrip("\n")
    column, before = _number(told["column"], len(text) + 1), _text(told["before"])
    if not before or not text[column - 1:].startswith(before.partition("\n")[0]):
        column, before = len(text) - len(text.lstrip()) + 1, text.strip()
    after = _text(told.get("after", ""))
    if edited is None or after not in "".join(line for line in edited if line not in lines):
        after = ""
    words = told.get("words")
    known = words if isinstance(words, str) and words in WORDS else (
        BY_NAME[kind].words if kind in BY_NAME else "")
    return OtherPlace(number, column, before, after, known, text)


def _diff(path: Path, before: Sequence[str], after: Sequence[str]) -> str:
    """Return a diff with the file's own line ends, and nothing of the place where it is graded."""
    _, _, hunks = unified(str(path), before, after).split("\n", 2)
    return f"--- a/{path.name}\n+++ b/{path.name}\n{hunks}"


def applied(lines: Sequence[str], diff: str) -> list[str]:
    r"""Return lines with a unified diff, which has to fit them.

    Raises
    ------
    ClaimError
        It does not, or changes more than an edit does.

    Examples
    --------
    >>> applied(["x = 1\n", "y = x\n"], "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n")
    ['x = 2\n', 'y = x\n']
    """
    edited: list[str] = []
    at = changed = 0
    for line in diff.split("\n")[2:]:
        sign, text = line[:1], line[1:].rstrip("\r")
        hunk = HUNK.match(line)
        if hunk is not None:
            start = int(hunk[1]) - (hunk[2] != "0")
            edited += lines[at:start]
            at = max(at, start)
        elif sign == "+":
            edited.append(f"{text}\n")
        elif sign in (" ", "-") and sign:
            if at >= len(lines) or lines[at].rstrip("\n") != text:
                raise ClaimError("the diff does not fit the file")
            edited += [lines[at]] * (sign == " ")
            at += 1
        elif sign not in ("", "\\"):
            raise ClaimError("it is no unified diff")
        changed += sign in ("+", "-")
    if not 0 < changed <= MOST_CHANGED:
        raise ClaimError(f"it changes {changed} lines; expected at most {MOST_CHANGED}")
    return [*edited, *lines[at:]]


def _number(value: Any, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise ClaimError(f"got {value!r}; expected a number up to {most}")
    return value


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > MOST_TEXT:
        raise ClaimError("it is no short text")
    return value


def _names(value: Any) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(entry for entry in entries[:MOST_NAMES] if isinstance(entry, str)
                 and len(entry) <= LONGEST_NAME and entry.isidentifier())
