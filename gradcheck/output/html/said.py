"""What is said of a layer: what is wrong first, then the remedy, then where to read more."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from gradcheck.output.brief import NUMBERS
from gradcheck.output.html.markup import prose, text
from gradcheck.output.plain import MESSAGE_LIMIT, clean

REMEDY = "Remedy: "
LIKELY = "Likely slip: "
HEAD = re.compile(r"([a-z]+(?:[-_][a-z]+)*)((?: and [a-z-]+)*(?: in d[^:]{1,60})?): ")
EXPLAINED = re.compile(r"gradcheck explain ([a-z-]+)")
QUOTED = re.compile(r"\s+File \"| {6}")


def said(message: str, numbers: bool = True) -> str:
    """Return a message as HTML, without its lines of numbers where these are drawn below.

    Examples
    --------
    >>> shown = said("scaled in dx: half of it. Remedy: double it.")
    >>> '<strong>scaled</strong> in dx: half' in shown, 'class="remedy"' in shown
    (True, True)
    """
    lines = clean(message, MESSAGE_LIMIT).splitlines()
    return "".join(_parts([line for line in lines if numbers or not NUMBERS.match(line)]))


def _parts(lines: Sequence[str]) -> Iterator[str]:
    """Yield each line of a message in its form; lines of code that belong together as one."""
    quoted: list[str] = []
    for place, line in enumerate(lines):
        if QUOTED.match(line) or (quoted and line.startswith("    ")):
            quoted.append(line)
            continue
        if quoted:
            yield _quoted(quoted)
            quoted = []
        if not line.strip():
            continue
        yield from _paragraph(line) if not line.startswith("  ") or not place else _aside(line)
    if quoted:
        yield _quoted(quoted)


def _paragraph(line: str) -> Iterator[str]:
    """Yield what is wrong, and what to do."""
    what, remedy_, remedy = line.partition(REMEDY)
    head = HEAD.match(what)
    if head:
        yield (f'<p class="what"><strong>{text(head[1])}</strong>{text(head[2])}: '
               f"{prose(what[head.end():].strip())}</p>")
    elif what.strip():
        yield f'<p class="what">{prose(what.strip())}</p>'
    if remedy_:
        yield f'<p class="remedy"><b>Remedy:</b> {prose(remedy)}</p>'


def _aside(line: str) -> Iterator[str]:
    """Yield what stands below: numbers, places, notes, how to read more."""
    stripped = line.strip()
    if stripped.startswith(REMEDY):
        yield f'<p class="remedy"><b>Remedy:</b> {prose(stripped.removeprefix(REMEDY))}</p>'
        return
    told = EXPLAINED.sub(r"<code>gradcheck explain \1</code>", text(stripped))
    yield f'<p class="aside">{told}</p>'


def _quoted(lines: Sequence[str]) -> str:
    return f"<pre>{text(textwrap.dedent(chr(10).join(lines)))}</pre>"
