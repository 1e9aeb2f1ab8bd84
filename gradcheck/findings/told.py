"""The contract's breaches in words."""

from __future__ import annotations

from typing import Any

from gradcheck.contract.breach import Breach
from gradcheck.findings.registry import rules
from gradcheck.findings.rule import Message
from gradcheck.report import Finding

MOST_LISTED = 3


def told(breach: Breach) -> Finding:
    """Return the finding that a breach is."""
    text = message_of(breach).told(**words_of(breach))
    return Finding(breach.code, breach.argument, breach.where, text, breach.facts)


def message_of(breach: Breach) -> Message:
    """Return what its rule says of a breach of its kind."""
    return rules()[breach.code].breaches[breach.how]


def words_of(breach: Breach) -> dict[str, Any]:
    """Return what the sentences about a breach are filled in with."""
    where = list(breach.where[0]) if breach.where else None
    facts = {key: _listed(value) for key, value in breach.facts.items()}
    return {"argument": breach.argument, "where": where, **facts}


def _listed(value: Any) -> Any:
    """Return a list as a sentence names it: by its first entries."""
    return ", ".join(map(str, value[:MOST_LISTED])) if isinstance(value, list) else value
