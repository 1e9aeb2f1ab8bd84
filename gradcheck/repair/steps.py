"""A call run line by line, and the line behind which something is so for the first time."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from gradcheck.repair.trace import is_foreign
from gradcheck.repaired import Repair

MOST_EVENTS = 20_000
Line = tuple[str, int]


class Steps:
    """Runs a call and asks behind every line of the user's own what is so now.

    Parameters
    ----------
    behind : callable
        Called with the line, and with the frame in which the next one is about to run. Once it
        answers false, nothing more is asked.
    """

    def __init__(self, behind: Callable[[Line, FrameType | None], bool]) -> None:
        self._behind = behind
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
        if self._last is not None:
            self._behind(self._last, None)

    def _on_call(self, frame: FrameType, event: str, arg: object) -> Any:
        return None if is_foreign(frame.f_code.co_filename) else self._on_line

    def _on_line(self, frame: FrameType, event: str, arg: object) -> Any:
        self._events += 1
        if self._events > MOST_EVENTS:
            return None
        if self._last is not None and not self._behind(self._last, frame):
            self._events = MOST_EVENTS
            return None
        # behind a return, the rest of the line that called may still do something
        at = frame.f_back if event == "return" else frame
        if at is not None and not is_foreign(at.f_code.co_filename):
            self._last = at.f_code.co_filename, at.f_lineno
        return self._on_line


def pointing(place: Line, kind: str, names: tuple[str, ...], words: str) -> Repair:
    """Return the statement that begins in a line, or goes on there, with what is said of it."""
    file, line = place
    lines = linecache.getlines(file)
    start, column, before = _statement(lines, line)
    return Repair(
        file=file, line=start, column=column, before=before, after="", diff=None, kind=kind,
        arguments=names, verified_at=0, words=words,
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
