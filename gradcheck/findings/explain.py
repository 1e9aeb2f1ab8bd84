"""What the codes of findings mean: `gradcheck explain CODE`."""

from __future__ import annotations

import difflib

from gradcheck.findings.registry import families, rules
from gradcheck.findings.rule import Rule
from gradcheck.program import first_sentence, hanging, page


def listing() -> str:
    """Return all codes by family, each with what it means in a sentence.

    Examples
    --------
    >>> print(listing())
    contract
      backward-impure           Two calls of backward with the same dout and cache differ, ...
                                ...
    """
    lines = []
    column = max(map(len, rules())) + 2
    for family, entries in families().items():
        if entries:
            lines.append(family)
            lines += [hanging(rule.code, first_sentence(rule.meaning), column)
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
    return page(code, said_of(rule), rule.wrong_program, rule.right)


def said_of(rule: Rule) -> tuple[str, str]:
    """Return what is said of a finding, in paragraphs.

    >>> len(said_of(rules()["sign-flipped"]))
    2
    """
    return rule.meaning, f"How to recognise it: {rule.sign}"
