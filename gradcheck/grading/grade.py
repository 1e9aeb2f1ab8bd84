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
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradcheck.grading.cluster import is_address, mapping
from gradcheck.grading.crew import Crew, judged
from gradcheck.grading.manner import in_the_manner_of
from gradcheck.grading.points import load_points, read_points
from gradcheck.grading.results import Results, key_of
from gradcheck.output.plain import named
from gradcheck.output.record import Record

CHANGED = "its file has changed since the grading of the folder began"
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
    reference: str | os.PathLike[str] | None = None,
    detailed: bool = False,
) -> Record:
    """Grade one submission.

    Parameters
    ----------
    path : path-like
        A Python file with ``<name>_forward``/``<name>_backward`` pairs and ``<name>_loss``
        functions in the conventions of `layers` (which are cs231n's).
    points : path or mapping, optional
        The table of points, see `gradcheck.points`; without it every layer of the file that
        the reference knows counts, or, with a reference of your own, every layer of that.
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
        A folder that is the submission's own: it may read what lies there, and import it where it
        has an ``__init__.py``. Without one the file is alone.
    unconfined : bool
        Grade also where this system lets the submission read the reference.
    hints : {0, 1, 2, 3}, optional
        What feedback tells of what is wrong: nothing, what it is, its line as well, the edit that
        mends it as well; by default what the table of points says, or 1. Lines are looked for once
        the points stand.
    reference : path-like, optional
        Your own solution, a Python file: its layers stand in the place of ours, at the arguments
        of its ``<name>_example(rng)`` functions or at those that its parameters' names suggest. It
        is checked before it judges, and no submission can read it.
    detailed : bool
        Whether the record holds what a page draws, as far as hints may tell it.

    Returns
    -------
    Record
        Whatever the submission does. Where our own code fails, the record says so and has
        ``exit_code`` 4.

    Raises
    ------
    ValueError
        A setting is wrong: an unknown layer, an invalid table; the path is a notebook's; the
        submission could read the reference; or the reference does not pass the check.

    Notes
    -----
    The submission runs in a process of its own, see `gradcheck.sandbox` for what is confined and
    what is not. Hostile code needs a container around the grader.
    """
    if Path(path).suffix == ".ipynb":
        raise ValueError(f"{path}: got a notebook; expected a Python file. Remedy: save its layers "
                         f"in one, or `gradcheck check {path}`, which judges notebooks.")
    settings = _settled({
        "path": path, "points": points, "only": only, "timeout": timeout, "memory": memory,
        "p_is": p_is, "scaling": scaling, "seeding": seeding, "seed": seed, "ignore": ignore,
        "folder": folder, "unconfined": unconfined, "hints": hints, "reference": reference,
        "detailed": detailed})
    _check_reference(settings)
    return judged(settings)


def _settled(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that can be sent, with the table of points read once for all."""
    inspect.signature(grade_file).bind(**{"path": "", **settings})
    sent: dict[str, Any] = {"timeout": TIMEOUT, **{
        name: read_points(value) if name == "points"
        else os.path.realpath(value) if name == "reference" and value is not None
        else os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in settings.items()}}
    return in_the_manner_of(sent.get("points"), sent)


def _check_reference(settings: Mapping[str, Any]) -> None:
    """Hold a teacher's solution to the check, in the layers that count."""
    if settings.get("reference") is not None:
        from gradcheck.grading.teacher import check_reference  # with the checker, for those alone

        only = settings.get("only") or list(load_points(settings.get("points")) or ())
        check_reference(settings["reference"], [only] if isinstance(only, str) else only, settings)


def grade_folder(
    folder: str | os.PathLike[str],
    *,
    workers: int | str | Callable[..., Iterable[Record]] = 1,
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
        submission's own, and may be a package; files that stand flat cannot read each other,
        whatever stands beside them.
    workers : int, str or map-like
        Processes (-1: one a core), a dask cluster's address (extra `distributed`), whose workers
        see the same files, or a callable that is called as ``workers(function, list)``.
    progress : bool
        Show a progress bar on stderr.
    results : path-like, optional
        Folder of ``results.jsonl``, which takes each record as it is known, and of a
        ``<student>/results.json`` for each; where records are detailed, of a
        ``<student>/report.html``, too.
    resume : bool
        Take the records that are there already, of files and settings that have not changed.
    callback : callable, optional
        Called with each record as it is known.
    **settings
        Those of `grade_file`.

    Returns
    -------
    list of Record
        In the order of the files' names. Without a table of points the same layers count for all
        of them: what any of them defines.
    """
    from tqdm import tqdm  # slow to import, and not for one file

    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"folder: got {str(folder)!r}; expected a folder of submissions. Remedy: "
                         "check the spelling.")
    settings = _settled(settings)
    requests = _requests(root, settings)
    if not requests:
        return []
    _check_reference(settings)
    requests = _with_equal_maxima(requests)
    with ExitStack() as stack:
        file = stack.enter_context(Results(Path(results), resume)) if results else None
        bar = stack.enter_context(tqdm(
            total=len(requests), desc="grading", unit="file", file=sys.stderr,
            disable=not progress))

        def tell(place: int, record: Record) -> Record:
            trouble = "" if file is None else file.tell(
                Path(requests[place]["path"]).relative_to(root), record,
                bool(settings.get("detailed")))
            told = replace(record, notes=(*record.notes, trouble)) if trouble else record
            if callback is not None:
                callback(told)
            bar.update()
            return told

        known = file.known if file is not None and resume else {}
        found = dict(_as_known(requests, known, file, workers, tell))
    return [found[place] for place in range(len(requests))]


def _as_known(requests: Sequence[dict[str, Any]], known: Mapping[str, Record],
              file: Results | None, workers: int | str | Callable[..., Iterable[Record]],
              tell: Callable[[int, Record], Record]) -> Iterator[tuple[int, Record]]:
    """Yield each request's place and its record: those that are known, then those judged now."""
    keys = [key_of(request["path"], request) for request in requests]
    todo = [place for place, key in enumerate(keys) if key not in known]
    for place, key in enumerate(keys):
        if key in known:
            yield place, tell(place, known[key])
    for number, record in _graded([requests[place] for place in todo], workers):
        place = todo[number]
        record = _dated(record, requests[place], keys[place])
        if file is not None:
            file.add(keys[place], record)
        yield place, tell(place, record)


def _dated(record: Record, request: Mapping[str, Any], key: str) -> Record:
    """Return a record that says whether what was judged is what stood there at the beginning."""
    if key_of(request["path"], request) == key:
        return record
    return replace(record, notes=(*record.notes, CHANGED))


def left_out(folder: str | os.PathLike[str]) -> list[str]:
    """Return the files that may be somebody's submission, and that `grade_folder` does not take.

    Notebooks, suffixes in other letters, and names that begin with ``_`` or ``.``.
    """
    root = Path(folder)
    there = [path for path in sorted([*root.glob("*"), *root.glob("*/*")])
             if path.suffix.lower() in (".py", ".ipynb") and os.path.isfile(path)
             and not (path.parent != root and path.name.startswith(("_", ".")))]
    taken = {*_paths(root)}
    return [named(path.relative_to(root)) for path in there if path not in taken]


def _paths(root: Path) -> list[Path]:
    return [path for path in sorted([*root.glob("*.py"), *root.glob("*/*.py")])
            if not path.name.startswith(("_", "."))]


def submissions(folder: str | os.PathLike[str], reference: str | os.PathLike[str] | None = None
                ) -> list[Path]:
    """Return the files of a folder that are graded, in order; a solution among them is none."""
    solution = None if reference is None else os.path.realpath(reference)
    return [path for path in _paths(Path(folder)) if os.path.realpath(path) != solution]


def _requests(root: Path, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{**settings, "path": str(path),
             **({"folder": str(path.parent)} if path.parent != root else {})}
            for path in submissions(root, settings.get("reference"))]


def _with_equal_maxima(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return requests in which the same layers count for everybody."""
    if any(requests[0].get(name) is not None for name in ("points", "reference")):
        return requests
    from gradcheck.grading.asked import references
    from gradcheck.grading.everybody import names_of_all

    expected = names_of_all((Path(request["path"]) for request in requests), references())
    return [{**request, "expected": expected} for request in requests]


def _graded(requests: list[dict[str, Any]], workers: int | str | Callable[..., Iterable[Record]]
            ) -> Iterator[tuple[int, Record]]:
    """Yield the records with their places, as they are known."""
    if is_address(workers):
        with mapping(str(workers)) as run:
            # its workers have current folders of their own
            far = [{**request, **{name: os.path.abspath(request[name]) for name in (
                "path", "folder") if request.get(name)}} for request in requests]
            for place, record in _graded(far, run):
                name = named(requests[place]["path"])
                yield place, replace(record, target=name, path=name)
        return
    if callable(workers):
        yield from enumerate(workers(judged, requests) if requests else ())
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < -1 or not workers:
        raise ValueError(f"workers: got {workers!r}; expected a positive int, -1 for all cores, a "
                         "dask cluster's address, or a map-like callable. Remedy: pass for example "
                         "workers=2.")
    count = (os.cpu_count() or 1) if workers == -1 else workers
    yield from Crew(requests).run(min(count, len(requests)))
