"""What is looked at besides the derivative: whether numbers are finite, whether digits cancel."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.contract.inspection import as_gradients
from gradcheck.equal import CANCELS, size_of
from gradcheck.examples.candidates import Example
from gradcheck.examples.overflows import ROWS, VARIANCE, Overflow, overflow_of
from gradcheck.nested import leaves
from gradcheck.numeric.evaluator import upcast
from gradcheck.report import Finding, Report
from gradcheck.run.several import unstable
from gradcheck.target.trial import Trial, floating


def finite(trial: Trial, found: Example) -> Report:
    """Return whether a layer or a loss is finite at arguments where its formula is.

    Examples
    --------
    >>> from gradcheck.mask_laws.conventions import Conventions
    >>> from gradcheck.target.pairs import Pair
    >>> pair = Pair("exp", "exp", lambda x: (np.exp(x) / np.exp(x), x), lambda dout, x: 0 * x)
    >>> report = finite(Trial(pair, Conventions(), 0), Example((np.full(2, 1e3),), ("x",)))
    >>> report.findings[0].evidence["value"]
    'nan'
    """
    findings = _of_loss if trial.pair.is_loss else _of_layer
    with np.errstate(all="ignore"):
        return _report(trial, tuple(findings(trial, found)), 1)


def _of_layer(trial: Trial, found: Example) -> Iterator[Finding]:
    """Yield what of a layer's output and gradients is not finite; where neither, the output's."""
    forward, backward, args = trial.in_one_form(found)
    out, cache = forward(*copy.deepcopy(args))
    if not np.all(np.isfinite(out)):
        yield unstable("output", value=_value(out), **_cause(trial, found, "forward"))
        return
    dout = np.random.default_rng(trial.seed).standard_normal(np.shape(out))
    names = [name for name, arg in zip(found.names, args, strict=True) if floating(arg)]
    for name, gradient in zip(names, as_gradients(backward(dout, cache)) or (), strict=False):
        if not _is_finite(gradient):
            bad = tuple(map(int, np.argwhere(~np.isfinite(gradient))[0]))
            yield unstable("gradient", name, (bad,), value=_value(gradient),
                           **_cause(trial, found, "backward"))


def _of_loss(trial: Trial, found: Example) -> Iterator[Finding]:
    """Yield what of a loss is not finite: an infinite one whose gradient is right is a warning."""
    try:
        loss, *gradients = trial.pair.forward(*copy.deepcopy(found.args))
    except ValueError as error:
        if "math domain error" not in str(error):
            raise
        yield unstable("loss", value="math.log of 0", fails=False)
        return
    wrong = [leaf for _, leaf in leaves(gradients) if not _is_finite(leaf)]
    if wrong:
        bad = np.argwhere(~np.isfinite(np.atleast_1d(wrong[0])))[0]
        way = "backward" if np.isfinite(loss) else "forward"
        yield unstable("gradient", found.names[0], (tuple(map(int, bad)),), value=_value(wrong[0]),
                       **_cause(trial, found, way))
    elif not np.isfinite(loss):
        right = _balanced(trial, gradients)
        if right or (right is None and not np.isnan(loss)):
            yield unstable("loss", value=_value(loss), fails=False)
        else:
            yield unstable("output", value=_value(loss), **{
                **_cause(trial, found, "forward"), "what": "the loss"})


def _cause(trial: Trial, found: Example, way: str) -> dict[str, Any]:
    """Return why it overflows, and what to do, as far as its name tells."""
    overflow = overflow_of(trial.pair.base)
    if overflow is not None and "max" in overflow.because and _fits_row_by_row(trial, found):
        overflow = ROWS
    return _told(overflow, way)


def _told(overflow: Overflow | None, way: str) -> dict[str, Any]:
    return {} if overflow is None else {
        "what": "forward's output", "because": overflow.because, "remedy": getattr(overflow, way)}


def _fits_row_by_row(trial: Trial, found: Example) -> bool:
    """Whether each sample by itself is finite, so that it is another one that disturbs it."""
    arrays = [arg for arg in found.args if isinstance(arg, np.ndarray) and arg.ndim]
    # labels are one a sample; the first argument of a loss may be its weights
    count = len(next((arg for arg in arrays if arg.dtype.kind in "iu"), arrays[0]))
    rows = [tuple(arg[i:i + 1] if isinstance(arg, np.ndarray) and len(arg) == count else arg
                  for arg in found.args) for i in range(count)]
    try:
        return all(_is_fine(trial, trial.pair.forward(*copy.deepcopy(args))) for args in rows)
    except Exception:  # what it makes of one sample is not what is asked
        return False


def _is_fine(trial: Trial, returned: Any) -> bool:
    """Whether what forward makes of one sample is finite; a loss may be that of log 0."""
    if not trial.pair.is_loss or not isinstance(returned, tuple):
        return bool(np.all(np.isfinite(returned[0])))
    made = [leaf for _, leaf in leaves(returned)
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"]
    return not any(np.isnan(leaf).any() for leaf in made) and (
        _balanced(trial, returned[1:]) is not False)


def _balanced(trial: Trial, gradients: Sequence[Any]) -> bool | None:
    """Whether a loss over classes has a gradient as its formula: those of the scores add up to 0.

    Of other losses, and of weights with their penalty, nothing is known.
    """
    scores = gradients[0] if gradients else None
    if trial.pair.base not in BALANCED or not isinstance(scores, np.ndarray) or not scores.ndim:
        return None
    return bool(np.all(np.abs(scores.sum(axis=-1)) <= CANCELS * np.max(np.abs(scores))))


def precise(trial: Trial, found: Example) -> Report:
    """Return whether forward keeps digits in float32 that its formula does not lose.

    Rounding of sums costs a few thousandths of a per cent at x near 1e3; squares of x lose all.
    """
    forward, _, args = trial.in_one_form(found)
    with np.errstate(all="ignore"):
        narrow = np.asarray(forward(*copy.deepcopy(args))[0], dtype=np.float64)
        wide = np.asarray(forward(*map(upcast, args))[0])
    if not np.all(np.isfinite(wide)) or narrow.shape != wide.shape:
        return _report(trial, (), 2)
    if not np.all(np.isfinite(narrow)):
        return _report(trial, (unstable("output", value=_value(narrow), **_told(
            VARIANCE, "forward")),), 2)
    error = float(np.max(np.abs(narrow - wide) / size_of(wide), initial=0.0))
    findings = (unstable("cancelled", error=error),) if error > CANCELS else ()
    return _report(trial, findings, 2)


# Losses that stay as they are where the scores of a sample move together.
BALANCED = ("softmax_loss", "cross_entropy_loss", "temporal_softmax_loss")
LOOKS: dict[str, Callable[[Trial, Example], Report]] = {"finite": finite, "forward": precise}


def _report(trial: Trial, findings: tuple[Finding, ...], calls: int) -> Report:
    return Report(not findings, False, findings, 0, calls, 0.0, name=trial.pair.name)


def _is_finite(value: Any) -> bool:
    return not isinstance(value, np.ndarray | np.floating | float) or bool(
        np.all(np.isfinite(np.asarray(value, dtype=float))))


def _value(values: Any) -> str:
    return "nan" if np.any(np.isnan(values)) else "inf"
