"""The code cells of a notebook, so that plain Python 3 can run them, and what errors they state."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
# What starts a statement `print ...` of Python 2, up to its arguments.
PRINT = re.compile(r"^(\s*(?:(?:if|for|else|elif)\b.*:\s*)?)print(?:[ \t]+(?![=(]))(.*)$")
BARE_PRINT = re.compile(r"^(\s*)print\s*$", re.MULTILINE)
PYTHON_2 = ((re.compile(r"\.iteritems\(\)"), ".items()"), (re.compile(r"\bxrange\b"), "range"),
            (re.compile(r"\bd/2\b"), "d//2"))
COLAB = re.compile(r"google\.colab|FOLDERNAME")
ERROR = re.compile(r"^(?P<name>.*\b(?:error|[Dd]ifference))\s*:\s*(?P<value>\S+)\s*$")
EXPECTED = re.compile(
    r"\b(errors?|difference)( for \w+)?( of)? (around|up to|less than|on the order of)")
NUMBER = re.compile(r"(?<![\w.])(\d*\.?\d*)e-(\d+)")


@dataclass(frozen=True)
class Cell:
    """A code cell: its place in the notebook, its code, and the error that its text allows.

    `stated` is the largest number that the comments, or else the text before the cell, call an
    error; None where they name none.
    """

    place: int
    code: str
    stated: float | None

    @property
    def mounts_a_drive(self) -> bool:
        """Whether it prepares a machine of Colab's."""
        return bool(COLAB.search(self.code))


def cells_of(path: Path) -> list[Cell]:
    """Return the code cells of a notebook that have any code."""
    return list(_cells(json.loads(path.read_text(encoding="utf-8"))))


def source_of(path: Path) -> str:
    """Return all code of a notebook."""
    return "\n".join(cell.code for cell in cells_of(path))


def printed_errors(text: str) -> Iterator[tuple[str, float]]:
    """Yield (name, value) of each line that prints an error.

    Examples
    --------
    >>> list(printed_errors("Testing\\ndx error:  1.5e-09\\nloss: 2.3"))
    [('dx error', 1.5e-09)]
    """
    for line in text.splitlines():
        found = ERROR.match(line)
        if found:
            with contextlib.suppress(ValueError):
                yield found["name"], float(found["value"])


def stored_errors(path: Path) -> list[tuple[str, float]]:
    """Return the errors that a notebook's owner saw: those in its stored output."""
    found = []
    for cell in _all_cells(json.loads(path.read_text(encoding="utf-8"))):
        for output in cell.get("outputs", ()):
            found += printed_errors("".join(output.get("text", ())))
    return found


def _all_cells(notebook: Any) -> Iterator[Any]:
    for sheet in notebook.get("worksheets", [notebook]):
        yield from sheet.get("cells", ())


def _cells(notebook: Any) -> Iterator[Cell]:
    text = ""
    for place, cell in enumerate(_all_cells(notebook)):
        source = "".join(cell.get("source", cell.get("input", "")))
        if cell["cell_type"] != "code":
            text = source
            continue
        if source.strip():
            stated = largest(_comments(source))
            yield Cell(place, plain(source),
                       largest(_sentences(text)) if stated is None else stated)
        text = ""


def plain(source: str) -> str:
    """Return a cell's code without IPython's commands, and its print statements as calls.

    Examples
    --------
    >>> print(plain("%matplotlib inline\\nfor k, v in d.iteritems():\\n  print k, v"))
    pass
    for k, v in d.items():
      print(k, v)
    """
    source = MAGIC.sub(r"\1pass", BARE_PRINT.sub(r"\1print()", source))
    for pattern, new in PYTHON_2:
        source = pattern.sub(new, source)
    return "\n".join(_called(source.split("\n")))


def _called(lines: list[str]) -> Iterator[str]:
    """Put parentheses around what a print statement prints, over as many lines as it takes."""
    rest = iter(lines)
    for line in rest:
        found = PRINT.match(line)
        if not found:
            yield line
            continue
        printed = found[2]
        while printed.endswith("\\") or _open(printed):
            printed += "\n" + next(rest)
        yield f"{found[1]}print({printed})"


def _open(text: str) -> bool:
    return sum(text.count(b) for b in "([{") > sum(text.count(b) for b in ")]}")


def _comments(source: str) -> str:
    """Return the comments that speak of errors, each with the lines that go on with it."""
    kept, goes_on = [], False
    for line in source.split("\n"):
        comment = line.strip().startswith("#")
        goes_on = comment and (goes_on or bool(re.search(r"error|losses between", line, re.I)))
        if goes_on:
            kept.append(line)
    return "\n".join(kept)


def _sentences(text: str) -> str:
    """Return the lines of a text that speak of errors to expect."""
    return "\n".join(line for line in text.split("\n") if EXPECTED.search(line))


def largest(text: str) -> float | None:
    """Return the largest number in scientific notation; `e-7` is 1e-7.

    Examples
    --------
    >>> largest("between 1e-4~1e-10 for W, around e-8 or less for b")
    0.0001
    """
    numbers = [float(f"{digits or 1}e-{power}") for digits, power in NUMBER.findall(text)]
    return max(numbers, default=None)
