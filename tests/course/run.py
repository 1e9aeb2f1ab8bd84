"""Run a notebook cell by cell in a process of its own, and read the errors that it prints."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.course.cells import Cell, cells_of, printed_errors
from tests.course.editions import EDITIONS
from tests.course.shim import images, standing_in

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0  # of computing, so that a busy machine stops no cell
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
AROUND = 10.0
RAN, SKIPPED, FAILED, STOPPED = "ran", "skipped", "failed", "stopped"


@dataclass(frozen=True)
class Outcome:
    """What a cell did: the errors that it printed, by name, or why it did not run."""

    place: int
    status: str
    message: str = ""
    errors: tuple[tuple[str, float], ...] = ()
    stated: float | None = None

    @property
    def worst(self) -> float:
        """The largest printed error; NaN is the largest of all, and none is 0."""
        return max((value for _, value in self.errors), default=0.0,
                   key=lambda value: math.inf if math.isnan(value) else value)

    @property
    def within(self) -> bool:
        """Whether the errors are around what the text states, or it states nothing."""
        return not self.errors or self.stated is None or self.worst <= AROUND * self.stated


class TimeIsUpError(BaseException):
    """A cell took too long; no `except Exception` of a cell holds it back."""


def run_notebook(path: Path, edition: str, seconds: float = SECONDS) -> list[Outcome]:
    """Run a notebook in a process of its own; a crash of it is the outcome of all its cells."""
    with tempfile.TemporaryDirectory() as folder:
        done = Path(folder) / "outcomes.json"
        told = subprocess.run(
            [sys.executable, "-m", "tests.course.run", str(path.absolute()), edition, str(seconds),
             str(done)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT)}, check=False)
        if not done.exists():
            last = (told.stderr.strip().splitlines() or ["no message"])[-1]
            return [Outcome(cell.place, FAILED, last) for cell in cells_of(path)]
        return [Outcome(**{**row, "errors": tuple(map(tuple, row["errors"]))})
                for row in json.loads(done.read_text())]


def run_cells(cells: list[Cell], edition: str, seconds: float = SECONDS) -> Iterator[Outcome]:
    """Run cells one behind the other in one namespace, our modules standing in for cs231n's."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with standing_in(EDITIONS[edition], data=images):
        for cell in cells:
            yield _run(cell, names, seconds)


def _run(cell: Cell, names: dict[str, Any], seconds: float) -> Outcome:
    if cell.mounts_a_drive:
        return Outcome(cell.place, SKIPPED, "prepares a machine of Colab's")
    printed = io.StringIO()
    status, message = RAN, ""
    try:
        with contextlib.redirect_stdout(printed), _deadline(seconds):
            exec(compile(cell.code, f"<cell {cell.place}>", "exec"), names)
    except TimeIsUpError:
        status, message = STOPPED, f"after {seconds:g} s of computing"
    except (Exception, SystemExit) as error:
        status, message = FAILED, f"{type(error).__name__}: {error}"
    return Outcome(cell.place, status, message, tuple(printed_errors(printed.getvalue())),
                   cell.stated)


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    def up(*_: object) -> None:
        raise TimeIsUpError

    before = signal.signal(signal.SIGPROF, up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def main() -> None:
    """Run one notebook: its path, the edition, seconds a cell, where to put the outcomes."""
    path, edition, seconds, done = sys.argv[1:]
    warnings.simplefilter("ignore")
    np.random.seed(231)  # notebooks of 2016 seed nothing themselves
    outcomes = list(run_cells(cells_of(Path(path)), edition, float(seconds)))
    Path(done).write_text(json.dumps([asdict(outcome) for outcome in outcomes]))


if __name__ == "__main__":
    main()
