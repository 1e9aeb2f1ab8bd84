"""What the laws say, in the words of a reader whose p is the probability of keeping."""

from __future__ import annotations

import re

from gradcheck.mask_laws.implementation import DropoutLawError

# Read in one go, so that what is said the other way round is not turned back.
KEEPING = {
    "1/(1 - p)^2": "1/p^2",
    "1/(1 - p)": "1/p",
    "1/p": "1/(1 - p)",
    "(1 - p)": "p",
    "p is used as the keep probability: compare random numbers with 1 - p":
        "p is used as the drop probability: compare random numbers with p",
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


def _value(found: re.Match[str]) -> str:
    taken = f" is taken for {_other(found[3])}" if found[3] else ""
    return f"p = {_other(found[1].rstrip('.'))}{'.' * found[1].endswith('.')}{taken}"


def _other(number: str) -> str:
    return f"{1 - float(number):.6g}"


def turn_to_keeping(error: DropoutLawError, law: str) -> None:
    """Let a broken law speak of keeping."""
    for name in ("what", "slip", "example"):
        setattr(error, name, in_words_of_keeping(getattr(error, name), law in QUOTED))
