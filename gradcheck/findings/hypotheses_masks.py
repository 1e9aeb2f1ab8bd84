"""Causes in what decides which units pass: dropout masks, relu's sign, leaky slopes.

A layer with a mask is seen output by output. `Activity` tells for every output how strongly the
forward passes it (its true slope) and how strongly the backward does (its analytic slope).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import Hypothesis, View
from gradcheck.nested import leaves

Array = NDArray[Any]
Evidence = dict[str, Any] | None

LEVEL = 1e-4
FEW = 2


@dataclass(frozen=True)
class Activity:
    """How the outputs are passed on: ``true`` by the forward, ``wrong`` by the backward.

    `slope_known` tells whether both are slopes in one unit, as in an elementwise layer; in others
    a unit that the forward drops has no slope of its own, and `wrong` is 1 or 0 there.
    """

    true: Array
    wrong: Array
    slope_known: bool
    value: Array
    values: dict[str, Array]

    @property
    def kept(self) -> Array:
        """Which outputs the forward passes."""
        return np.abs(self.true) > LEVEL * np.max(np.abs(self.true), initial=0.0)

    @property
    def wrongly_kept(self) -> Array:
        """Which outputs the backward passes."""
        return np.abs(self.wrong) > LEVEL * np.max(np.abs(self.wrong), initial=0.0)


def activity(view: View) -> Activity | None:
    """Return the activity of a layer whose forward masks or bends, None for other layers."""
    key = f"activity of {view.name}"
    if key not in view.shared:
        view.shared[key] = _elementwise(view) if view.elementwise else (
            _by_inputs(view) or _composite(view))
    found: Activity | None = view.shared[key]
    return found


def _elementwise(view: View) -> Activity | None:
    dout = view.case.dout
    if not view.complete or np.any(dout == 0):
        return None
    true, wrong = view.n / dout, view.a / dout
    values = {"x": view.x, "out": view.case.out}
    values |= {path: leaf for path, leaf in leaves(view.case.found.cache, "cache")
               if isinstance(leaf, np.ndarray) and leaf.shape == view.x.shape
               and leaf.dtype.kind == "f"}
    return Activity(true, wrong, True, view.x, values)


def _by_inputs(view: View) -> Activity | None:
    """Look at the inputs of a layer that uses some of them not at all, as DropConnect does."""
    if not view.complete or not np.any(view.n) or not np.any(view.n == 0):
        return None
    on, passed = view.n != 0, view.a != 0
    ratio = np.divide(view.a, view.n, out=np.ones_like(view.n), where=on & passed)
    if np.ptp(ratio[on & passed]) > LEVEL if np.any(on & passed) else False:
        return None
    return Activity(on.astype(float), np.where(passed, ratio, 0.0), False, view.x, {})


def _composite(view: View) -> Activity | None:
    """Compare Jacobian columns: each output's is zero, a multiple of the true one, or neither."""
    if view.dense is None or view.case.out.ndim == 0:
        return None
    true, wrong = view.dense
    tolerance = view.dense_tolerance
    on, passed = np.any(np.abs(true) > tolerance, axis=0), np.any(np.abs(wrong) > tolerance, axis=0)
    size = np.sum(true * true, axis=0)
    ratio = np.divide(np.sum(wrong * true, axis=0), size, out=np.ones_like(size), where=on)
    residual = np.abs(wrong - ratio * true)[:, on & passed]
    if np.all(on) or np.any(residual > 10 * tolerance):
        return None
    shape = view.case.out.shape
    slopes = np.where(passed, np.where(on, ratio, 1.0), 0.0).reshape(shape)
    out = view.case.out
    return Activity(on.astype(float).reshape(shape), slopes, False, out, {"out": out})


def _levels(values: Array) -> Array:
    """Return the distinct levels among values, three at the most."""
    if not values.size:
        return np.empty(0)
    ordered = np.sort(values.ravel())
    jump = np.diff(ordered) > LEVEL * np.max(np.abs(ordered))
    levels: Array = ordered[np.concatenate(([True], jump))]
    return levels[:4]


def _same(one: Array, two: Array) -> bool:
    size = max(float(np.max(np.abs(one), initial=0.0)), float(np.max(np.abs(two), initial=0.0)))
    return bool(np.all(np.abs(one - two) <= LEVEL * size))


def masked(test: Callable[[Activity, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the activity of a layer that passes some outputs and others less or not."""

    def run(view: View) -> Evidence:
        found = activity(view)
        if found is None or found.true.size < FEW or not np.any(found.kept):
            return None
        return test(found, view)

    return run


def _two_levels(found: Activity) -> bool:
    return len(_levels(found.true)) == 2


def mask_not_applied(found: Activity, view: View) -> Evidence:
    """Whether every output is passed alike although the forward passes two kinds."""
    if not np.all(found.wrongly_kept):
        return None
    if not _bends(found):
        return _noise_not_applied(found, view)
    if found.slope_known and len(_levels(found.wrong)) > 1:
        return None
    if not found.slope_known and not _one_factor(found):
        return None
    dropped = ~found.kept if not np.all(found.kept) else ~_same_slots(found)
    return {"count": int(np.sum(dropped)), "of": found.true.size} if np.any(dropped) else None


def _noise_not_applied(found: Activity, view: View) -> Evidence:
    """Whether the forward multiplies by random factors of many levels and the backward by one."""
    evaluator = view.case.problem.evaluator
    if not found.slope_known or len(_levels(found.true)) < 3 or len(_levels(found.wrong)) != 1:
        return None
    linear = np.allclose(evaluator.out(view.position, 2 * view.x), 2 * view.case.out)
    return {"count": found.true.size, "of": found.true.size} if linear else None


def _same_slots(found: Activity) -> Array:
    return np.asarray(np.abs(found.true - found.wrong) <= LEVEL * np.max(np.abs(found.true)))


def _bends(found: Activity) -> bool:
    """Whether the forward drops outputs, or passes two kinds with two constant slopes."""
    return not np.all(found.kept) or _two_levels(found)


def mask_inverted(found: Activity, view: View) -> Evidence:
    """Whether the backward passes just the outputs that the forward drops."""
    if not np.all(found.kept):
        if np.any(found.kept) and np.array_equal(found.wrongly_kept, ~found.kept):
            return {"count": int(np.sum(found.wrongly_kept)), "of": found.true.size}
        return None
    if _two_levels(found):
        low, high = _levels(found.true)
        if _same(found.wrong, low + high - found.true):
            return {"count": found.true.size, "of": found.true.size}
    return None


def value_used_as_mask(found: Activity, view: View) -> Evidence:
    """Whether a value of the layer multiplies dout where its mask should."""
    kept = found.kept
    if not _bends(found):
        return None
    forms = (lambda value: value, lambda value: np.where(kept, value, 0.0),
             lambda value: value * found.true)
    for form in forms:
        for name, value in found.values.items():
            applied = form(value)
            factor = _constant_ratio(found.wrong, applied)
            if factor is not None and not _same(found.wrong, factor * kept):
                return {"value": name, "factor": factor}
    return _raw_draws(found)


def _raw_draws(found: Activity) -> Evidence:
    """Whether the numbers that were compared to make the mask multiply dout themselves."""
    if not found.slope_known or not _two_levels(found) or np.all(found.kept):
        return None
    on, off = np.abs(found.wrong[found.kept]), np.abs(found.wrong[~found.kept])
    if min(on.size, off.size) < 5 or len(_levels(found.wrong)) < 4 or not np.any(off):
        return None
    return {"value": "the random number"} if on.min() > off.max() or on.max() < off.min() else None


def _constant_ratio(values: Array, base: Array) -> float | None:
    size = float(np.sum(base * base))
    if size == 0 or np.ptp(np.abs(base[base != 0])) < LEVEL * np.max(np.abs(base)):
        return None
    factor = float(np.sum(values * base)) / size
    return factor if factor and _same(values, factor * base) else None


def negative_slope_lost(found: Activity, view: View) -> Evidence:
    """Whether the branch of negative x passes nothing although the forward's does."""
    negative = found.value < 0
    if not found.slope_known or not np.any(negative) or np.all(negative):
        return None
    lost = negative & found.kept
    right = _same(found.wrong[~negative], found.true[~negative])
    if np.sum(lost) >= 1 and right and not np.any(found.wrong[negative]):
        return {"count": int(np.sum(lost)), "of": found.true.size,
                "slope": float(np.median(found.true[lost]))}
    return None


def mask_shifted(found: Activity, view: View) -> Evidence:
    """Whether the backward's mask is the forward's, moved along an axis."""
    true, wrong = _patterns(found)
    if true is None or wrong is None or _same(true, wrong):
        return None
    for axis in [*range(true.ndim), None]:
        length = true.size if axis is None else true.shape[axis]
        for shift in sorted(range(1 - length, length), key=abs)[:64]:
            if shift and _same(np.roll(true, shift, axis), wrong):
                return {"shift": shift, "axis": axis}
            if shift and axis is not None and abs(shift) <= 2 and _matches_unwrapped(
                    true, wrong, shift, axis):
                return {"shift": shift, "axis": axis}
    return None


def _matches_unwrapped(true: Array, wrong: Array, shift: int, axis: int) -> bool:
    """Whether the masks agree after a shift that brings in something else at the border."""
    length = true.shape[axis]
    if length - abs(shift) < 3 or true.size < 8:
        return False
    source = np.take(true, range(max(0, -shift), length - max(0, shift)), axis)
    target = np.take(wrong, range(max(0, shift), length - max(0, -shift)), axis)
    return _same(source, target) and np.ptp(source) > 0


def _patterns(found: Activity) -> tuple[Array | None, Array | None]:
    """Return both masks as patterns of the same levels, or None where they are no masks."""
    if not found.slope_known:
        if not _one_factor(found) and np.any(found.kept & found.wrongly_kept):
            return None, None
        return found.kept.astype(float), found.wrongly_kept.astype(float)
    if len(_levels(found.true)) != 2 or len(_levels(found.wrong)) != 2:
        return None, None
    if not _same(_levels(found.true), _levels(found.wrong)):
        if np.all(found.kept) or np.all(found.wrongly_kept):
            return None, None
        return found.kept.astype(float), found.wrongly_kept.astype(float)
    return found.true, found.wrong


def wrong_threshold(found: Activity, view: View) -> Evidence:
    """Whether the outputs passed wrongly are those with values between two thresholds."""
    different = found.kept != found.wrongly_kept
    if not found.slope_known and not _one_factor(found):
        return None
    if found.slope_known:
        different = ~_same_slots(found)
        levels = np.concatenate((_levels(found.true), [0.0, 1.0]))
        distance = np.min(np.abs(found.wrong[..., np.newaxis] - levels), axis=-1)
        if np.any(distance > LEVEL * np.max(np.abs(found.true))) and _two_levels(found):
            return None
    if found.slope_known and np.all(found.value[different] == 0):
        return None
    if np.sum(different) < 1 or np.all(different) or not _value_decides(found):
        return _nested(found, different)
    for name, value in (("x" if found.slope_known else "out", found.value),
                        ("|x|", np.abs(found.value))):
        inside = value[different]
        outside = value[~different]
        between = (outside > inside.min()) & (outside < inside.max())
        if not np.any(between) and np.sum(different) > 1 and inside.min() < inside.max():
            return {"value": name, "low": float(inside.min()), "high": float(inside.max()),
                    "count": int(np.sum(different)), "of": different.size}
    return _nested(found, different)


def _one_factor(found: Activity) -> bool:
    """Whether the outputs passed on both sides are passed with one common factor."""
    both = found.wrong[found.kept & found.wrongly_kept]
    return bool(both.size and np.ptp(both) <= LEVEL * np.max(np.abs(both)))


def _value_decides(found: Activity) -> bool:
    """Whether the forward's slope changes only at a few thresholds of the value."""
    ordered = found.true.ravel()[np.argsort(found.value, axis=None)]
    changes = np.sum(np.abs(np.diff(ordered)) > LEVEL * np.max(np.abs(ordered)))
    return not found.slope_known or bool(changes <= max(3, ordered.size // 8))


def _nested(found: Activity, different: Array) -> Evidence:
    """Whether one mask contains the other, as masks of one draw at two thresholds do."""
    kept, wrongly = found.kept, found.wrongly_kept
    count = int(np.sum(kept != wrongly))
    contained = np.all(kept <= wrongly) or np.all(wrongly <= kept)
    if np.all(wrongly) or not np.any(wrongly) or not contained or count < 3:
        return None
    if found.slope_known and len(_levels(found.wrong)) != 2:
        return None
    return {"value": "the random number", "low": float(np.mean(kept)),
            "high": float(np.mean(wrongly)), "count": count, "of": kept.size}


def mask_mismatch(found: Activity, view: View) -> Evidence:
    """Whether the backward has a mask, but not the forward's."""
    true, wrong = _patterns(found)
    if true is None or wrong is None or (np.all(found.kept) and not found.slope_known):
        return None
    different = int(np.sum(found.kept != found.wrongly_kept)) or int(np.sum(~_same_slots(found)))
    if different <= FEW or (np.all(found.wrongly_kept) and np.all(found.kept)):
        return None
    return {"count": different, "of": found.true.size}


def mask_resampled(found: Activity, view: View) -> Evidence:
    """Whether the mask differs and backward was seen to use NumPy's global generator."""
    return mask_mismatch(found, view) if view.case.found.draws_randomness else None


PASSED_OR_DROPPED = (
    Hypothesis("mask-inverted", masked(mask_inverted), "the backward passes the {count} of {of} "
               "outputs that the forward drops, and drops the others",
               "multiply dout by the mask of kept units; check < against >="),
    Hypothesis("negative-slope-lost", masked(negative_slope_lost), "the gradient is 0 at the "
               "{count} negative x, where the forward's slope is {slope:.4g}",
               "multiply dout by the slope where x < 0"),
    Hypothesis("mask-not-applied", masked(mask_not_applied), "the backward passes dout on at all "
               "outputs, also at the {count} of {of} that the forward drops or bends",
               "multiply dout by the mask (or the local slope) before passing it on"),
    Hypothesis("value-used-as-mask", masked(value_used_as_mask), "dout is multiplied by {value}, "
               "whose values are not 0 and 1", "compare first: dout * (x > 0), not dout * x"),
)

MOVED = (
    Hypothesis("mask-resampled", masked(mask_resampled), "backward draws random numbers, and its "
               "mask differs from forward's at {count} of {of} units",
               "multiply by the mask that forward stored in the cache"),
    Hypothesis("mask-shifted", masked(mask_shifted), "the backward's mask is the forward's moved "
               "by {shift} along axis {axis}", "use the mask as it was stored"),
    Hypothesis("wrong-threshold", masked(wrong_threshold), "{count} of {of} units are wrong, those "
               "with {value} between {low:.4g} and {high:.4g}",
               "use in backward the threshold that forward compares with"),
)

OTHER = (
    Hypothesis("mask-mismatch", masked(mask_mismatch), "the backward's mask differs from the "
               "forward's at {count} of {of} units", "use the mask that forward stored"),
)
