"""How a net is told how much to drop: a probability of dropping, or one of keeping."""

from __future__ import annotations

from collections.abc import Callable

from layers.arguments import P_REMEDY, one_of, refuse, scalar
from layers.settings import one_minus

# No dropout in either convention. It is known by being this very object: a 0 that somebody wrote
# would keep nothing under 'keep'.
NO_DROPOUT = float("0")


def _dropping(name: str, dropout: object) -> float:
    """Return a probability of dropping; the remedy names the convention under which 1 is right."""
    return scalar(name, dropout, "a number with 0 <= p < 1",
                  f"{P_REMEDY}, or dropout_convention='keep' as in notebooks of 2018 to 2020",
                  0.0, 1.0, high_open=True)


CONVENTIONS: dict[str, Callable[[str, object], float]] = {"drop": _dropping, "keep": one_minus}


def drop_probability(
    dropout: object, dropout_keep_ratio: object, convention: object = "drop"
) -> float:
    """Return p from `dropout`, under its convention, or from the ratio that is kept.

    Examples
    --------
    >>> drop_probability(0, dropout_keep_ratio=0.75)
    0.25
    >>> drop_probability(0.75, None, convention="keep"), drop_probability(1, None, "keep")
    (0.25, 0.0)
    """
    read = CONVENTIONS[one_of("dropout_convention", convention, tuple(CONVENTIONS))]
    p = 0.0 if dropout is NO_DROPOUT else read("dropout", dropout)
    if dropout_keep_ratio is None:
        return p
    if p > 0:
        refuse("dropout_keep_ratio", f"{dropout_keep_ratio!r} together with dropout={dropout!r}",
               "one of the two", P_REMEDY)
    return one_minus("dropout_keep_ratio", dropout_keep_ratio)
