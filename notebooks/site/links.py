"""Where what a text names stands in the site: files of the repository, and names in code."""

from __future__ import annotations

import configparser
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

from notebooks.site.page import relative

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = re.compile(r"[a-z][a-z+.-]*:|//")
EXPLAIN = re.compile(r"gradcheck explain (\S+)$")
PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".webp", ".gif")


def home() -> str:
    """Return the address of the project, which stands in setup.cfg alone."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config["metadata"]["url"]


# A package index shows README, and knows of no file beside it.
RAW = f"{home()}/raw/main/"


class NoSuchFileError(LookupError):
    """A text links to a file that is not in the repository."""


class Addresses:
    """What stands where, from a path or a name to the path of a page, with an anchor or without.

    Attributes
    ----------
    files : dict of str to str
        Paths in the repository that have a page of their own.
    names : dict of str to str
        Codes of findings, names of laws, modules and what they define.
    shown : set of str
        Files that have been linked to and have no page but that of their source.
    pictures : set of str
        Pictures that have been linked to.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.shown: set[str] = set()
        self.pictures: set[str] = set()

    def of_link(self, link: str, page: str, base: str) -> str:
        """Return a link of a text in the folder `base` as one of the page at `page`.

        >>> places = Addresses()
        >>> places.files["notebooks/pages/codes.md"] = "guide/codes.html"
        >>> places.of_link("pages/codes.md#masks", "index.html", "notebooks")
        'guide/codes.html#masks'
        >>> places.of_link("https://numpy.org", "index.html", "")
        'https://numpy.org'
        >>> places.of_link(f"{RAW}notebooks/pages/images/report.png", "guide/a.html", "x")
        '../files/notebooks/pages/images/report.png'
        """
        if link.startswith(RAW):
            link, base = link.removeprefix(RAW), ""
        path, mark, anchor = link.partition("#")
        if not path or OUTSIDE.match(link):
            return link
        return relative(page, self.of_file(posixpath.normpath(posixpath.join(base, path)))
                        + mark + anchor)

    def of_file(self, path: str) -> str:
        """Return where a file of the repository is shown; one without a page gets one."""
        if path in self.files:
            return self.files[path]
        if not (ROOT / path).exists():
            raise NoSuchFileError(f"{path}: got a link to it; expected a file. Remedy: mend the "
                                  "link, relative to the text that it stands in")
        if path.endswith(PICTURES):
            self.pictures.add(path)
            return f"files/{path}"
        self.shown.add(path)
        return source_path(path)

    def of_code(self, code: str, page: str) -> str | None:
        """Return the link for words in code that name something with a page, from another page."""
        explained = EXPLAIN.match(code)
        name = explained[1] if explained else code.removesuffix("()")
        target = self.names.get(name)
        if target is None or target.partition("#")[0] == page:
            return None
        return relative(page, target)

    def add_names(self, names: Iterable[tuple[str, str]]) -> None:
        """Add names and their places; the first place of a name counts."""
        for name, place in names:
            self.names.setdefault(name, place)


def source_path(path: str) -> str:
    """Return where the text of a file is shown.

    >>> source_path("layers/affine.py")
    'source/layers/affine.py.html'
    """
    return f"source/{path}.html"
