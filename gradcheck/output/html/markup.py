"""Text that others wrote as HTML: escaped, cleaned of what hides or moves text, cut where long."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping
from typing import Any

from gradcheck.output.plain import MESSAGE_LIMIT, clean, one_line

# What changes the direction of text beside it, and is no letter.
MARKS = re.compile("[\u061c\u200b-\u200f\u2028\u2029\ufeff]")
UNSAFE = re.compile(r"[^A-Za-z0-9_.]+")
TIED = re.compile(r" (?:[-+*/=\u00b1]|(?:&lt;|&gt;)=?) (?=\S)|\[[\d, ]{2,40}\]")
QUOTED = re.compile(r"`([^`\n]+)`")
LONGEST_NAME, LONGEST_ID = 120, 60
LONGEST = 1_000  # of which more is not even looked at


def text(value: object, limit: int = MESSAGE_LIMIT) -> str:
    """Return a text as HTML.

    Examples
    --------
    >>> text("</style><script>")
    '&lt;/style&gt;&lt;script&gt;'
    """
    return html.escape(MARKS.sub("\ufffd", clean(value, limit)))


def name(value: str) -> str:
    """Return a name in one line; what follows keeps its direction, whatever letters it has.

    Examples
    --------
    >>> name("affine")
    '<bdi>affine</bdi>'
    """
    return f"<bdi>{text(short(value))}</bdi>"


def short(value: str) -> str:
    """Return a name in one line that is not too long."""
    line = one_line(value[:LONGEST])
    return line if len(line) <= LONGEST_NAME else f"{line[:LONGEST_NAME - 3]}..."


def prose(value: str) -> str:
    """Return a sentence as HTML, what stands between backquotes as code; formulas stay whole.

    Examples
    --------
    >>> prose("write `a & b`, 1 - p")
    'write <code>a &amp; b</code>, 1<span style="white-space:nowrap"> - </span>p'
    """
    return QUOTED.sub(r"<code>\1</code>", TIED.sub(
        r'<span style="white-space:nowrap">\g<0></span>', text(value)))


class Ids:
    """The ids of a page: made of names, and no two of them alike.

    Examples
    --------
    >>> ids = Ids()
    >>> ids.new("dropout: rate"), ids.new("<a>"), ids.new("a"), ids.new("")
    ('dropout-rate', 'a', 'a-2', 'layer')
    """

    def __init__(self) -> None:
        self._taken = {"content"}

    def new(self, value: str) -> str:
        """Return an id that is still free."""
        plain = UNSAFE.sub("-", one_line(value[:LONGEST])).strip("-")[:LONGEST_ID] or "layer"
        found, number = plain, 1
        while found in self._taken:
            number += 1
            found = f"{plain}-{number}"
        self._taken.add(found)
        return found


def number(value: Any, digits: int = 3) -> str:
    """Return a number in few digits, with a true minus sign.

    Examples
    --------
    >>> number(-0.123456), number("nan"), number(0.0)
    ('−0.123', 'nan', '0')
    """
    found = number_of(value)
    return f"{found + 0.0:.{digits}g}".replace("-", "\u2212")


def number_of(value: Any) -> float:
    """Return a number of a record, where infinities and NaN are words; NaN for what is none.

    Examples
    --------
    >>> number_of("inf"), number_of(None)
    (inf, nan)
    """
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def index(where: Any) -> str:
    """Return the index of a coordinate as Python writes it."""
    return "[" + ", ".join(str(int(i)) for i in where) + "]"


def of_type(argument: Mapping[str, Any]) -> str:
    """Return an array's type and shape, as plain text.

    Examples
    --------
    >>> of_type({"dtype": "float64", "shape": (3, 2)})
    'float64[3, 2]'
    """
    return f"{argument['dtype']}{list(argument['shape'])}"


def badge(status: str) -> str:
    """Return a verdict."""
    return f'<span class="badge {text(status)}">{text(status)}</span>'


def link_to(identity: str, label: str) -> str:
    """Return what stands beside a heading, for others to link to it."""
    told = text(f"link to {short(label)}")
    return f'<a class="anchor" href="#{identity}" aria-label="{told}">#</a>'


def details(summary: str, content: str, open_: bool = False) -> str:
    """Return what is folded away until it is asked for; '' where there is nothing."""
    is_open = " open" if open_ else ""
    return f"<details{is_open}><summary>{summary}</summary>{content}</details>" if content else ""
