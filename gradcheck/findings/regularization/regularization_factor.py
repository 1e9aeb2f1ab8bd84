"""A loss and its gradient that hold different multiples of a weight."""

from __future__ import annotations

import math

from gradcheck.findings.given import NET, NET_RIGHT, slipped
from gradcheck.findings.lenses.penalty import RATIOS, WeightGap, declared_reg, weight_gap
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

CLOSE = 1e-3
MULTIPLES = {"0": 0.0, "reg/2": 0.5, "3 reg": 3.0, "4 reg": 4.0, "-reg": -1.0}
WITHOUT_REG = {"1": 1.0, "2": 2.0, "1/2": 0.5}


def other_multiple(view: View) -> Evidence:
    """Whether loss and gradient hold multiples of W that differ in no way that has a name."""
    gap, reg = weight_gap(view), declared_reg(view)
    if gap is None or any(gap.has_ratio(ratio) for ratio in RATIOS.values()):
        return None
    held, side, name = _held(gap), None, None
    if reg is not None:
        side = _side(gap, held, reg)
        name = None if side is None else _name(held[side], reg, view.case.numbers.get("N"))
    text = _told(view.name, gap, held) + _blame(side, name)
    return {"k": gap.k, "reg": reg, "loss": held.get("loss"), "gradient": held.get("gradient"),
            "side": side, "name": name,
            "text": text + ("" if reg is None else f" (reg = {reg:.5g})")}


def _held(gap: WeightGap) -> dict[str, float]:
    """Return the multiples of W that the loss's gradient and the analytic one hold, if told."""
    return {} if gap.loss is None else {"loss": gap.loss, "gradient": gap.loss + gap.k}


def _side(gap: WeightGap, held: dict[str, float], reg: float) -> str | None:
    """Return the side that departs from reg and 2 reg, if it is one alone.

    Both are usual: the loss has half of it times sum(W * W), or all of it. A bias usually has none.
    """
    usual = (0.0,) if gap.is_bias and not gap.loss else (reg, 2 * reg)
    departing = [side for side, value in held.items() if not any(
        math.isclose(value, one, rel_tol=CLOSE, abs_tol=CLOSE * abs(gap.k)) for one in usual)]
    return departing[0] if len(departing) == 1 else None


def _name(value: float, reg: float, count: float | None) -> str | None:
    """Return what a side that departs may have been written as."""
    multiples = {**MULTIPLES, **({"reg/N": 1 / count, "N reg": count} if count else {})}
    names = {**{name: multiple * reg for name, multiple in multiples.items()}, **WITHOUT_REG}
    return next((name for name, number in names.items()
                 if math.isclose(value, number, rel_tol=CLOSE, abs_tol=1e-9)), None)


def _told(name: str, gap: WeightGap, held: dict[str, float]) -> str:
    unknown = "" if gap.reg else ", which ones is not known without constants={'reg': ...}"
    text = f"analytic - numeric = {gap.k:.5g} x {name}: "
    if not held:
        return f"{text}loss and gradient hold different multiples of {name}{unknown}"
    return (f"{text}the loss holds {held['loss']:.5g} x {name}, differentiated, "
            f"the gradient {held['gradient']:.5g} x {name}")


def _blame(side: str | None, name: str | None) -> str:
    if side is None:
        return ""
    return f"; the {side}'s is neither reg nor 2 reg" + (f" but {name}" if name else "")


RULE = Rule(
    code="regularization-factor",
    tier=Tier.FORM,
    meaning="""The loss and the gradient of a weight hold different multiples of its penalty: reg
        was forgotten on one side, or divided by N there, or stands beside another constant than
        the square's 2 leaves; or the gradient of a weight has a penalty that the loss has not.
        Also where it cannot be told how much each holds, only that they differ.""",
    sign="""analytic - numeric is a multiple of W other than -reg, -reg/2, reg and -2 reg, or reg
        is not known.""",
    given=NET,
    wrong=slipped(NET_RIGHT, "+ self.reg * W\n", "+ 3 * self.reg * W\n"),
    right=NET_RIGHT,
    clues=(
        Clue(other_multiple, "{text}",
             "with 0.5 * reg * sum(W * W) in the loss, the gradient has reg * W"),
    ),
)
