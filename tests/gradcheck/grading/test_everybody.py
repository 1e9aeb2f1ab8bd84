"""A class is graded alike: the same maxima for all, a file and a line with the reason for each."""

import csv
import json
from pathlib import Path

import pytest

from gradcheck.cli import main
from gradcheck.grading.everybody import names_of_all
from gradcheck.grading.grade import grade_folder
from gradcheck.target.pairs import Pair

RELU = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return dout * (x > 0)
"""
TANH = """
def tanh_forward(x): return np.tanh(x), np.tanh(x)
def tanh_backward(dout, y): return dout * (1 - y ** 2)
"""
HALF = "def affine_forward(x, w, b): return x\n"


@pytest.fixture
def folder(tmp_path):
    """A class in which nobody has everything."""
    found = tmp_path / "class"
    found.mkdir()
    for name, source in {
        "alice.py": RELU, "bob.py": RELU.replace("(x > 0)", "(x < 0)") + TANH,
        "crash.py": "import ctypes\ndef relu_forward(x): ctypes.string_at(0)\n"
                    "def relu_backward(dout, x): return dout\n",
        "exits.py": "import os\ndef relu_forward(x): os._exit(0)\n"
                    "def relu_backward(dout, x): return dout\n",
        "falls.py": "import ctypes\nctypes.string_at(0)\n",
        "leaves.py": "import os\nos._exit(0)\n", "torn.py": f"{HALF}x = (\n",
        "unknown.py": "def odd_forward(x): return x, x\ndef odd_backward(d, x): return d\n",
    }.items():
        (found / name).write_text(source)
    return found


@pytest.mark.slow
def test_a_class_has_equal_maxima_a_file_and_a_line_with_the_reason_each(folder, tmp_path, capsys):
    rows = tmp_path / "class.csv"
    main(["grade", str(folder), "-o", str(rows), "--results", str(tmp_path / "results"),
          "--workers", "2"])
    lines = {Path(line.partition(": ")[0]).stem: line for line in
             capsys.readouterr().out.splitlines()}
    assert len(lines) == 8
    for name, told in {
        "alice": "lost: affine, tanh", "bob": "lost: relu (gradient, contract), affine",
        "crash": "relu: calling relu_forward ended the submission's process (signal SIGSEGV)",
        "exits": "relu: calling relu_forward ended the submission's process (exit code 0)",
        "falls": "importing it ended the submission's process (signal SIGSEGV)",
        "leaves": "importing it ended the submission's process (exit code 0)",
        "torn": "SyntaxError", "unknown": "lost: relu, affine, tanh",
    }.items():
        assert told in lines[name], lines[name]
        record = json.loads((tmp_path / "results" / name / "results.json").read_text())
        assert record["max_score"] == 30.0
    scores = {row["file"]: (float(row["score"]), float(row["max_score"])) for row in
              csv.DictReader(rows.read_text().splitlines())}
    assert {Path(file).stem: score for file, score in scores.items()} == {
        name: (points, 30.0) for name, points in {
            "alice": 10.0, "bob": 14.0, "crash": 0.0, "exits": 0.0, "falls": 0.0, "leaves": 0.0,
            "torn": 0.0, "unknown": 0.0}.items()}


@pytest.mark.slow
def test_what_was_judged_before_has_its_file_too(folder, tmp_path):
    settings = {"results": tmp_path / "results", "only": "relu", "seed": 1, "progress": False}
    for name in ("crash", "exits", "falls", "leaves", "torn", "unknown"):
        (folder / f"{name}.py").unlink()
    grade_folder(folder, **settings)
    one = tmp_path / "results" / "alice" / "results.json"
    before = one.read_text()
    one.unlink()
    grade_folder(folder, resume=True, **settings)
    assert one.read_text() == before


@pytest.mark.slow
def test_a_pattern_stands_for_the_same_layers_in_every_submission(tmp_path):
    folder = tmp_path / "class"
    (folder / "carol").mkdir(parents=True)
    (folder / "alice.py").write_text(RELU)
    (folder / "carol" / "homework.py").write_text("import numpy as np\n" + TANH)
    records = grade_folder(folder, only=["*t*nh", "rel*"], progress=False,
                           results=tmp_path / "results")
    assert [(record.score, record.max_score) for record in records] == [(10.0, 20.0)] * 2
    assert (tmp_path / "results" / "carol" / "homework" / "results.json").is_file()


def test_names_are_read_as_python_reads_them(tmp_path):
    names = ["tanh\ufe0f", "\u0939\u093f\u0928\u094d\u0926\u0940", "relu"]
    (tmp_path / "a.py").write_text(
        f"def {names[0]}_forward(x): (\ndef {names[1]}_backward(x): (\n\uff52elu_forward = 3\n",
        encoding="utf-8")
    known = {name: Pair(name, name, abs, abs) for name in [*names, "elu"]}
    assert names_of_all([tmp_path / "a.py"], known) == names
