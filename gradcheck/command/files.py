"""What the commands write beside their output: a patch, pages."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.output.record import Record


SOURCES = (".py", ".ipynb")
WRITTEN = {"output": "-o", "html": "--html", "patch": "--patch"}
READ = ("target", "reference", "points")


class UsageError(Exception):
    """The command line asks for something that cannot be."""


def refuse_overwriting(options: argparse.Namespace) -> None:
    """Let no result take the place of what is judged.

    Raises
    ------
    UsageError
        What is to be written to is a source, or another file that the command reads.
    """
    given = vars(options)
    read = [*given.get("targets", ()), *filter(None, map(given.get, READ))]
    for name, option in WRITTEN.items():
        path = given.get(name)
        if path and os.path.isfile(path) and (
                Path(path).suffix in SOURCES or any(_is_same(path, other) for other in read)):
            raise UsageError(f"{option}: got {path}, which is there and is a source or is read by "
                             "this command; expected another place, as it would be lost. Remedy: "
                             f"name a file of its own behind {option}.")


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):  # a module's name
        return False


def write_patch(records: Sequence[Record], path: str) -> None:
    """Write the edits of all layers.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    from gradcheck.output.pointer import patch

    _write("--patch", path, patch(records))


def write_page(records: Sequence[Record], path: str) -> None:
    """Write the records as one page.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    from gradcheck.output.html.page import as_page

    _write("--html", path, as_page(records))


def write_class(records: Sequence[Record], submissions: Sequence[Path], folder: str, results: str,
                path: str) -> None:
    """Write the page of a class, which leads to each student's page beside his results.

    Parameters
    ----------
    records : sequence of Record
        One a submission.
    submissions : sequence of Path
        Their files, in the same order.
    folder, results : str
        Where the submissions lie, and where their results do.
    path : str
        Where the page goes.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    from gradcheck.grading.results import PAGE, folder_of
    from gradcheck.output.html.overview import as_overview
    from gradcheck.output.plain import named

    students = [submission.relative_to(folder) for submission in submissions]
    start, room = Path(path).resolve().parent, Path(results).resolve()
    pages = [os.path.relpath(room / folder_of(student) / PAGE, start) for student in students]
    _write("--html", path, as_overview(
        records, [named(student.as_posix()) for student in students],
        [page.replace(os.sep, "/") for page in pages], Path(folder).resolve().name))


def _write(option: str, path: str, text: str) -> None:
    from gradcheck.output.write import write_result

    try:
        write_result(path, text)
    except OSError as error:
        raise UsageError(f"{option}: {path} cannot be written: {error.strerror}") from error
