"""The kinds of edits as a list, each with an example."""

from __future__ import annotations

from gradcheck.repair.edits import KINDS

HEAD = """\
Edits that are tried, in this order, where a layer fails. One that makes every gradient right at
three and more arguments of different sizes, and passes the check itself, is shown.
"""


def listing() -> str:
    """Return the kinds of edits, those that are tried first first.

    Examples
    --------
    >>> print(listing().splitlines()[3])
    operator            dout + mask            dout * mask
    """
    rows = [f"{kind.name:<20}{kind.before:<23}{kind.after}".rstrip() for kind in KINDS]
    return "\n".join([HEAD, *rows])
