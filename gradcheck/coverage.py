"""Which lines of a function ran, by ``sys.settrace``."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

# What a block may consist of that is there for arguments that nobody passes.
TALK = (ast.Raise, ast.Assert, ast.Pass)
SAYING = ("print", "warn", "warning", "info", "debug", "error", "write")
Blocks = Iterator[list[ast.stmt]]


class Coverage:
    """The statements of some functions, and which of them have run.

    Parameters
    ----------
    functions : iterable of callable
        Those without source or bytecode are left out.

    Examples
    --------
    >>> import textwrap as written_in_python
    >>> coverage = Coverage([written_in_python.dedent])
    >>> coverage.run(lambda: written_in_python.dedent("a")) or bool(coverage.missing)
    True
    """

    def __init__(self, functions: Iterable[Callable[..., Any]]) -> None:
        self._statements: dict[CodeType, list[range]] = {}
        self._owners: dict[CodeType, CodeType] = {}
        for function in functions:
            code = code_of(function)
            if code is None:
                continue
            names = getattr(inspect.unwrap(function), "__globals__", {})
            self._statements[code] = list(statements_of(code, names))
            self._owners.update(dict.fromkeys(_nested(code), code))
        self._ran: dict[CodeType, set[int]] = {code: set() for code in self._statements}

    @staticmethod
    def is_possible() -> bool:
        """Whether no other tracer runs: there can be one."""
        monitoring = getattr(sys, "monitoring", None)
        return sys.gettrace() is None and (
            monitoring is None or not any(map(monitoring.get_tool, range(2))))

    def run(self, call: Callable[[], Any]) -> None:
        """Call something and note the lines that run in the functions, also where it raises."""
        sys.settrace(self._on_call)
        try:
            call()
        finally:
            sys.settrace(None)

    def _on_call(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        owner = self._owners.get(frame.f_code)
        if owner is None:
            return None
        lines = self._ran[owner]

        def on_line(frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
            lines.add(frame.f_lineno)
            return on_line

        return on_line

    @property
    def missing(self) -> Mapping[str, list[int]]:
        """The first lines of statements that have not run, by the function's name."""
        found = {code.co_name: [lines.start for lines in statements
                                if self._ran[code].isdisjoint(lines)]
                 for code, statements in self._statements.items()}
        return {name: lines for name, lines in found.items() if lines}


def code_of(function: Any) -> CodeType | None:
    """Return the bytecode of a function of Python's, through what wraps it."""
    try:
        return getattr(inspect.unwrap(function), "__code__", None)
    except ValueError:
        return None


def _nested(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's bytecode and that of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def statements_of(code: CodeType, names: Mapping[str, Any]) -> Iterator[range]:
    """Yield the lines of every statement that counts; of one with a body, those of its head.

    `names` are the globals of the function: some may do nothing but raise.
    """
    try:
        source = textwrap.dedent("".join(inspect.getsourcelines(code)[0]))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError, IndexError):
        return
    function = next((node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), None)
    known = {line for each in _nested(code) for _, _, line in each.co_lines() if line}
    block = _Raising(names).visit(function).body if function is not None else []
    for statement in _counted(block) if block else ():
        lines = _head(statement, code.co_firstlineno - 1)
        if not known.isdisjoint(lines):  # the compiler leaves out what can never run
            yield lines


class _Raising(ast.NodeTransformer):
    """Puts a raise in the place of a call of a function that does nothing else."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        called = self._names.get(getattr(node.value.func, "id", "")) if isinstance(
            node.value, ast.Call) else None
        raises = "NoReturn" in str(getattr(called, "__annotations__", {}).get("return", ""))
        return ast.copy_location(ast.Raise(), node) if raises else node


def _counted(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a block, and of the blocks in it, that are there to compute."""
    if all(map(_is_talk, block)) or isinstance(block[-1], ast.Raise):
        return
    for statement in block:
        if not _is_talk(statement):
            yield statement
        for inner in _blocks(statement):
            yield from _counted(inner)


def _is_talk(statement: ast.stmt) -> bool:
    """Whether a statement raises, asserts, passes, prints or is a docstring."""
    if isinstance(statement, TALK):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    call = statement.value
    if isinstance(call, ast.Constant):
        return True
    name = getattr(call.func, "id", getattr(call.func, "attr", "")) if isinstance(
        call, ast.Call) else ""
    return name in SAYING


def _blocks(statement: ast.stmt) -> Blocks:
    """Yield the blocks of a statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if isinstance(block, list) and block:
            yield block
    for handler in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield handler.body


def _head(statement: ast.stmt, before: int) -> range:
    """Return the lines of a statement in its file, without those of its blocks."""
    starts = [block[0].lineno for block in _blocks(statement)]
    end = max(min(starts, default=(statement.end_lineno or statement.lineno) + 1),
              statement.lineno + 1)
    return range(before + statement.lineno, before + end)


def told(missing: Mapping[str, Sequence[int]]) -> str:
    """Return lines as a sentence.

    >>> told({"conv_backward": [31, 32, 33, 40, 40]})
    'lines 31-33, 40 of conv_backward never ran'
    """
    return "; ".join(f"line{'s' * (len(set(lines)) > 1)} {_runs(lines)} of {name} never ran"
                     for name, lines in missing.items())


def _runs(lines: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for line in sorted(set(lines)):  # a line may hold two statements
        if runs and line == runs[-1][-1] + 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
