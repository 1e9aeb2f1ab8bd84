"""One site for all tests, also of several processes: the first to ask builds it, others wait."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from notebooks.site.__main__ import NEEDED

EXTRA = "python -m pip install -e '.[site]'"
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
SECONDS = 900
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

needs_the_extra = pytest.mark.skipif(bool(MISSING),
                                     reason=f"{', '.join(MISSING)} not installed: {EXTRA}")


def once(folder: Path, build: Callable[[Path], object]) -> Path:
    """Return the folder `site` in `folder`, built by whichever process comes first."""
    done = folder / "site-is-done"
    try:
        (folder / "site-is-begun").mkdir()
    except FileExistsError:
        deadline = time.monotonic() + SECONDS
        while not done.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        return Path(done.read_text(encoding="utf-8"))
    try:
        build(folder / "site")
    finally:
        done.write_text(str(folder / "site"), encoding="utf-8")
    return folder / "site"


class Document(HTMLParser):
    """A page as its elements: what stands open at the end, what was closed out of turn, the texts.

    Attributes
    ----------
    wrong : list of str
        Elements that end without having begun, or in another order.
    elements : list of (str, dict)
        Every start tag with its attributes.
    texts : list of str
        Texts that are neither code nor formula.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        self.wrong += self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data):
        if not {"code", "pre", "math", "script", "style"} & set(self.open):
            self.texts.append(data)

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of some kinds."""
        return [attributes for tag, attributes in self.elements if tag in tags]
