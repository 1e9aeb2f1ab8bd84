"""The line that a slip is in and its edit, in a notebook: all of its looks stand in the elements.

A notebook may show ``<pre>`` in the type of its prose, so a caret below would point elsewhere: the
expression is underlined where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.output.html.markup import prose, text
from gradcheck.output.pointer import repairs_in, shown

MONO = ("font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "font-size:.92em")
# a line between, and grounds that let any notebook's own colour through
BOX = (f"{MONO};white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;margin:.4em 0;"
       "padding:.4em .7em;border:1px solid #8a949e66;border-radius:4px;background:#8a949e1f;"
       "color:inherit")
MARK = "border-bottom:2px solid #d0433a;font-weight:bold"
GROUNDS = {"+": "#2a8a4f38", "-": "#d0433a38"}


def snippet(found: Mapping[str, Any]) -> str:
    """Return the lines that are shown, what is wrong in each, and the edit where it is told.

    Parameters
    ----------
    found : mapping
        The details of an item.

    Examples
    --------
    >>> repair = {"file": "a.py", "line": 2, "column": 5, "before": "x *= 2", "text": "    x *= 2",
    ...           "kind": "write", "words": "this changes x", "verified_at": 0, "diff": None,
    ...           "side": "backward"}
    >>> "this changes x" in snippet({"repairs": [repair]}), snippet({})
    (True, '')
    """
    return "".join(f"{_marked(pointed)}<p style=\"margin:.25em 0\">{prose(sentence)}</p>"
                   f"{_diff(lines)}" for pointed, sentence, lines in shown(repairs_in(found)))


def _marked(pointed: Sequence[str]) -> str:
    """Return lines, each followed by its carets, as lines with what these point at underlined."""
    rows = [_underlined(line, carets)
            for line, carets in zip(pointed[::2], pointed[1::2], strict=True)]
    return f'<pre style="{BOX}">{chr(10).join(rows)}</pre>'


def _underlined(line: str, carets: str) -> str:
    parts, place = [], 0
    for start, end in (run.span() for run in re.finditer(r"\^+", carets)):
        parts += [text(line[place:start]),
                  f'<span style="{MARK}">{text(line[start:end])}</span>']
        place = end
    return "".join([*parts, text(line[place:])])


def _diff(lines: Sequence[str]) -> str:
    """Return an edit; the heads of the file are left out, as the line above names it."""
    kept = [line for line in lines if not line.startswith(("--- ", "+++ ", "@@"))]
    while kept and not kept[-1].strip():
        kept.pop()
    rows = "".join(f'<span style="{_ground(line)}">{text(line) or " "}\n</span>' for line in kept)
    return f'<pre style="{BOX}">{rows}</pre>' if rows else ""


def _ground(line: str) -> str:
    colour = GROUNDS.get(line[:1])
    return f"display:block;background:{colour}" if colour else "display:block"
