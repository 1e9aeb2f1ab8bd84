"""Grades submissions: finds their layers, judges each against the reference, adds up the points.

Every function of a submission runs in a `gradcheck.sandbox.Sandbox`; the judge compares, in this
process, what comes back. A record is complete only when every part of every layer has a verdict of
the judge: where the submission's process ends early, what is left to judge earns nothing.
"""

from __future__ import annotations

import fnmatch
import os
import secrets
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from tqdm import tqdm

from gradcheck.judge import Conventions, Verdict, judge_layer
from gradcheck.laws import LAWFUL, judge_laws, law_names
from gradcheck.mapping import map_like
from gradcheck.points import LAYER_POINTS, STANDARD, Points, load_points, share_out
from gradcheck.record import OUTPUT_LIMIT, Item, Record, clean
from gradcheck.reference import reference_layers
from gradcheck.sandbox import (
    Budget,
    Sandbox,
    SandboxError,
    global_generator_restored,
)
from gradcheck.targets import Found, Pair, find_pairs

TIMEOUT = 120.0
NOT_IMPORTED = "not judged: the file cannot be imported, see the error below"
MEMORY = 2048
Names = str | Sequence[str] | None

# The laws of dropout seed NumPy's global generator, which the threads of a process share.
_turn = threading.Lock()


def grade_file(
    path: str | os.PathLike[str],
    *,
    points: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    only: Names = None,
    timeout: float = TIMEOUT,
    memory: int = MEMORY,
    p_is: str = "drop",
    scaling: str = "inverted",
    seeding: str | None = "seed",
    seed: int | None = None,
) -> Record:
    """Grade one submission.

    Parameters
    ----------
    path : path-like
        A Python file with ``<name>_forward``/``<name>_backward`` pairs and ``<name>_loss``
        functions in the conventions of `layers` (which are cs231n's).
    points : path or mapping, optional
        The table of points, see `gradcheck.points`; without it every layer of the file that the
        reference knows counts.
    only : str or sequence of str, optional
        The layers that count, by name or pattern (``affine*``).
    timeout : float
        Seconds of wall-clock time for everything that the submission does.
    memory : int
        Megabytes that the submission may use beyond what NumPy takes.
    p_is, scaling, seeding
        The conventions of the submission's dropout, see `gradcheck.DropoutImplementation`.
    seed : int, optional
        Draws the inputs; by default one that nobody can foresee. It is in the record.

    Returns
    -------
    Record
        Whatever the submission does. Where our own code fails, the record says so and has
        ``exit_code`` 4.

    Raises
    ------
    ValueError
        A setting is wrong: an unknown layer, an invalid table.

    Notes
    -----
    The submission runs in a process of its own, see `gradcheck.sandbox` for what is confined and
    what is not. Hostile code needs a container around the grader.
    """
    started = time.monotonic()
    table = load_points(points)
    conventions = Conventions(p_is, scaling, seeding)
    seed = secrets.randbits(32) if seed is None else seed
    asked = _asked(table, [only] if isinstance(only, str) else only)
    grading = _Grading(Path(path), timeout, memory, conventions, seed, table)
    fault, error = "", ""
    try:
        with _turn, global_generator_restored(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            grading.run(asked)
    except SandboxError as reason:
        fault, error = "target", str(reason)
    except Exception as reason:
        fault = "judge"
        error = ("the grader itself failed, which is not the submission's fault: "
                 f"{type(reason).__name__}: {reason}\n{traceback.format_exc(limit=-5)}")
    finally:
        grading.close()
    return Record(
        "grade", clean(path), tuple(grading.items), error=clean(error or grading.timed_out),
        fault=fault or ("target" if grading.timed_out else ""),
        seconds=time.monotonic() - started, output=clean(grading.output, OUTPUT_LIMIT),
        notes=tuple(dict.fromkeys(grading.notes)),
        settings={"seed": seed, "timeout": timeout, "memory": memory, "p_is": p_is,
                  "scaling": scaling, "seeding": seeding},
    )


def _asked(table: Points | None, only: Sequence[str] | None) -> list[str] | None:
    """Return the names that count, or None for those that are found."""
    known = _references()
    names = list(table) if table is not None else None
    if only is not None:
        names = [name for entry in only for name in _matching(entry, known)]
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise ValueError(f"layers: got {unknown}, for which there is no reference; expected any of "
                         f"{', '.join(sorted(known))}. Remedy: correct the names.")
    for name in names or []:
        if table is not None and name in table:
            share_out(table[name], list(LAYER_POINTS) if name not in LAWFUL else law_names())
    return names


def _matching(entry: str, known: Mapping[str, Pair]) -> list[str]:
    """Return the names that a name or a pattern stands for; the entry itself if there is none."""
    bare = entry.removesuffix("_forward").removesuffix("_backward")
    return fnmatch.filter(known, bare) or [bare]


def _references() -> dict[str, Pair]:
    return {pair.name: pair for pair in find_pairs(reference_layers()).pairs}


class _Grading:
    """The grading of one submission under way."""

    def __init__(self, path: Path, timeout: float, memory: int, conventions: Conventions,
                 seed: int, table: Points | None) -> None:
        self.path, self.timeout, self.memory = path, timeout, memory
        self.conventions, self.seed, self.table = conventions, seed, table
        self.items: list[Item] = []
        self.notes: list[str] = []
        self.output = ""
        self.timed_out = ""
        self._sandbox: Sandbox | None = None

    def run(self, asked: list[str] | None) -> None:
        """Judge every layer that counts; a layer that kills the process costs only its own points.

        Raises SandboxError if the file cannot be imported; every item is then there, with zero.
        """
        references = _references()
        self.budget = Budget(self.timeout)
        try:
            found = self._find()
        except SandboxError:
            for name in asked or STANDARD:
                self._add_missing(name, NOT_IMPORTED, "error")
            raise
        pairs = {pair.name: pair for pair in found.pairs}
        for name in asked if asked is not None else self._expected(found, references):
            if name not in pairs:
                self._add_missing(name, _absence(name, found), "failed")
            else:
                self._judge(name, references[name])

    def _find(self) -> Found:
        """Return the pairs of the submission, from a process that works."""
        if self._sandbox is None or self._sandbox.failure:
            self.close()
            self._sandbox = Sandbox(self.path, self.budget, self.memory)
            self._sandbox.__enter__()
            self.notes += self._sandbox.notes
        module = ModuleType("submission")
        vars(module).update(self._sandbox.functions)
        return find_pairs(module)

    def close(self) -> None:
        """End the submission's process."""
        if self._sandbox is not None:
            self.output = self._sandbox.output or self.output
            self._sandbox.__exit__(None, None, None)

    def _expected(self, found: Found, references: Mapping[str, Pair]) -> list[str]:
        """Return what counts without a table: what is there and known, in the file's order."""
        names = [pair.name for pair in found.pairs]
        halves = [name.replace("_forward", "").replace("_backward", "") for name in found.unpaired]
        known = [name for name in [*names, *halves] if name in references]
        extra = [name for name in names if name not in references]
        if extra:
            self.notes.append(f"not graded, as there is no reference for them: {', '.join(extra)}")
        return list(dict.fromkeys(known)) or list(STANDARD)

    def _parts(self, name: str) -> dict[str, float]:
        parts = law_names() if name in LAWFUL else list(LAYER_POINTS)
        return share_out(self.table.get(name) if self.table else None, parts)

    def _add_missing(self, name: str, message: str, status: str) -> None:
        self.items += [Item(f"{name}: {part}", name, status, message, 0.0, possible)
                       for part, possible in self._parts(name).items()]

    def _judge(self, name: str, reference: Pair) -> None:
        points = self._parts(name)
        try:
            pair = next(pair for pair in self._find().pairs if pair.name == name)
        except (SandboxError, StopIteration) as reason:
            self._add_missing(name, f"not judged: {reason}", "error")
            return
        started = time.monotonic()
        for verdict in self._verdicts(pair, reference):
            now = time.monotonic()
            if verdict.part in points:
                self._add(name, verdict, points.pop(verdict.part), now - started)
            else:
                self.notes += [f"advice on {name}: {text}" for text in verdict.advice]
            started = now
        for part, possible in points.items():
            self.items.append(Item(f"{name}: {part}", name, "error", "not judged", 0.0, possible))

    def _verdicts(self, pair: Pair, reference: Pair) -> Iterator[Verdict]:
        if pair.name in LAWFUL:
            return judge_laws(pair, self.conventions)
        return judge_layer(pair, reference, self.conventions, self.seed)

    def _add(self, name: str, verdict: Verdict, possible: float, seconds: float) -> None:
        """Note a verdict; once the process has failed, no further verdict can be a pass."""
        assert self._sandbox is not None
        failure = self._sandbox.failure
        passed = verdict.passed and not failure
        status = "passed" if passed else "error" if failure else "failed"
        if verdict.skipped and not failure:
            status, possible = "skipped", 0.0
        if failure and self._sandbox.timed_out:
            self.timed_out = self.timed_out or f"{name}: {failure}"
        report = verdict.report
        self.items.append(Item(
            f"{name}: {verdict.part}", name, status, clean(failure or verdict.message),
            possible if passed else 0.0, possible, seconds,
            arguments=tuple(entry.name for entry in report.arguments) if report else (),
            worst_error=report.worst_error if report and report.arguments else None,
            evaluations=report.evaluations if report else None,
            advice=verdict.advice, details={"report": report.to_dict()} if report else {},
        ))


def _absence(name: str, found: Found) -> str:
    wanted = name if name.endswith("_loss") else f"{name}_forward and {name}_backward"
    there = [pair.name if pair.is_loss else f"{pair.name}_forward, {pair.name}_backward"
             for pair in found.pairs] + list(found.unpaired)
    return f"{wanted}: missing; the file defines {', '.join(there) or 'no layer and no loss'}"


def grade_folder(
    folder: str | os.PathLike[str],
    *,
    workers: int | Callable[..., Iterable[Record]] = 1,
    progress: bool = True,
    **settings: Any,
) -> list[Record]:
    """Grade every submission in a folder.

    Parameters
    ----------
    folder : path-like
        Holds the submissions: ``*.py`` files, in it or one level below.
    workers : int or map-like
        Processes (-1: one a core), or a callable that is called as ``workers(function, list)``.
        Threads of one process take turns.
    progress : bool
        Show a progress bar on stdout.
    **settings
        Those of `grade_file`.

    Returns
    -------
    list of Record
        In the order of the files' names.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"folder: got {str(folder)!r}; expected a folder of submissions. Remedy: "
                         "check the spelling.")
    paths = [str(path) for path in sorted([*root.glob("*.py"), *root.glob("*/*.py")])
             if not path.name.startswith(("_", "."))]
    load_points(settings.get("points"))
    grade = partial(grade_file, **settings)
    with map_like(workers) as run:
        records = run(grade, paths) if run else map(grade, paths)
        return list(tqdm(records, total=len(paths), desc="grading", unit="file", file=sys.stdout,
                         disable=not progress))
