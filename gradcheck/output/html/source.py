"""The source of a function: the suspect line marked, the lines that never ran shaded."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import textwrap
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any

from gradcheck.output.html.markup import MARKS, Ids, details, text
from gradcheck.output.plain import clean

TABS = 8
MOST_CHARACTERS = 16_000
SHORT = 24  # lines that a printed page keeps together
LONG = 3  # lines of a docstring that is folded away
HOLDERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
KINDS = {tokenize.STRING: "str", tokenize.NUMBER: "num", tokenize.COMMENT: "com"}
SOFT = frozenset(dir(builtins)) & {"None", "True", "False"}
SUSPECT, UNRUN = "suspect", "never ran"
Marks = Mapping[int, Sequence[tuple[int, int]]]


def source(found: Mapping[str, Any], suspects: Marks, unrun: Sequence[int], ids: Ids,
           prefix: str = "") -> str:
    """Return a function's source with line numbers.

    Parameters
    ----------
    found : mapping
        Its name, file, first line and text.
    suspects : mapping
        Lines of the file to (first column, end) of each expression that may be wrong, from 0.
    unrun : sequence of int
        Lines that never ran.
    ids : Ids
        The ids of the page.
    prefix : str
        Before the number in the id of each line.

    Examples
    --------
    >>> shown = source({"name": "f", "file": "a.py", "line": 3, "text": "def f(x): return x",
    ...                 "cut": False}, {3: [(17, 18)]}, [], Ids())
    >>> 'class="l suspect"' in shown, 'return</span> <mark>x</mark>' in shown
    (True, True)
    """
    lines = clean(found["text"], MOST_CHARACTERS).expandtabs(TABS).splitlines()
    kinds, first = _kinds(lines), found["line"]
    rows = [_row(number, line, kinds[number - first], suspects.get(number, ()), number in unrun,
                 ids.new(f"{prefix}L{number}")) for number, line in enumerate(lines, first)]
    for start, end in reversed(list(_docstrings(lines))):
        rows[start:end] = [details(f"lines {first + start}\u2013{first + end - 1}: docstring",
                                   "".join(rows[start:end]))]
    label = text(f"source of {found['name']}")
    cut = '<p class="soft">The rest is left out.</p>' if found.get("cut") else ""
    kind = "source code short" if len(lines) <= SHORT else "source code"
    return (f'<div class="{kind}" tabindex="0" role="region" aria-label="{label}">'
            f'<div class="lines">{"".join(rows)}</div></div>{cut}')


def _docstrings(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where each long docstring begins and ends: between it and the code one scrolls long."""
    try:
        tree = ast.parse(textwrap.dedent("\n".join(lines)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    holders = [node for node in ast.walk(tree) if isinstance(node, HOLDERS) and node.body]
    for node in sorted(holders, key=lambda node: node.lineno):
        first = node.body[0]
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and (
            isinstance(first.value.value, str))
        if is_text and (first.end_lineno or 0) - first.lineno >= LONG:
            yield first.lineno - 1, first.end_lineno or first.lineno


def _row(number: int, line: str, kinds: Sequence[str], marked: Sequence[tuple[int, int]],
         unrun: bool, identity: str) -> str:
    """Return one line: its number, a sign for what it is, its text."""
    state = " suspect" if marked else " unrun" if unrun else ""
    sign, told = ("\u25b6", SUSPECT) if marked else ("\u25cb", UNRUN) if unrun else (" ", "")
    title = f' title="{told}"' if told else ""
    hidden = f'<span class="hidden"> ({told})</span>' if told else ""
    return (f'<span class="l{state}" id="{identity}"{title}><span class="no">{number} '
            f"{sign}</span>{_painted(line, kinds, marked)}{hidden}\n</span>")


def _painted(line: str, kinds: Sequence[str], marked: Sequence[tuple[int, int]]) -> str:
    """Return a line's text, runs of one kind in a span each."""
    def key(place: int) -> tuple[str, bool]:
        return kinds[place], any(start <= place < end for start, end in marked)

    parts = []
    for (kind, is_marked), places in groupby(range(len(line)), key):
        shown = text(MARKS.sub("\ufffd", "".join(line[place] for place in places)))
        shown = f'<span class="{kind}">{shown}</span>' if kind else shown
        parts.append(f"<mark>{shown}</mark>" if is_marked else shown)
    return "".join(parts)


def _kinds(lines: Sequence[str]) -> list[list[str]]:
    """Return what kind of word each character belongs to; '' where that is not known."""
    found = [[""] * len(line) for line in lines]
    for kind, (row, column), (last, end) in _tokens(lines):
        for place in range(row, last + 1):
            start = column if place == row else 0
            stop = end if place == last else len(found[place])
            found[place][start:stop] = [kind] * (stop - start)
    return found


def _tokens(lines: Sequence[str]) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Yield kind, begin and end of words that have a colour, as far as the text is Python."""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    code = "\n".join(line[indent:] for line in lines) + "\n"
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            kind = KINDS.get(token.type, "")
            if token.type == tokenize.NAME and (keyword.iskeyword(token.string)):
                kind = "num" if token.string in SOFT else "kw"
            if kind and token.end[0] <= len(lines):
                yield (kind, (token.start[0] - 1, token.start[1] + indent),
                       (token.end[0] - 1, token.end[1] + indent))
    except (tokenize.TokenError, SyntaxError, IndexError):
        return


def stands_in(repair: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a line that may be wrong is one of a function's: a helper's may be another file's.

    Examples
    --------
    >>> stands_in({"file": "/tmp/a.py", "line": 3}, {"file": "a.py", "line": 3, "text": "f()"})
    True
    """
    count = len(found["text"].splitlines())
    return (PurePath(repair["file"]).name == PurePath(found["file"]).name
            and found["line"] <= repair["line"] < found["line"] + count)


def suspects_of(repairs: Sequence[Mapping[str, Any]]) -> dict[int, list[tuple[int, int]]]:
    """Return the expressions that may be wrong, by their line.

    Examples
    --------
    >>> suspects_of([{"line": 3, "column": 5, "before": "x", "text": "    x"}])
    {3: [(4, 5)]}
    """
    found: dict[int, list[tuple[int, int]]] = {}
    for repair in repairs:
        for place in (repair, *repair.get("also", ())):
            before = clean(place["text"])[:place["column"] - 1]
            start = len(before.expandtabs(TABS))
            width = len(clean(place["before"]).partition("\n")[0]) or 1
            found.setdefault(place["line"], []).append((start, start + width))
    return found
