"""Judges one submission in this process: its layers against the reference, its points.

Every function of a submission runs in a `gradcheck.sandbox`; the judge compares, in this process,
what comes back. A record is complete only when every part of every layer has a verdict of
the judge: where the submission's process ends early, what is left to judge earns nothing.
"""

from __future__ import annotations

import os
import secrets
import time
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradcheck.generators import global_generators_restored
from gradcheck.grading.grade import MEMORY, TIMEOUT, Names
from gradcheck.grading.points import (
    VERDICT,
    load_hints,
    load_ignored,
    load_points,
    load_seed,
)
from gradcheck.grading.submission import Grading, NotGradedError, WrongSettingError, asked_for
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.output.plain import OUTPUT_LIMIT, clean
from gradcheck.output.record import Record
from gradcheck.sandbox.sandbox import SandboxError, UnconfinedError
from gradcheck.target.exceptions import interrupts_told_apart
from gradcheck.target.suppression import refuse_unknown

OUR_FAULT = "the grader itself failed, which is not the submission's fault:"


def judge_file(
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
    folder: str | None = None,
    unconfined: bool = False,
    hints: int | None = None,
    text: str | None = None,
    given_up: str = "",
) -> Record:
    """Judge one submission, see `gradcheck.grading.grade.grade_file` for the parameters.

    Parameters
    ----------
    path : path-like
        The submission.
    text : str, optional
        What is judged in place of what stands in the file: that with an edit.
    given_up : str
        Why nothing is judged at all: every layer that counts is then an error.
    """
    started = time.monotonic()
    table = load_points(points)
    conventions = Conventions(p_is, scaling, seeding)
    seed, level = _seed(seed, load_seed(points)), load_hints(points, hints)
    ignored = load_ignored(points)
    ignored[""] = (*ignored.get("", ()), *_listed(ignore))
    refuse_unknown([code for codes in ignored.values() for code in codes])
    grading = Grading(Path(path), timeout, memory, conventions, seed, table, ignored,
                      None if folder is None else Path(folder), unconfined, text,
                      told=level > VERDICT)
    fault, error = "", ""
    try:
        asked = asked_for(table, None if only is None else _listed(only))
        if given_up:
            grading.give_up(asked)
            raise SandboxError(given_up)
        with (interrupts_told_apart(), global_generators_restored(), warnings.catch_warnings()):
            warnings.simplefilter("ignore")
            grading.run(asked)
    except (WrongSettingError, UnconfinedError) as reason:
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
        "grade", clean(path), tuple(grading.items), path=clean(path),
        error=clean(error or grading.timed_out),
        fault=fault or ("target" if grading.timed_out else ""),
        seconds=time.monotonic() - started, output=clean(grading.output, OUTPUT_LIMIT),
        notes=tuple(dict.fromkeys(grading.notes)),
        settings={"seed": seed, "timeout": timeout, "memory": memory, "hints": level,
                  **conventions.to_dict()},
    )


def _seed(asked: int | None, of_table: int | None) -> int:
    """Return the seed that is asked for, else the table's, else one that nobody can foresee."""
    given = of_table if asked is None else asked
    return secrets.randbits(32) if given is None else given


def _listed(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())
