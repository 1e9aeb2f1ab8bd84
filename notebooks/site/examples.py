"""A page about something wrong: what it means, a wrong program, the edit, the right program."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from notebooks.site.code import highlighted
from notebooks.site.links import Addresses
from notebooks.site.page import Entry, Heading, Page, relative
from notebooks.site.programs import Program

NAME = re.compile(r"\b[a-z]+(?:[-_][a-z]+)+\b")
PARTS = tuple(Heading(2, text, anchor) for text, anchor in (
    ("Wrong", "wrong"), ("The edit", "edit"), ("Right", "right"), ("See also", "see-also")))


@dataclass(frozen=True)
class Subject:
    """What a page is about.

    Attributes
    ----------
    name : str
        A code or the name of a law.
    path : str
        The page's.
    kind : str
        'finding' or 'law', the section of the site's too.
    group : str
        The family that it belongs to.
    said : sequence of str
        Paragraphs, the first of which is what it means.
    wrong, right : str
        The two programs.
    source : str
        The file that all this stands in.
    remedies : sequence of str
        What else the search finds it by.
    """

    name: str
    path: str
    kind: str
    group: str
    said: Sequence[str]
    wrong: str
    right: str
    source: str
    remedies: Sequence[str] = ()

    @property
    def programs(self) -> tuple[Program, Program]:
        """The wrong program, and the right one."""
        stem = self.name.replace("-", "_")
        return Program(f"{stem}.py", self.wrong), Program(f"{stem}.py", self.right)


def page_of(subject: Subject, printed: Mapping[Program, str], addresses: Addresses,
            more: Iterable[str] = (), section: tuple[str, str] = ("", "")) -> Page:
    """Return the page about a subject; `more` are further lines of "see also", as HTML."""
    lead, *rest = (_linked(text, subject.path, addresses) for text in subject.said)
    wrong, right = subject.programs
    source = relative(subject.path, addresses.of_file(subject.source))
    seen = [f"<code>gradcheck explain {subject.name}</code> says the same at the command line",
            *more, f'where it stands: <a href="{source}"><code>{subject.source}</code></a>']
    body = "\n".join([
        f"<h1><code>{subject.name}</code></h1>", f'<p class="lead">{lead}</p>',
        *(f"<p>{text}</p>" for text in rest),
        _heading(PARTS[0]), highlighted(subject.wrong, "python", "The wrong program"),
        _output(printed[wrong], "What the wrong program prints"),
        _heading(PARTS[1]), highlighted(edit(subject.wrong, subject.right), "diff", "The edit"),
        _heading(PARTS[2]), highlighted(subject.right, "python", "The right program"),
        _output(printed[right], "What the right program prints"),
        _heading(PARTS[3]), "<ul>", *(f"<li>{line}</li>" for line in seen), "</ul>"])
    entry = Entry(subject.name, subject.kind, subject.path,
                  " ".join([*subject.said, *subject.remedies]))
    return Page(subject.path, subject.name, body, section[1].split("/")[0], subject.group,
                subject.said[0], PARTS, (entry,), (section,), is_code=True)


def _heading(heading: Heading) -> str:
    return f'<h2 id="{heading.anchor}">{heading.text}</h2>'


def _output(text: str, label: str) -> str:
    return f'<p class="prints">It prints</p>\n{highlighted(text, "text", label, "printed")}'


def _linked(text: str, page: str, addresses: Addresses) -> str:
    """Return a sentence as HTML, in which names of findings and laws are links."""
    def link(match: re.Match[str]) -> str:
        target = addresses.of_code(match[0], page)
        return f'<a href="{target}"><code>{match[0]}</code></a>' if target else match[0]

    return NAME.sub(link, html.escape(text, quote=False))


def edit(wrong: str, right: str) -> str:
    r"""Return what changes from one program to the other, with the lines around it.

    >>> print(edit("a = 1\nb = 2\n", "a = 1\nb = 3\n"))
     a = 1
    -b = 2
    +b = 3
    """
    lines = list(difflib.unified_diff(wrong.splitlines(), right.splitlines(), lineterm=""))
    shown = [line for line in lines[2:] if not line.startswith("@@")]
    while shown and not shown[0].strip():
        del shown[0]
    return "\n".join(shown).rstrip()
