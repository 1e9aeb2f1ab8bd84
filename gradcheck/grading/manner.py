"""How a class is judged, as the table of points says it: its conventions, and how exactly."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from gradcheck.mask_laws.conventions import Conventions

RTOL = "rtol"
CONVENTIONS = ("p_is", "scaling", "seeding")
MANNER = (*CONVENTIONS, RTOL)
MOST = 0.1
MOST_NAMED = 6


def manner_of(table: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a table says of the conventions and the tolerance, once it is checked.

    Raises
    ------
    ValueError
        A value is none; the message names it.

    Examples
    --------
    >>> manner_of({"p_is": "keep", "rtol": 1e-3, "relu": 3})
    {'p_is': 'keep', 'rtol': 0.001}
    """
    said = {name: (table or {})[name] for name in MANNER if name in (table or {})}
    if said.get("seeding") == "none":
        said["seeding"] = None
    try:
        Conventions(**{name: said[name] for name in CONVENTIONS if name in said})
    except (TypeError, ValueError) as error:
        raise ValueError(f"points: {error}") from None
    rtol = said.get(RTOL, 0.0)
    if isinstance(rtol, bool) or not isinstance(rtol, int | float) or not 0 <= rtol <= MOST:
        raise ValueError(f"points: rtol is {rtol!r}; expected a number from 0 to {MOST}. Remedy: "
                         "write for example rtol = 1e-3.")
    return said


def in_the_manner_of(table: Mapping[str, Any] | None, settings: Mapping[str, Any]
                     ) -> dict[str, Any]:
    """Return settings with a table's conventions, where they are left at their defaults.

    >>> in_the_manner_of({"p_is": "keep"}, {"p_is": "drop"})
    {'p_is': 'keep'}
    """
    usual = Conventions().to_dict()
    said = {name: value for name, value in manner_of(table).items()
            if name in CONVENTIONS and settings.get(name, usual[name]) == usual[name]}
    return {**settings, **said}


def refuse_unknown_conventions(layer: str, accepted: Collection[str]) -> None:
    """Raise ValueError for a convention that a layer does not have; '' stands for every layer.

    >>> refuse_unknown_conventions("svm_loss", ["squared"])
    """
    if not accepted:
        return
    from gradcheck.reference.alternatives import names_of  # with the definitions
    from gradcheck.reference.table import REFERENCES

    bases = [layer] if layer else list(REFERENCES)
    known = list(dict.fromkeys(name for base in bases for name in names_of(base)))
    for name in accepted:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=MOST_NAMED, cutoff=0.3)
            where = f"[{layer}] accept" if layer else "accept"
            expected = ", ".join(near or known[:MOST_NAMED]) or "nothing, as it has none"
            raise ValueError(f"points: {where} names {name!r}; expected a convention of the "
                             f"layer: {expected}. Remedy: write one of these.")
