"""What is wrong with the wording of a message, whatever it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

WIDTH = 100
# an argument may be called a, and what follows it is no noun
NO_NOUN = "is|and|at|of|in|or|as|are|it|on|only|alone|if|into|expected|once|each"
WRONG = {
    "an article": re.compile(rf"\ba (?!(?:{NO_NOUN})\b)(?:[aeio]\w+|ndarray)\b"
                             r"|\ban (?:[bcdgjkpqtvwyz]\w+|NumPy|float|list|tuple|unit)\b"),
    "a doubled space": re.compile(r"\S  +\S"),
    "an empty place": re.compile(r" ,|: \.(?!\.)|(?<!\.)\.\.(?!\.)"),
    "an internal name": re.compile(r"object at 0x|<class '|np\.(?:float|int|str)\w*\("
                                   r"|\bgradcheck[/\\]|\b_[A-Z]\w+|\{\w*\}"),
}


def complaints(messages: Iterable[str]) -> list[str]:
    """Return what is wrong with sentences.

    >>> complaints(["backward returned a int64 array", "right", "twice  spaced"])
    ['an article: a int64', 'a doubled space: e  s']
    """
    return [f"{what}: {found[0]}" for message in messages for what, pattern in WRONG.items()
            if (found := pattern.search(message))]


def too_wide(lines: Iterable[str], quoted: Iterable[str] = ()) -> Iterator[str]:
    """Yield the lines that do not fit, but for those that quote the reader's own code."""
    own = {line.strip() for line in quoted}
    for line in lines:
        if len(line) > WIDTH and line.strip() not in own:
            yield line
