"""What `gradcheck explain` says: of a finding, a law of the mask, a status, the edits."""

from __future__ import annotations

import difflib


class UnknownCodeError(LookupError):
    """There is no such finding, law or status; the message says which are near."""


def explanation(code: str | None, edits: bool = False, p_is: str = "drop") -> str:
    """Return what a code means, with a wrong and a right example; without one, a list of all.

    Parameters
    ----------
    code : str or None
        Of a finding, the name of a law, or a status.
    edits : bool
        Whether the edits are listed that are tried to repair a layer.
    p_is : {'drop', 'keep'}
        What the reader's p is, in the text and the programs of a law.

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
    from gradcheck.output.sarif import STATUS_RULES
    from gradcheck.output.text import folded

    if edits:
        from gradcheck.repair.explain import listing

        return listing()
    if code is None:
        statuses = "\n".join(f"  {name:14}{meaning.partition('. ')[0].rstrip('.')}"
                             for name, meaning in STATUS_RULES.items())
        return f"{findings.listing()}\n\n{laws.listing()}\n\nstatuses\n{statuses}"
    if code in STATUS_RULES:
        return "\n".join([code, "", *folded(STATUS_RULES[code], "", 100)])
    if code in rules():
        return findings.explain(code)
    if code in laws.EXPLANATIONS:
        return laws.explain(code, p_is == "keep")
    close = difflib.get_close_matches(code, [*rules(), *laws.EXPLANATIONS, *STATUS_RULES], n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "gradcheck explain lists them."
    raise UnknownCodeError(f"CODE: got {code!r}; expected a code of a finding, the name of a law "
                           f"or a status. Remedy: {hint}")
