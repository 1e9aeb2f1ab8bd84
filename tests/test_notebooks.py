"""The homework: what the notebooks look like, and the whole cycle under the real nbgrader."""

from __future__ import annotations

import ast
import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "notebooks"
SOURCE = HERE / "source" / "dropout"
GRADESCOPE = HERE / "gradescope"
NOTEBOOKS = sorted(SOURCE.glob("*.ipynb"))
FLAGS = {"schema_version", "grade_id", "solution", "locked", "grade", "task"}
EXTRA = "python -m pip install 'maskgrad[notebooks]'"

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def needs(package: str) -> Any:
    """Return a mark that skips where a package of the extra `notebooks` is not installed."""
    return pytest.mark.skipif(importlib.util.find_spec(package) is None,
                              reason=f"{package} is not installed: {EXTRA}")


def load(path: Path) -> ModuleType:
    """Import a file that belongs to no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def graded(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the source of every test cell."""
    for cell in cells(path):
        mark = cell["metadata"].get("nbgrader", {})
        if mark.get("grade"):
            yield mark["grade_id"], source(cell)


def test_there_are_seven_notebooks_and_a_script_for_each():
    assert [path.stem[0] for path in NOTEBOOKS] == list("1234567")
    assert [path.stem for path in NOTEBOOKS] == [
        path.stem for path in sorted((HERE / "scripts").glob("*.py"))]


@needs("jupytext")
def test_committed_notebooks_and_plain_files_are_those_that_the_scripts_build():
    build = load(HERE / "build.py")
    stale = [path.name for path, text in build.built().items()
             if path.read_text(encoding="utf-8") != text]
    assert not stale, "run python -m notebooks.build"


@each_notebook
def test_outputs_are_stripped(path):
    book = json.loads(path.read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.slow
@each_notebook
def test_a_notebook_that_was_downloaded_alone_finds_what_it_imports(path, tmp_path):
    first, second = [source(cell) for cell in cells(path) if cell["cell_type"] == "code"][:2]
    assert "from toolbox import" in second
    head = "import matplotlib\nmatplotlib.use('Agg')\n"
    done = subprocess.run([sys.executable, "-c", f"{head}{first}\n{second}"], cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(HERE.parent)},
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("*.py"))


@each_notebook
def test_nbgrader_metadata_has_schema_3_and_marks_what_it_should(path):
    marks = [(cell["metadata"]["nbgrader"], source(cell)) for cell in cells(path)
             if "nbgrader" in cell["metadata"]]
    assert len({mark["grade_id"] for mark, _ in marks}) == len(marks)
    for mark, text in marks:
        assert mark["schema_version"] == 3
        assert set(mark) == FLAGS | ({"points"} if mark["grade"] else set())
        assert mark["locked"] is not mark["solution"]
        assert not mark["grade"] or mark["points"] > 0
        assert ("### BEGIN SOLUTION" in text) == mark["solution"]
        for kind in ("SOLUTION", "HIDDEN TESTS"):
            assert text.count(f"### BEGIN {kind}") == text.count(f"### END {kind}")
        assert "### BEGIN HIDDEN" not in text or mark["grade"]
    graded_next = [theirs["grade"] for (ours, _), (theirs, _) in pairwise(marks)
                   if ours["solution"]]
    assert graded_next, "there is an exercise"
    assert all(graded_next), "each exercise ends in a test cell"


@each_notebook
def test_graded_cells_print_their_last_line_and_write_nothing_to_stderr(path):
    for name, text in graded(path):
        last = ast.parse(text).body[-1]
        printed = (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
                   and getattr(last.value.func, "id", "") == "print")
        assert printed, f"{name}: nbgrader reads a trailing value as partial credit"
        assert not re.search(r"stderr|warn|logging|tqdm|%%", text), name


@each_notebook
def test_graded_cells_tell_what_is_wrong_and_neither_its_line_nor_the_edit(path):
    for name, text in graded(path):
        assert not re.search(r"repair|check_all|Report", text), name


@each_notebook
def test_every_assertion_of_a_graded_cell_has_a_message(path):
    for name, text in graded(path):
        bare = [node for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Assert) and node.msg is None]
        assert not bare, name


@each_notebook
def test_every_plot_has_labels_and_colours_that_all_readers_can_tell_apart(path):
    for cell in cells(path):
        text = source(cell)
        if cell["cell_type"] != "code" or "plt.show()" not in text:
            continue
        assert re.search(r"legend\(|annotate\(|set_title\(", text), text
        if 'axis("off")' not in text:
            assert "xlabel=" in text or "xticklabels=" in text, text
            assert "ylabel=" in text, text
        assert not re.search(r"color=\"(red|green|blue)|jet|rainbow", text)


@pytest.fixture(scope="module")
def toolbox():
    pytest.importorskip("matplotlib", reason=f"matplotlib is not installed: {EXTRA}")
    return load(SOURCE / "toolbox.py")


def test_expect_lets_the_right_value_pass_and_names_the_slip_of_a_wrong_one(toolbox):
    right = np.array([1.0, 2.0])
    toolbox.expect("mean", right.copy(), right, {"the sum": right})
    with pytest.raises(AssertionError, match=r"^mean: this is the sum\.$"):
        toolbox.expect("mean", 2 * right, right, {"this is the sum": 2 * right})
    with pytest.raises(AssertionError, match=r"^mean\[1\]: got 3, expected 2\.$"):
        toolbox.expect("mean", [1.0, 3.0], right, {"this is the sum": 2 * right})


def test_expect_names_shapes_none_and_nan(toolbox):
    with pytest.raises(AssertionError, match=r"got shape \(2, 1\), expected \(2,\)"):
        toolbox.expect("x", np.ones((2, 1)), np.ones(2))
    with pytest.raises(AssertionError, match="got None"):
        toolbox.expect("x", None, 1.0)
    with pytest.raises(AssertionError, match="got nan, expected 1"):
        toolbox.expect("x", np.nan, 1.0)


def test_hold_to_laws_raises_at_a_broken_law_only(toolbox):
    layers = pytest.importorskip("layers")
    right = toolbox.DropoutImplementation(layers.dropout_forward, layers.dropout_backward)
    toolbox.hold_to_laws(right, "runs", "rate")
    idle = toolbox.DropoutImplementation(lambda x, param: (x, None), lambda dout, cache: dout)
    with pytest.raises(AssertionError, match=r"^rate: "):
        toolbox.hold_to_laws(idle, "runs", "rate")
    with pytest.raises(KeyError):
        toolbox.hold_to_laws(right, "no such law")


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    """Return a function that grades a file as Gradescope does, with a scratch /autograder."""
    if shutil.which("bash") is None:
        pytest.skip("run_autograder is a bash script")
    root = tmp_path_factory.mktemp("autograder")
    archive = root / "autograder.zip"
    assert load(GRADESCOPE / "make_zip.py").main(["-o", str(archive)]) == 0
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(root / "source")
    script = root / "source" / "run_autograder"
    script.write_text(script.read_text().replace("/autograder/", f"{root}/")
                      .replace("cd /autograder", f"cd {root}"))
    command = root / "venv" / "bin" / "gradcheck"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{root}/source/maskgrad" '
                       f'exec "{sys.executable}" -m gradcheck "$@"\n')
    command.chmod(0o755)
    (root / "submission").mkdir()

    table = (GRADESCOPE / "points.toml").read_text(encoding="utf-8")
    assert "hints = 1 " in table

    def run(text: str | None, hints: int = 1) -> dict[str, Any]:
        (root / "source" / "points.toml").write_text(
            table.replace("hints = 1 ", f"hints = {hints} "), encoding="utf-8")
        submission = root / "submission" / "homework.py"
        submission.unlink(missing_ok=True)
        if text is not None:
            submission.write_text(text, encoding="utf-8")
        subprocess.run(["bash", script], check=True, capture_output=True, timeout=300)
        return json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))

    return run


@pytest.mark.slow
def test_gradescope_gives_the_solution_all_points_and_the_template_none(autograder):
    result = autograder((GRADESCOPE / "solution.py").read_text(encoding="utf-8"))
    assert result["score"] == pytest.approx(100, abs=1e-6)
    assert sum(test["max_score"] for test in result["tests"]) == pytest.approx(100, abs=1e-6)
    assert autograder((GRADESCOPE / "homework.py").read_text(encoding="utf-8"))["score"] == 0
    assert autograder(None)["score"] == 0


@pytest.mark.slow
def test_gradescope_takes_points_off_for_a_slip_and_says_which(autograder):
    solution = (GRADESCOPE / "solution.py").read_text(encoding="utf-8")
    slipped = solution.replace("dw, dout.sum(axis=0)", "dw, dout.mean(axis=0)")
    assert slipped != solution
    without_dropout = slipped[:slipped.index("def dropout_forward")]  # its laws take their time
    result = autograder(without_dropout)
    assert result["score"] == pytest.approx(70 - 14, abs=1e-6)  # without gradient and contract
    lost = {test["name"] for test in result["tests"] if test["score"] == 0
            and "dropout" not in test["name"]}
    assert lost == {"affine: gradient", "affine: contract"}
    [message] = [test["output"] for test in result["tests"] if test["name"] == "affine: gradient"]
    assert "1/N" in message


@pytest.mark.slow
def test_gradescope_tells_as_much_as_the_table_of_points_asks_for(autograder):
    solution = (GRADESCOPE / "solution.py").read_text(encoding="utf-8")
    slipped = solution.replace("dw, dout.sum(axis=0)", "dw, dout.mean(axis=0)")
    affine = slipped[:slipped.index("def relu_forward")]
    results = [autograder(affine, hints) for hints in range(4)]
    assert {result["score"] for result in results} == {6.0}
    told = [next(test["output"] for test in result["tests"] if test["name"] == "affine: gradient")
            for result in results]
    words = ("1/N", "another function is wanted here", "dout.sum(axis=0)")
    assert [tuple(word in text for word in words) for text in told] == [
        (False, False, False), (True, False, False), (True, True, False), (True, True, True)]


def test_the_zip_is_reproducible_and_its_scripts_are_executable(tmp_path):
    make_zip = load(GRADESCOPE / "make_zip.py").make_zip
    for name in ("one.zip", "two.zip"):
        make_zip(tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert "maskgrad/gradcheck/grading/grade.py" in archive.namelist()
        assert not [name for name in archive.namelist() if "solution" in name or "tests/" in name]
        for name in ("setup.sh", "run_autograder"):
            assert archive.getinfo(name).external_attr >> 16 & 0o111


def environment() -> dict[str, str]:
    """Return an environment in which nbgrader finds the programs that stand beside this Python."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent),
                                                   os.environ["PATH"]])}


@pytest.mark.slow
@needs("nbmake")
@each_notebook
def test_solution_notebook_runs_in_less_than_two_minutes(path):
    subprocess.run([sys.executable, "-m", "pytest", "--nbmake", "--nbmake-timeout=120", "-q",
                    "-p", "no:cacheprovider", "-o", "addopts=", str(path)],
                   check=True, env=environment(), timeout=120)


# A student's slip: the notebook, what the solution says, what the student wrote, the points that
# are lost, and words that the feedback must contain.
Slip = tuple[str, str, str, int, tuple[str, ...]]
SLIPS: dict[str, Slip] = {
    "mean-for-sum": (
        "2_layers", "return dx, dw, dout.sum(axis=0)", "return dx, dw, dout.mean(axis=0)",
        3, ("scaled in db", "1/N")),
    "inverse-factor": (
        "1_gradient_checking", "entry.numeric / entry.analytic", "entry.analytic / entry.numeric",
        2, ("it is the inverse: numeric = factor * analytic",)),
    "unmended": (
        "1_gradient_checking", "return dout * (1 - out**2)", "return dout * (1 - out)",
        5, ("tanh is not right yet: unexplained in dx",)),
    "keep-for-drop": (
        "3_dropout", 'default_rng(param.get("seed")).random(x.shape) >= p\n    return (x * mask /',
        'default_rng(param.get("seed")).random(x.shape) < p\n    return (x * mask /',
        5, ("p is used as the keep probability",)),
    "entropy-of-samples": (
        "5_mc_dropout", "return -np.sum(mean * np.log(np.where(mean > 0, mean, 1)), axis=1)",
        "p = probabilities\n    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=2).mean(0)",
        4, ("mean of the samples' entropies, not the entropy of their mean",)),
    "shrinking-square": (
        "6_recurrent_dropout", "return (1 - p)**-T", "return (1 - p)**T",
        4, ("mean_square(0.2, 5): the exponent's sign is wrong",)),
    "pixels-for-maps": (
        "7_spatial_dropout", "random((*x.shape[:2], 1, 1)) >= p", "random(x.shape) >= p",
        4, ("spatial_dropout_forward: a map is dropped in part",)),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return the folder of a course with a released assignment, and what calls nbgrader there."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(HERE / "nbgrader_config.py", root)
    shutil.copytree(HERE / "source", root / "source",
                    ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))

    def nbgrader(*arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=root, text=True,
                              env=environment(), capture_output=True, timeout=900)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    nbgrader("generate_assignment", "dropout", "--create")
    return root, nbgrader


def grade(root: Path, nbgrader: Callable[..., str], student: str) -> dict[str, tuple[float, float]]:
    """Grade a submission; return (points, points at most) for each test cell, and for all."""
    from nbgrader.api import Gradebook

    nbgrader("autograde", "dropout", "--student", student)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        submission = book.find_submission("dropout", student)
        grades = {f"{part.name}/{one.name}": (one.score, one.max_score)
                  for part in submission.notebooks for one in part.grades}
        return {**grades, "all": (submission.score, submission.max_score)}


@pytest.mark.slow
@needs("nbgrader")
def test_the_release_holds_neither_solutions_nor_hidden_tests(course):
    root, _ = course
    release = root / "release" / "dropout"
    assert sorted(path.name for path in release.iterdir()) == sorted(
        [path.name for path in NOTEBOOKS] + ["toolbox.py"])
    for path in release.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert "### BEGIN" not in text
        assert "NotImplementedError" in text


@pytest.mark.slow
@needs("nbgrader")
def test_a_perfect_submission_earns_every_point(course):
    root, nbgrader = course
    shutil.copytree(SOURCE, root / "submitted" / "perfect" / "dropout")
    grades = grade(root, nbgrader, "perfect")
    assert {name: pair for name, pair in grades.items() if pair[0] != pair[1]} == {}
    assert grades["all"][1] > 0


@pytest.mark.slow
@needs("nbgrader")
def test_an_empty_submission_earns_nothing(course):
    root, nbgrader = course
    shutil.copytree(root / "release" / "dropout", root / "submitted" / "empty" / "dropout")
    grades = grade(root, nbgrader, "empty")
    assert {name: pair for name, pair in grades.items() if pair[0] != 0} == {}


@pytest.mark.slow
@needs("nbgrader")
@pytest.mark.parametrize("student", SLIPS)
def test_a_slip_costs_its_points_and_the_feedback_names_it(course, student):
    root, nbgrader = course
    notebook, right, wrong, lost, words = SLIPS[student]
    folder = root / "submitted" / student / "dropout"
    folder.mkdir(parents=True)
    for name in (f"{notebook}.ipynb", "toolbox.py"):  # the others have nothing to do with the slip
        shutil.copy(SOURCE / name, folder)
    path = folder / f"{notebook}.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    places = 0
    for cell in book["cells"]:
        places += right in source(cell)
        cell["source"] = source(cell).replace(right, wrong)
    assert places == 1
    path.write_text(json.dumps(book), encoding="utf-8")

    grades = grade(root, nbgrader, student)
    reached = [pair for name, pair in grades.items() if name.startswith(notebook)]
    assert grades["all"][0] == sum(most for _, most in reached) - lost
    nbgrader("generate_feedback", "dropout", "--student", student)
    page = root / "feedback" / student / "dropout" / f"{notebook}.html"
    feedback = " ".join(html.unescape(page.read_text(encoding="utf-8")).split())
    for word in words:
        assert word in feedback
