"""The text of files as pages, to which findings, the API and links to files lead."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from pathlib import Path

from notebooks.site.code import lines
from notebooks.site.links import ROOT, source_path
from notebooks.site.page import Page


def pages(files: Iterable[str], workers: Executor) -> Iterator[Page]:
    """Yield the page of every file, and of every folder: what is in it."""
    every = sorted(files)
    for file, shown in zip(every, workers.map(_shown, every, chunksize=16), strict=True):
        body = f"<h1><code>{html.escape(file)}</code></h1>\n{shown}"
        yield Page(source_path(file), file, body, "source", is_code=True)


def _shown(file: str) -> str:
    if (ROOT / file).is_dir():
        return _folder(ROOT / file)
    return lines((ROOT / file).read_text(encoding="utf-8"), Path(file).name)


def _folder(folder: Path) -> str:
    names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir()
                   if not path.name.startswith(("_", ".")))
    items = "".join(f"<li><code>{html.escape(name)}</code></li>" for name in names)
    return f"<ul>{items}</ul>"
