"""Causes in losses over classes.

A loss is recognised by its gradient: in every row of scores, that of the true label is the only
negative entry (softmax, hinge). Where analytic and numeric differ, and by how much, then tells the
slip, whatever the loss is called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from gradcheck.findings.hypotheses_whole import factor_of
from gradcheck.findings.view import Hypothesis, View

Array = NDArray[Any]
Evidence = dict[str, Any] | None


@dataclass(frozen=True)
class Scores:
    """A gradient in class scores, classes last: the true labels and the share of a sample."""

    a: Array
    n: Array
    label: Array
    share: float

    @property
    def active(self) -> Array:
        """Samples with any gradient at all."""
        return np.asarray(np.any(self.n != 0, axis=1))

    @property
    def rows(self) -> Array:
        """Indices of the samples."""
        return np.arange(len(self.n))

    @property
    def gap(self) -> Array:
        """Analytic minus numeric."""
        return self.a - self.n


def scores_of(view: View) -> Scores | None:
    """Recognise a loss over classes, of which every sample has one true class.

    In scores, a sample's entries sum to zero; in log-probabilities, the label's stands alone.
    """
    case = view.case
    if view.x.ndim < 1 or not view.complete or view.x.shape[-1] < 2 or (
            case.out.ndim and case.out.shape != view.x.shape[:-1]) or np.any(case.dout == 0):
        return None
    # dout weighs the samples, or the loss as a whole; its part is divided out
    weight = case.dout[..., np.newaxis] if case.out.ndim else case.dout
    n = (view.n / weight).reshape(-1, view.n.shape[-1])
    scale = np.max(np.abs(n))
    active = np.any(np.abs(n) > 1e-7 * scale, axis=1)
    lowest = np.argmin(n, axis=1)
    others = n.copy()
    others[np.arange(len(n)), lowest] = 0.0
    balanced = np.max(np.abs(n.sum(axis=1))) <= 1e-5 * scale
    labels_only = np.max(np.abs(others)) <= 1e-6 * scale and n.shape[0] > 1
    if not np.any(active) or np.min(others) < -1e-6 * scale or not (balanced or labels_only):
        return None
    # a sample whose loss is saturated leaves no trace of its label; the arguments may tell it
    guess = np.where(active, lowest, np.argmin((view.a / weight).reshape(n.shape), axis=1))
    labels = _labels_among_args(view, guess, active)
    return Scores((view.a / weight).reshape(n.shape), n, labels, 1.0 / len(n))


def _labels_among_args(view: View, lowest: Array, active: Array) -> Array:
    for value in (*view.case.args, *view.case.layer.args):
        array = np.asarray(value) if not isinstance(value, dict) else np.empty(0)
        if array.dtype.kind in "iu" and array.size == lowest.size and np.array_equal(
                array.ravel()[active], lowest[active]):
            return np.asarray(array.ravel())
    return lowest


def of_scores(test: Callable[[Scores, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the scores of a loss over classes."""

    def run(view: View) -> Evidence:
        scores = scores_of(view)
        return None if scores is None else test(scores, view)

    return run


def not_normalized(view: View) -> Evidence:
    """Whether the gradient of a scalar loss is that of the sum where the loss is a mean."""
    if view.case.out.ndim and view.case.kind == "layer":
        return None
    factor = factor_of(view)
    if factor is None or factor <= 1.0:
        return None
    counts = {view.x.size: "x.size", **({view.x.shape[0]: "N"} if view.x.ndim else {})}
    if "N" in view.case.constants:
        counts[round(view.case.constants["N"])] = "N"
    if round(factor) not in counts or abs(factor - round(factor)) > 1e-4 * factor:
        return None
    return {"factor": float(f"{factor:.9g}"), "name": counts[round(factor)]}


def _only_labels_differ(scores: Scores) -> Array | None:
    """Return the gap at each label, if the gap is zero elsewhere."""
    gap = scores.gap.copy()
    at_label = gap[scores.rows, scores.label]
    gap[scores.rows, scores.label] = 0.0
    if np.max(np.abs(gap)) > 1e-4 * np.max(np.abs(at_label), initial=0.0):
        return None
    return np.asarray(at_label)


def softmax_share(code: str) -> Callable[[Scores, View], Evidence]:
    """Return a test against the softmax of x itself, whatever a sample weighs.

    Without the target's term a row of the gradient is proportional to the softmax; with the wrong
    sign it is that plus the weight at the label.
    """

    def test(scores: Scores, view: View) -> Evidence:
        x = view.x.reshape(scores.n.shape)
        p = special.softmax(x, axis=1)
        others = np.ones(p.shape, dtype=bool)
        others[scores.rows, scores.label] = False
        weight = np.sum(np.where(others, scores.a * p, 0), axis=1) / np.sum(
            np.where(others, p * p, 0), axis=1)
        weight[~scores.active] = 0.0
        base = weight[:, np.newaxis] * p
        if code == "label-term-sign":
            base[scores.rows, scores.label] += weight
        close = np.abs(scores.a - base) <= 1e-4 * np.max(np.abs(scores.gap))
        if np.all(weight[scores.active] > 0) and np.all(close):
            return {"gap": float(np.mean(scores.gap[scores.rows, scores.label][scores.active]))}
        return None

    return test


def not_divided_by_sum(scores: Scores, view: View) -> Evidence:
    """Whether the exponentials of a softmax were not divided by their sum."""
    x = view.x.reshape(scores.n.shape)
    hot = np.zeros(x.shape)
    hot[scores.rows, scores.label] = 1.0
    for shift in (np.max(x, axis=1, keepdims=True), 0.0):
        with np.errstate(over="ignore"):
            base = np.exp(x - shift) - hot
        size = float(np.sum(base * base))
        share = float(np.sum(scores.a * base)) / size if np.isfinite(size) and size else 0.0
        if share > 0 and np.all(np.abs(scores.a - share * base) <= 1e-4 * np.max(
                np.abs(scores.gap))):
            return {"share": share}
    return None


def threshold_of_margins(scores: Scores, view: View) -> Evidence:
    """Whether other margins than the violated ones count, those in an interval."""
    x = view.x.reshape(scores.n.shape)
    margin = x - x[scores.rows, scores.label][:, np.newaxis]
    others = np.ones(x.shape, dtype=bool)
    others[scores.rows, scores.label] = False
    unit = np.max(scores.n[others], initial=0.0)
    different = others & (np.abs(scores.gap) > 1e-4 * unit)
    levels = np.abs(scores.a[others][:, np.newaxis] - np.array([0.0, unit]))
    if not unit or np.sum(different) < 2 or np.any(np.min(levels, axis=1) > 1e-4 * unit):
        return None
    inside, outside = margin[different], margin[others & ~different]
    if np.any((outside > inside.min()) & (outside < inside.max())):
        return None
    return {"value": "the margin", "low": float(inside.min()), "high": float(inside.max()),
            "count": int(np.sum(different)), "of": int(np.sum(others))}


def label_term_missing(scores: Scores, view: View) -> Evidence:
    """Whether the true class's own term, -1 a sample, is missing."""
    gap = _only_labels_differ(scores)
    if gap is None or not np.all(gap[scores.active] > 0):
        return None
    gap = gap[scores.active]
    numeric = scores.n[scores.rows, scores.label]
    lacks_constant = np.ptp(gap) < 1e-4 * np.max(gap) and _is_unit(scores, float(np.mean(gap)), 1.0)
    a_label = scores.a[scores.rows, scores.label]
    lacks_all = np.max(np.abs(a_label)) < 1e-6 * np.max(np.abs(numeric))
    return {"gap": float(np.mean(gap))} if lacks_constant or lacks_all else None


def _is_unit(scores: Scores, gap: float, units: float) -> bool:
    """Whether the gap is `units` times one sample's weight: 1/N for a mean, 1 for a sum."""
    count = len(scores.n)
    return any(np.isclose(gap, units * weight, rtol=1e-3) for weight in (1.0 / count, 1.0))


def label_term_sign(scores: Scores, view: View) -> Evidence:
    """Whether the true class's own term is added where it should be subtracted."""
    gap = _only_labels_differ(scores)
    if gap is None or not np.all(gap[scores.active] > 0):
        return None
    gap, numeric = gap[scores.active], scores.n[scores.rows, scores.label][scores.active]
    twice = np.ptp(gap) < 1e-4 * np.max(gap) and _is_unit(scores, float(np.mean(gap)), 2.0)
    mirrored = np.allclose(gap, -2 * numeric, rtol=1e-4)
    return {"gap": float(np.mean(gap))} if twice or mirrored else None


def wrong_label(scores: Scores, view: View) -> Evidence:
    """Whether the label's term stands at another class: gaps of +w at the label, -w elsewhere."""
    gap = scores.gap
    top = np.max(np.abs(gap))
    wrong = np.any(np.abs(gap) > 1e-4 * top, axis=1)
    found = []
    for row in np.flatnonzero(wrong):
        places = np.flatnonzero(np.abs(gap[row]) > 1e-4 * top)
        if len(places) != 2 or abs(gap[row].sum()) > 1e-3 * top or (
                gap[row, scores.label[row]] <= 0):
            return None
        found.append(int(places[places != scores.label[row]][0]) - int(scores.label[row]))
    if not found:
        return None
    classes = gap.shape[1]
    offsets = {offset % classes for offset in found}
    told = f", always {offsets.pop()} further on" if len(offsets) == 1 else ""
    return {"rows": len(found), "of": len(gap), "told": told}


def margin_count(scores: Scores, view: View) -> Evidence:
    """Whether the label's entry of a hinge loss does not count the violated margins."""
    if _only_labels_differ(scores) is None:
        return None
    others = scores.n.copy()
    others[scores.rows, scores.label] = 0.0
    positive = others[others > 1e-9]
    if not positive.size or np.ptp(positive) > 1e-4 * np.max(positive):
        return None
    weight = float(np.median(positive))
    counts = np.round(others.sum(axis=1) / weight).astype(int)
    return {"counted": float(np.mean(-scores.a[scores.rows, scores.label]) / weight),
            "counts": [int(count) for count in counts[:8]]}


def margins_as_weights(scores: Scores, view: View) -> Evidence:
    """Whether a hinge loss's gradient weighs violated margins by their size."""
    x = view.x.reshape(scores.n.shape)
    difference = x - x[scores.rows, scores.label][:, np.newaxis]
    others = np.ones(scores.n.shape, dtype=bool)
    others[scores.rows, scores.label] = False
    violated = others & (scores.n > 1e-9)
    if np.sum(violated) < 3:
        return None
    unit = float(np.median(scores.n[violated]))
    margin = scores.a[violated] / unit - difference[violated]
    if np.ptp(scores.n[violated]) < 1e-4 * unit and np.ptp(margin) < 1e-4 * abs(np.mean(margin)):
        return {"value": "the margin"}
    return None


def binary_label_term(code: str, units: float) -> Callable[[View], Evidence]:
    """Return a test for a loss of two classes: the gap is `units` weights at positive labels."""

    def run(view: View) -> Evidence:
        if view.case.out.ndim or not view.complete or view.a.size < 3:
            return None
        dout = float(view.case.dout)
        gap = ((view.a - view.n) / dout).ravel() if dout else np.zeros(view.a.size)
        at = np.abs(gap) > 1e-4 * np.max(np.abs(gap))
        positive = (view.n / dout).ravel() < 0 if dout else at
        weight = float(np.mean(gap[at]))
        unit = any(np.isclose(weight, units * one, rtol=1e-3) for one in (1.0, 1.0 / gap.size))
        if unit and np.ptp(gap[at]) < 1e-4 * weight and np.array_equal(at, positive):
            return {"gap": weight}
        return None

    return run


def target_term(code: str) -> Callable[[View], Evidence]:
    """Return a test of whether the gap is proportional to an array of targets among the args.

    Where the analytic gradient does not change with the targets, their term is missing; where it
    does, it has the wrong sign.
    """

    def run(view: View) -> Evidence:
        case = view.case
        for i, target in enumerate(case.args):
            if i == view.position or not isinstance(target, np.ndarray) or not view.complete or (
                    target.shape != view.x.shape) or target.dtype.kind not in "fiub":
                continue
            values = target.astype(np.float64)
            weight = case.dout.reshape(case.dout.shape + (1,) * (view.x.ndim - case.dout.ndim))
            base = values * weight if case.dout.ndim < view.x.ndim else values
            size = float(np.sum(base * base))
            k = float(np.sum((view.a - view.n) * base)) / size if size else 0.0
            if k and view.agrees(view.n + k * base):
                unchanged = _unchanged_without(view, i)
                if unchanged == (code == "label-term-missing"):
                    return {"gap": k, "targets": case.layer.names[i]}
        return None

    return run


def _unchanged_without(view: View, position: int) -> bool:
    """Whether the analytic gradient is the same with all targets zero."""
    args = view.case.problem.evaluator.arguments()
    args[position] = np.zeros_like(args[position])
    gradients = view.case.backward(view.case.dout, args=args)
    if gradients is None:
        return False
    place = view.case.layer.wrt.index(view.position)
    return np.allclose(np.asarray(gradients[place], dtype=float), view.a, rtol=1e-6, atol=0)


def diagonal_jacobian_only(view: View) -> Evidence:
    """Whether the backward uses only the diagonal of a Jacobian that has more."""
    if view.a.shape != view.case.out.shape or view.dense is None or view.a.size < 2:
        return None
    true, wrong = view.dense
    diagonal = np.diag(np.diag(true))
    off = np.max(np.abs(true - diagonal))
    if off > view.dense_tolerance and np.allclose(wrong, diagonal, rtol=0,
                                                  atol=10 * view.dense_tolerance):
        return {"largest_off_diagonal": float(off)}
    return None


LOSSES = (
    Hypothesis("not-normalized", not_normalized, "analytic = {factor:.5g} x numeric everywhere "
               "({factor:.5g} = {name}): the loss is a mean, its gradient is that of the sum",
               "divide the gradient by what the loss is divided by"),
    Hypothesis("not-normalized", of_scores(not_divided_by_sum), "the gradient holds the "
               "exponentials themselves, not divided by their sum over the classes",
               "probs = exp(scores); probs /= probs.sum(axis=1, keepdims=True)"),
    Hypothesis("wrong-threshold", of_scores(threshold_of_margins), "{count} of {of} margins count "
               "wrongly, those with a difference of scores between {low:.4g} and {high:.4g}",
               "compare in backward with the margin that forward adds"),
    Hypothesis("label-term-missing", of_scores(softmax_share("label-term-missing")), "every row "
               "of the gradient is the softmax alone; it is too large by {gap:.5g} at the labels",
               "subtract the target: dscores = (probs - target) / N"),
    Hypothesis("label-term-sign", of_scores(softmax_share("label-term-sign")), "the target is "
               "added to the softmax, so that the gradient is too large by {gap:.5g} at the labels",
               "subtract it: dscores = (probs - target) / N"),
    Hypothesis("label-term-missing", of_scores(label_term_missing), "the gradient is too large by "
               "{gap:.5g} at the true label of every sample and right elsewhere",
               "subtract the true class's term: dscores[arange(N), y] -= 1 before dividing by N"),
    Hypothesis("label-term-sign", of_scores(label_term_sign), "the gradient is too large by "
               "{gap:.5g}, twice the label's term, at every true label", "subtract it, not add it"),
    Hypothesis("label-term-missing", binary_label_term("label-term-missing", 1.0), "the gradient "
               "is too large by {gap:.5g} at every positive label and right elsewhere",
               "subtract the label: dscores = (sigmoid(scores) - y) / N"),
    Hypothesis("label-term-sign", binary_label_term("label-term-sign", 2.0), "the gradient is too "
               "large by {gap:.5g}, twice the label's term, at every positive label",
               "subtract the label, not add it"),
    Hypothesis("label-term-missing", target_term("label-term-missing"), "analytic - numeric = "
               "{gap:.5g} x {targets}, and the gradient does not depend on {targets}",
               "subtract the targets' term"),
    Hypothesis("label-term-sign", target_term("label-term-sign"), "analytic - numeric = {gap:.5g} "
               "x {targets}: the targets' term has the wrong sign", "subtract it, not add it"),
    Hypothesis("value-used-as-mask", of_scores(margins_as_weights), "violated margins are weighed "
               "by {value}, where each counts 1", "compare first: margins > 0"),
    Hypothesis("margin-count", of_scores(margin_count), "at the true label the gradient counts "
               "{counted:.3g} violated margins a sample, where there are {counts}",
               "subtract the number of violated margins of the sample at its label"),
    Hypothesis("wrong-label", of_scores(wrong_label), "in {rows} of {of} samples the label's term "
               "stands at another class{told}", "index with y itself, row by row"),
    Hypothesis("diagonal-jacobian-only", diagonal_jacobian_only, "the backward multiplies by the "
               "Jacobian's diagonal only; off it there are entries of {largest_off_diagonal:.3g}",
               "for a softmax s: dx = s * (dout - sum(dout * s))"),
)
