"""README, the pages of prose, and other texts in Markdown that these link to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, takewhile
from pathlib import Path

from notebooks.site.links import ROOT
from notebooks.site.markdown import Markdown, Rendered
from notebooks.site.page import Entry, Page

SECTION = ("Guides", "guide/index.html")
PAGES = "notebooks/pages"
# The order of the guides by what a reader wants; those that no group names stand last.
GROUPS = {
    "Use it": ("targets", "codes", "repair", "covered", "decided", "ci"),
    "Grade a class": ("grading", "nbgrader"),
    "From elsewhere": ("takeover", "frameworks", "conformance"),
    "Measured": ("speed", "wild", "blind", "digits"),
}
REST = "More"
ALONGSIDE = ("CHANGELOG.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md")
LONGEST_SUMMARY = 240
MARKS = re.compile(r"[*`$]|\[([^\]]*)\]\([^)]*\)")


def places() -> dict[str, str]:
    """Return the path in the site of every text, by its path in the repository."""
    found = {"README.md": "index.html"}
    found |= {f"{PAGES}/{name}.md": f"guide/{name}.html" for _, name in guides()}
    found |= {path: f"guide/{Path(path).stem.lower()}.html" for path in ALONGSIDE
              if (ROOT / path).exists()}
    return found


def guides() -> list[tuple[str, str]]:
    """Return the group and the name of every page of prose, in the order of the site."""
    names = sorted(path.stem for path in (ROOT / PAGES).glob("*.md"))
    ordered = [(group, name) for group, members in GROUPS.items() for name in members
               if name in names]
    known = {name for _, name in ordered}
    return [*ordered, *((REST, name) for name in names if name not in known)]


def pages(markdown: Markdown) -> Iterator[Page]:
    """Yield the start page, the guides and what stands alongside."""
    group_of = {f"{PAGES}/{name}.md": group for group, name in guides()}
    for source, path in places().items():
        text = (ROOT / source).read_text(encoding="utf-8")
        rendered = markdown.rendered(text, path, str(Path(source).parent))
        title = rendered.headings[0].text
        section = "start" if source == "README.md" else "guide"
        yield Page(path, title, rendered.html, section, group_of.get(source, "The project"),
                   summary(text), rendered.headings[1:], tuple(entries(path, title, rendered)),
                   (SECTION,) if section == "guide" else ())


def summary(text: str) -> str:
    """Return the first sentences of a text behind its title, without marks, up to any LaTeX.

    >>> summary("# Title\\n\\nIt is [here](a.md), in `b`.\\nAnd so on.\\n\\nMore.")
    'It is here, in b. And so on.'
    """
    paragraphs = text.split("\n\n")
    first = next((part for part in paragraphs[1:] if re.match(r"\w|`[^`]", part)), "")
    sentences = re.split(r"(?<=[.?!])\s+", " ".join(MARKS.sub(r"\1", first).split()))
    lengths = accumulate(map(len, sentences))
    return " ".join(takewhile(lambda text: "\\" not in text and not text.endswith(":"), (
        text for number, (text, length) in enumerate(zip(sentences, lengths, strict=True))
        if number == 0 or length <= LONGEST_SUMMARY)))


def entries(path: str, title: str, rendered: Rendered) -> Iterator[Entry]:
    """Yield a page for the search, and each of its parts."""
    yield Entry(title, "guide", path, rendered.text)
    for heading in rendered.headings[1:]:
        yield Entry(f"{heading.text} ({title})", "guide", f"{path}#{heading.anchor}", "")
