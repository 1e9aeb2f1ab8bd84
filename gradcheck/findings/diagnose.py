"""Name the cause of a mismatch: an ordered table of hypotheses, the first that fits wins.

A hypothesis predicts the analytic gradient, or a property of it, from the true one. It is accepted
only if it explains every coordinate to a ten-thousandth of the discrepancy; where none does, the
finding is 'unexplained' and no guess is made.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from gradcheck.findings import (
    hypotheses_losses,
    hypotheses_masks,
    hypotheses_nets,
    hypotheses_normalization,
    hypotheses_repairs,
    hypotheses_selection,
    hypotheses_values,
    hypotheses_whole,
    hypotheses_windows,
)
from gradcheck.findings.view import Case, Hypothesis, View
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.dependence import Alignment
from gradcheck.numeric.differences import central_differences
from gradcheck.numeric.ladder import step_lengths
from gradcheck.report import Finding

HYPOTHESES: tuple[Hypothesis, ...] = (
    *hypotheses_whole.FIRST[:2],
    *hypotheses_nets.REGULARIZATION,
    *hypotheses_nets.NETS,
    *hypotheses_losses.LOSSES[:1],
    *hypotheses_whole.FIRST[2:],
    *hypotheses_losses.LOSSES[1:],
    *hypotheses_normalization.HYPOTHESES,
    *hypotheses_windows.KERNELS,
    *hypotheses_selection.SELECTION,
    *hypotheses_masks.PASSED_OR_DROPPED,
    *hypotheses_whole.SLICES,
    *hypotheses_windows.WINDOWS,
    *hypotheses_masks.MOVED[:2],
    *hypotheses_repairs.MASKS,
    *hypotheses_masks.MOVED[2:],
    *hypotheses_values.VALUES,
    *hypotheses_repairs.VALUES,
    *hypotheses_masks.OTHER,
    *hypotheses_values.CUT,
    *hypotheses_whole.LAST,
)


def diagnose(case: Case) -> list[Finding]:
    """Return a finding for every argument whose gradient is wrong."""
    shared: dict[str, Any] = {}
    return [_diagnose_argument(View(case, comparison, shared)) for comparison in case.comparisons
            if np.any(comparison.failed)]


def _diagnose_argument(view: View) -> Finding:
    worst = view.where()
    for hypothesis in HYPOTHESES:
        evidence = hypothesis.test(view)
        if evidence is not None:
            words = {"argument": view.name, **evidence}
            message = hypothesis.because.format(**words)
            remedy = hypothesis.remedy.format(**words)
            return Finding(hypothesis.code, view.name, worst, f"{message}. Remedy: {remedy}.",
                           {**_numbers(view, worst), **evidence})
    return Finding("unexplained", view.name, worst, _unexplained(view, worst),
                   _numbers(view, worst))


def _numbers(view: View, worst: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    index = worst[0]
    return {
        "analytic": float(view.a[index]),
        "numeric": float(view.n[index]),
        "bound": float(view.comparison.bound[index]),
        "wrong": int(np.sum(view.comparison.failed)),
        "coordinates": view.comparison.coordinates,
    }


def _unexplained(view: View, worst: tuple[tuple[int, ...], ...]) -> str:
    numbers = _numbers(view, worst)
    if view.complete and not np.any(view.n):
        return (f"forward's output does not depend on {view.name}, so its gradient is zero; the "
                "backward returns up to {analytic:.6g}. Remedy: use it in forward, or return zeros."
                .format(**numbers))
    return (
        "{wrong} of {coordinates} coordinates disagree and no known slip explains them; the worst "
        "has analytic = {analytic:.6g}, numeric = {numeric:.6g} ± {bound:.1e}. Remedy: derive the "
        "gradient again on paper and compare term by term.".format(**numbers)
    )


def diagnose_shapes(case: Case, findings: list[Finding]) -> list[Finding]:
    """Replace 'wrong-shape' by its cause where one explains the values."""
    return list(itertools.chain.from_iterable(_explain_shape(case, entry) for entry in findings))


def _explain_shape(case: Case, finding: Finding) -> list[Finding]:
    if finding.code != "wrong-shape" or finding.argument is None:
        return [finding]
    position = case.layer.names.index(finding.argument)
    place = case.layer.wrt.index(position)
    if place >= len(case.analytic) or not isinstance(case.analytic[place], np.ndarray):
        return [finding]
    returned = case.analytic[place]
    if not returned.size or returned.dtype.kind not in "fiub" or not case.out.size:
        return [finding]
    view = View(case, _blank(case, position))
    true = _numeric(view)
    if returned.size == true.size and _near(returned.reshape(true.shape), true):
        return [finding]
    other = _swapped_with(case, position, returned, true)
    if other is not None:
        return [_retitled(finding, "outputs-swapped", f"what is returned as d{finding.argument} is "
                          f"d{other}", {"other": other})]
    if returned.ndim >= 2 and _near(np.swapaxes(returned, -1, -2), true):
        return [_retitled(finding, "transposed", "the gradient is the true one transposed",
                          {"axes": (returned.ndim - 2, returned.ndim - 1)})]
    axes = _summed_axes(view, returned, true)
    if axes is not None:
        return [_retitled(finding, "wrong-axis-sum", f"the gradient is summed over axes {axes} of "
                          "the output", {"axes": axes})]
    return [finding]


def _swapped_with(case: Case, position: int, returned: np.ndarray[Any, Any],
                  true: np.ndarray[Any, Any]) -> str | None:
    """Return the argument with which this one has exchanged gradients."""
    for place, other in enumerate(case.layer.wrt[:len(case.analytic)]):
        if other != position and _near(case.analytic[place], true) and _near(
                returned, _numeric(View(case, _blank(case, other)))):
            return case.layer.names[other]
    return None


def _summed_axes(view: View, returned: np.ndarray[Any, Any], true: np.ndarray[Any, Any]
                 ) -> list[int] | None:
    """Return axes whose sum of contributions is what was returned, in another shape."""
    contributions = view.contributions()
    if contributions.ndim == 0:
        return None
    for count in range(1, contributions.ndim + 1):
        for axes in itertools.combinations(range(contributions.ndim), count):
            for operation in (np.sum, np.mean):
                summed = np.asarray(operation(contributions, axis=axes))
                if summed.size == returned.size and summed.shape != true.shape and _near(
                        returned.reshape(summed.shape), summed):
                    return list(axes)
    return None


def _blank(case: Case, position: int) -> Comparison:
    return Comparison.blank(case.layer.names[position], position, case.args[position].shape)


def _numeric(view: View) -> np.ndarray[Any, Any]:
    x = view.x
    alignment = Alignment(x.shape, view.case.out.shape, ())
    return central_differences(view.case.problem, view.position, alignment,
                               step_lengths(x, view.case.problem.evaluator.eps))[0]


def _near(one: Any, two: Any) -> bool:
    one, two = np.asarray(one, dtype=float), np.asarray(two, dtype=float)
    if one.shape != two.shape or not one.size:
        return False
    return bool(np.all(np.abs(one - two) <= 1e-6 * (np.abs(two) + np.sqrt(np.mean(two * two)))))


def _retitled(finding: Finding, code: str, message: str, evidence: dict[str, Any]) -> Finding:
    return Finding(code, finding.argument, (), f"{message}; {finding.message}",
                   {**finding.evidence, **evidence})
