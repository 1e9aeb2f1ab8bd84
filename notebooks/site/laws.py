"""A page for every law of the mask, from the registry, and the list of them by subject."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

from gradcheck.mask_laws.explain import said_of, title_of
from gradcheck.mask_laws.registry import SUBJECTS, laws_of
from notebooks.site.examples import Subject, page_of
from notebooks.site.links import ROOT, Addresses
from notebooks.site.page import Page, relative
from notebooks.site.programs import Program

SECTION = ("Laws", "laws/index.html")
TABLE = "notebooks/pages/conformance.md"


def path_of(name: str) -> str:
    """Return the path of a law's page."""
    return f"laws/{name}.html"


def subjects() -> list[Subject]:
    """Return what there is a page about, subject by subject."""
    return [Subject(law.name, path_of(law.name), "law", title_of(module).removeprefix("laws "),
                    said_of(law), law.wrong_program, law.right_program,
                    Path(inspect.getfile(module)).relative_to(ROOT).as_posix())
            for module in SUBJECTS for law in laws_of(module)]


def pages(printed: Mapping[Program, str], addresses: Addresses) -> Iterator[Page]:
    """Yield the page of every law."""
    for subject in subjects():
        table = relative(subject.path, addresses.of_file(TABLE))
        more = [f"<code>gradcheck explain {subject.name} --p-is keep</code> says it for a p that "
                "is the probability of keeping",
                f'<a href="{table}">which frameworks keep it</a>']
        yield page_of(subject, printed, addresses, more, SECTION)
