"""The style sheet: the look that reports have, too, and the site's own rules."""

from __future__ import annotations

from pathlib import Path

from gradcheck.output.html.style import stylesheet

ASSETS = Path(__file__).parent / "assets"


def css() -> str:
    """Return the style sheet of every page.

    >>> "prefers-color-scheme:dark" in css()
    True
    """
    return stylesheet((ASSETS / "site.css").read_text(encoding="utf-8"))
