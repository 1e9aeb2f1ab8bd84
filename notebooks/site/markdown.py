"""Markdown as HTML: anchors, links to what a text names, tables that scroll, formulae."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from notebooks.site.code import highlighted
from notebooks.site.links import Addresses
from notebooks.site.mathematics import mathml
from notebooks.site.page import Heading, slug

COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
SOURCE = re.compile(r'(?<=[\s"])(src|srcset|href)="([^"]*)"')


@dataclass(frozen=True)
class Rendered:
    """A text as HTML, its headings, and its words for the search."""

    html: str
    headings: tuple[Heading, ...]
    text: str


class Markdown:
    """A renderer of texts, whose links become links of the site."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.of_texts = self._parser(has_html=True)
        self.of_docstrings = self._parser(has_html=False)  # <name>_forward is no element there

    def _parser(self, has_html: bool) -> MarkdownIt:
        parser = MarkdownIt("commonmark", {"html": has_html, "highlight": _fence})
        parser.enable(["table", "strikethrough"])
        parser.use(dollarmath_plugin, allow_digits=False, allow_space=False,
                   double_inline=True, renderer=_formula)
        rules: dict[str, Callable[..., str]] = {
            "code_inline": self._code, "link_open": self._link, "image": self._image,
            "html_block": self._html, "html_inline": self._html, "table_open": _table_open,
            "table_close": _table_close, "code_block": _code_block}
        for name, rule in rules.items():
            parser.add_render_rule(name, lambda self, *args, rule=rule: rule(self, *args))
        return parser

    def rendered(self, text: str, page: str, base: str = "",
                 taken: Collection[str] = ()) -> Rendered:
        """Return a text of the folder `base` for the page at `page`, where anchors are taken."""
        env = {"page": page, "base": base}
        tokens = self.of_texts.parse(text, env)
        headings = _anchored(tokens, taken)
        _mark_links(tokens)
        _code_of_laws(tokens)
        return Rendered(self.of_texts.renderer.render(tokens, self.of_texts.options, env),
                        headings, _words(tokens))

    def docstring(self, text: str, page: str, level: int) -> str:
        """Return a docstring; its headings are of one level, and without anchors."""
        env = {"page": page, "base": ""}
        parser = self.of_docstrings
        tokens = parser.parse(text, env)
        for token in tokens:
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{level}"
                token.attrs["class"] = "part"
        _mark_links(tokens)
        return parser.renderer.render(tokens, parser.options, env)

    def _code(self, renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any,
              env: Any) -> str:
        token = tokens[index]
        code = f"<code>{html.escape(token.content, quote=False)}</code>"
        if token.meta.get("linked"):
            return code
        target = self.addresses.of_code(token.content, env["page"])
        return f'<a href="{html.escape(target)}">{code}</a>' if target else code

    def _link(self, renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any,
              env: Any) -> str:
        link = str(tokens[index].attrs["href"])
        tokens[index].attrs["href"] = self.addresses.of_link(link, env["page"], env["base"])
        return renderer.renderToken(tokens, index, options, env)

    def _image(self, renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any,
               env: Any) -> str:
        link = str(tokens[index].attrs["src"])
        tokens[index].attrs["src"] = self.addresses.of_link(link, env["page"], env["base"])
        picture = renderer.image(tokens, index, options, env)
        if tokens[index].meta.get("linked"):
            return picture
        return f'<a href="{html.escape(str(tokens[index].attrs["src"]))}">{picture}</a>'

    def _html(self, renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any,
              env: Any) -> str:
        def moved(match: re.Match[str]) -> str:
            link = self.addresses.of_link(match[2], env["page"], env["base"])
            return f'{match[1]}="{html.escape(link)}"'

        return SOURCE.sub(moved, COMMENT.sub("", tokens[index].content))


def _anchored(tokens: Sequence[Token], taken: Collection[str]) -> tuple[Heading, ...]:
    """Give every heading an anchor, and return them."""
    found: list[Heading] = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            text = _plain(inline)
            anchor = slug(text, {*taken, *(heading.anchor for heading in found)})
            token.attrs["id"] = anchor
            found.append(Heading(int(token.tag[1:]), text, anchor))
    return tuple(found)


def _mark_links(tokens: Sequence[Token]) -> None:
    """Mark code and pictures that are links already: they become no second one."""
    for token in tokens:
        inside = 0
        for child in token.children or ():
            inside += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type in ("code_inline", "image"):
                child.meta["linked"] = inside > 0


def _code_of_laws(tokens: Sequence[Token]) -> None:
    """Make code of the names in the first column of a table of laws, so that they become links."""
    is_table_of_laws = False
    for before, token, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if before.type == "tr_open" and token.type == "th_open":
            is_table_of_laws = inline.content == "law"
        elif before.type == "tr_open" and token.type == "td_open" and is_table_of_laws:
            inline.children = [Token("code_inline", "code", 0, content=inline.content)]


def _plain(token: Token) -> str:
    return "".join(" " if child.type in ("softbreak", "hardbreak") else child.content
                   for child in token.children or () if child.type != "html_inline")


def _words(tokens: Sequence[Token]) -> str:
    parts = [_plain(token) if token.type == "inline" else token.content
             for token in tokens if token.type in ("inline", "fence", "code_block")]
    return " ".join(" ".join(parts).split())


def _formula(content: str, options: dict[str, Any]) -> str:
    return mathml(content, display=bool(options["display_mode"]))


def _fence(code: str, language: str, attributes: str) -> str:
    return highlighted(code, language or "text")


def _code_block(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any,
                env: Any) -> str:
    return highlighted(tokens[index].content, "text") + "\n"


def _table_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any,
                env: Any) -> str:
    return '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>\n'


def _table_close(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any,
                 env: Any) -> str:
    return "</table></div>\n"
