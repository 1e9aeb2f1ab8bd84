"""What the codes of findings mean: `gradcheck explain CODE`."""

from __future__ import annotations

import difflib
import textwrap

from gradcheck.findings.explained import Explanation
from gradcheck.findings.explained_contract import CONTRACT
from gradcheck.findings.explained_gradient import GRADIENT, UNEXPLAINED
from gradcheck.findings.explained_losses import LOSSES, REGULARIZATION
from gradcheck.findings.explained_masks import MASKS
from gradcheck.findings.explained_normalization import NORMALIZATION
from gradcheck.findings.explained_windows import WINDOWS

FAMILIES: dict[str, tuple[Explanation, ...]] = {
    "contract": CONTRACT,
    "whole gradient": GRADIENT,
    "masks": MASKS,
    "normalization": NORMALIZATION,
    "losses": LOSSES,
    "regularization": REGULARIZATION,
    "windows": WINDOWS,
    "and": UNEXPLAINED,
}
EXPLANATIONS = {entry.code: entry for family in FAMILIES.values() for entry in family}
WIDTH = 88


def listing() -> str:
    """Return all codes by family, with a line each.

    Examples
    --------
    >>> print(listing())
    contract
      input-mutated             Forward or backward writes into an array ...
    """
    lines = []
    column = max(map(len, EXPLANATIONS)) + 2
    for family, entries in FAMILIES.items():
        lines.append(family)
        lines += [f"  {entry.code:{column}}{_first_words(entry.meaning, WIDTH - column)}"
                  for entry in entries]
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
    if code not in EXPLANATIONS:
        close = difflib.get_close_matches(code, EXPLANATIONS, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "gradcheck explain lists them."
        raise KeyError(f"CODE: got {code!r}; expected a code of a finding. Remedy: {hint}")
    entry = EXPLANATIONS[code]
    return "\n".join([
        code, "", textwrap.fill(entry.meaning, WIDTH), "",
        textwrap.fill(f"How to recognise it: {entry.sign}", WIDTH), "",
        "Wrong:", "", textwrap.indent(entry.wrong_program, "    "),
        "Right:", "", textwrap.indent(textwrap.dedent(entry.right).strip("\n"), "    "),
    ])


def _first_words(text: str, width: int) -> str:
    return textwrap.shorten(text, width, placeholder=" ...")
