"""Causes in whole nets: the regularization of their weights, and the loss at their end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.findings.hypotheses_whole import factor_of
from gradcheck.findings.view import Hypothesis, View

Evidence = dict[str, Any] | None


def net_label(code: str) -> Callable[[View], Evidence]:
    """Return a test on the last bias of a net, which explains every parameter's gradient.

    N times the gap there counts labels: those of every class where their term is missing, twice
    that where it is added; where it stands at other classes, the counts sum to zero.
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
            if np.any(np.abs(counts - whole) > 1e-4) or not np.any(whole):
                return None
            total = round(float(np.sum(whole)))
            found = {0: "wrong-label", round(count): "label-term-missing",
                     round(2 * count): "label-term-sign"}.get(total)
            if found == code and (total == 0 or np.all(whole >= 0)):
                return {"bias": entry.name, "counts": [int(value) for value in whole[:10]]}
            return None
        return None

    return run


def net_not_normalized(view: View) -> Evidence:
    """Whether the data's part of a regularized net's gradient is that of a sum, not of a mean."""
    count = view.case.constants.get("N")
    if view.case.kind != "net" or not count:
        return None
    penalty = (view.case.penalty(view.position) or 0.0) * view.x
    data = view.n - penalty
    if np.any(data) and view.agrees(count * data + penalty):
        return {"factor": count, "name": "N"}
    return None


def only_penalty(view: View) -> Evidence:
    """Whether all that arrives at a weight is its penalty's gradient."""
    penalty = view.case.penalty(view.position) if view.case.kind == "net" else None
    if penalty and view.a.size > 1 and view.agrees(penalty * view.x):
        return {"penalty": penalty}
    return None


def _proportional(view: View) -> float | None:
    """Return k if analytic - numeric = k * parameter, for an array of more than one element."""
    gap, w = (view.a - view.n)[view.known], view.x[view.known]
    size = float(np.sum(w * w))
    if view.case.kind == "layer" or size == 0 or gap.size < 2 or factor_of(view) is not None:
        return None
    k = float(np.sum(gap * w)) / size
    return k if k and view.agrees(view.n + k * view.x) else None


def _growth(view: View) -> float | None:
    """Return the strength of a quadratic penalty by the function's growth, if one is declared.

    A loss over classes grows linearly with its weights at the most, a penalty quadratically.
    """
    reg = _reg(view)
    if reg is None:
        return None
    far = 100.0
    size = float(np.sum(view.x * view.x)) * far**2 / 2
    value = float(view.case.problem.evaluator.out(view.position, far * view.x))
    strength = value / size if size else math.nan
    near = [unit * reg for unit in (1.0, 2.0) if math.isclose(strength, unit * reg, rel_tol=0.1)]
    return near[0] if near else None


def _reg(view: View) -> float | None:
    return next((value for key, value in view.case.numbers.items()
                 if key.lower().startswith(("reg", "lam", "weight_decay", "l2", "alpha"))), None)


def regularization(code: str, ratio: float) -> Callable[[View], Evidence]:
    """Return a test of whether analytic - numeric is `ratio` times reg * W."""

    def run(view: View) -> Evidence:
        k = _proportional(view)
        if k is None:
            return None
        # a loss without this parameter's penalty leaves the strength that the others have
        reg = view.case.penalty(view.position) or _growth(view) or _reg(view)
        share = k / reg if reg else None
        fits = share is not None and abs(share - ratio) < 1e-3
        if not fits and reg is None:
            # without a known strength, only the sign of the discrepancy speaks
            fits = k > 0 if ratio == 1.0 else k < 0 and ratio == -1.0
        is_bias = view.x.ndim == 1 and view.name.lower().startswith(("b", "gamma"))
        if not fits or (code == "regularization-on-bias") != (is_bias and ratio == 1.0):
            return None
        return {"k": k, "reg": reg, "ratio": share}

    return run


NETS = (
    Hypothesis("zero-gradient", only_penalty, "the gradient is {penalty:.5g} x {argument}, the "
               "penalty's alone: nothing arrives from the data",
               "add the data's gradient, dw from this layer's backward"),
    Hypothesis("not-normalized", net_not_normalized, "the data's part of the gradient is "
               "{factor:.5g} = {name} times the numeric one: the loss is a mean over samples",
               "divide dscores by the number of samples"),
    Hypothesis("label-term-missing", net_label("label-term-missing"), "N times the gap of d{bias} "
               "counts the labels of each class, {counts}: the true class's term is missing",
               "dscores[arange(N), y] -= 1 before dividing by N"),
    Hypothesis("label-term-sign", net_label("label-term-sign"), "N times the gap of d{bias} is "
               "twice the labels' counts, {counts}: the true class's term is added",
               "subtract it: dscores[arange(N), y] -= 1"),
    Hypothesis("wrong-label", net_label("wrong-label"), "N times the gap of d{bias} moves whole "
               "counts between classes, {counts}: labels stand at other classes",
               "index with y itself, row by row"),
)

REGULARIZATION = (
    Hypothesis("regularization-on-bias", regularization("regularization-on-bias", 1.0), "analytic "
               "- numeric = {k:.5g} x {argument}: a bias is regularized in the gradient and not "
               "in the loss", "regularize weights only"),
    Hypothesis("regularization-missing", regularization("regularization-missing", -1.0), "analytic "
               "- numeric = {k:.5g} x {argument}: the gradient lacks reg * {argument}",
               "add reg * {argument} to the gradient of every weight in the loss, the last "
               "layer's included"),
    Hypothesis("regularization-doubled", regularization("regularization-doubled", 1.0), "analytic "
               "- numeric = {k:.5g} x {argument}: the gradient holds reg * {argument} once too "
               "often", "with 0.5 * reg * sum(W * W) in the loss, the gradient has reg * W"),
    Hypothesis("regularization-halved", regularization("regularization-halved", -0.5), "analytic "
               "- numeric = {k:.5g} x {argument}: the gradient holds half of reg * {argument}",
               "with 0.5 * reg * sum(W * W) in the loss, the gradient has reg * W"),
    Hypothesis("regularization-sign", regularization("regularization-sign", -2.0), "analytic - "
               "numeric = {k:.5g} x {argument}: reg * {argument} is subtracted where it belongs "
               "added", "add it"),
)
