"""How a dropout may take p, scale, and draw: the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

P_IS = ("drop", "keep")
SCALING = ("inverted", "vanilla")
SEEDING = ("seed", "rng", "global", None)
CONVENTIONS = {"p_is": P_IS, "scaling": SCALING, "seeding": SEEDING}


def refuse_unknown(conventions: Mapping[str, Any]) -> None:
    """Refuse a convention that there is not.

    >>> refuse_unknown({"p_is": "drop", "scaling": "inverted", "seeding": None})
    """
    for label, allowed in CONVENTIONS.items():
        if conventions[label] not in allowed:
            from gradcheck.arguments import refuse  # which needs NumPy

            words = " or ".join(map(repr, allowed))
            refuse(label, conventions[label], words, f"pass one of {words}")
