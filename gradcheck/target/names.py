r"""The characters of names in Python, which are more than the letters that ``\w`` matches."""

from __future__ import annotations

import unicodedata

# Of one character; vowel signs and selectors are parts of names, and no word to `re`.
CHARACTER = r"[\w\x80-\U0010ffff]"


def as_read(source: str) -> str:
    """Return a source's text with its names as Python reads them.

    Examples
    --------
    >>> as_read("def ｒelu_forward(x):")
    'def relu_forward(x):'
    """
    return source if source.isascii() else unicodedata.normalize("NFKC", source)
