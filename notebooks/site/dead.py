"""Links that lead nowhere: every one of a built site is followed, anchors included."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

TAG = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
LINK = re.compile(r'\s(?:href|src|srcset|action)="([^"]*)"')
ANCHOR = re.compile(r'\sid="([^"]*)"')
OUTSIDE = re.compile(r"(?:https?|mailto|data):")


def dead_links(site: Path) -> list[str]:
    """Return 'page: link' for every link of a site that leads to no file or no anchor of it."""
    tags = {path.relative_to(site).as_posix(): " ".join(TAG.findall(path.read_text("utf-8")))
            for path in sorted(site.rglob("*.html"))}
    anchors = {page: set(ANCHOR.findall(text)) for page, text in tags.items()}
    return [f"{page}: {link}" for page, text in tags.items() for link in links(text)
            if not _leads_somewhere(site, page, link, anchors)]


def links(text: str) -> Iterator[str]:
    """Yield the links of a page into the site, each once.

    >>> list(links('<a href="a.html#b"> <a href="a.html#b"> <a href="https://numpy.org">'))
    ['a.html#b']
    """
    for link in dict.fromkeys(LINK.findall(text)):
        if not OUTSIDE.match(link):
            yield html.unescape(link)


def _leads_somewhere(site: Path, page: str, link: str, anchors: dict[str, set[str]]) -> bool:
    path, _, anchor = unquote(link).partition("#")
    path = path.partition("?")[0]
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    if anchor:
        return anchor in anchors.get(target, ())
    return target in anchors or (site / target).is_file()
