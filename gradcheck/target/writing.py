"""The line that a warned pair writes at into what belongs to the caller."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.repair.writes import lines_of_writes
from gradcheck.target.judgement import Judgement
from gradcheck.target.repairing import layer_at
from gradcheck.target.trial import Trial


def with_writes(judgement: Judgement, trial: Trial) -> Judgement:
    """Return a judgement that points at the lines of what it warns of, where they are found.

    Parameters
    ----------
    judgement : Judgement
        Of a pair that was seen to write into what is not its own.
    trial : Trial
        The pair.
    """
    report, example = judgement.report, judgement.wrong_at or judgement.example
    if report is None or example is None:
        return judgement
    layer, _ = layer_at(trial, example)
    return replace(judgement, report=replace(
        report, repairs=lines_of_writes(layer, report.findings)))
