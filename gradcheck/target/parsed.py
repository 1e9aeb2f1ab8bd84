"""The syntax tree of a file that somebody else wrote."""

from __future__ import annotations

import ast
from pathlib import Path

from gradcheck.target.content import content_of


def parsed(path: Path) -> ast.Module | None:
    """Return the tree of a file's text; None where it cannot be read, or is nested too deep to be.

    >>> parsed(Path("none.py")) is None
    True
    """
    try:
        return ast.parse(content_of(path))
    except (OSError, SyntaxError, ValueError, MemoryError, RecursionError):
        return None
