"""The pages that list a section: every page of it by group, with what it is about."""

from __future__ import annotations

import html
from collections.abc import Iterable
from itertools import groupby

from notebooks.site.page import Heading, Page, relative, slug


def list_of(title: str, path: str, section: str, lead: str, pages: Iterable[Page],
            folded: Iterable[Page] = ()) -> Page:
    """Return a page that lists others under their groups, some folded away; `lead` is HTML."""
    parts = [f"<h1>{html.escape(title)}</h1>", f'<p class="lead">{lead}</p>']
    headings: list[Heading] = []
    for group, members in groupby(pages, key=lambda page: page.group):
        name = capitalized(group)
        anchor = slug(name, {heading.anchor for heading in headings})
        if name:
            headings.append(Heading(2, name, anchor))
            parts.append(f'<h2 id="{anchor}">{html.escape(name)}</h2>')
        parts += ['<dl class="list">', *(_row(page, path) for page in members), "</dl>"]
    inside = [_row(page, path) for page in folded]
    if inside:
        parts += [f"<details><summary>Inside: {len(inside)} modules</summary>",
                  '<dl class="list">', *inside, "</dl></details>"]
    return Page(path, title, "\n".join(parts), section, summary=title, headings=tuple(headings))


def capitalized(text: str) -> str:
    """Return a text with a capital; the others stay as they are.

    >>> capitalized("the mask of NumPy")
    'The mask of NumPy'
    """
    return text[:1].upper() + text[1:]


def _row(page: Page, path: str) -> str:
    title = html.escape(page.title)
    shown = f"<code>{title}</code>" if page.is_code else title
    return (f'<div><dt><a href="{relative(path, page.path)}">{shown}</a></dt>'
            f"<dd>{html.escape(page.summary)}</dd></div>")
