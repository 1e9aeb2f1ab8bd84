"""The label's own term in the gradient of a loss, seen in scores, targets and a net's bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.lenses.factor import is_multiple
from gradcheck.findings.lenses.scores import Scores, of_scores, scores_of
from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View

Array = NDArray[Any]


def softmax_plus(units: float) -> Callable[[View], Evidence]:
    """Return a test of whether a row is the softmax plus `units` at the label, times its weight.

    Right is minus one; a missing term is zero, one of the wrong sign plus one. The weight of a row
    is fitted to its other entries.
    """

    def test(scores: Scores, view: View) -> Evidence:
        from scipy.special import softmax  # slow to import

        p = softmax(scores.x, axis=1)
        others = scores.others
        weight = np.sum(np.where(others, scores.a * p, 0), axis=1) / np.sum(
            np.where(others, p * p, 0), axis=1)
        weight[~scores.active] = 0.0
        base = weight[:, np.newaxis] * p
        base[scores.rows, scores.label] += units * weight
        close = np.abs(scores.a - base) <= 1e-4 * np.max(np.abs(scores.gap))
        if np.all(weight[scores.active] > 0) and np.all(close):
            return {"gap": float(np.mean(scores.gap[scores.rows, scores.label][scores.active]))}
        return None

    return of_scores(test)


def at_positive_labels(units: float) -> Callable[[View], Evidence]:
    """Return a test for a loss of two classes: the gap is `units` weights at positive labels.

    Of more classes, with a score each, every sample has a label; that is told by the scores.
    """

    def run(view: View) -> Evidence:
        dout = float(view.case.dout) if not view.case.out.ndim else 0.0
        if not dout or not view.complete or view.a.size < 3 or is_multiple(view) or (
                scores_of(view) is not None):
            return None
        gap = ((view.a - view.n) / dout).ravel()
        at = np.abs(gap) > 1e-4 * np.max(np.abs(gap))
        positive = (view.n / dout).ravel() < 0
        weight = float(np.mean(gap[at]))
        unit = any(np.isclose(weight, units * one, rtol=1e-3) for one in (1.0, 1.0 / gap.size))
        if unit and np.ptp(gap[at]) < 1e-4 * weight and np.array_equal(at, positive):
            return {"gap": weight}
        return None

    return run


def times_targets(*, used: bool) -> Callable[[View], Evidence]:
    """Return a test of whether the gap is proportional to an array of targets among the arguments.

    Where the analytic gradient does not change with the targets, their term is missing; where they
    are `used`, it has the wrong sign.
    """

    def run(view: View) -> Evidence:
        if not view.complete or is_multiple(view):
            return None
        for position, base in _targets(view):
            size = float(np.sum(base * base))
            k = float(np.sum((view.a - view.n) * base)) / size if size else 0.0
            if k and view.agrees(view.n + k * base) and used == _depends_on(view, position):
                return {"gap": k, "targets": view.case.layer.names[position]}
        return None

    return run


def _targets(view: View) -> list[tuple[int, Array]]:
    """Return the positions of what may be targets, and their values times dout."""
    case, found = view.case, []
    if case.dout.ndim < view.x.ndim and case.dout.shape != view.x.shape[:case.dout.ndim]:
        return []
    weight = case.dout.reshape(case.dout.shape + (1,) * (view.x.ndim - case.dout.ndim))
    for i, target in enumerate(case.args):
        if i != view.position and isinstance(target, np.ndarray) and (
                target.shape == view.x.shape) and target.dtype.kind in "fiub":
            values = target.astype(np.float64)
            found.append((i, values * weight if case.dout.ndim < view.x.ndim else values))
    return found


def _depends_on(view: View, position: int) -> bool:
    """Whether the analytic gradient is another one with all targets zero."""
    args = view.case.problem.evaluator.arguments()
    args[position] = np.zeros_like(args[position])
    gradients = view.case.backward(view.case.dout, args=args)
    if gradients is None:
        return True
    place = view.case.layer.wrt.index(view.position)
    return not np.allclose(np.asarray(gradients[place], dtype=float), view.a, rtol=1e-6, atol=0)


def counts_in_bias(units: int) -> Callable[[View], Evidence]:
    """Return a test on the last bias of a net, which explains every parameter's gradient.

    N times the gap there counts labels: `units` times those of every class, or, where `units` is
    zero, as many to one class as are taken from others.
    """

    def run(view: View) -> Evidence:
        count = view.case.constants.get("N")
        if view.case.kind != "net" or not count:
            return None
        for entry in view.case.comparisons[::-1]:
            if entry.analytic.ndim != 1 or not np.all(entry.known) or not np.any(entry.failed):
                continue
            counts = count * (entry.analytic - entry.numeric)
            whole = np.round(counts)
            fits = np.all(np.abs(counts - whole) <= 1e-4) and np.any(whole) and (
                round(float(np.sum(whole))) == round(units * count))
            if fits and (units == 0 or np.all(whole >= 0)):
                return {"bias": entry.name, "counts": [int(value) for value in whole[:10]]}
            return None
        return None

    return run
