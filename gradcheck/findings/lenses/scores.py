"""A loss over classes, recognised by its gradient: at the true label alone it is negative."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.lenses.factor import is_multiple
from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View

Array = NDArray[Any]
CLOSE = 1e-4


@dataclass(frozen=True)
class Scores:
    """Scores x, the gradients in them, classes last, and the true labels."""

    x: Array
    a: Array
    n: Array
    label: Array

    @property
    def active(self) -> Array:
        """Samples with any gradient at all."""
        return np.asarray(np.any(self.n != 0, axis=1))

    @property
    def rows(self) -> Array:
        """Indices of the samples."""
        return np.arange(len(self.n))

    @property
    def others(self) -> Array:
        """Which entries are not the label's."""
        others = np.ones(self.n.shape, dtype=bool)
        others[self.rows, self.label] = False
        return others

    @property
    def gap(self) -> Array:
        """Analytic minus numeric."""
        return self.a - self.n

    @property
    def gap_at_labels(self) -> Array | None:
        """The gap at each label, if the gap is zero elsewhere."""
        at_label = np.asarray(self.gap[self.rows, self.label])
        elsewhere = np.where(self.others, np.abs(self.gap), 0.0)
        return None if np.max(elsewhere) > CLOSE * np.max(np.abs(at_label)) else at_label

    @property
    def labels_are_zero(self) -> bool:
        """Whether the gradient has nothing at the labels, where the true one has."""
        at_label = np.abs(self.a[self.rows, self.label])
        return bool(np.max(at_label) < 1e-6 * np.max(np.abs(self.n[self.rows, self.label])))

    @property
    def gap_units(self) -> float | None:
        """How many weights of a sample, one or two, all labels' entries are too large by.

        A label's own term weighs as much as its sample: no true entry is below minus that. A hinge
        loss has more terms there.
        """
        if self.gap_at_labels is None:
            return None
        gap = self.gap_at_labels[self.active]
        if np.ptp(gap) >= CLOSE * np.max(gap):
            return None
        deepest = -float(np.min(self.n))
        return next((units for weight in self._weights for units in (1.0, 2.0)
                     if np.isclose(np.mean(gap), units * weight, rtol=1e-3)
                     and deepest <= weight * (1 + 1e-3)), None)

    @property
    def _weights(self) -> tuple[float, ...]:
        """What one sample weighs, where the gradient tells; else 1/N, for a mean, and 1."""
        from scipy.special import softmax  # slow to import

        p = np.where(self.others, softmax(self.x, axis=1), 0.0)
        n = np.where(self.others, self.n, 0.0)
        share = float(np.sum(n * p) / np.sum(p * p))
        if share > 0 and np.all(np.abs(n - share * p) <= CLOSE * np.max(n)):
            return (share,)
        positive = n[n > 1e-9]
        if positive.size and np.ptp(positive) <= CLOSE * np.max(positive):
            return (float(np.median(positive)),)
        mean = 1.0 / len(n)  # which no entry of a mean over samples exceeds
        return (mean, 1.0) if np.max(np.abs(self.n)) <= mean else (1.0, mean)


def scores_of(view: View) -> Scores | None:
    """Recognise a loss over classes, of which every sample has one true class.

    In scores, a sample's entries sum to zero; in log-probabilities, the label's stands alone. A
    gradient that is a multiple of the true one tells nothing of labels.
    """
    key = f"scores of {view.name}"
    if key not in view.shared:
        view.shared[key] = _scores(view)
    found: Scores | None = view.shared[key]
    return found


def _scores(view: View) -> Scores | None:
    case = view.case
    if not _may_be_scores(view) or not view.complete or is_multiple(view) or np.any(case.dout == 0):
        return None
    # dout weighs the samples, or the loss as a whole; its part is divided out
    weight = case.dout[..., np.newaxis] if case.out.ndim else case.dout
    x, a, n = (values.reshape(-1, view.x.shape[-1])
               for values in (view.x, view.a / weight, view.n / weight))
    scale = np.max(np.abs(n))
    active = np.any(np.abs(n) > 1e-7 * scale, axis=1)
    lowest = np.argmin(n, axis=1)
    others = n.copy()
    others[np.arange(len(n)), lowest] = 0.0
    balanced = np.max(np.abs(n.sum(axis=1))) <= 1e-5 * scale
    labels_only = np.max(np.abs(others)) <= 1e-6 * scale and n.shape[0] > 1
    if not np.any(active) or np.min(others) < -1e-6 * scale or not (
            balanced or (labels_only and _tells_classes_apart(view))):
        return None
    # a sample whose loss is saturated leaves no trace of its label; the arguments may tell it
    guess = np.where(active, lowest, np.argmin(a, axis=1))
    return Scores(x, a, n, _labels_among_args(view, guess, active))


def _may_be_scores(view: View) -> bool:
    """Whether the output is one loss, or one a sample; several outputs in a row are neither."""
    out = view.case.out
    return view.case.outputs == 1 and view.x.ndim > 0 and view.x.shape[-1] > 1 and (
        out.ndim == 0 or out.shape == view.x.shape[:-1])


def _tells_classes_apart(view: View) -> bool:
    """Whether the loss is another one with every score moved on a class; a maximum's is not."""
    moved = view.case.problem.evaluator.out(view.position, np.roll(view.x, 1, axis=-1))
    return not np.allclose(moved, view.case.out)


def _labels_among_args(view: View, lowest: Array, active: Array) -> Array:
    for value in (*view.case.args, *view.case.layer.args):
        array = np.asarray(value) if not isinstance(value, dict) else np.empty(0)
        if array.dtype.kind in "iu" and array.size == lowest.size and np.array_equal(
                array.ravel()[active], lowest[active]):
            return np.asarray(array.ravel())
    return lowest


def of_scores(test: Callable[[Scores, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the scores of a loss over classes."""

    @functools.wraps(test)
    def run(view: View) -> Evidence:
        scores = scores_of(view)
        return None if scores is None else test(scores, view)

    return run
