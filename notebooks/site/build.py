"""The whole site: every page, what they share, and a look at the links."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from notebooks.site import api, documents, findings, homework, laws, search, sources, style
from notebooks.site.dead import dead_links
from notebooks.site.layout import SECTIONS, Layout, in_order
from notebooks.site.links import ROOT, Addresses
from notebooks.site.lists import list_of
from notebooks.site.markdown import Markdown
from notebooks.site.page import Page
from notebooks.site.programs import outputs, processes

LEADS = {
    "guide": "How to use the checker, how to come to it from elsewhere, and what was measured.",
    "findings": "What <code>gradcheck check</code> says of a wrong gradient, it says under one of "
                "these codes. Each page has a small wrong program, what is said of it, and the "
                "edit.",
    "laws": "What every dropout must obey. A gradient check passes a wrong mask, since it is "
            "consistent; these laws do not.",
    "api": "Every module with what it defines, from the docstrings: those to import from, then "
           "those inside.",
    "homework": "Seven notebooks from finite differences to dropout in convolutional nets.",
}


class NotEmptyError(ValueError):
    """The folder holds something that is no site."""


@dataclass(frozen=True)
class Built:
    """What was built: how many pages, how many bytes, and the links that lead nowhere."""

    pages: int
    size: int
    dead: list[str]


def build(out: Path, execute: bool = False, workers: int = 2) -> Built:
    """Build the site into a folder, which may hold an older one.

    Parameters
    ----------
    out : Path
        The folder.
    execute : bool
        Whether the notebooks are run, which takes minutes.
    workers : int
        How many processes run programs and notebooks.

    Raises
    ------
    NotEmptyError
        The folder holds something else.
    """
    _refused(out)
    with processes(workers) as pool, warnings.catch_warnings():
        # pdoc warns of names that are loaded when first used, and of types it cannot evaluate
        warnings.filterwarnings("ignore", module=r"pdoc\.")
        pages, addresses = _pages(pool, execute)
    _cleared(out)
    layout = Layout(pages)
    for page in pages:
        _write(out / page.path, layout.whole(page))
    _write(out / "site.css", style.css())
    _write(out / "search-index.js", search.index(pages))
    for script in sorted(style.ASSETS.glob("*.js")):
        shutil.copy(script, out / script.name)
    for picture in addresses.pictures:
        (out / "files" / picture).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / picture, out / "files" / picture)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return Built(len(pages), size, dead_links(out))


def _pages(pool: Executor, execute: bool) -> tuple[list[Page], Addresses]:
    """Return all pages, in order; programs and notebooks run while the others are made."""
    addresses = _addresses()
    markdown = Markdown(addresses)
    printed = outputs([program for subject in (*findings.subjects(), *laws.subjects())
                       for program in subject.programs], pool)
    of_section = {"homework": homework.pages(markdown, pool if execute else None),
                  "api": list(api.pages(markdown))}
    start, *of_section["guide"] = documents.pages(markdown)
    texts = dict(printed)
    of_section["findings"] = findings.pages(texts, addresses)
    of_section["laws"] = laws.pages(texts, addresses)
    found = [start, *(page for section in SECTIONS
                      for page in _section(section, of_section[section]))]
    found.append(search.page(found))
    return [*found, *sources.pages(addresses.shown, pool)], addresses


def _section(section: str, pages: Iterable[Page]) -> Iterator[Page]:
    """Yield the list of a section and its pages."""
    members = in_order(pages)
    folded = [page for page in members if section == "api" and page.title not in api.published()]
    yield list_of(SECTIONS[section], f"{section}/index.html", section, LEADS[section],
                  [page for page in members if page not in folded], folded)
    yield from members


def _addresses() -> Addresses:
    """Return where everything will stand."""
    addresses = Addresses()
    addresses.files |= documents.places()
    addresses.files |= {f"{folder}/{path.stem}{ending}": f"homework/{path.stem}.html"
                        for path in homework.files()
                        for folder, ending in (("notebooks/source/dropout", ".ipynb"),
                                               ("notebooks/scripts", ".py"))}
    subjects = (*findings.subjects(), *laws.subjects())
    addresses.add_names((subject.name, subject.path) for subject in subjects)
    addresses.add_names(api.names())
    addresses.shown |= {api.file_of(module) for module in api.modules()}
    return addresses


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _refused(out: Path) -> None:
    """Refuse a folder that holds something else than a site."""
    if out.exists() and any(out.iterdir()) and not (out / "search-index.js").is_file():
        raise NotEmptyError(f"{out}: got a folder that holds something else than a site; "
                            "expected a new or empty one, or an older site. Remedy: name "
                            "another folder")


def _cleared(out: Path) -> None:
    """Make a folder, or empty it: not before all pages are made, so that a failure leaves it."""
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
