"""What `gradcheck explain` says: of a finding, of a law of the mask, of the edits."""

from __future__ import annotations

import difflib


class UnknownCodeError(LookupError):
    """There is no such finding, and no such law; the message says which are near."""


def explanation(code: str | None, edits: bool = False) -> str:
    """Return what a code means, with a wrong and a right example; without one, a list of all.

    Parameters
    ----------
    code : str or None
        Of a finding, or the name of a law.
    edits : bool
        Whether the edits are listed that are tried to repair a layer.

    Raises
    ------
    UnknownCodeError
        There is no such code.

    Examples
    --------
    >>> explanation("scaled").split()[0]
    'scaled'
    """
    from gradcheck.findings import explain as findings
    from gradcheck.findings.registry import rules
    from gradcheck.mask_laws import explain as laws

    if edits:
        from gradcheck.repair.explain import listing

        return listing()
    if code is None:
        return f"{findings.listing()}\n\n{laws.listing()}"
    if code in rules():
        return findings.explain(code)
    if code in laws.EXPLANATIONS:
        return laws.explain(code)
    close = difflib.get_close_matches(code, [*rules(), *laws.EXPLANATIONS], n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "gradcheck explain lists them."
    raise UnknownCodeError(f"CODE: got {code!r}; expected a code of a finding or the name of a "
                           f"law. Remedy: {hint}")
