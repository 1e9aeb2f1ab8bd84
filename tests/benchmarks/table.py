"""The table of all ratios, what is asked of them, and the floors that physics sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

FLOOR = ", floor"
HEAD = f"{'ratio':74}{'ours':>7}{'target':>8}{'floor':>7}"


def without_floors(now: Mapping[str, float]) -> dict[str, float]:
    """Return the ratios that are ours.

    >>> without_floors({"a / b": 2.0, "a / b, floor": 1.5})
    {'a / b': 2.0}
    """
    return {name: value for name, value in now.items() if not name.endswith(FLOOR)}


def lines(now: Mapping[str, float], targets: Mapping[str, float]) -> Iterator[str]:
    """Yield a line for each ratio of which something is asked.

    Parameters
    ----------
    now : mapping
        Ratios by name, floors among them by the name and `FLOOR`.
    targets : mapping
        What is asked, by name.

    Examples
    --------
    >>> for line in lines({"a / b": 2.0, "a / b, floor": 1.5, "c": 1.0}, {"a / b": 1.8}):
    ...     print(" ".join(line.split()))
    a / b 2.00 1.80 1.50 missed, 1.33 times the floor
    """
    for name, target in targets.items():
        if name not in now:
            continue
        floor = now.get(f"{name}{FLOOR}")
        told = "" if now[name] <= target else "   missed" if floor is None else (
            f"   missed, {now[name] / floor:.2f} times the floor")
        least = f"{'':7}" if floor is None else f"{floor:7.2f}"
        yield f"{name:74}{now[name]:7.2f}{target:8.2f}{least}{told}".rstrip()
