"""Code as HTML: few classes of words, so that pages stay small and both themes readable."""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import cache
from typing import Any

from pygments import lex
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Token
from pygments.util import ClassNotFound

# A class of words, and the name of its style; the first that fits counts, others are plain.
CLASSES = (
    (Token.Comment, "com"), (Token.Literal.String, "str"), (Token.Literal.Number, "num"),
    (Token.Keyword, "kw"), (Token.Operator.Word, "kw"), (Token.Name.Decorator, "kw"),
    (Token.Name.Tag, "kw"), (Token.Generic.Prompt, "com"), (Token.Generic.Inserted, "added"),
    (Token.Generic.Deleted, "removed"),
)
LANGUAGES = {"sh": "bash", "shell": "bash", "py": "python"}


def highlighted(code: str, language: str, label: str = "", style: str = "") -> str:
    """Return a block of code; it can be scrolled by keyboard.

    `label` is what it is called where it is heard, `style` a class of the style sheet.

    >>> highlighted("x = 1", "python")
    '<pre tabindex="0"><code>x = <span class="num">1</span></code></pre>'
    """
    if language == "python" and code.lstrip().startswith(">>> "):
        language = "pycon"
    named = f' aria-label="{html.escape(label)}" role="region"' if label else ""
    styled = f'class="{style}" ' if style else ""
    return (f'<pre {styled}tabindex="0"{named}><code>{inner(code.rstrip(), language)}'
            "</code></pre>")


def inner(code: str, language: str) -> str:
    """Return the HTML of some code without what is around it; unknown languages are plain."""
    try:
        lexer = get_lexer_by_name(LANGUAGES.get(language, language or "text"), stripnl=False)
    except ClassNotFound:
        return html.escape(code, quote=False)
    return "".join(_marked(lexer, code)).rstrip("\n")


def lines(code: str, name: str) -> str:
    """Return a whole file, each line with the anchor L and its number."""
    try:
        lexer = get_lexer_for_filename(name, stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    split = "".join(_marked(lexer, code, split=True)).rstrip("\n").split("\n")
    numbered = "\n".join(f'<span id="L{number}">{line}</span>'
                         for number, line in enumerate(split, 1))
    return f'<pre class="source" tabindex="0"><code>{numbered}</code></pre>'


def _marked(lexer: Any, code: str, split: bool = False) -> Iterator[str]:
    """Yield words and their marks; with `split`, no mark goes over the end of a line."""
    last, text = "", ""
    for kind, word in [*lex(code, lexer), (Token.Text, "")]:
        style = _style(kind)
        if style != last and not (word.isspace() and "\n" not in word):
            yield _mark(text, last, split)
            last, text = style, ""
        text += word
    yield _mark(text, last, split)


@cache
def _style(kind: Any) -> str:
    return next((style for above, style in CLASSES if kind in above), "")


def _mark(text: str, style: str, split: bool) -> str:
    escaped = html.escape(text, quote=False)
    if not style or not text:
        return escaped
    parts = escaped.split("\n") if split else [escaped]
    return "\n".join(f'<span class="{style}">{part}</span>' if part else "" for part in parts)
