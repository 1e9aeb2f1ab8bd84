"""A problem is a finding, a broken law or an item, with a place."""

from __future__ import annotations

import os

import pytest

from gradcheck.output.problems import Problem, problems, relative
from gradcheck.output.record import STATUSES, Item, Record
from tests.gradcheck.output.records import EVERY, LAWFUL

IMPORT = 'homework.py: importing it raised\n  File "/a b/homework.py", line 7, in <module>\n'


def test_every_status_but_passed_is_a_problem_of_its_level():
    assert {problem.rule: problem.level for problem in problems(EVERY)} == {
        "warned": "warning", "failed": "error", "inconclusive": "error", "todo": "note",
        "skipped": "note", "error": "error"}
    assert len(STATUSES) == 7


def test_a_broken_law_is_a_problem_by_its_name():
    assert list(problems(Record("check", "m", (LAWFUL,)))) == [
        Problem("error", "rate", "dropout laws: rate", "rate: no", "homework.py", 3)]


@pytest.mark.parametrize(("target", "error", "fault", "place"), [
    ("homework.py", IMPORT, "target", ("homework.py", 7)),
    ("homework.py", 'File "other.py", line 3\n', "target", ("homework.py", 0)),
    ("homework.py", 'File "my_homework.py", line 3\n', "target", ("homework.py", 0)),
    ("work.ipynb", "no", "target", ("work.ipynb", 0)),
    ("layers", "no such module", "target", ("", 0)),
    ("homework.py", "ours", "judge", ("", 0)),
])
def test_what_was_not_judged_points_at_the_line_in_which_its_import_ended(
        target, error, fault, place):
    (problem,) = problems(Record("check", target, error=error, fault=fault))
    assert (problem.level, problem.rule, problem.file, problem.line) == ("error", "error", *place)


def test_a_path_is_told_from_the_current_folder_where_it_lies_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative(str(tmp_path / "a" / "b.py")) == os.path.join("a", "b.py")
    assert relative(str(tmp_path.parent / "b.py")) == str(tmp_path.parent / "b.py")
    assert relative("a/b.py") == "a/b.py"
    assert relative("") == ""


def test_a_cell_is_told_in_the_text_and_the_notebook_is_the_file():
    item = Item("tanh", "tanh", "failed", "no", file="hw.ipynb code cell 4", line=5,
                advice=("checked at guessed arguments",))
    (problem,) = problems(Record("check", "hw.ipynb", (item,)))
    assert (problem.file, problem.line) == ("hw.ipynb", 0)
    assert problem.text == "code cell 4, line 5: no\nadvice: checked at guessed arguments"


def test_a_line_that_writes_is_where_that_finding_is_and_no_other():
    write = {"file": "a.py", "line": 7, "column": 5, "before": "x *= 2", "text": "    x *= 2",
             "kind": "write", "arguments": ["x"], "words": "this changes x", "verified_at": 0,
             "diff": None, "after": "", "side": "backward"}
    findings = [{"code": code, "argument": argument, "message": "no"} for code, argument in (
        ("setting-ignored", None), ("input-mutated", "x"), ("input-mutated", "w"))]
    item = Item("f", "f", "warned", "no", file="a.py", line=2, details={
        "report": {"findings": findings, "repairs": [write]}})
    found = list(problems(Record("check", "a.py", (item,))))
    assert [(problem.line, problem.column) for problem in found] == [(2, 0), (7, 5), (2, 0)]
    assert found[1].text == "no\nthis changes x (seen by running it line by line)"
