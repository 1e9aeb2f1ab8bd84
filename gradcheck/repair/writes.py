"""The line that writes into what belongs to the caller, found by running a layer line by line.

Nothing is guessed: what is not to change is compared after every line, and the line behind which it
is another for the first time is told.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from gradcheck.contract.layer import Layer
from gradcheck.contract.mutation import differences, snapshot
from gradcheck.numeric.evaluator import output_of
from gradcheck.repair.telling import undisturbed
from gradcheck.repair.trace import is_foreign
from gradcheck.repaired import WRITE, Repair
from gradcheck.report import Finding

DOUT, CACHE, INPUT = "dout-mutated", "cache-mutated", "input-mutated"
WRITES = frozenset({DOUT, CACHE, INPUT})
MOST_EVENTS = 20_000
Line = tuple[str, int]


@dataclass(frozen=True)
class Written:
    """What is written into: its name, by which function, and the paths that change."""

    name: str
    by: str
    changed: tuple[str, ...]


def lines_of_writes(layer: Layer, findings: Iterable[Finding]) -> tuple[Repair, ...]:
    """Return the lines at which a layer writes into what is its caller's, one for each of these.

    Parameters
    ----------
    layer : Layer
        At the arguments at which it was seen to.
    findings : iterable of Finding
        Those of other codes are passed over.
    """
    written = list(_written(findings))
    found: dict[Line, list[str]] = {}
    with undisturbed():
        for by in ("forward", "backward"):
            for entry, line in _lines(layer, by, [each for each in written if each.by == by]):
                found.setdefault(line, []).append(entry.name)
    return tuple(_pointing(line, tuple(names)) for line, names in found.items())


def _written(findings: Iterable[Finding]) -> Iterator[Written]:
    for finding in findings:
        changed = tuple(finding.evidence.get("changed", ()))
        if finding.code == INPUT:
            yield Written(str(finding.argument), str(finding.evidence.get("by")), changed)
        elif finding.code in WRITES:
            yield Written(finding.code.removesuffix("-mutated"), "backward", changed)


def _lines(layer: Layer, by: str, written: list[Written]) -> Iterator[tuple[Written, Line]]:
    """Run one function, or forward and then backward, and yield where each of these is changed."""
    if not written:
        return
    args = layer.copies()
    held = dict(zip(layer.names, args, strict=True))
    if by == "forward":
        watch = Watch(held, written)
        watch.run(lambda: layer.forward(*args))
    else:
        returned = layer.forward(*args)
        out = output_of(returned)
        dout = np.asarray(np.random.default_rng(0).standard_normal(out.shape)).astype(out.dtype)
        watch = Watch({**held, "dout": dout, "cache": returned[1]}, written)
        watch.run(lambda: layer.backward(dout, returned[1]))
    yield from watch.found.items()


class Watch:
    """Runs a call and notes behind which line each value was changed first.

    Parameters
    ----------
    values : mapping
        By name: arrays, or what holds some.
    written : list of Written
        What of them is watched.

    Attributes
    ----------
    found : dict of Written to (file, line)
        Where it was changed; those that were not are not there.
    """

    def __init__(self, values: Mapping[str, Any], written: Iterable[Written]) -> None:
        self.found: dict[Written, Line] = {}
        self._values = values
        self._before = {entry: self._state(entry) for entry in written if entry.name in values}
        self._last: Line | None = None
        self._events = 0

    def run(self, call: Callable[[], Any]) -> None:
        """Call it; an exception ends it."""
        before = sys.gettrace()
        sys.settrace(self._on_call)
        try:
            call()
        except Exception:
            return
        finally:
            sys.settrace(before)
        self._look()

    def _state(self, entry: Written) -> dict[str, Any]:
        state = snapshot(self._values[entry.name], entry.name)
        return {path: leaf for path, leaf in state.items()
                if not entry.changed or path in entry.changed}

    def _on_call(self, frame: FrameType, event: str, arg: object) -> Any:
        return None if is_foreign(frame.f_code.co_filename) else self._on_line

    def _on_line(self, frame: FrameType, event: str, arg: object) -> Any:
        self._events += 1
        if not self._before or self._events > MOST_EVENTS:
            return None
        self._look()
        # behind a return, the rest of the line that called may write
        at = frame.f_back if event == "return" else frame
        if at is not None and not is_foreign(at.f_code.co_filename):
            self._last = at.f_code.co_filename, at.f_lineno
        return self._on_line

    def _look(self) -> None:
        """Note what the last line has changed."""
        for entry, before in list(self._before.items()):
            if differences(before, self._state(entry)):
                del self._before[entry]
                if self._last is not None:
                    self.found[entry] = self._last


def _pointing(place: Line, names: tuple[str, ...]) -> Repair:
    """Return the statement that begins in a line, or goes on there."""
    file, line = place
    lines = linecache.getlines(file)
    start, column, before = _statement(lines, line)
    return Repair(
        file=file, line=start, column=column, before=before, after="", diff=None, kind=WRITE,
        arguments=names, verified_at=0, words=f"this changes {' and '.join(names)}",
        text=lines[start - 1].rstrip("\n") if start <= len(lines) else "")


def _statement(lines: list[str], line: int) -> tuple[int, int, str]:
    """Return line, column and text of a simple statement; of another one the line alone."""
    text = "".join(lines)
    try:
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)
                 and not hasattr(node, "body") and node.lineno <= line <= (node.end_lineno or 0)]
    except (SyntaxError, ValueError):
        nodes = []
    if len(nodes) == 1:  # of several in a line it is not known which one it was
        node = nodes[0]
        start = len(lines[node.lineno - 1].encode()[:node.col_offset].decode())
        return node.lineno, start + 1, ast.get_source_segment(text, node) or ""
    shown = lines[line - 1] if line <= len(lines) else ""
    return line, len(shown) - len(shown.lstrip()) + 1, shown.strip()
