"""Who pays for what: a submission for its own failure in full, and nobody for a neighbour."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcheck.grading import file as grading_file
from gradcheck.grading.grade import CHANGED, grade_file, grade_folder
from gradcheck.grading.remote import Judge
from gradcheck.grading.worker import _attempt
from gradcheck.sandbox.proxies import remote_error
from tests.hostile import GOOD

THEFT = "from .alice import relu_forward, relu_backward\n"
THEFTS = [THEFT, THEFT.replace("from .", "from course."), THEFT.replace("from .", "from ")]


def make_odd(path: Path, how: str) -> None:
    """Put something at a path that no submission should be."""
    if how == "loop":
        path.symlink_to(path)
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "device":
        path.symlink_to("/dev/zero")
    elif how == "folder":
        path.mkdir()
    elif how == "closed":
        path.write_text(GOOD)
        path.chmod(0)
    else:
        path.write_bytes(b"\x00\xff\xfe")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["loop", "pipe", "device", "folder", "closed", "bytes"])
def test_what_is_no_file_costs_nobody_else_anything(tmp_path: Path, how: str) -> None:
    course = tmp_path / "course"
    (course / "dan").mkdir(parents=True)
    for name in ("alice.py", "dan/homework.py"):
        (course / name).write_text(GOOD)
    make_odd(course / "eve.py", how)
    make_odd(course / "__init__.py", how)
    make_odd(course / "dan" / "__init__.py", how)
    records = grade_folder(course, only="relu", timeout=20.0, progress=False,
                           results=tmp_path / "results")
    found = {Path(record.target).stem: record for record in records}
    readable = how == "closed" and os.getuid() == 0
    assert [found[name].score for name in ("alice", "eve")] == [10.0, 10.0 * readable]
    assert found["homework"].score == 10.0
    assert {record.max_score for record in records} == {10.0}
    assert {record.fault for record in records} <= {"", "target"}


@pytest.mark.slow
@pytest.mark.parametrize("theft", THEFTS)
@pytest.mark.parametrize("below", [False, True])
def test_a_class_is_no_package_whatever_stands_in_it(
    tmp_path: Path, theft: str, below: bool
) -> None:
    course = tmp_path / "course"
    (course / "eve").mkdir(parents=True)
    (course / "alice.py").write_text(GOOD)
    for place in (course, course / "eve"):
        (place / "__init__.py").write_text(theft.replace("course.", "") + "import alice\n")
    thief = course / "eve" / "homework.py" if below else course / "eve.py"
    thief.write_text(theft.replace(".alice", "..alice" if below else ".alice"))
    records = grade_folder(course, only="relu", timeout=20.0, progress=False)
    assert {record.target: record.score for record in records} == {
        str(course / "alice.py"): 10.0, str(thief): 0.0}
    assert grade_file(course / "__init__.py", only="relu").score == 0.0
    assert grade_file(thief, only="relu").score == 0.0


@pytest.mark.slow
def test_a_folder_below_may_be_a_package(tmp_path: Path) -> None:
    own = tmp_path / "course" / "alice"
    own.mkdir(parents=True)
    (own / "__init__.py").touch()
    (own / "tools.py").write_text(GOOD)
    (own / "homework.py").write_text("from .tools import relu_forward, relu_backward\n")
    records = grade_folder(tmp_path / "course", only="relu", progress=False)
    assert [record.score for record in records] == [10.0, 10.0]
    assert grade_file(own / "homework.py", only="relu", folder=own).score == 10.0


def test_a_file_that_changes_while_others_are_graded_is_told(tmp_path: Path) -> None:
    for name in ("alice.py", "bob.py"):
        (tmp_path / name).write_text(GOOD)

    def swap(_: object) -> None:
        (tmp_path / "bob.py").write_text("x = 1\n")

    alice, bob = grade_folder(tmp_path, only="relu", progress=False, callback=swap)
    assert alice.notes == ()
    assert bob.notes == (CHANGED,)


def test_a_fault_of_ours_leaves_every_point_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SystemError("ours")

    monkeypatch.setattr(grading_file.Grading, "run", fail)
    record = _attempt({"path": "none.py", "only": "relu"})["record"]
    assert (record["score"], record["max_score"], record["fault"]) == (0.0, 10.0, "judge")


def test_a_judge_that_is_killed_leaves_every_point_to_be_had() -> None:
    with Judge() as judge:
        judge._process.kill()
        record = judge.record({"path": "none.py", "only": "relu", "timeout": 5.0})
        assert (record.score, record.max_score, record.fault) == (0.0, 10.0, "judge")
        assert judge.record({"path": "none.py", "only": "relu", "timeout": 5.0}).fault == "target"


@pytest.mark.parametrize("name", [
    "UnicodeDecodeError", "ExceptionGroup", "BaseExceptionGroup", "StopIteration", "OSError",
    "SyntaxError", "ImportError", "KeyboardInterrupt", "x" * 1000, "def", ""])
def test_every_exception_can_be_told(name: str) -> None:
    error = remote_error({"types": [name, "ValueError", "Exception"], "message": "no", "trace": "",
                          "place": ""})
    assert (str(error), isinstance(error, Exception)) == ("no", True)
    assert not isinstance(error, StopIteration | KeyboardInterrupt)
