"""What the laws say, in the words of a reader whose p is the probability of keeping."""

from __future__ import annotations

import re

from gradcheck.mask_laws.implementation import DropoutLawError

# Read in one go, so that what is said the other way round is not turned back.
KEEPING = {
    "p and 1 - p swapped": "p and 1 - p swapped",
    "x (1 - p)": "p x",
    "dout (1 - p)": "p dout",
    "`p or default` takes 0 for no answer": "Code that takes 1 for no answer sets a default",
    "Exactly p n dropped": "Exactly p n kept",
    "[0, 1)": "(0, 1]",
    "1/(1 - p)^2": "1/p^2",
    "1/(1 - p)": "1/p",
    "1/p": "1/(1 - p)",
    "(1 - p)": "p",
    "p is used as the keep probability: keep a unit where its random number is >= p":
        "p is used as the drop probability: keep a unit where its random number is < p",
    "1 - p": "p",
    "is by p, the": "is by 1 - p, the",
    "multiplied by p": "multiplied by 1 - p",
    "1 + p": "2 - p",
    "exactly p n dropped": "exactly p n kept",
    "0 <= p < 1": "0 < p <= 1",
}
FORMULAS = re.compile("|".join(map(re.escape, KEEPING)))
VALUES = re.compile(r"\bp = (\d[\d.]*(?:e-?\d+)?)( is taken for (\d))?")
DROPPED = re.compile(r"units are dropped with probability ([\d.e-]+)(?:, [\d.]+ times p)?")
# "p = 0.3, 0.7", "p = 0.0004, 0.002 and 0.998": all of them are values of p.
LISTED = re.compile(r"\bp = 0\.\d+(?:(?:, | and )0\.\d+)+")
NUMBER = re.compile(r"0\.\d+")
# How the programs that break a law, or do not, are written with p as the probability of keeping.
PROGRAM = {
    "(1 - p)": "p",
    "1 - p": "p",
    ">= p": "< p",
    "< p\n": ">= p\n",
    ">= round(256 * p)": "< round(256 * p)",
    ">= round(p * x.size)": "< round(p * x.size)",
    "param[\"p\"] or 0.5": "0.5 if param[\"p\"] == 1 else param[\"p\"]",
    "0 <= p < 1": "0 < p <= 1",
    "import check_law": "import DropoutImplementation, check_law",
    "(dropout_forward, dropout_backward))":
        "DropoutImplementation(\n    dropout_forward, dropout_backward, p_is=\"keep\"))",
}
# What those programs print otherwise, as another mask is drawn.
PRINTED = {"'kept': array([ True])": "'kept': array([False])", "x into [1.]": "x into [0.]",
           "p = 0 is accepted": "p = 0.0 is accepted"}
PARTS = re.compile("|".join(map(re.escape, sorted(PROGRAM, key=len, reverse=True))))
# What these laws quote is the p of the dict itself.
QUOTED = frozenset({"bad_p_is_refused"})


def in_words_of_keeping(text: str, quoted: bool = False) -> str:
    """Return a sentence about dropping with p for one about keeping with p.

    Parameters
    ----------
    text : str
        The sentence.
    quoted : bool
        Whether the values of p in it are those of the dict already.

    Examples
    --------
    >>> in_words_of_keeping("the division by 1 - p is missing; p = 0.3")
    'the division by p is missing; p = 0.7'
    """
    if not quoted:
        text = DROPPED.sub(lambda found: f"units are kept with probability {_other(found[1])}",
                           text)
        text = VALUES.sub(_value, text)
    return FORMULAS.sub(lambda found: KEEPING[found[0]], text)


def explanation_of_keeping(text: str) -> str:
    """Return what a law says to who writes p for the probability of keeping.

    >>> explanation_of_keeping("p off by 0.009 at p = 0.3, 0.9; x (1 - p) in test mode")
    'p off by 0.009 at p = 0.7, 0.1; p x in test mode'
    """
    kept: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        kept.append(NUMBER.sub(lambda number: _other(number[0]), found[0]))
        return f"\0{len(kept) - 1}\0"

    told = in_words_of_keeping(LISTED.sub(set_aside, text))
    for dropping, keeping in PRINTED.items():
        told = told.replace(dropping, keeping)
    return re.sub("\0(\\d+)\0", lambda found: kept[int(found[1])], told)


def program_of_keeping(program: str) -> str:
    """Return the program of a law with p as the probability of keeping.

    >>> program_of_keeping("kept = rng.random(x.shape) >= p")
    'kept = rng.random(x.shape) < p'
    """
    return PARTS.sub(lambda found: PROGRAM[found[0]], program)


def _value(found: re.Match[str]) -> str:
    taken = f" is taken for {_other(found[3])}" if found[3] else ""
    return f"p = {_other(found[1].rstrip('.'))}{'.' * found[1].endswith('.')}{taken}"


def _other(number: str) -> str:
    return f"{1 - float(number):.6g}"


def turn_to_keeping(error: DropoutLawError, law: str) -> None:
    """Let a broken law speak of keeping."""
    for name in ("what", "slip", "example"):
        setattr(error, name, in_words_of_keeping(getattr(error, name), law in QUOTED))
