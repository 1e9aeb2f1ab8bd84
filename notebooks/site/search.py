"""The index that the search looks through: a script that sets a variable, so no server is asked."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable

from notebooks.site.page import Page

PATH = "search.html"
KINDS = ("finding", "law", "guide", "homework", "api", "inside")


def index(pages: Iterable[Page]) -> str:
    """Return the index as JavaScript.

    >>> from notebooks.site.page import Entry
    >>> entry = Entry("scaled", "finding", "findings/scaled.html", "A factor.")
    >>> index([Page("a.html", "A", "", "start", entries=(entry,))])
    'window.SITE_INDEX=[["scaled","finding","findings/scaled.html","A factor."]];\\n'
    """
    rows = [[entry.title, entry.kind, entry.url, entry.text]
            for page in pages for entry in page.entries]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return f"window.SITE_INDEX={text};\n"


def page(pages: Iterable[Page]) -> Page:
    """Return the page that shows all results, and all pages to those without scripts."""
    links = "".join(
        f'<li><a href="{other.path}">{html.escape(other.title)}</a></li>'
        for other in sorted(pages, key=lambda other: other.title.lower())
        if other.section != "source")
    body = ('<h1>Search</h1>\n<div id="site-results"></div>\n<h2>All pages</h2>\n'
            f'<ul class="all">{links}</ul>')
    return Page(PATH, "Search", body, "search")
