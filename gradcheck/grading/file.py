"""Judges one submission in this process: its layers against the reference, its points.

Every function of a submission runs in a `gradcheck.sandbox`; the judge compares, in this process,
what comes back. A record is complete only when every part of every layer has a verdict of
the judge: where the submission's process ends early, what is left to judge earns nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcheck.generators import global_generators_restored
from gradcheck.grading.asked import WrongSettingError
from gradcheck.grading.grade import MEMORY, TIMEOUT, Names
from gradcheck.grading.manner import RTOL, in_the_manner_of, manner_of
from gradcheck.grading.points import (
    VERDICT,
    load_accepted,
    load_hints,
    load_ignored,
    load_points,
    load_seed,
    read_points,
)
from gradcheck.grading.submission import Grading, NotGradedError
from gradcheck.grading.teacher import WrongReferenceError
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.numeric.curve import recording
from gradcheck.output.plain import OUTPUT_LIMIT, clean, named
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
    reference: str | None = None,
    detailed: bool = False,
    expected: Sequence[str] = (),
    text: str | None = None,
    given_up: str = "",
) -> Record:
    """Judge one submission, see `gradcheck.grading.grade.grade_file` for the parameters.

    Parameters
    ----------
    path : path-like
        The submission.
    expected : sequence of str
        What counts without a table and names: in a class, the same for everybody.
    text : str, optional
        What is judged in place of what stands in the file: that with an edit.
    given_up : str
        Why nothing is judged at all: every layer that counts is then an error.
    """
    started = time.monotonic()
    points, table = read_points(points), load_points(points)
    manner = in_the_manner_of(points, {"p_is": p_is, "scaling": scaling, "seeding": seeding})
    conventions = Conventions(**manner)
    seed, level = _seed(seed, load_seed(points)), load_hints(points, hints)
    ignored = load_ignored(points)
    ignored[""] = (*ignored.get("", ()), *_listed(ignore))
    refuse_unknown([code for codes in ignored.values() for code in codes])
    grading = Grading(Path(path), timeout, memory, conventions, seed, table, ignored,
                      None if folder is None else Path(folder), unconfined, text,
                      told=level > VERDICT, reference=reference, expected=expected,
                      rtol=manner_of(points).get(RTOL, 0.0), accepted=load_accepted(points),
                      detailed=detailed)
    fault, error = _run(grading, None if only is None else _listed(only), given_up)
    if grading.our_fault:
        fault, error = "judge", f"{OUR_FAULT}\n{grading.our_fault}"
    settings = {"seed": seed, "timeout": timeout, "memory": memory, "hints": level,
                **conventions.to_dict(),
                **({"reference": Path(reference).name} if reference else {}),
                **({} if points is None else {"points": points})}
    return _record(grading, fault, error, time.monotonic() - started, settings)


def _record(grading: Grading, fault: str, error: str, seconds: float, settings: Mapping[str, Any]
            ) -> Record:
    return Record(
        "grade", named(grading.path), tuple(grading.items), path=named(grading.path),
        error=clean(error or grading.timed_out),
        fault=fault or ("target" if grading.timed_out else ""),
        seconds=seconds, output=clean(grading.output, OUTPUT_LIMIT),
        notes=tuple(dict.fromkeys(grading.notes)), settings=settings)


def _run(grading: Grading, only: list[str] | None, given_up: str) -> tuple[str, str]:
    """Judge what counts; return whose fault it is if there is no end to it, and why.

    Every layer that counts has its items then, unless the reference itself is missing.
    """
    asked: list[str] | None = None
    try:
        asked = grading.asked(only)
        if given_up:
            grading.give_up(asked)
            return "target", given_up
        with (interrupts_told_apart(), global_generators_restored(), warnings.catch_warnings(),
              recording(grading.detailed)):
            warnings.simplefilter("ignore")
            grading.run(asked)
    except (WrongReferenceError, WrongSettingError, UnconfinedError) as reason:
        raise ValueError(str(reason)) from None
    except NotGradedError as reason:
        return "", str(reason)
    except SandboxError as reason:
        return "target", str(reason)
    except Exception:
        told = f"{OUR_FAULT}\n{traceback.format_exc(limit=-5)}"
        with contextlib.suppress(ImportError):
            grading.give_up(asked)
        return "judge", told
    finally:
        grading.close()
    return "", ""


def _seed(asked: int | None, of_table: int | None) -> int:
    """Return the seed that is asked for, else the table's, else one that nobody can foresee."""
    given = of_table if asked is None else asked
    return secrets.randbits(32) if given is None else given


def _listed(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())
