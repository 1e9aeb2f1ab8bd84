"""What a student may call his file: no name keeps anybody else's results from being written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcheck.grading.grade import grade_folder
from gradcheck.grading.results import PAGE, Results, folder_of
from gradcheck.output.record import Item, Record
from gradcheck.output.write import write_result
from tests.hostile import GOOD

LONG = "x" * 245
RIGHT = Record("grade", "a.py", (Item("relu", "relu", "passed", "", 4.0, 4.0),))
NAMES = [
    ("mal/x.py", "mal/x.txt.py", "mal/x.txt.py.py", "mal/x.TXT.py"),
    ("bob.py", "bob/report.html.py", "bob/results.json.py", "bob/report.py"),
    ("x.py", "x.txt/y.py", "x.txt.py"),
    ("results.jsonl.py", "results-before.jsonl.py", "results.jsonl/y.py", "results.py"),
    (f"{LONG}.py", f"{LONG}y.py", f"{folder_of(Path(f'{LONG}.py')).stem}.py"),
    ("\u00e9" * 120 + ".py", "\u00e9" * 121 + ".py", f"{LONG}/{LONG}.py", "\udcff.py"),
]


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0][:20])
def test_every_student_has_files_of_his_own(tmp_path: Path, names: tuple[str, ...]) -> None:
    with Results(tmp_path, resume=False) as results:
        assert [results.tell(Path(name), RIGHT, page=True) for name in names] == [""] * len(names)
    folders = [tmp_path / folder_of(Path(name)) for name in names]
    for folder in folders:
        for file in (folder / "results.json", folder / PAGE, Path(f"{folder}.txt")):
            assert file.is_file()
    assert len(set(folders)) == len(names)


def test_what_cannot_be_written_for_one_is_noted_and_the_others_are_told(tmp_path: Path) -> None:
    course, results = tmp_path / "class", tmp_path / "results"
    course.mkdir()
    results.mkdir()
    for name in ("ann.py", "bob.py", "cy.py"):
        (course / name).write_text(GOOD)
    (results / "bob").write_text("in the way")
    records = grade_folder(course, results=results, progress=False,
                           workers=lambda judge, requests: [RIGHT for _ in requests])
    assert [[note.partition(" ")[0] for note in record.notes] for record in records] == [
        [], ["results:"], []]
    assert (results / "cy.txt").is_file()


def test_a_name_as_long_as_the_system_takes_is_written_to(tmp_path: Path) -> None:
    file = tmp_path / ("x" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    write_result(file, "whole")
    assert file.read_text() == "whole"
