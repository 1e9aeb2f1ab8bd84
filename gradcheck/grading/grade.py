"""Grades submissions: finds their layers, judges each against the reference, adds up the points.

Every function of a submission runs in a `gradcheck.sandbox`; the judge compares, in this process,
what comes back. A record is complete only when every part of every layer has a verdict of
the judge: where the submission's process ends early, what is left to judge earns nothing.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gradcheck.generators import global_generators_restored
from gradcheck.grading.points import load_ignored, load_points
from gradcheck.grading.submission import Grading, NotGradedError, WrongSettingError, asked_for
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.output.plain import OUTPUT_LIMIT, clean
from gradcheck.output.record import Record
from gradcheck.sandbox.sandbox import SandboxError
from gradcheck.target.exceptions import interrupts_told_apart
from gradcheck.target.suppression import refuse_unknown
from gradcheck.workers import map_like

TIMEOUT = 120.0
MEMORY = 2048
OUR_FAULT = "the grader itself failed, which is not the submission's fault:"
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
    ignore: Names = None,
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
        Draws the inputs; by default one that nobody can foresee. It is in the record.
    ignore : str or sequence of str, optional
        Codes of findings, or laws, that cost nothing, besides those of the table of points.

    Returns
    -------
    Record
        Whatever the submission does. Where our own code fails, the record says so and has
        ``exit_code`` 4.

    Raises
    ------
    ValueError
        A setting is wrong: an unknown layer, an invalid table; or the path is a notebook's.

    Notes
    -----
    The submission runs in a process of its own, see `gradcheck.sandbox` for what is confined and
    what is not. Hostile code needs a container around the grader.
    """
    started = time.monotonic()
    if Path(path).suffix == ".ipynb":
        raise ValueError(f"{path}: got a notebook; expected a Python file. Remedy: save its layers "
                         f"in one, or `gradcheck check {path}`, which judges notebooks.")
    table = load_points(points)
    conventions = Conventions(p_is, scaling, seeding)
    seed = secrets.randbits(32) if seed is None else seed
    ignored = load_ignored(points)
    ignored[""] = (*ignored.get("", ()), *_listed(ignore))
    refuse_unknown([code for codes in ignored.values() for code in codes])
    grading = Grading(Path(path), timeout, memory, conventions, seed, table, ignored)
    fault, error = "", ""
    try:
        asked = asked_for(table, None if only is None else _listed(only))
        with (_turn, interrupts_told_apart(), global_generators_restored(),
              warnings.catch_warnings()):
            warnings.simplefilter("ignore")
            grading.run(asked)
    except WrongSettingError as reason:
        raise ValueError(str(reason)) from None
    except NotGradedError as reason:
        error = str(reason)
    except SandboxError as reason:
        fault, error = "target", str(reason)
    except Exception:
        fault, error = "judge", f"{OUR_FAULT}\n{traceback.format_exc(limit=-5)}"
    finally:
        grading.close()
    if grading.our_fault:
        fault, error = "judge", f"{OUR_FAULT}\n{grading.our_fault}"
    return Record(
        "grade", clean(path), tuple(grading.items), error=clean(error or grading.timed_out),
        fault=fault or ("target" if grading.timed_out else ""),
        seconds=time.monotonic() - started, output=clean(grading.output, OUTPUT_LIMIT),
        notes=tuple(dict.fromkeys(grading.notes)),
        settings={"seed": seed, "timeout": timeout, "memory": memory, **conventions.to_dict()},
    )


def _listed(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())


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
        Show a progress bar on stderr.
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
        return list(tqdm(records, total=len(paths), desc="grading", unit="file", file=sys.stderr,
                         disable=not progress))
