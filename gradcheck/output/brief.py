"""A message and its advice in few lines; `-v` and `--advice` show all of them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.output.plain import clean, counted

MOST_LINES = 10  # of a layer, its row among them
NUMBERS = re.compile(r"\s+d\w+ \w+\[[\d, ]*\]: \d+ checked")
PLACES = re.compile(r"\s+(?:at \[.*; )?gradcheck explain \S+$")
NOTES = re.compile(r"\s+note: ")
FILE = re.compile(r"\s+File \".*\", line \d+, in ")
INLINE = re.compile(r" \(line \d+, in [^()]*\)")
LEFT_OUT = "... {} more line{}; -v shows all"


def brief(message: str, fold: Callable[[str], list[str]], most: int) -> list[str]:
    r"""Return a message in so many folded lines at most.

    What is left out first are the numbers at the worst place, then where to read more, then notes.
    Whatever room there is, the first two lines are told.

    Examples
    --------
    >>> brief("scaled in dx: twice\n  dx float64[3]: 3 checked, worst\n  note: no", str.split, 6)
    ['scaled', 'in', 'dx:', 'twice', 'note:', 'no']
    """
    if any(map(FILE.match, message.splitlines())):
        message = INLINE.sub("", message)  # the same is told below
    paragraphs = message.splitlines()
    for lesser in (NUMBERS, PLACES, NOTES):
        lines = fold("\n".join(paragraphs))
        if len(lines) <= most:
            return lines
        paragraphs = [line for line in paragraphs if not lesser.match(line)]
    lines = fold("\n".join(paragraphs))
    most = max(most, 3)
    if len(lines) <= most:
        return lines
    left = len(lines) - most + 1
    return [*lines[:most - 1], f"    {LEFT_OUT.format(left, 's' * (left > 1))}"]


def advised(advice: Sequence[str], indent: str, width: int) -> list[str]:
    """Return the first remark, as far as it goes in one line, and how many others there are.

    Examples
    --------
    >>> advised(["raise ValueError unless 0 <= p < 1", "keep a copy"], "", 80)
    ['advice: raise ValueError unless 0 <= p < 1 (1 more: --advice)']
    """
    if not advice:
        return []
    told = " ".join(f"advice: {advice[0]}".split())
    others = len(advice) - 1
    end = f" ({others} more: --advice)" if others else ""
    room = max(width, 40) - len(indent) - len(end)
    if len(told) > room:
        end = end or " (--advice)"
        room = max(width, 40) - len(indent) - len(end)
        told = textwrap.shorten(told, room, placeholder=" ...")
    return [f"{indent}{told}{end}"]


def printed(details: Mapping[str, Any], indent: str, width: int) -> list[str]:
    """Return what a layer printed in one line: how much, and its first lines.

    Examples
    --------
    >>> printed({"printed": {"lines": 2, "first": ["0.1", "0.2"]}}, "", 80)
    ['it printed 2 lines: 0.1 | 0.2']
    """
    told = details.get("printed")
    if not isinstance(told, Mapping):
        return []
    first = " | ".join(clean(line).strip().replace("\n", " ") for line in told["first"])
    line = f"{indent}it printed {counted(told['lines'], 'line')}: {first}"
    return [line if len(line) <= width else f"{line[:width - 3].rstrip()}..."]
