"""The codes of findings and the names of laws: which there are, and what they mean."""

from __future__ import annotations

import difflib
import functools


@functools.cache
def known_codes() -> tuple[str, ...]:
    """Return the codes of findings and the names of laws."""
    from gradcheck.findings.registry import rules
    from gradcheck.mask_laws.registry import LAWS

    return (*rules(), *(law.name for law in LAWS))


def hint(code: str) -> str:
    """Return which codes may be meant by one that is none.

    >>> hint("scald")
    'did you mean scaled?'
    """
    close = difflib.get_close_matches(code, known_codes(), n=2)
    return f"did you mean {' or '.join(close)}?" if close else (
        "`gradcheck explain` lists the codes.")


def meanings() -> dict[str, str]:
    """Return what the codes of findings and the laws of the mask mean."""
    from gradcheck.findings.registry import rules
    from gradcheck.mask_laws.run import LAWS

    return {**{law.name: law.description for law in LAWS},
            **{code: f"{rule.meaning} How to recognise it: {rule.sign}"
               for code, rule in rules().items()}}
