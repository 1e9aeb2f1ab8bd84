"""The values of losses. A constant factor of the number of samples, or of 2, is a definition.

A loss with a probability so small that many keep it from 0 is not compared: it is NaN here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Multiple, Reference, Slip, Value, demand
from gradcheck.reference.smooth import expit, log_softmax

Factors = Mapping[str, Callable[..., float]]
CLIPPED = -float(np.log(1e-5))
HALVES = {"": 1.0, "half of it": 0.5, "twice": 2.0}
OF_SAMPLES: Factors = {"": lambda x, **_: 1, "summed over the samples": lambda x, **_: len(x)}
OF_VALUES: Factors = {
    "": lambda x, **_: 1, "summed over all values": lambda x, **_: x.size,
    "averaged over the samples alone": lambda x, **_: x.size / len(x),
    "averaged over a sample's values alone": lambda x, **_: len(x)}
OF_TIMES: Factors = {
    "": lambda x, mask, **_: 1, "summed": lambda x, **_: len(x),
    "over mask.sum()": lambda x, mask, **_: len(x) / max(mask.sum(), 1),
    "over N T": lambda x, mask, **_: len(x) / mask.size}


def _own(scores: Array, y: Array) -> Array:
    """Return the score of each sample's own class, as a column."""
    demand(scores.ndim == 2 and np.shape(y) == (len(scores),) and y.dtype.kind in "iu")
    return np.asarray(scores[np.arange(len(y)), y][:, None])


def softmax_loss(x: Array, y: Array, **_: Any) -> float:
    """Return the mean over samples of -log(softmax(x)[y]).

    >>> round(softmax_loss(np.zeros((2, 4)), np.array([0, 3])), 4)
    1.3863
    """
    losses = -_own(log_softmax(x, axis=1), y)
    return float(losses.mean()) if losses.max() < CLIPPED else np.nan


def _of_probabilities(least: float) -> Value:
    """Return the cross-entropy of probabilities that are clipped; scores are none, yet numbers."""
    return lambda x, y, **_: float(-np.log(np.clip(_own(x, y), least, 1)).mean())


def margins(x: Array, y: Array, margin: float = 1.0) -> Array:
    """Return s_j - s_y + margin of the other classes; 0 for the own."""
    found = x - _own(x, y) + margin
    found[np.arange(len(y)), y] = 0
    return np.asarray(found)


def svm_loss(x: Array, y: Array, **_: Any) -> float:
    """Return the mean over samples of the sum of max(0, s_j - s_y + 1) over other classes.

    >>> svm_loss(np.zeros((2, 4)), np.array([0, 3]))
    3.0
    """
    return float(np.maximum(margins(x, y), 0).sum() / len(x))


def _squared_hinge(x: Array, y: Array, **_: Any) -> float:
    return float((np.maximum(margins(x, y), 0) ** 2).sum() / len(x))


def _hardest(x: Array, y: Array, **_: Any) -> float:
    return float(np.maximum(margins(x, y), 0).max(axis=1).mean())


def temporal_softmax_loss(x: Array, y: Array, mask: Array, **_: Any) -> float:
    """Return the sum of softmax losses where the mask is set, over the number of samples."""
    demand(x.ndim == 3 and y.shape == mask.shape == x.shape[:2])
    losses = -np.take_along_axis(log_softmax(x, axis=2), y[..., None], axis=2)[..., 0]
    return float((losses * mask).sum() / len(x)) if losses.max() < CLIPPED else np.nan


def bce(x: Array, y: Array, **_: Any) -> float:
    """Return the mean of -(y log(x) + (1 - y) log(1 - x)) for probabilities x."""
    demand(bool(np.all((x > 0) & (x < 1))))
    return float(-np.mean(y * np.log(x) + (1 - y) * np.log1p(-x)))


def bce_with_logits(x: Array, y: Array, **_: Any) -> float:
    """Return the binary cross-entropy of sigmoid(x)."""
    return float(np.mean(np.logaddexp(0, x) - x * y)) if np.abs(x).max() < CLIPPED else np.nan


def _huber(delta: float) -> Value:
    def value(x: Array, y: Array, **_: Any) -> float:
        gap = np.abs(x - y)
        return float(np.mean(np.where(gap < delta, gap**2 / 2, delta * (gap - delta / 2))))

    return value


def _smooth_l1(beta: float) -> Value:
    return lambda **roles: _huber(beta)(**roles) / beta


def mean_of(function: Callable[[Array], Array]) -> Value:
    """Return the mean of a function of x - y."""
    return lambda x, y, **_: float(np.mean(function(x - y)))


def _multiples(values: Mapping[str, Value], factors: Factors) -> Iterator[tuple[str, Value]]:
    """Yield every definition times every factor, by what is said of both."""
    for name, value in values.items():
        for count, factor in factors.items():
            for half, number in HALVES.items():
                yield _joined(name, count, half), _multiple(value, factor, number)


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))


def _multiple(value: Value, factor: Callable[..., float], number: float) -> Value:
    return lambda **roles: number * factor(**roles) * value(**roles)


def _loss(told: str, value: Value, factors: Factors, *slips: Slip, **others: Value) -> Reference:
    conventions = dict(_multiples({"": value, **others}, factors))
    conventions.pop("")
    return Reference(told, value, conventions, None, slips)


def _with_penalty(loss: Value, penalty: Callable[[Array], float], half: float) -> Value:
    def value(W: Array, X: Array, y: Array, reg: float = 0.0, **_: Any) -> float:
        demand(X.ndim == 2 and X.shape[1] == W.shape[0])
        return float(loss(x=X @ W, y=y)) + half * reg * penalty(W)

    return value


def _squares(W: Array) -> float:
    return float(np.sum(W * W))


PENALTIES: dict[str, Callable[[Array], float]] = {
    "": _squares, "the last row of W, a bias, not penalized": lambda W: _squares(W[:-1]),
    "the first row of W, a bias, not penalized": lambda W: _squares(W[1:]),
    "the sum of |W|": lambda W: float(np.abs(W).sum())}


def _linear(told: str, loss: Reference) -> Reference:
    """Return the reference of a linear classifier's loss with its penalty, reg or half of it."""
    summed = dict(_multiples({"": loss.value}, OF_SAMPLES))
    conventions = {_joined(name, of_what, size): _with_penalty(value, penalty, half)
                   for name, value in {**summed, **loss.conventions}.items()
                   for of_what, penalty in PENALTIES.items()
                   for size, half in (("", 1.0), ("half the penalty", 0.5))}
    conventions |= {f"the penalty is {name}": _penalty_of(loss.value, multiple)
                    for name, multiple in OVER_N.items()}
    slips = (
        Slip("the penalty of W is missing", "add reg * np.sum(W * W)",
             _with_penalty(loss.value, _squares, 0.0)),
        *(Slip(f"the penalty is {name}", "the penalty is reg * np.sum(W * W), or half of it",
               _penalty_of(loss.value, multiple)) for name, multiple in MULTIPLES.items()),
        *(Slip(slip.because, slip.remedy, _with_penalty(slip.value, _squares, half))
          for slip in loss.slips for half in (1.0, 0.5)),
    )
    return Reference(told, _with_penalty(loss.value, _squares, 1.0), conventions, None, slips)


OVER_N: dict[str, Callable[..., float]] = {
    "reg sum(W * W) over N": lambda W, reg, X, **_: reg * _squares(W) / len(X),
    "reg sum(W * W) over 2 N": lambda W, reg, X, **_: reg * _squares(W) / len(X) / 2,
}
MULTIPLES: dict[str, Callable[..., float]] = {
    "sum(W * W) without reg": lambda W, reg, **_: _squares(W),
    "half of sum(W * W) without reg": lambda W, reg, **_: _squares(W) / 2,
    "2 reg sum(W * W)": lambda W, reg, **_: 2 * reg * _squares(W),
    "reg times the norm of W": lambda W, reg, **_: reg * float(np.linalg.norm(W)),
    "reg squared times sum(W * W)": lambda W, reg, **_: reg**2 * _squares(W),
    "reg times sum(W)": lambda W, reg, **_: reg * float(W.sum()),
    "subtracted": lambda W, reg, **_: -reg * _squares(W),
}


def _penalty_of(loss: Value, penalty: Callable[..., float]) -> Value:
    return lambda X, W, y, **roles: float(loss(x=X @ W, y=y)) + penalty(W=W, X=X, **roles)


MEAN = "divide the sum over samples by N"
NO_CLAMP = "np.maximum(0, margins)"
SOFTMAX = _loss(
    "the mean of -log(softmax(x)[y])", softmax_loss, OF_SAMPLES,
    Slip("it is divided by N C, not by N", MEAN,
         lambda x, y, **_: softmax_loss(x, y) / x.shape[1]),
    Slip("the logarithm is missing", "take -np.log of the probability of the label",
         lambda x, y, **_: float(-np.exp(_own(log_softmax(x, axis=1), y)).mean())),
    Slip("the sign is wrong", "it is minus the logarithm", lambda x, y, **_: -softmax_loss(x, y)),
    Slip("the scores are normalized over all samples together", "sum the exponentials of each row",
         lambda x, y, **_: float(-_own(log_softmax(x), y).mean())),
    Slip("the label's score is not subtracted", "it is log(sum(exp(x))) - x[y]",
         lambda x, y, **_: float(np.log(np.exp(x).sum(axis=1)).mean())))
CROSS_ENTROPY = _loss(SOFTMAX.told, softmax_loss, OF_SAMPLES, *SOFTMAX.slips, **{
    f"of probabilities, from 1e-{digits} on": _of_probabilities(10.0**-digits)
    for digits in range(5, 17)})
SVM = _loss(
    "the mean of sum(max(0, s_j - s_y + 1)), j other than y", svm_loss, OF_SAMPLES,
    Slip("the margins are not clamped at 0", NO_CLAMP,
         lambda x, y, **_: float(margins(x, y).sum() / len(x))),
    Slip("the label's own margin of 1 is counted", "leave out j = y, or subtract 1 a sample",
         lambda x, y, **_: svm_loss(x, y) + 1),
    Slip("the margin of 1 is left out", "max(0, s_j - s_y + 1)",
         lambda x, y, **_: float(np.maximum(margins(x, y, 0.0), 0).sum() / len(x))),
    Slip("the margin of 1 is subtracted", "max(0, s_j - s_y + 1)",
         lambda x, y, **_: float(np.maximum(margins(x, y, -1.0), 0).sum() / len(x))),
    Slip("it is divided by N C, not by N", MEAN, lambda x, y, **_: svm_loss(x, y) / x.shape[1]),
    Slip("the difference has the wrong sign", "s_j - s_y + 1",
         lambda x, y, **_: svm_loss(-x, y)),
    squared=_squared_hinge, hardest=_hardest)
TEMPORAL = _loss(
    "the sum of -log(softmax(x)[y]) where mask is set, over N", temporal_softmax_loss, OF_TIMES,
    Slip("the mask is not used", "multiply each loss by mask", lambda x, y, mask, **_:
         temporal_softmax_loss(x, y, np.ones_like(mask))),
    Slip("the mask is not used", "multiply each loss by mask", lambda x, y, mask, **_:
         temporal_softmax_loss(x, y, np.ones_like(mask)) * len(x) / mask.sum()),
    Slip("the mask is inverted", "count where mask is True", lambda x, y, mask, **_:
         temporal_softmax_loss(x, y, ~mask.astype(bool))))
PROBABILITIES = _loss(
    "the mean of -(y log(x) + (1 - y) log(1 - x))", bce, OF_VALUES,
    Slip("only y = 1 counts", "add (1 - y) * np.log(1 - x)",
         lambda x, y, **_: float(-np.mean(y * np.log(x)))),
    Slip("the sign is wrong", "it is minus the sum", lambda x, y, **_: -bce(x, y)),
    logits=bce_with_logits)
LOGITS = _loss(
    "the mean of log(1 + exp(x)) - x y", bce_with_logits, OF_VALUES,
    Slip("only y = 1 counts", "add (1 - y) * np.log(1 - sigmoid(x))",
         lambda x, y, **_: float(-np.mean(y * np.log(expit(x))))),
    Slip("the sign is wrong", "it is minus the sum", lambda x, y, **_: -bce_with_logits(x, y)),
    probabilities=bce,
    signs=lambda x, y, **_: float(np.mean(np.logaddexp(0, -x * y))))
HUBER = _loss("half of (x - y)**2 near 0, else delta * (|x - y| - delta / 2)", _huber(1.0),
              OF_VALUES, **{f"delta {delta:g}": form(delta) for delta in (0.1, 0.5, 1.5, 2.0)
                            for form in (_huber, _smooth_l1)})

NLL = _loss("the mean of -x[y]", lambda x, y, **_: float(-_own(x, y).mean()), OF_SAMPLES,
            Slip("the sign is wrong", "it is minus the log-probability",
                 lambda x, y, **_: float(_own(x, y).mean())),
            probabilities=_of_probabilities(1e-12))
CLASSIFIERS = {
    **dict.fromkeys(("softmax_loss_naive", "softmax_loss_vectorized"), _linear(
        "the mean of -log(softmax(X W)[y]) + reg * sum(W * W)", SOFTMAX)),
    **dict.fromkeys(("svm_loss_naive", "svm_loss_vectorized"), _linear(
        "the mean of sum(max(0, s_j - s_y + 1)) + reg * sum(W * W)", SVM))}
# A loss of another name with the same arguments: what multiplies the penalty is its author's.
STUDENTS = {
    other: replace(CLASSIFIERS[name], multiple=Multiple(
        "reg sum(W * W)", _with_penalty(loss.value, _squares, 0.0),
        lambda W, reg, **_: reg * _squares(W)))
    for other, name, loss in (("linear_softmax_loss", "softmax_loss_naive", SOFTMAX),
                              ("linear_svm_loss", "svm_loss_naive", SVM))}
LOSSES: dict[str, Reference] = {
    "softmax_loss": SOFTMAX, "cross_entropy_loss": CROSS_ENTROPY,
    "svm_loss": SVM, "hinge_loss": SVM,
    "nll_loss": NLL,
    **CLASSIFIERS,
    **STUDENTS,
    "temporal_softmax_loss": TEMPORAL,
    **dict.fromkeys(("mse_loss", "l2_loss"), _loss(
        "the mean of (x - y)**2", mean_of(np.square), OF_VALUES,
        Slip("it is not squared", "square the difference", mean_of(np.abs)),
        Slip("x and y are added", "square x - y",
             lambda x, y, **_: float(np.mean((x + y)**2))))),
    **dict.fromkeys(("l1_loss", "mae_loss"), _loss(
        "the mean of |x - y|", mean_of(np.abs), OF_VALUES,
        Slip("it is squared", "take the absolute value", mean_of(np.square)),
        Slip("the absolute value is missing", "take np.abs", mean_of(np.positive)))),
    **dict.fromkeys(("huber_loss", "smooth_l1_loss"), HUBER),
    **dict.fromkeys(("bce_loss", "binary_cross_entropy_loss"), PROBABILITIES),
    **dict.fromkeys(("bce_with_logits_loss", "sigmoid_loss", "logistic_loss"), LOGITS),
}
