"""A page of the site, before the layout is put around it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Heading:
    """A heading of a page, which links may lead to."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Entry:
    """What the search can find: a page, or a part of one."""

    title: str
    kind: str
    url: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    path : str
        Where it stands in the site, such as 'findings/scaled.html'.
    title : str
        Its name in the browser's tab, in lists and in crumbs.
    body : str
        Its HTML, with one h1; links are relative to its path.
    section : str
        The section of the site that it belongs to.
    group : str
        Its group in the list of its section.
    summary : str
        What it is about, in plain text.
    headings : tuple of Heading
        For the list "on this page".
    entries : tuple of Entry
        For the search.
    crumbs : tuple of (str, str)
        Titles and paths of the pages above it.
    is_code : bool
        Whether its title is a name in code.
    """

    path: str
    title: str
    body: str
    section: str
    group: str = ""
    summary: str = ""
    headings: tuple[Heading, ...] = ()
    entries: tuple[Entry, ...] = ()
    crumbs: tuple[tuple[str, str], ...] = ()
    is_code: bool = False
    neighbours: tuple[str | None, str | None] = field(default=(None, None))

    def between(self, previous: str | None, following: str | None) -> Page:
        """Return the page with the paths of those before and behind it."""
        return replace(self, neighbours=(previous, following))


def relative(start: str, target: str) -> str:
    """Return the link to one path of the site from the page at another.

    >>> relative("findings/scaled.html", "api/layers.html#affine")
    '../api/layers.html#affine'
    >>> relative("index.html", "index.html#layers")
    '#layers'
    """
    path, mark, anchor = target.partition("#")
    if path == start and mark:
        return mark + anchor
    return posixpath.relpath(path, posixpath.dirname(start) or ".") + mark + anchor


def slug(text: str, taken: Collection[str] = ()) -> str:
    """Return the anchor of a heading, as code hosts make it, with a number where it is taken.

    >>> slug("What it says: `scaled`!"), slug("Figures", {"figures"})
    ('what-it-says-scaled', 'figures-1')
    """
    name = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") or "part"
    number = 0
    found = name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
