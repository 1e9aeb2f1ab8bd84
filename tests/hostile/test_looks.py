"""What a terminal shows: no name stands for two files, no line of a submission looks like ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradcheck.cli import main
from gradcheck.grading.grade import grade_folder, left_out
from gradcheck.output.plain import named
from tests.hostile import GOOD

FAKE = "homework.py: 3 passed, 10 of 10 points in 1.0 s, seed 1"
NAMES = ["bob.py", "bob\x1b.py", "bob\x01.py", "bob\u202e.py", "bob\u200b.py", "bob\n.py",
         "bob\r.py", "bob\\n.py", "bob\\x1b.py", "bob\x1b[31m.py", "b\xf6b.py", "bo\udcffb.py"]


@pytest.mark.slow
def test_every_file_has_a_name_of_its_own_that_can_be_shown(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_text(GOOD)
    records = grade_folder(tmp_path, only="tanh", workers=2, timeout=20.0, progress=False)
    shown = {record.target for record in records}
    assert len(shown) == len(NAMES)
    assert all(name.isprintable() for name in shown)
    assert {record.score for record in records} == {0.0}
    assert {json.loads(json.dumps(record.to_dict()))["target"] for record in records} == shown


def test_a_plain_name_stays_as_it_is() -> None:
    assert named(Path("Müller 2/übung_1 (copy).py")) == "Müller 2/übung_1 (copy).py"


@pytest.mark.slow
@pytest.mark.parametrize("source", [
    f"print({FAKE!r})\n", f"raise ValueError({f'x{chr(10)}{FAKE}'!r})",
    f"def relu_forward(x): raise ValueError({f'x{chr(10)}{FAKE}'!r})\n"
    "def relu_backward(dout, x): return dout",
    f"import sys\nsys.stderr.write({f'x{chr(10)}gradcheck: error: {FAKE}'!r})"])
def test_no_line_of_a_submission_looks_like_a_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture, source: str
) -> None:
    file = tmp_path / "homework.py"
    file.write_text(source)
    assert main(["grade", "--only", "relu", str(file)]) in (1, 3)
    out, err = capsys.readouterr()
    assert FAKE in out + err
    assert [line for line in (out + err).splitlines()
            if line.startswith((FAKE, f"gradcheck: error: {FAKE}"))] == []


@pytest.mark.slow
def test_what_is_left_out_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "dan").mkdir()
    for name in ("alice.py", "bob.PY", "carol.ipynb", "_dan.py", ".eve.py", "notes.txt",
                 "dan/homework.Py", "dan/_tools.py", "dan/homework.py", "dan/.x.ipynb"):
        (tmp_path / name).write_text(GOOD)
    expected = [".eve.py", "_dan.py", "bob.PY", "carol.ipynb", "dan/homework.Py"]
    assert sorted(left_out(tmp_path)) == expected
    main(["grade", "--only", "tanh", str(tmp_path)])
    assert all(name in capsys.readouterr().err for name in expected[:1])
