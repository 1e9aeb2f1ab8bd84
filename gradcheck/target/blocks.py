"""What can be read of a cell that is not Python as a whole: block after block.

A definition that cannot be read stands there as one that is not written: it is to be seen in the
report, and must not cost its neighbours in the cell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.target.names import CHARACTER
from gradcheck.target.pairs import LAYER_NAME, LOSS_NAME

RAISED = "__not_python__"
# A line in the first column, which begins a statement and does not go on with one.
BEGINNING = re.compile(r"(?!(else|elif|except|finally|case)\b)[A-Za-z_@]")
FUNCTION = re.compile(rf"def\s+(?P<name>{CHARACTER}+)\s*"
                      r"(\((?P<parameters>[^()]*(\([^()]*\)[^()]*)*)\))?")
CLASS = re.compile(rf"class\s+(?P<name>{CHARACTER}+)")
METHODS = ("forward", "backward")


class NotPythonError(NotImplementedError):
    """A definition is called that could not be read; the message says where and why."""


@dataclass(frozen=True)
class Unread:
    """What could not be read: the line in its cell, and why."""

    line: int
    reason: str


def readable(source: str, name: str) -> tuple[str, list[Unread]]:
    """Return a source without what is not Python in it, and what that is.

    Parameters
    ----------
    source : str
        A cell's; where it can be read as a whole it stays as it is.
    name : str
        What the cell is called.

    Examples
    --------
    >>> text, unread = readable(chr(10).join(["x = 1", "def relu_forward(x):", "    #"]), "cell 1")
    >>> unread[0].line, unread[0].reason
    (3, 'expected an indented block after function definition on line 2')
    >>> text.splitlines()[1][:39]
    'def relu_forward(x): raise __not_python'
    """
    if is_python(source):
        return source, []
    lines, unread = source.splitlines(), []
    for start, end in _blocks(lines):
        text = "\n".join(lines[start:end]) + "\n"
        try:
            ast.parse(text, name)
        except SyntaxError as error:
            line = min((error.lineno or 1) + start, end)
            unread.append(Unread(line, _moved(error.msg, start)))
            stand_in = _stand_in(text, f"{name}, line {line}: {unread[-1].reason}").splitlines()
            lines[start:end] = [*stand_in, *[""] * (end - start - len(stand_in))]
    return "\n".join(lines) + "\n", unread


def _blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where each block begins and ends; a decorator goes with what follows."""
    starts = [place for place, line in enumerate(lines) if not place or (
        BEGINNING.match(line) and not lines[place - 1].startswith("@"))]
    yield from zip(starts, [*starts[1:], len(lines)], strict=True)


def _moved(reason: str, start: int) -> str:
    """Return a reason whose lines count from the cell's first."""
    return re.sub(r"on line (\d+)", lambda found: f"on line {int(found[1]) + start}", reason)


def _stand_in(text: str, message: str) -> str:
    """Return a layer's function, or its class, that raises; '' for what is neither."""
    refusal = f"raise {RAISED}({message!r})"
    found = FUNCTION.search(text) if text.startswith(("def", "@", "async")) else None
    if found and (LAYER_NAME.fullmatch(found["name"]) or LOSS_NAME.fullmatch(found["name"])):
        function = f"def {found['name']}({found['parameters'] or '*args'}): {refusal}"
        return function if is_python(function) else (
            f"def {found['name']}(*args): {refusal}")
    named = CLASS.search(text) if text.startswith(("class", "@")) else None
    if named and all(f"def {method}" in text for method in METHODS):
        return (f"class {named['name']}:\n    def forward(self, x): {refusal}\n"
                f"    def backward(self, dout): {refusal}")
    return ""


def is_python(text: str) -> bool:
    """Whether a text can be read.

    >>> is_python("x = 1"), is_python("!ls")
    (True, False)
    """
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
