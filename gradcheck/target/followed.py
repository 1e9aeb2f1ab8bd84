"""Wrong gradients that follow from a wrong forward: they are right for what it should compute."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.contract.inspection import as_gradients
from gradcheck.examples.candidates import Example
from gradcheck.report import Report
from gradcheck.run.several import is_wrong
from gradcheck.target.exceptions import OURS
from gradcheck.target.losses import function_of_loss
from gradcheck.target.outputs import Outputs
from gradcheck.target.roles import roles_of
from gradcheck.target.trial import Trial, floating
from gradcheck.target.values import Values, wanted

STEP, SAME = 1e-5, 1e-4
DIRECTIONS = 2
RIGHT = ("backward is right for the expected value: {} will agree once forward is mended, so "
         "mend forward alone")
MENDED = "{} will be right, too, with the edit of forward: one slip made both wrong"


def without_followers(report: Report, followers: set[str], told: str = RIGHT) -> Report:
    """Return a report without the gradients that are wrong for the forward's slip alone.

    Examples
    --------
    >>> from gradcheck.report import Finding
    >>> value, dx = Finding("value-differs", None, (), "no"), Finding("scaled", "x", (), "by 2")
    >>> report = without_followers(Report(False, False, (value, dx), 4, 9, 0.1), {"x"})
    >>> [finding.code for finding in report.findings], report.notes[0][-21:]
    (['value-differs'], 'so mend forward alone')
    """
    gone = [finding for finding in report.findings
            if finding.argument in followers and is_wrong(finding)]
    if not gone:
        return report
    names = " and ".join(dict.fromkeys(f"d{finding.argument}" for finding in gone))
    first, *others = [finding for finding in report.findings if finding not in gone]
    facts = {**first.evidence, "followed_by": [str(finding) for finding in gone]}
    return replace(report, findings=(replace(first, evidence=facts), *others),
                   notes=(told.format(names), *report.notes))


def right_for_the_definition(trial: Trial, base: str, found: Example) -> set[str]:
    """Return the arguments whose gradient is that of the layer's definition at some arguments.

    It is compared along random directions with differences of the definition.
    """
    try:
        with np.errstate(all="ignore"):
            return set(_right(trial, base, found))
    except OURS:
        raise
    except Exception:
        return set()


def _right(trial: Trial, base: str, found: Example) -> Iterator[str]:
    rng = np.random.default_rng(trial.seed)
    origin = _defined(trial, base, found)
    if origin is None:
        return
    dout = np.ones(()) if trial.pair.is_loss else rng.standard_normal(origin[0].shape)
    for name, gradient in _gradients(trial, found, dout).items():
        place = found.names.index(name)
        if np.shape(gradient) == np.shape(found.args[place]) and all(
                _agrees(trial, base, found, place, gradient, dout, rng)
                for _ in range(DIRECTIONS)):
            yield name


def _defined(trial: Trial, base: str, found: Example) -> Outputs | None:
    """Return what the definition gives at some arguments."""
    reference = Values(trial.pair, base, found).reference
    roles = roles_of(base, trial.pair.forward, found)
    return None if reference is None or roles is None else wanted(reference.value, roles)


def _gradients(trial: Trial, found: Example, dout: Any) -> Mapping[str, Any]:
    """Return the gradients that backward, or the loss, computes as it is."""
    if trial.pair.is_loss:
        _, gradients, arrays = function_of_loss(trial.pair, found)
        return gradients(arrays)
    forward, backward, args = trial.in_one_form(found)
    out, cache = forward(*copy.deepcopy(args))
    returned = as_gradients(backward(dout.astype(np.asarray(out).dtype), cache)) or ()
    names = [name for name, arg in zip(found.names, args, strict=True) if floating(arg)]
    return dict(zip(names, returned, strict=False))


def _agrees(trial: Trial, base: str, found: Example, place: int, gradient: Any, dout: Any,
            rng: np.random.Generator) -> bool:
    """Whether a gradient is the definition's along a random direction."""
    direction = rng.standard_normal(np.shape(found.args[place]))
    ends = []
    for sign in (1.0, -1.0):
        args = list(found.args)
        args[place] = args[place] + sign * STEP * direction
        outs = _defined(trial, base, replace(found, args=tuple(args)))
        if outs is None:
            return False
        ends.append(float(np.sum(dout * outs[0])))
    slope, own = (ends[0] - ends[1]) / (2 * STEP), float(np.sum(gradient * direction))
    return abs(slope - own) <= SAME * (abs(slope) + abs(own)) and slope != 0.0
