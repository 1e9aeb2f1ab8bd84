"""A gradient that is a constant times the true one, and the names that the constant may have."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from gradcheck.findings.view import Case, View

SMALL_NUMBERS = (2, 3, 4, 5, 6, 8, 9, 10, 16)


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
