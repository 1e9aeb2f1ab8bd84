"""Docstrings in numpydoc as Markdown: pdoc knows the sections, and leaves little to mend."""

from __future__ import annotations

import re

from pdoc.docstrings import convert

REFERENCE = re.compile(r"^( *)\.\. \[(\d+)\] ", re.MULTILINE)
CITED = re.compile(r"\[(\d+)\]_")
LITERAL = re.compile(r"^(?P<text>.*?) *::$", re.MULTILINE)
SESSION = re.compile(r"^( *)>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)
ROLE = re.compile(r":(?:func|class|mod|meth|attr|data|py:\w+):`~?([^`]+)`")
# A package's docstring lists its modules, a line each, which its page shows as a table.
INHABITANT = re.compile(r"^\w+/?  +\S.*$\n?", re.MULTILINE)


def markdown_of(docstring: str) -> str:
    r"""Return a docstring, its indentation taken away before, as Markdown.

    >>> markdown_of("Double it::\n\n    y = 2 x\n\nExamples\n--------\n>>> 2\n2\n").split("\n")
    ['Double it:', '', '    y = 2 x', '', '###### Examples', '```pycon', '>>> 2', '2', '```']
    """
    text = CITED.sub(r"[\1]", REFERENCE.sub(r"\1\2. ", docstring))
    text = convert(ROLE.sub(r"`\1`", text), "numpy", None)
    text = LITERAL.sub(lambda match: match["text"] + ":" * bool(match["text"].strip()), text)
    return SESSION.sub(_fenced, text).rstrip()


def _fenced(match: re.Match[str]) -> str:
    margin = match[1]
    return f"{margin}```pycon\n{match[0].rstrip()}\n{margin}```"


def without_inhabitants(docstring: str) -> str:
    r"""Return a package's docstring without the list of what is in it.

    >>> without_inhabitants("A room.\n\none    The first.\ntwo/   The second.\n").strip()
    'A room.'
    """
    return INHABITANT.sub("", docstring)
