"""The page on nbgrader: its commands, word for word, take a class from release to feedback."""

from __future__ import annotations

import csv
import shlex
import shutil
import subprocess
import sys

import pytest

from tests import shown
from tests.test_commands import named
from tests.test_notebooks import HERE, SOURCE, environment, needs

pytestmark = [pytest.mark.slow, needs("nbgrader")]
PAGE = shown.ROOT / "notebooks" / "pages" / "nbgrader.md"
BOOK = "2_layers.ipynb"
EXCHANGE = """
c.Exchange.root = {exchange!r}
c.Exchange.cache = {cache!r}
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return the folder of a course with one notebook and an exchange, and what runs a command."""
    root = tmp_path_factory.mktemp("course")
    exchange = root / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    config = (HERE / "nbgrader_config.py").read_text(encoding="utf-8")
    config += EXCHANGE.format(exchange=str(exchange), cache=str(root / "cache"))
    for folder in (root, root / "student"):
        folder.mkdir(exist_ok=True)
        (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    for folder in (root / "source" / "dropout", root / "student" / "dropout"):
        folder.mkdir(parents=True)
        for name in (BOOK, "toolbox.py"):
            shutil.copy(SOURCE / name, folder)

    def run(command, folder=root):
        _, *arguments = shlex.split(command)
        done = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=folder,
                              env=environment(), text=True, capture_output=True, timeout=900)
        assert done.returncode == 0, done.stderr[-3000:]
        assert "Traceback" not in done.stderr, done.stderr[-3000:]

    return root, run


def commands(number):
    """Return the lines of one of the page's blocks that call nbgrader."""
    lines = shown.blocks(PAGE, "sh")[number].splitlines()
    return [line.partition("  #")[0].strip() for line in lines if line.startswith("nbgrader")]


def test_the_pages_commands_go_from_release_to_feedback(course):
    root, run = course
    for command in commands(0):
        run(command)
    assert (root / "release" / "dropout" / BOOK).exists()
    run("nbgrader release_assignment dropout")
    run("nbgrader submit dropout --course maskgrad", root / "student")
    run("nbgrader collect dropout")
    [handed_in] = (root / "submitted").glob(f"*/dropout/{BOOK}")
    student = handed_in.parents[1].name
    for command in commands(1):
        run(command)
    with (root / "grades.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["student_id"], row["score"]) == (student, row["max_score"])
    assert float(row["score"]) > 0
    assert (root / "feedback" / student / "dropout" / BOOK).with_suffix(".html").exists()
    assert list((root / "exchange").rglob("feedback/*.html"))
    run(f"nbgrader autograde dropout --student {student} --force")


def test_the_page_names_no_other_command_of_nbgrader():
    run = {*commands(0), *commands(1), "nbgrader collect dropout",
           "nbgrader autograde dropout --student NAME --force"}
    assert {command for command in named(PAGE) if command.startswith("nbgrader")} == run
