r"""Names: their characters, which are more than ``\w`` matches, and those of labels."""

from __future__ import annotations

import re
import unicodedata

# Of one character; vowel signs and selectors are parts of names, and no word to `re`.
CHARACTER = r"[\w\x80-\U0010ffff]"
# What labels are called, which no layer takes in backward.
LABELS = re.compile(r"ys?|Y|ts?|y_?tru(e|th)|labels?|targets?|y_?train|expected\w*")


def as_read(source: str) -> str:
    """Return a source's text with its names as Python reads them.

    Examples
    --------
    >>> as_read("def ｒelu_forward(x):")
    'def relu_forward(x):'
    """
    return source if source.isascii() else unicodedata.normalize("NFKC", source)
