"""What ran: the functions of the user's own file, and what every line saw when it ran first."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

OURS = str(Path(__file__).parents[1])
FOREIGN = (OURS, "<frozen", "<__array_function__", str(Path(ast.__file__).parent))
MOST_EVENTS = 20_000
COMPREHENSIONS = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "<module>")
Scope = dict[str, Any]


@dataclass
class Run:
    """The first call of a function.

    Attributes
    ----------
    scopes : dict of int to dict
        The local names before a line ran first.
    counts : dict of int to int
        How often a line ran.
    end : dict
        The local names at the end.
    names : dict
        The global names.
    """

    scopes: dict[int, Scope] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    end: Scope = field(default_factory=dict)
    names: Scope = field(default_factory=dict)

    def scope_of(self, line: int, last: int) -> Scope | None:
        """Return what a statement on these lines saw; None where it did not run."""
        return next((self.scopes[at] for at in range(line, last + 1) if at in self.scopes), None)


@dataclass
class Traced:
    """What a call did: its result or its exception, and the user's functions in order."""

    result: Any = None
    error: Exception | None = None
    runs: dict[CodeType, Run] = field(default_factory=dict)


def traced(call: Callable[[], Any]) -> Traced:
    """Return what a call does.

    The user's functions are those of the first file that is neither the checker's nor a library's.

    Examples
    --------
    >>> import functools
    >>> def double(x):
    ...     y = 2 * x
    ...     return y
    >>> run, = traced(functools.partial(double, 3)).runs.values()
    >>> run.end
    {'x': 3, 'y': 6}
    """
    tracer, before = _Tracer(), sys.gettrace()
    found = tracer.found
    sys.settrace(tracer)
    try:
        found.result = call()
    except Exception as error:
        found.error = error
    finally:
        sys.settrace(before)
    return found


class _Tracer:
    def __init__(self) -> None:
        self.found, self.file, self.events = Traced(), "", 0

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if is_foreign(code.co_filename) or code in self.found.runs:
            return None
        self.file = self.file or code.co_filename
        if code.co_filename != self.file or code.co_name in COMPREHENSIONS:
            return None
        run = self.found.runs[code] = Run(names=frame.f_globals)

        def lines(frame: FrameType, event: str, arg: Any) -> Any:
            line = frame.f_lineno
            self.events += 1
            if event == "line":
                run.counts[line] = run.counts.get(line, 0) + 1
                if line not in run.scopes:
                    run.scopes[line] = dict(frame.f_locals)
            elif event == "return":
                run.end = dict(frame.f_locals)
            return lines if self.events < MOST_EVENTS else None

        return lines


def is_foreign(file: str) -> bool:
    """Whether a file is the checker's, a library's or none."""
    return file.startswith(FOREIGN) or "site-packages" in file or file == "<string>"


def functions_of(codes: dict[CodeType, Run]) -> list[FunctionType]:
    """Return the functions that run these codes, in the order of the codes."""
    holders = [entry for entry in gc.get_referrers(*codes) if isinstance(entry, FunctionType)]
    return [holder for code in codes for holder in holders if holder.__code__ is code]
