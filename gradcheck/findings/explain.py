"""What the codes of findings mean: `gradcheck explain CODE`."""

from __future__ import annotations

import difflib
import textwrap

from gradcheck.findings.registry import families, rules
from gradcheck.program import WIDTH, page


def listing() -> str:
    """Return all codes by family, with a line each.

    Examples
    --------
    >>> print(listing())
    contract
      backward-impure           Two calls of backward with the same dout and ...
    """
    lines = []
    column = max(map(len, rules())) + 2
    for family, entries in families().items():
        if entries:
            lines.append(family)
            lines += [f"  {rule.code:{column}}{_first_words(rule.meaning, WIDTH - column)}"
                      for rule in entries]
            lines.append("")
    return "\n".join([*lines, "gradcheck explain CODE shows a wrong example and its repair"])


def explain(code: str) -> str:
    """Return the text for a code: meaning, sign, a wrong example, its repair.

    Parameters
    ----------
    code : str
        Such as 'scaled'.

    Returns
    -------
    str
        Both examples are parts of a program that runs.

    Raises
    ------
    KeyError
        There is no such code; the message names similar ones.

    Examples
    --------
    >>> print(explain("sign-flipped"))
    sign-flipped
    <BLANKLINE>
    The gradient has the right size and the wrong sign: ...
    """
    if code not in rules():
        close = difflib.get_close_matches(code, rules(), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "gradcheck explain lists them."
        raise KeyError(f"CODE: got {code!r}; expected a code of a finding. Remedy: {hint}")
    rule = rules()[code]
    said = (rule.meaning, f"How to recognise it: {rule.sign}")
    return page(code, said, rule.wrong_program, rule.right)


def _first_words(text: str, width: int) -> str:
    return textwrap.shorten(text, width, placeholder=" ...")
