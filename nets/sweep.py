"""Grids of experiments over seeds, on any number of workers, resumable from a results file.

A cell is one experiment under one seed. Its numbers depend on nothing but these two: replicate i
trains under child i of ``SeedSequence(seed).spawn(...)`` and on one BLAS thread, so that every
engine, every number of workers and every order of execution give the same results, and all
experiments of one replicate share their data and minibatches.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from layers.arguments import refuse
from nets.arguments import whole
from nets.experiment import Experiment, LearningCurve, one_blas_thread, train
from nets.progress import progress_bar
from nets.workers import Workers, map_like

__all__ = ["Cell", "Result", "Summary", "Workers", "read_results", "run_cell", "run_sweep",
           "summarize"]

_FIELDS = tuple(field.name for field in fields(Experiment))


@dataclass(frozen=True)
class Cell:
    """What is trained: an experiment, under child `replicate` of the root `seed`."""

    experiment: Experiment
    seed: int
    replicate: int


@dataclass(frozen=True)
class Result:
    """A finished cell and its learning curve."""

    cell: Cell
    curve: LearningCurve

    def to_json(self) -> str:
        """Return one line of the results file, without its newline."""
        return json.dumps({**asdict(self.cell), **asdict(self.curve)})

    @classmethod
    def from_json(cls, line: str) -> Result:
        """Read what `to_json` wrote."""
        record = json.loads(line)
        options = {**record["experiment"], "hidden": tuple(record["experiment"]["hidden"])}
        cell = Cell(Experiment(**options), record["seed"], record["replicate"])
        curve = LearningCurve(tuple(record["train_error"]), tuple(record["test_error"]))
        return cls(cell, curve)


@dataclass(frozen=True)
class Summary:
    """Test error after the last epoch of one experiment: mean and standard error over seeds."""

    experiment: Experiment
    mean: float
    standard_error: float
    seeds: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        e = self.experiment
        spread = f" +- {100 * self.standard_error:.1f}" if self.seeds > 1 else ""
        return (f"{e.method:<12}p {e.p:<6g}noise {e.noise:<6g}learning rate {e.learning_rate:<8g}"
                f"test error {100 * self.mean:5.1f} %{spread} ({self.seeds} seeds)")


def run_sweep(
    grid: Mapping[str, Sequence[Any]],
    seeds: int = 8,
    *,
    base: Experiment | None = None,
    seed: int = 0,
    path: str | Path | None = None,
    workers: Workers = 1,
    progress: bool = True,
) -> list[Result]:
    """Train every combination of the grid under every seed.

    Parameters
    ----------
    grid : dict of str to sequence
        For fields of `Experiment` (``p``, ``noise``, ``method``, ``learning_rate`` ...) the values
        to try. The method 'none' has no p: it is trained once, not once a p.
    seeds : int
        Replicates of each combination.
    base : Experiment, optional
        Values of the fields that are not in the grid.
    seed : int
        Root of all seeds.
    path : path, optional
        Results file: a line of JSON for each finished cell, on the disk before the next one is
        counted. Cells found in it are not trained again; a last line that a kill has torn is cut
        off. It may hold the results of other sweeps too, but one sweep at a time writes to it.
    workers : int or map-like, default 1
        As in SciPy: a number of processes, -1 for all cores, or a callable called once as
        ``workers(function, list)`` that returns the results in order: ``pool.imap``,
        ``executor.map``, dask's ``client.get_executor().map``, or for joblib
        ``lambda f, xs: Parallel(4, return_as='generator')(delayed(f)(x) for x in xs)``. An
        engine that returns a list at its end (``pool.map``) gives the file its lines at the end.
        The workers of a cluster need this package and scikit-learn, in the same versions.
    progress : bool
        A progress bar on stdout.

    Returns
    -------
    list of Result
        In the order of the grid, the seeds of one experiment together.

    Raises
    ------
    ValueError, TypeError
        For an unknown field, a value out of range, bad `workers`, or a damaged results file.
    OSError
        Where the results file cannot be written, or another sweep is writing to it.

    Examples
    --------
    >>> base = Experiment(samples=50, hidden=(10,), epochs=1, batch_size=25)
    >>> results = run_sweep({'method': ['none', 'dropout'], 'p': [0.2, 0.5]}, seeds=2, base=base,
    ...                     progress=False)
    >>> [(r.cell.experiment.method, r.cell.experiment.p, r.cell.replicate) for r in results]
    [('none', 0.0, 0), ('none', 0.0, 1), ('dropout', 0.2, 0), ('dropout', 0.2, 1),
     ('dropout', 0.5, 0), ('dropout', 0.5, 1)]
    >>> results == run_sweep({'method': ['none', 'dropout'], 'p': [0.2, 0.5]}, seeds=2, base=base,
    ...                      workers=map, progress=False)
    True
    """
    cells = _cells(grid, whole("seeds", seeds, low=1), base or Experiment(),
                   whole("seed", seed, low=0))
    # The limit that train sets belongs to the process: threads of an engine must find it set.
    with _held(path) as file, map_like(workers) as run, one_blas_thread():
        done = {result.cell: result for result in (_known(path, file) if path and file else ())}
        todo = [cell for cell in cells if cell not in done]
        with progress_bar(total=len(cells), initial=len(cells) - len(todo), desc="sweep",
                          unit="cell", file=sys.stdout, disable=not progress) as bar:
            for result in run(run_cell, todo) if todo else ():
                done[result.cell] = result
                if file is not None:
                    _append(file, result)
                bar.update()
    return [done[cell] for cell in cells]


def run_cell(cell: Cell) -> Result:
    """Train one cell; what a worker is sent."""
    child = np.random.SeedSequence(cell.seed).spawn(cell.replicate + 1)[-1]
    return Result(cell, train(cell.experiment, child))


def summarize(results: Iterable[Result]) -> list[Summary]:
    """Return mean and standard error of the final test error of each experiment.

    Examples
    --------
    >>> curves = (LearningCurve((1.0,), (error,)) for error in (0.1, 0.3))
    >>> results = [Result(Cell(Experiment(), 0, i), curve) for i, curve in enumerate(curves)]
    >>> [summary] = summarize(results)
    >>> round(summary.mean, 3), round(summary.standard_error, 3), summary.seeds
    (0.2, 0.1, 2)
    """
    errors: dict[Experiment, list[float]] = {}
    for result in results:
        errors.setdefault(result.cell.experiment, []).append(result.curve.final)
    return [
        Summary(experiment, float(np.mean(found)),
                float(np.std(found, ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0,
                len(found))
        for experiment, found in errors.items()
    ]


def read_results(path: str | Path) -> list[Result]:
    """Read a results file; a torn last line is left out.

    Raises
    ------
    FileNotFoundError
    ValueError
        If another line is not a result; the message says which.
    """
    results = []
    *whole_lines, _torn = Path(path).read_bytes().split(b"\n")
    for number, line in enumerate(whole_lines, start=1):
        try:
            results.append(Result.from_json(line.decode()))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}, line {number}: got {line[:60]!r} ({error!r}); expected the JSON of a "
                "finished cell. Remedy: remove the line, or pass another results file."
            ) from error
    return results


@contextmanager
def _held(path: str | Path | None) -> Iterator[FileIO | None]:
    """Open the results file for this sweep alone; fails now where it cannot be written."""
    if path is None:
        yield None
        return
    with open(path, "a+b", buffering=0) as file:
        if not _locked(file.fileno()):
            raise OSError(f"{path}: another sweep is writing to it. Remedy: wait until that one "
                          "has ended, or pass another results file.")
        yield file


def _locked(descriptor: int) -> bool:
    """Take the file for this process alone; return whether nobody else has it."""
    try:
        import fcntl
    except ImportError:  # Windows, where nothing is locked
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _known(path: str | Path, file: FileIO) -> list[Result]:
    """Read what is finished, and cut off a torn last line."""
    results = read_results(path)
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)
    return results


def _append(file: FileIO, result: Result) -> None:
    """Add a line in one write and wait for the disk."""
    file.write(result.to_json().encode() + b"\n")
    os.fsync(file.fileno())


def _cells(
    grid: Mapping[str, Sequence[Any]], seeds: int, base: Experiment, seed: int
) -> list[Cell]:
    for name, values in grid.items():
        if name not in _FIELDS:
            refuse("grid", f"the field {name!r}", f"fields among {', '.join(_FIELDS)}",
                   "correct the spelling; replicates are the argument seeds")
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
            refuse(f"grid[{name!r}]", values, "a sequence of values", f"pass [{values!r}]",
                   TypeError)
    combinations = itertools.product(*grid.values())
    experiments = (replace(base, **dict(zip(grid, values, strict=True)))
                   for values in combinations)
    distinct = dict.fromkeys(
        replace(e, p=0.0, input_p=0.0) if e.method == "none" else e for e in experiments
    )
    return [Cell(e, seed, replicate) for e in distinct for replicate in range(seeds)]
