"""Causes that show in the gradient as a whole: zero, sign, factor, order, lost or moved parts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import Case, Hypothesis, View

Array = NDArray[Any]
Evidence = dict[str, Any] | None

SMALL_NUMBERS = (2, 3, 4, 5, 6, 8, 9, 10, 16)
ROUNDING = 1e-6
ISOLATED_SHARE = 0.15
MOST_ISOLATED = 64


def zero_gradient(view: View) -> Evidence:
    """Whether the gradient is zero throughout."""
    return {"largest_numeric": float(np.max(np.abs(view.n)))} if not np.any(view.a) else None


def sign_flipped(view: View) -> Evidence:
    """Whether the gradient is minus the true one."""
    return {"factor": -1.0} if view.agrees(-view.n) else None


def factor_of(view: View) -> float | None:
    """Return c if analytic = c * numeric everywhere, fitted by least squares."""
    a, n = view.a[view.known], view.n[view.known]
    size = float(np.sum(n * n))
    if size == 0:
        return None
    factor = float(np.sum(a * n)) / size
    return factor if factor and view.agrees(factor * view.n) else None


def scaled(view: View) -> Evidence:
    """Whether the gradient is a constant times the true one; the constant gets a name."""
    factor = factor_of(view)
    if factor is None or np.sum(view.n[view.known] != 0) < 2 <= view.a.size or (
            abs(factor - 1) < ROUNDING):
        return None
    names = list(factor_names(view.case, factor))
    name = names[0] if names else None
    if name is None and view.a.size == 1:
        return None  # of a single number every other one is some multiple
    text = f"analytic = {factor:.5f} x numeric everywhere"
    if name:
        text += _excuse(factor, names)
    return {"factor": float(f"{factor:.9g}"), "name": name, "also": names[1:6], "text": text}


def _excuse(factor: float, names: list[str]) -> str:
    """Say what is missing or too much when the gradient is `factor` times the true one."""
    name = names[0]
    number = next((other for other in names[1:] if not any(map(str.isalpha, other))), None)
    told = name if number is None else f"{name} (or {number})"
    same = name.replace("-", "", 1).isdigit()
    text = "" if same else f"; {factor:.5g} = {told}"
    base = name.removeprefix("1/").removeprefix("(").removesuffix(")")
    if "/" in base or "^" in base or name.startswith("-"):
        return text
    if name.startswith("1/"):
        return f"{text}: the backward lacks the factor {base}, or divides by it once too often"
    inverse = f"1/({name})" if " " in name else f"1/{name}"
    return f"{text}: the backward lacks {inverse}, or multiplies by {name} once too often"


def factor_names(case: Case, factor: float) -> Iterator[str]:
    """Yield the names that fit a factor, the likeliest first: p, the sizes, small numbers.

    A size may equal a small number by chance; the checker's own example inputs have pairwise
    distinct sizes for that reason.
    """
    candidates: list[tuple[str, float]] = []
    keys = sorted(case.numbers, key=lambda key: (not key.startswith(("p", "keep")), key))
    for key in keys:
        value = case.numbers[key]
        for name, number in ((f"1 - {key}", 1 - value), (key, value)):
            wrapped = f"({name})" if " " in name else name
            candidates += [(name, number), (f"1/{wrapped}", _inverse(number)),
                           (f"{wrapped}^2", number**2), (f"1/{wrapped}^2", _inverse(number**2)),
                           (f"sqrt({name})", math.sqrt(abs(number)))]
        candidates += [(f"{key}/(1 - {key})", value * _inverse(1 - value)),
                       (f"(1 - {key})/{key}", (1 - value) * _inverse(value))]
    sizes = [(name, size) for name, size in case.sizes.items() if size > 1]
    small = [(str(k), float(k)) for k in SMALL_NUMBERS]
    letters = [(name, float(size)) for name, size in sizes if len(name) == 1]
    rest = [(name, float(size)) for name, size in sizes if len(name) > 1]
    named = small[:1] + letters + rest + small[1:]
    for name, number in named:
        candidates += [(name, number), (f"1/{name}", 1 / number)]
    for name, number in letters + rest:
        candidates += [(f"{name} - 1", number - 1), (f"1/({name} - 1)", _inverse(number - 1)),
                       (f"{name}/({name} - 1)", number * _inverse(number - 1)),
                       (f"({name} - 1)/{name}", (number - 1) / number),
                       (f"sqrt({name})", math.sqrt(number)), (f"1/sqrt({name})", number**-0.5),
                       (f"{name}^2", number**2), (f"1/{name}^2", number**-2.0)]
    for (one, x), (two, y) in itertools.combinations(letters, 2):
        candidates += [(f"{one} {two}", x * y), (f"1/({one} {two})", 1 / (x * y)),
                       (f"{one}/{two}", x / y), (f"{two}/{one}", y / x)]
    seen: set[str] = set()
    for sign, (name, number) in itertools.product(("", "-"), candidates):
        signed = -number if sign else number
        close = math.isclose(signed, factor, rel_tol=2e-5)
        if close and number not in (0.0, 1.0) and name not in seen:
            seen.add(name)
            yield sign + (f"({name})" if sign and " " in name else name)


def _inverse(number: float) -> float:
    return 1 / number if number else math.inf


def transposed(view: View) -> Evidence:
    """Whether the gradient is the true one with its axes exchanged."""
    if view.a.ndim < 2 or not view.complete:
        return None
    for one, two in itertools.combinations(range(view.a.ndim), 2):
        moved = np.swapaxes(view.n, one, two)
        if not np.allclose(moved.shape, view.n.shape) or not view.agrees(moved):
            if view.agrees(moved.reshape(view.n.shape)) and moved.shape != view.n.shape:
                return {"axes": (one, two), "reshaped": True}
            continue
        return {"axes": (one, two), "reshaped": False}
    return None


def outputs_swapped(view: View) -> Evidence:
    """Whether the gradient is that of another argument."""
    for other in view.case.comparisons:
        same = other.name != view.name and other.numeric.shape == view.a.shape
        if same and np.any(other.numeric) and view.agrees(other.numeric) and View(
                view.case, other).agrees(view.n):
            return {"other": other.name}
    return None


def batch_reversed(view: View) -> Evidence:
    """Whether samples (or time steps) are taken in reverse order."""
    if not view.complete or view.a.ndim == 0:
        return None
    for axis in range(view.a.ndim):
        if view.a.shape[axis] > 1 and view.agrees(np.flip(view.n, axis)):
            return {"axis": axis}
    if view.case.out.ndim == 0 or view.dense is None:
        return None
    true, wrong = view.dense
    shape = (view.x.size, *view.case.out.shape)
    for axis in range(view.case.out.ndim):
        flipped = np.flip(true.reshape(shape), axis + 1).reshape(true.shape)
        same = np.allclose(true, flipped, rtol=0, atol=view.dense_tolerance)
        if not same and np.allclose(wrong, flipped, rtol=0, atol=view.dense_tolerance):
            return {"axis": axis}
    return None


def isolated_elements(view: View) -> Evidence:
    """Whether a few elements are wrong and all others right."""
    failed = int(np.sum(view.comparison.failed))
    covered = view.comparison.coordinates
    if not failed or failed > MOST_ISOLATED or failed > max(1, ISOLATED_SHARE * covered):
        return None
    worst = view.where()[0]
    return {"count": failed, "of": covered, "analytic": float(view.a[worst]),
            "numeric": float(view.n[worst]), "worst": worst}


def elements_exchanged(view: View) -> Evidence:
    """Whether the wrong values are right values at each other's places."""
    if not view.complete:
        return None
    places = np.argwhere(view.comparison.failed)
    if len(places) < 2:
        return None
    failed = view.comparison.failed
    a, n = np.sort(view.a[failed]), np.sort(view.n[failed])
    tolerance = np.max(view.tolerance)
    if np.any(np.abs(a - n) > 10 * tolerance + 1e-7 * np.abs(n)):
        return None
    # values that are only a little wrong are near each other's as well as their own
    if np.max(np.abs(a - n)) > 1e-2 * np.min(np.abs(view.a - view.n)[failed]):
        return None
    gap = np.min(np.diff(n)) if n.size > 1 else np.inf
    if n.size > 2 and gap == 0 and np.ptp(n) == 0:
        return None
    return {"count": len(places), "of": view.a.size, "worst": view.where()[0]}


def samples_ignored(view: View) -> Evidence:
    """Whether whole samples (or time steps, channels) contribute nothing."""
    if view.complete and view.a.ndim:
        for axis in range(view.a.ndim if view.a.shape == view.case.out.shape else 1):
            rest = tuple(i for i in range(view.a.ndim) if i != axis)
            empty = ~np.any(view.a, axis=rest) & np.any(view.n, axis=rest)
            if np.any(empty) and view.a.shape[axis] > 1 and view.a.size > view.a.shape[axis]:
                kept = ~empty.reshape([-1 if i == axis else 1 for i in range(view.a.ndim)])
                if not np.all(empty) and view.agrees(np.where(kept, view.n, 0.0)):
                    return _ignored(axis, empty)
    if view.case.out.ndim == 0 or view.dense is None or (
            view.elementwise and view.case.out.ndim == 1):
        return None
    true, wrong = view.dense
    active = np.any(np.abs(true) > view.dense_tolerance, axis=0)
    missing = active & ~np.any(np.abs(wrong) > view.dense_tolerance, axis=0)
    kept_close = np.allclose(wrong[:, ~missing], true[:, ~missing], rtol=0,
                             atol=view.dense_tolerance)
    if not np.any(missing) or not kept_close or not np.any(true[:, ~missing]):
        return None
    by_shape, active = (flags.reshape(view.case.out.shape) for flags in (missing, active))
    for axis in range(by_shape.ndim):
        rest = tuple(i for i in range(by_shape.ndim) if i != axis)
        slices = np.any(by_shape, axis=rest)
        if np.array_equal(np.sum(by_shape & active), np.sum(active & slices.reshape(
                [-1 if i == axis else 1 for i in range(by_shape.ndim)]))) and not np.all(slices):
            return _ignored(axis, slices)
    return None


def _ignored(axis: int, empty: Array) -> dict[str, Any]:
    indices = [int(i) for i in np.flatnonzero(empty)]
    return {"axis": axis, "indices": indices[:20], "count": len(indices), "of": int(empty.size)}


def lower_precision(view: View) -> Evidence:
    """Whether every value is one that a narrower dtype can hold, and near the true one."""
    for dtype in (np.float16, np.float32):
        eps = float(np.finfo(dtype).eps)
        with np.errstate(over="ignore"):
            rounded = view.a.astype(dtype).astype(np.float64)
        near = np.abs(view.a - view.n)[view.known] <= 64 * eps * view.comparison.scale[view.known]
        if np.array_equal(rounded, view.a) and np.all(near) and view.a.size > 1:
            return {"computed_in": str(np.dtype(dtype))}
    relative = view.comparison.relative_error[view.known]
    if relative.size > 2 and np.max(relative) < 64 * np.finfo(np.float32).eps and np.mean(
            view.comparison.failed[view.known]) > 0.25:
        return {"computed_in": "float32"}
    return None


FIRST = (
    Hypothesis("zero-gradient", zero_gradient, "the gradient of {argument} is zero everywhere; the "
               "numeric one reaches {largest_numeric:.3g}",
               "fill the array that is returned; a gradient allocated by zeros_like was never "
               "written, or a factor of it is zero"),
    Hypothesis("sign-flipped", sign_flipped, "analytic = -1 x numeric everywhere",
               "look for a missing minus sign, or one too many"),
    Hypothesis("scaled", scaled, "{text}", "compare the constant factors of forward and backward"),
    Hypothesis("outputs-swapped", outputs_swapped, "what is returned as d{argument} is d{other}",
               "return the gradients in the order of forward's arguments"),
    Hypothesis("transposed", transposed, "the gradient equals the true one with axes {axes} "
               "exchanged", "transpose it once more, or use reshape for what reshape did"),
)

SLICES = (
    Hypothesis("samples-ignored", samples_ignored, "{count} of {of} slices along axis {axis} "
               "contribute nothing: indices {indices}",
               "let the loop run over all of them; look for range(N - 1), an index left at 0, or "
               "= where += belongs"),
    Hypothesis("batch-reversed", batch_reversed, "the gradient is the true one with axis {axis} "
               "reversed", "loop backwards over time steps, but store each at its own index"),
)

LAST = (
    Hypothesis("elements-exchanged", elements_exchanged, "{count} of {of} elements hold each "
               "other's values, for example at {worst}", "check the indices that are written"),
    Hypothesis("lower-precision", lower_precision, "the gradient is right to the precision of "
               "{computed_in} only", "keep the dtype of the arguments throughout"),
    Hypothesis("isolated-elements", isolated_elements, "{count} of {of} elements are wrong and all "
               "others right; at {worst} analytic = {analytic:.6g}, numeric = {numeric:.6g}",
               "look for special cases: a border, a first or last index, a clipped value"),
)
