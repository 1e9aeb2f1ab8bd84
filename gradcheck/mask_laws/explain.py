"""What the laws of the mask say: `gradcheck explain LAW`."""

from __future__ import annotations

import difflib
from types import ModuleType

from gradcheck.mask_laws.law import Law
from gradcheck.mask_laws.registry import LAWS, SUBJECTS, laws_of
from gradcheck.mask_laws.words import explanation_of_keeping, program_of_keeping
from gradcheck.program import hanging, page

EXPLANATIONS = {law.name: law for law in LAWS}


def listing() -> str:
    """Return all laws by subject, each with what it says.

    Examples
    --------
    >>> print(listing())
    laws about forward that hold for every single call
      runs                            forward returns (out, cache), backward returns dx, ...
                                      ...
    """
    column = max(map(len, EXPLANATIONS)) + 2
    lines = []
    for subject in SUBJECTS:
        lines.append(title_of(subject))
        lines += [hanging(law.name, law.description, column) for law in laws_of(subject)]
        lines.append("")
    return "\n".join([*lines, "gradcheck explain LAW shows a wrong dropout and its repair"])


def explain(name: str, keeping: bool = False) -> str:
    """Return the text for a law: what it says, how it shows, a wrong dropout, the repair.

    Parameters
    ----------
    name : str
        Such as 'rate'.
    keeping : bool
        Whether p is the reader's probability of keeping.

    Returns
    -------
    str
        The wrong dropout is a program that runs; of the repair, the lines that differ.

    Raises
    ------
    KeyError
        There is no such law.

    Examples
    --------
    >>> print(explain("values"))
    values
    <BLANKLINE>
    Every output is 0 or x / (1 - p) (inverted), 0 or x (vanilla). ...
    """
    law = EXPLANATIONS[name]
    worded, written = (explanation_of_keeping, program_of_keeping) if keeping else (str, str)
    wrong, right = written(law.wrong_program), written(law.right_program)
    return page(name, map(worded, said_of(law)), wrong, _repair(wrong, right))


def said_of(law: Law) -> list[str]:
    """Return what is said of a law, in paragraphs.

    >>> said_of(EXPLANATIONS["values"])[-1]
    'How to recognise it: the program below prints "values: out..."'
    """
    said = [" ".join(paragraph.split()) for paragraph in law.meaning.split("\n\n")]
    if law.kind == "strict":
        said.append("This law is beyond common practice: advice, unless --strict makes it count.")
    if law.detects:
        said.append(f"Found in nearly every run: {law.detects}.")
    return [*said, f"How to recognise it: the program below prints \"{law.name}: {law.shows}\""]


def title_of(subject: ModuleType) -> str:
    """Return what the laws of one module are about.

    >>> from gradcheck.mask_laws import rate
    >>> title_of(rate)
    'laws about how many units are kept, and how large they are then'
    """
    title = (subject.__doc__ or "").partition("\n")[0].rstrip(".")
    return title[0].lower() + title[1:]


def _repair(wrong: str, right: str) -> str:
    """Return the lines that go, marked by -, and those that come, marked by +."""
    lines = difflib.ndiff(wrong.splitlines(), right.splitlines())
    return "\n".join(line for line in lines if line[0] in "-+" and line[1:].strip())
