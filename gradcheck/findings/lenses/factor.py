"""A gradient that is a constant times the true one, and the names that the constant may have."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from gradcheck.contract.layer import is_keep_probability, is_probability
from gradcheck.findings.case import Case
from gradcheck.findings.view import View

SMALL_NUMBERS = (2, 3, 4, 5, 6, 8, 9, 10, 16)
Names = Iterator[tuple[str, float]]


def factor_of(view: View) -> float | None:
    """Return c if analytic = c * numeric everywhere, fitted by least squares."""
    a, n = view.a[view.known], view.n[view.known]
    size = float(np.sum(n * n))
    if size == 0:
        return None
    factor = float(np.sum(a * n)) / size
    return factor if factor and view.agrees(factor * view.n) else None


def is_multiple(view: View) -> bool:
    """Whether the gradient is the true one times any number, zero included."""
    return not np.any(view.a) or factor_of(view) is not None


def counted_by(view: View, factor: float) -> str | None:
    """Return the name of the count that a factor is, where the function is a mean over as many.

    A scalar function may be a mean over N samples or over all elements; a layer's output is none.
    """
    if factor <= 1 or (view.case.out.ndim and view.case.kind == "layer"):
        return None
    counts = {view.x.size: "x.size", **({view.x.shape[0]: "N"} if view.x.ndim else {})}
    if "N" in view.case.constants:
        counts[round(view.case.constants["N"])] = "N"
    near = abs(factor - round(factor)) <= 1e-4 * factor
    return counts.get(round(factor)) if near else None


def factor_names(case: Case, factor: float) -> Iterator[str]:
    """Yield the names that fit a factor, the likeliest first: p, the sizes, small numbers.

    A size may equal a small number by chance; the checker's own example inputs have pairwise
    distinct sizes for that reason.
    """
    seen: set[str] = set()
    candidates = [*_from_numbers(case), *_from_sizes(case)]
    for sign, (name, number) in itertools.product(("", "-"), candidates):
        signed = -number if sign else number
        close = math.isclose(signed, factor, rel_tol=2e-5)
        if close and number not in (0.0, 1.0) and name not in seen:
            seen.add(name)
            yield sign + (f"({name})" if sign and " " in name else name)


def _from_numbers(case: Case) -> Names:
    """Yield what a formula makes of the layer's numbers, those of a dropout first."""
    for key in sorted(case.numbers, key=lambda key: (not is_probability(key), key)):
        value = case.numbers[key]
        pair = [(f"1 - {key}", 1 - value), (key, value)]
        # what a dropout's formula holds is the share that it keeps
        for name, number in pair[::-1] if is_keep_probability(key) else pair:
            wrapped = f"({name})" if " " in name else name
            yield name, number
            yield f"1/{wrapped}", _inverse(number)
            yield f"{wrapped}^2", number**2
            yield f"1/{wrapped}^2", _inverse(number**2)
            yield f"sqrt({name})", math.sqrt(abs(number))
        yield f"{key}/(1 - {key})", value * _inverse(1 - value)
        yield f"(1 - {key})/{key}", (1 - value) * _inverse(value)


def _from_sizes(case: Case) -> Names:
    """Yield sizes and small numbers, then what a formula makes of one size or of two."""
    sizes = [(name, float(size)) for name, size in case.sizes.items() if size > 1]
    small = [(str(k), float(k)) for k in SMALL_NUMBERS]
    letters = [entry for entry in sizes if len(entry[0]) == 1]
    sizes = letters + [entry for entry in sizes if len(entry[0]) > 1]
    for name, number in small[:1] + sizes + small[1:]:
        yield name, number
        yield f"1/{name}", 1 / number
    for name, number in sizes:
        yield f"{name} - 1", number - 1
        yield f"1/({name} - 1)", _inverse(number - 1)
        yield f"{name}/({name} - 1)", number * _inverse(number - 1)
        yield f"({name} - 1)/{name}", (number - 1) / number
        yield f"sqrt({name})", math.sqrt(number)
        yield f"1/sqrt({name})", number**-0.5
        yield f"{name}^2", number**2
        yield f"1/{name}^2", number**-2.0
    for (one, x), (two, y) in itertools.combinations(letters, 2):
        yield f"{one} {two}", x * y
        yield f"1/({one} {two})", 1 / (x * y)
        yield f"{one}/{two}", x / y
        yield f"{two}/{one}", y / x


def _inverse(number: float) -> float:
    return 1 / number if number else math.inf
