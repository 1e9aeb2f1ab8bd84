"""The L2 penalty of a loss: how strong it is, and by how much the gradient's differs."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.lenses.factor import is_multiple
from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View
from gradcheck.numeric.scalar import NetLoss

Array = NDArray[Any]

REG_NAMES = ("reg", "lam", "weight_decay", "l2", "alpha")
STEP = 1e-4
FAR = (1000.0, 10.0)
OTHER_DIRECTIONS = 2
# analytic - numeric, in units of reg * W, of the slips that have a name
RATIOS = {"missing": -1.0, "doubled": 1.0, "halved": -0.5, "sign": -2.0}


@dataclass(frozen=True)
class WeightGap:
    """analytic - numeric = k * W, beside the penalty of W.

    The loss holds ``loss / 2 * sum(W * W)``, as far as that can be measured. `reg` is the strength
    that its gradient should have: the loss's, else what is declared; None where neither is known,
    and where the loss holds none of a weight.
    """

    k: float
    loss: float | None
    reg: float | None
    is_bias: bool

    @property
    def ratio(self) -> float | None:
        """The gap in units of reg * W."""
        return self.k / self.reg if self.reg else None

    def has_ratio(self, ratio: float) -> bool:
        """Whether the gap is so many reg * W; a bias that no loss holds may have any strength."""
        if self.ratio is not None:
            return abs(self.ratio - ratio) < 1e-3
        return self.is_bias and self.loss == 0 and ratio == RATIOS["doubled"] and self.k > 0


def weight_gap(view: View) -> WeightGap | None:
    """Return the gap if it is a multiple of the parameter, an array of more than one element."""
    key = f"weight gap of {view.name}"
    if key not in view.shared:
        view.shared[key] = _weight_gap(view)
    found: WeightGap | None = view.shared[key]
    return found


def _tells_of_w(view: View, w: Array) -> bool:
    """Whether a multiple of W is not a constant as well, and the loss depends on W."""
    return bool(np.ptp(w) and np.any(view.n))


def _weight_gap(view: View) -> WeightGap | None:
    gap, w = (view.a - view.n)[view.known], view.x[view.known]
    size = float(np.sum(w * w))
    if view.case.kind == "layer" or gap.size < 2 or not _tells_of_w(view, w) or is_multiple(view):
        return None
    k = float(np.sum(gap * w)) / size
    if not k or not view.agrees(view.n + k * view.x):
        return None
    is_bias = view.x.ndim == 1 and view.name.lower().startswith(("b", "gamma"))
    loss = penalty(view) or _grown_penalty(view, k)
    if loss is None:
        loss = _penalty_alike_everywhere(view, k)
        # squared errors grow alike along all directions of a bias
        loss = None if is_bias and loss else loss
    # a weight that the loss leaves out has no right strength; a bias is compared with the weights'
    left_out = loss == 0 and not is_bias
    return WeightGap(k, loss, None if left_out else loss or declared_reg(view), is_bias)


def penalty(view: View) -> float | None:
    """Return c where a net's loss holds ``c / 2 * sum(w * w)``; None where that is unknown.

    It is the change of the slope along w itself as the net's `reg` is set to zero.
    """
    key = f"penalty of {view.name}"
    if key not in view.shared:
        view.shared[key] = _penalty(view)
    found: float | None = view.shared[key]
    return found


def _penalty(view: View) -> float | None:
    net_loss = getattr(view.case.layer.forward, "__self__", None)
    if not isinstance(net_loss, NetLoss) or not hasattr(net_loss.net, "reg"):
        return None
    size = float(np.sum(view.x * view.x))
    if not size:
        return None
    without = copy.copy(net_loss.net)
    without.reg = 0.0
    c = (_slope(net_loss, view) - _slope(replace(net_loss, net=without), view)) / size
    return c if abs(c) > 1e-6 else 0.0


def _slope(loss: NetLoss, view: View) -> float:
    """Return the slope of a net's loss along a parameter itself."""
    evaluator, ends = view.case.problem.evaluator, []
    for sign in (1.0, -1.0):
        args = evaluator.arguments(view.position, view.x * (1 + sign * STEP))
        ends.append(float(loss.forward(*args)[0]))
        evaluator.count += 1
    return (ends[0] - ends[1]) / (2 * STEP)


def _grown_penalty(view: View, k: float) -> float | None:
    """Return the loss's penalty by the function's growth, if a strength is declared.

    A loss over classes grows linearly with its weights at the most, a penalty quadratically. As
    other losses grow quadratically, too, what has grown must fit the strength that is declared, on
    one side or the other: once, twice for a penalty without the half, or not at all.
    """
    reg = declared_reg(view)
    grown = None if reg is None else _growth(view, view.x)
    if reg is None or grown is None:
        return None
    strength, error = grown
    near = error * max(abs(strength), abs(k), abs(reg))
    usual = (reg, 2 * reg, 0.0)
    fits = [loss for loss in (*usual, *(gradient - k for gradient in usual))
            if abs(strength - loss) <= near]
    return fits[0] if fits else None


def _penalty_alike_everywhere(view: View, k: float) -> float | None:
    """Return the loss's penalty if its growth is that of one: the same in all directions.

    Data grow with the direction that the weights take. Where the growth was measured too near to
    be exact, it has to fit a slip that has a name.
    """
    rng = np.random.default_rng(11)
    others = (rng.standard_normal(view.x.shape) for _ in range(OTHER_DIRECTIONS))
    size = float(np.linalg.norm(view.x))
    grown = [_growth(view, along) for along in (
        view.x, *(other * size / np.linalg.norm(other) for other in others))]
    if None in grown:
        return None
    strengths, errors = zip(*(each for each in grown if each is not None), strict=True)
    error = max(errors)
    near = error * max(*map(abs, strengths), abs(k))
    if np.ptp(strengths) > near:
        return None
    named = (0.0, *(k / ratio for ratio in RATIOS.values()))
    fits = [loss for loss in named if abs(strengths[0] - loss) <= near]
    exact = float(strengths[0]) if error <= 1 / FAR[0] else None
    return fits[0] if fits else exact


def _growth(view: View, along: Array) -> tuple[float, float] | None:
    """Return c of ``c / 2 * sum(w * w)`` far from zero, and the relative error that it may have.

    Three points at equal distances leave neither a constant nor a linear part. Where a loss
    overflows so far out, they are taken nearer.
    """
    size, evaluator = float(np.sum(along * along)), view.case.problem.evaluator
    for far in FAR:
        one, two, three = (float(evaluator.out(view.position, far * times * along))
                           for times in (1, 2, 3))
        strength = (three - 2 * two + one) / (far**2 * size)
        if math.isfinite(strength):
            return strength, 1 / far
    return None


def declared_reg(view: View) -> float | None:
    """Return the strength that the net or the user declares."""
    return next((value for key, value in view.case.numbers.items()
                 if key.lower().startswith(REG_NAMES)), None)


def off_by(slip: str, *, of_bias: bool | None = None) -> Callable[[View], Evidence]:
    """Return a test of whether analytic - numeric is the slip's multiple of reg * W."""

    def run(view: View) -> Evidence:
        gap = weight_gap(view)
        if gap is None or not gap.has_ratio(RATIOS[slip]) or of_bias not in (None, gap.is_bias):
            return None
        return {"k": gap.k, "reg": gap.reg, "ratio": gap.ratio}

    return run


def only_penalty(view: View) -> Evidence:
    """Whether all that arrives at a weight is its penalty's gradient."""
    strength = penalty(view) if view.case.kind == "net" else None
    if strength and view.a.size > 1 and view.agrees(strength * view.x):
        return {"penalty": strength}
    return None
