"""Lines that are seen by running a pair line by line, where no edit says which one is wrong."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.examples.candidates import Example
from gradcheck.reference.normalization import BATCH_IN_TEST_MODE, batch_axes
from gradcheck.repair.steps import Line, Steps, pointing
from gradcheck.repair.telling import undisturbed
from gradcheck.repair.writes import lines_of_writes
from gradcheck.repaired import STATISTICS, Repair
from gradcheck.target.judgement import VALUE_CODE, Judgement
from gradcheck.target.repairing import layer_at
from gradcheck.target.statistics import Statistics
from gradcheck.target.trial import Trial

Array = NDArray[Any]
OF_BATCH = BATCH_IN_TEST_MODE.partition(",")[0]
WORDS = ("in test mode, too, this takes the batch's mean and variance; running_mean and "
         "running_var are wanted there")
RTOL = 1e-3  # whatever eps is


def with_seen(judgement: Judgement, trial: Trial) -> Judgement:
    """Return a judgement that points at the lines of what was seen, where they are found.

    Parameters
    ----------
    judgement : Judgement
        Without a line.
    trial : Trial
        The pair.
    """
    report, example = judgement.report, judgement.wrong_at or judgement.example
    if report is None or example is None or trial.pair.is_loss:
        return judgement
    found: tuple[Repair, ...] = ()
    if judgement.writes:
        found = lines_of_writes(layer_at(trial, example)[0], report.findings)
    elif any(finding.code == VALUE_CODE and OF_BATCH in str(finding.evidence.get("slip"))
             for finding in report.findings):
        found = lines_of_batch(trial, judgement.example or example)
    return replace(judgement, report=replace(report, repairs=found)) if found else judgement


def lines_of_batch(trial: Trial, example: Example) -> tuple[Repair, ...]:
    """Return the line at which a batch normalization centres x by the batch's mean in test mode."""
    pair = trial.pair
    args = Statistics(pair, pair.base, example).tested_at.args
    x = np.asarray(args[0], np.float64)
    axes = batch_axes(x)
    with undisturbed():
        out = np.asarray(pair.forward(*copy.deepcopy(args))[0])
        centred = x - x.mean(axis=axes, keepdims=True)
        line = line_of([centred, centred / x.std(axis=axes, keepdims=True), out], pair.forward,
                       copy.deepcopy(args))
    return () if line is None else (pointing(line, STATISTICS, (), WORDS),)


def line_of(values: Sequence[Array], function: Any, args: Sequence[Any]) -> Line | None:
    """Return the line behind which a name first holds one of these values, its axes in any order.

    Examples
    --------
    >>> def forward(x):
    ...     y = x + 1
    ...     z = (2 * y).T
    ...     return z
    >>> x = np.arange(6.0).reshape(2, 3)
    >>> line_of([2 * x + 2], forward, [x])[1] - forward.__code__.co_firstlineno
    2
    """
    wanted = [np.sort(value, axis=None) for value in values]
    found: list[Line] = []

    def look(line: Line, frame: FrameType | None) -> bool:
        for value in list(frame.f_locals.values()) if frame is not None else ():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and any(
                    value.size == one.size and np.allclose(np.sort(value, axis=None), one, RTOL,
                                                           RTOL * np.abs(one).max(initial=0.0))
                    for one in wanted):
                found.append(line)
                return False
        return True

    Steps(look).run(lambda: function(*args))
    return found[0] if found else None
