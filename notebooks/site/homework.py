"""The homework notebooks as pages: as a student gets them, the solutions folded away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter

from notebooks.build import NOTEBOOKS, without_solutions
from notebooks.site.code import highlighted
from notebooks.site.documents import summary
from notebooks.site.markdown import Markdown
from notebooks.site.page import Entry, Heading, Page

SECTION = ("Homework", "homework/index.html")
TEMPLATES = Path(__file__).parent / "templates"
SOLUTION, TOOLBOX = "solution", "locked-toolbox"
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n?", re.DOTALL)
MARKS = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n", re.MULTILINE)
SECONDS_A_CELL = 600
TOLD = {
    True: "Executed when this site was built, with the solutions filled in.",
    False: "Not executed: code and text stand here without their outputs.",
}


def files() -> list[Path]:
    """Return the notebooks, in the order of the course."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def executed(path: Path) -> str:
    """Run a notebook, solutions included, and return the text of its file with the outputs."""
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=SECONDS_A_CELL, extra_arguments=["--log-level=ERROR"],
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    return nbformat.writes(book)


def pages(markdown: Markdown, workers: Executor | None = None) -> Iterator[Page]:
    """Yield the page of every notebook; with processes to run them in, with their outputs."""
    texts = (workers.map(executed, files()) if workers is not None
             else (path.read_text(encoding="utf-8") for path in files()))
    for path, text in zip(files(), texts, strict=True):
        yield _page(path.stem, nbformat.reads(text, as_version=4), markdown, workers is not None)


def _page(name: str, book: Any, markdown: Markdown, is_executed: bool) -> Page:
    path = f"homework/{name}.html"
    headings: list[Heading] = []
    words: list[str] = []

    def text_html(text: str) -> str:
        rendered = markdown.rendered(text, path, "notebooks/source/dropout",
                                     [heading.anchor for heading in headings])
        headings.extend(rendered.headings)
        words.append(rendered.text)
        return rendered.html

    exporter = HTMLExporter(template_name="homework", extra_template_basedirs=[str(TEMPLATES)],
                            filters={"text_html": text_html, "program_html": program_html})
    body, _ = exporter.from_notebook_node(book)
    title, note = headings[0].text, f'<p class="note">{TOLD[is_executed]}</p>'
    return Page(path, title, body.replace("</h1>", f"</h1>\n{note}", 1), "homework",
                summary=summary(book.cells[0].source), headings=tuple(headings[1:]),
                entries=(Entry(title, "homework", path, " ".join(words)),), crumbs=(SECTION,))


def program_html(cell: Any) -> str:
    """Return the code of a cell: a test or the toolbox folded away, a solution below the task."""
    mark = cell.metadata.get("nbgrader", {})
    source = HIDDEN.sub("# ... and tests that stay hidden", cell.source)
    if mark.get("grade_id") == TOOLBOX:
        return _folded("toolbox.py, for a notebook that is alone", source)
    if mark.get("grade"):
        points = mark["points"]
        return _folded(f"Test, {points} point{'s' * (points != 1)}", source)
    if not mark.get(SOLUTION):
        return highlighted(source, "python")
    return (highlighted(without_solutions(source), "python")
            + _folded("Solution", MARKS.sub("", source)))


def _folded(title: str, source: str) -> str:
    return (f"<details><summary>{html.escape(title)}</summary>"
            f"{highlighted(source, 'python')}</details>")
