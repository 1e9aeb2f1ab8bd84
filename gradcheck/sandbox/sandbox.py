"""Runs a submission's functions in another process, and hands out proxies that look like them.

The other process (`child.py`) evaluates and decides nothing. Arguments and values cross a
private pair of pipes as ``.npy`` bytes without pickle; the judge here compares them with inputs and
references that the submission cannot foresee. An exit code, a printed line or a file of the
submission is never looked at as evidence.

This guards against accidents and cheap tricks: endless loops, crashes, memory and output floods,
fork storms, forged results, a peek at the reference. It is no proof against hostile code. For
submissions that you do not trust, run the whole grader in a container or a virtual machine. What
a call did to its arguments, and whether a backward calls its forward, is told by the submission's
own process: code that rewrites the harness there can hide it, and gains those points.
Packages other than the reference are not blocked: what is installed can be imported.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import numpy as np

from gradcheck.sandbox import wire
from gradcheck.sandbox.budget import Budget
from gradcheck.sandbox.global_generator import GlobalGenerator
from gradcheck.sandbox.process import (
    Process,
    SandboxError,
    SandboxTimeoutError,
    UnconfinedError,
)
from gradcheck.sandbox.proxies import (
    SubmissionError,
    accept,
    bounded,
    proxy,
    refuse_objects,
    remote_error,
    warning_class,
)

__all__ = ["Budget", "Sandbox", "SandboxError", "SandboxTimeoutError", "SubmissionError",
           "UnconfinedError"]

SOURCE_LIMIT = 4 << 20


class Sandbox:
    """A submission in a process of its own.

    Parameters
    ----------
    path : path-like
        The submission, one Python file. Only this file is given to the process, or its package.
    budget : Budget or float
        Wall-clock time in seconds.
    memory : int
        Megabytes that the submission may use beyond what NumPy itself takes.
    package : path-like, optional
        The top folder of the package that it is a module of, with all its Python files.
    folder : path-like, optional
        A folder that is the submission's own: it may read what lies there.
    unconfined : bool
        Whether it may start where this system lets it read the reference.
    text : bytes, optional
        What is to stand in the submission's file, in place of what does.
    tools, hidden : sequence of str
        Folders of packages of the judge's own, for `use`; files of his that it must not read.

    Attributes
    ----------
    functions : dict
        The submission's functions by name, as proxies: they take and return what the originals do,
        and changes that a call makes to its arguments happen to the caller's objects as well.

    Raises
    ------
    SandboxError
        On entering, when the process cannot be started or the file cannot be imported.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "homework.py")
    ...     _ = path.write_text("def relu_forward(x): return x * (x > 0), x")
    ...     with Sandbox(path, 20.0) as sandbox:
    ...         sandbox.functions["relu_forward"](np.array([-1.0, 2.0]))
    (array([-0.,  2.]), array([-1.,  2.]))
    """

    def __init__(
        self, path: str | os.PathLike[str], budget: Budget | float = 120.0, memory: int = 2048,
        package: str | os.PathLike[str] | None = None,
        folder: str | os.PathLike[str] | None = None, unconfined: bool = False,
        text: bytes | None = None, tools: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        self.path, self.package = Path(path), package
        self.own = Path(folder or package or path)
        self.unconfined, self.text, self.tools = unconfined, text, tools
        self.hidden = hidden
        self.budget = Budget(budget) if isinstance(budget, int | float) else budget
        self.memory = memory
        self.functions: dict[str, Callable[..., Any]] = {}
        self._process: Process | None = None
        self._generator, self.lacking = GlobalGenerator(), list[str]()
        self._mark_there: object = None
        self._watch, self._calls = "", list[list[Any]]()

    @property
    def notes(self) -> list[str]:
        """What the system did not allow by way of isolation."""
        return self._process.notes if self._process else []

    @property
    def failure(self) -> str:
        """Why the process is of no more use; empty while it works."""
        return self._process.failure if self._process else "the sandbox was not entered"

    @property
    def timed_out(self) -> bool:
        """Whether the process was ended because it took too long."""
        return self._process is not None and self._process.timed_out

    @property
    def output(self) -> str:
        """What the submission printed, capped."""
        return self._process.output if self._process else ""

    def __enter__(self) -> Sandbox:
        if os.name != "posix":
            raise SandboxError(f"submissions cannot be confined on {os.name}. Remedy: grade them "
                               "on Linux or macOS, or in a container")
        sources = self._sources()
        self._process = Process(self.budget, self.memory, self.own, self.unconfined, self.tools,
                                self.hidden)
        try:
            self._import(sources)
        except BaseException:
            self._process.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.close()

    def _sources(self) -> dict[str, bytes]:
        """Return what is sent by its place: the submission, then the files of its package."""
        own = os.path.realpath(self.own)  # which takes a link to itself as it is
        if self.own.is_symlink() or not Path(os.path.realpath(self.path)).is_relative_to(own):
            raise SandboxError(f"{self.path}: it is a link to another place, and what lies there "
                               "is not the submission's. Remedy: hand in the file itself")
        if self.package is None:
            return {f"{self.path.stem}.py": self._source(self.path)}
        top = Path(self.package).resolve()
        return {file.relative_to(top.parent).as_posix(): self._source(file)
                for file in [self.path.resolve(), *sorted(top.rglob("*.py"))]
                if Path(os.path.realpath(file)).is_relative_to(own) and file.is_file()}

    def _source(self, path: Path) -> bytes:
        """Return what stands in a file, or is to stand there."""
        source = _read_source(path)
        return self.text if self.text is not None and path.samefile(self.path) else source

    def _import(self, sources: dict[str, bytes]) -> None:
        """Send the sources and learn the functions' names."""
        limit = min(self.budget.left, max(self.budget.per_call, self.budget.seconds / 3))
        assert self._process is not None
        reply, _ = self._process.exchange(
            {"load": {"files": list(sources)}},
            [np.frombuffer(source, np.uint8) for source in sources.values()], limit, "importing it")
        if "error" in reply:
            error = remote_error(reply["error"])
            self._fail(f"importing it raised {type(error).__name__}: {error}\n"
                       f"{error.trace}".rstrip())
        try:
            self.lacking = [bounded(name) for name in reply["lacking"]]
            self.functions = {bounded(name): proxy(self.call, name, parameters)
                              for name, parameters in reply["functions"]}
            for name, function in self.functions.items():
                vars(function).update(watched=partial(self.watched, name),
                                      each=partial(self.each, name))
        except (KeyError, TypeError, ValueError):
            self._fail("its process broke the protocol while it was imported")

    def _fail(self, reason: str) -> NoReturn:
        assert self._process is not None
        self._process.fail(reason)

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        """Evaluate one of the submission's functions.

        Raises
        ------
        SubmissionError
            The function raised; also an instance of the built-in type that it raised.
        SandboxError
            There is no answer: the time is up, the process died, or broke the protocol.
        """
        values = list[Any]()
        self.each(name, [args], values.append)
        return values[0]

    def each(self, name: str, calls: Sequence[tuple[Any, ...]], take: Callable[[Any], object]
             ) -> None:
        """Evaluate a function at each of several arguments, which share nothing that can change.

        As `call` one after the other; all are sent together, each value goes to `take` as it
        comes, and what raises is the last. NumPy's global generator moves once all have come.
        """
        known = self._generator.mark == self._mark_there
        sent = (None if known else self._generator.state, *calls)
        encoders = [wire.Encoder() for _ in sent]
        trees = [(encoder.encode(value), len(encoder.arrays))
                 for encoder, value in zip(encoders, sent, strict=True)]
        assert self._process is not None
        replies = self._process.exchange_each(
            {"calls": {"name": name, "watch": self._watch, "trees": trees}},
            [array for encoder in encoders for array in encoder.arrays], len(calls),
            lambda: min(self.budget.per_call, self.budget.left), f"calling {name}")
        self._mark_there = None
        try:
            for encoder, (reply, arrays) in zip(encoders[1:], replies, strict=False):
                take(self._value_of(name, reply, arrays, encoder.objects))
        finally:
            with contextlib.suppress(SandboxError):  # whoever asks next is told
                list(replies)
        self._mark_there = self._generator.mark

    def _value_of(self, name: str, reply: Any, arrays: list[Any], known: list[Any]) -> Any:
        """Return the value that a reply tells; raise what it tells of."""
        if "error" in reply:
            raise remote_error(reply["error"])
        try:
            value, seen = accept(reply, arrays, known)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as e:
            self._fail(f"{name} answered with something that is no value: {e}")
        self._calls += seen
        refuse_objects(name, value)
        for category, message in reply["warnings"]:
            warnings.warn(message, warning_class(category), stacklevel=5)
        return value

    def use(self, tool: str, request: Any, seconds: float) -> Any:
        """Return what a tool of the judge's says there of the submission.

        Its answer has been in the submission's hands: JSON's types, and nothing more is known.

        Raises
        ------
        SubmissionError
            The tool raised.
        SandboxError
            There is no answer.
        """
        assert self._process is not None
        encoder = wire.Encoder()
        tree = {"tool": {"name": tool, "request": encoder.encode(request)}}
        reply, _ = self._process.exchange(tree, encoder.arrays, min(seconds, self.budget.left),
                                          f"using {tool}")
        if "error" in reply:
            raise remote_error(reply["error"])
        return reply.get("told")

    @contextlib.contextmanager
    def watched(self, name: str) -> Iterator[list[list[Any]]]:
        """Yield a list of the arrays that the submission's own calls of a function are given."""
        self._watch, self._calls = name, []
        try:
            yield self._calls
        finally:
            self._watch = ""


def _read_source(path: Path) -> bytes:
    if not path.is_file():
        raise SandboxError(f"{path}: there is no such file. Remedy: check the spelling")
    try:
        with open(path, "rb") as file:
            source = file.read(SOURCE_LIMIT + 1)
    except OSError as error:
        raise SandboxError(f"{path}: it cannot be read ({error.strerror}). Remedy: let the grader "
                           "read it") from None
    if len(source) > SOURCE_LIMIT:
        raise SandboxError(f"{path}: got more than {SOURCE_LIMIT} bytes; expected at most as many. "
                           "Remedy: hand in Python source only")
    return source or b"\n"
