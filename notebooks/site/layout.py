"""What stands around every page: the bar, the list of its section, crumbs, neighbours."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import gradcheck
from notebooks.site.links import ROOT
from notebooks.site.lists import capitalized
from notebooks.site.page import Page, relative

NAME = "maskgrad"
TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = {"guide": "Guides", "findings": "Findings", "laws": "Laws", "api": "API",
            "homework": "Homework"}
SIDES = {"guide": "All guides", "findings": "All findings", "laws": "All laws",
         "api": "Modules", "homework": "All notebooks"}
BEHIND = re.compile(r"([_-])(?=.)")
FEWEST_HEADINGS = 3  # fewer are seen at a glance


@dataclass(frozen=True)
class Link:
    """A link of a list."""

    title: str
    href: str
    is_current: bool = False
    is_code: bool = False
    depth: int = 0


@dataclass(frozen=True)
class Group:
    """Links under a title."""

    title: str
    links: tuple[Link, ...]


class Layout:
    """The layout of a site whose pages are known."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self.pages: Mapping[str, Page] = {page.path: page for page in pages}
        self.members = {section: [page for page in self.pages.values() if page.section == section
                                  and page.path != f"{section}/index.html"]
                        for section in SECTIONS}
        loader = FileSystemLoader(TEMPLATES)
        environment = Environment(loader=loader, autoescape=True, trim_blocks=True,
                                  undefined=StrictUndefined)
        environment.filters["breakable"] = breakable
        self.template = environment.get_template("page.html")
        self.about = {"name": NAME, "version": gradcheck.__version__, "home": home()}

    def whole(self, page: Page) -> str:
        """Return a page as the text of its file."""
        section = "guide" if page.section == "start" else page.section
        previous, following = (self._neighbour(page, path) for path in page.neighbours)
        contents = [heading for heading in page.headings if heading.level <= 3]
        return self.template.render(
            self.about, page=page, body=Markup(page.body), root=_root(page.path),
            sections=[Link(title, relative(page.path, f"{key}/index.html"), key == page.section)
                      for key, title in SECTIONS.items()],
            side=self._side(page, section), side_title=SIDES.get(section, ""),
            crumbs=[Link(title, relative(page.path, path)) for title, path in page.crumbs],
            contents=contents if len(contents) >= FEWEST_HEADINGS else [],
            previous=previous, following=following)

    def _neighbour(self, page: Page, path: str | None) -> Link | None:
        return Link(self.pages[path].title, relative(page.path, path)) if path else None

    def _side(self, page: Page, section: str) -> list[Group]:
        shown = self.members.get(section, [])
        if section == "api":
            shown = [other for other in shown if is_near(other.title, page.title)]
        return [Group(_short(title) if section != "api" else "", tuple(
                    Link(_name(other), relative(page.path, other.path), other is page,
                         other.is_code, _depth(other)) for other in members))
                for title, members in groupby(shown, key=lambda other: other.group)]


def is_near(module: str, current: str) -> bool:
    """Say whether a module is in the list beside the page of another: what is around or in it.

    >>> [is_near(name, "nets.optim") for name in ("layers", "nets.data", "nets.tape.ops")]
    [True, True, False]
    """
    room = module.rpartition(".")[0]
    return not room or current == room or current.startswith(f"{room}.")


def _short(group: str) -> str:
    return capitalized(group.partition(":")[0])


def _name(page: Page) -> str:
    """Return what a page is called in the list of its section: a module by its own name."""
    return page.title.rpartition(".")[2] if page.section == "api" else page.title


def _depth(page: Page) -> int:
    return min(page.title.count("."), 3) if page.section == "api" else 0


def breakable(name: str) -> Markup:
    """Return a name in code that may be broken behind an underscore or a hyphen.

    >>> breakable("seed_repeats"), breakable("padding-crop")
    (Markup('seed_<wbr>repeats'), Markup('padding-<wbr>crop'))
    """
    return Markup(BEHIND.sub(r"\1<wbr>", str(escape(name))))


def home() -> str:
    """Return where the project is found, as its metadata say; '' where they do not.

    >>> home().startswith("https://")
    True
    """
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return settings.get("metadata", "url", fallback="")


def in_order(pages: Iterable[Page]) -> list[Page]:
    """Return the pages of a section, each with those before and behind it."""
    every = list(pages)
    paths = [None, *(page.path for page in every), None]
    return [page.between(paths[number], paths[number + 2]) for number, page in enumerate(every)]


def _root(path: str) -> str:
    return "../" * path.count("/")
