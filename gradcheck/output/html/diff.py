"""An edit as a diff: what goes, what comes, told apart by signs as well as by colour."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.output.html.markup import text

KINDS = {"+": "added", "-": "removed", "@": "soft"}


def diff(lines: Sequence[str]) -> str:
    """Return a unified diff as HTML; '' where there is none.

    Examples
    --------
    >>> diff(["--- a/a.py", "+++ b/a.py", "-x", "+y"]).count("<span")
    4
    """
    if not lines:
        return ""
    rows = "".join(f'<span class="l {_kind(line)}">{text(line) or " "}\n</span>' for line in lines)
    return ('<pre class="diff" tabindex="0" role="region" aria-label="the edit that mends it">'
            f"<code>{rows}</code></pre>")


def _kind(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return "soft"
    return KINDS.get(line[:1], "")
