"""What the commands write beside their output: a patch, pages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.output.record import Record


class UsageError(Exception):
    """The command line asks for something that cannot be."""


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
