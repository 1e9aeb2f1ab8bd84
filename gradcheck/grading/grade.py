"""Grades a submission, or a folder of them: each is judged in a process of its own.

Whatever a submission answers is read in that process, which ends at a deadline; here only its
record arrives. Each record of a folder is on the disk before the next one is waited for.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gradcheck.grading.crew import Crew, judged
from gradcheck.grading.points import read_points
from gradcheck.grading.results import Results, key_of
from gradcheck.output.record import Record

TIMEOUT = 120.0
MEMORY = 2048
Names = str | Sequence[str] | None


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
    ignore: Names = None,
    folder: str | os.PathLike[str] | None = None,
    unconfined: bool = False,
    hints: int | None = None,
) -> Record:
    """Grade one submission.

    Parameters
    ----------
    path : path-like
        A Python file with ``<name>_forward``/``<name>_backward`` pairs and ``<name>_loss``
        functions in the conventions of `layers` (which are cs231n's). In a package, a folder with
        ``__init__.py``, it may import its neighbours.
    points : path or mapping, optional
        The table of points, see `gradcheck.points`; without it every layer of the file that
        the reference knows counts.
    only : str or sequence of str, optional
        The layers that count: by name, whether they are there or not, or by pattern
        (``affine*``) among those that are there.
    timeout : float
        Seconds of wall-clock time for everything that the submission does.
    memory : int
        Megabytes that the submission may use beyond what NumPy takes.
    p_is, scaling, seeding
        The conventions of the submission's dropout, see `gradcheck.DropoutImplementation`.
    seed : int, optional
        Draws the inputs; by default that of the table of points, or one that nobody can foresee.
        It is in the record.
    ignore : str or sequence of str, optional
        Codes of findings, or laws, that cost nothing, besides those of the table of points.
    folder : path-like, optional
        A folder that is the submission's own; it may read what lies there.
    unconfined : bool
        Grade also where this system lets the submission read the reference.
    hints : {0, 1, 2, 3}, optional
        What feedback tells of what is wrong: nothing, what it is, its line as well, the edit that
        mends it as well; by default what the table of points says, or 1. Lines are looked for once
        the points stand.

    Returns
    -------
    Record
        Whatever the submission does. Where our own code fails, the record says so and has
        ``exit_code`` 4.

    Raises
    ------
    ValueError
        A setting is wrong: an unknown layer, an invalid table; the path is a notebook's; or the
        submission could read the reference.

    Notes
    -----
    The submission runs in a process of its own, see `gradcheck.sandbox` for what is confined and
    what is not. Hostile code needs a container around the grader.
    """
    if Path(path).suffix == ".ipynb":
        raise ValueError(f"{path}: got a notebook; expected a Python file. Remedy: save its layers "
                         f"in one, or `gradcheck check {path}`, which judges notebooks.")
    return judged(_settled({
        "path": path, "points": points, "only": only, "timeout": timeout, "memory": memory,
        "p_is": p_is, "scaling": scaling, "seeding": seeding, "seed": seed, "ignore": ignore,
        "folder": folder, "unconfined": unconfined, "hints": hints}))


def _settled(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that can be sent, with the table of points read once for all."""
    inspect.signature(grade_file).bind(**{"path": "", **settings})
    return {"timeout": TIMEOUT, **{
        name: read_points(value) if name == "points"
        else os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in settings.items()}}


def grade_folder(
    folder: str | os.PathLike[str],
    *,
    workers: int | Callable[..., Iterable[Record]] = 1,
    progress: bool = True,
    results: str | os.PathLike[str] | None = None,
    resume: bool = False,
    callback: Callable[[Record], Any] | None = None,
    **settings: Any,
) -> list[Record]:
    """Grade every submission in a folder.

    Parameters
    ----------
    folder : path-like
        Holds the submissions: ``*.py`` files, in it or one level below. A folder below is one
        submission's own; files that stand flat cannot read each other.
    workers : int or map-like
        Processes (-1: one a core), or a callable that is called as ``workers(function, list)``.
    progress : bool
        Show a progress bar on stderr.
    results : path-like, optional
        Folder of ``results.jsonl``, which takes each record as it is known.
    resume : bool
        Take the records that are there already, of files and settings that have not changed.
    callback : callable, optional
        Called with each record as it is known.
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
    requests = _requests(root, _settled(settings))
    if not requests:
        return []
    keys = [key_of(request["path"], request) for request in requests]
    with ExitStack() as stack:
        file = stack.enter_context(Results(Path(results), resume)) if results else None
        found = {place: file.known[key] for place, key in enumerate(keys)
                 if resume and file is not None and key in file.known}
        bar = stack.enter_context(tqdm(
            total=len(keys), initial=len(found), desc="grading", unit="file", file=sys.stderr,
            disable=not progress))
        tell = callback or (lambda record: None)
        for record in found.values():
            tell(record)
        todo = [place for place in range(len(keys)) if place not in found]
        for number, record in _graded([requests[place] for place in todo], workers):
            place = todo[number]
            found[place] = record
            if file is not None:
                file.add(keys[place], record)
            bar.update()
            tell(record)
    return [found[place] for place in range(len(keys))]


def _requests(root: Path, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    paths = [path for path in sorted([*root.glob("*.py"), *root.glob("*/*.py")])
             if not path.name.startswith(("_", "."))]
    return [{**settings, "path": str(path),
             **({"folder": str(path.parent)} if path.parent != root else {})} for path in paths]


def _graded(requests: list[dict[str, Any]], workers: int | Callable[..., Iterable[Record]]
            ) -> Iterator[tuple[int, Record]]:
    """Yield the records with their places, as they are known."""
    if callable(workers):
        yield from enumerate(workers(judged, requests) if requests else ())
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < -1 or not workers:
        raise ValueError(f"workers: got {workers!r}; expected a positive int, -1 for all cores, or "
                         "a map-like callable. Remedy: pass for example workers=2.")
    count = (os.cpu_count() or 1) if workers == -1 else workers
    yield from Crew(requests).run(min(count, len(requests)))
