"""Every command that the README and the pages on using gradcheck name is run, and ends as told."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests import shown

PAGES = shown.ROOT / "notebooks" / "pages"
DOCUMENTS = [shown.README, *(PAGES / f"{name}.md" for name in ("repair", "grading", "ci"))]
COMMAND = re.compile(r"(?:gradcheck|pytest|python3?) [^`\n]+")

# Run in a folder with homework.py and submissions/: the exit code.
RUN = {
    "gradcheck check homework.py --only dropout": 1,
    "gradcheck check homework.py --p-is keep": 1,
    "gradcheck check homework.py --patch edits.diff": 1,
    "gradcheck check homework.py --repair": 1,
    "gradcheck check homework.py --no-line": 1,
    "gradcheck check homework.py --repair-seconds 10": 1,
    "gradcheck check homework.py --format json": 1,
    "gradcheck check homework.py --format github": 1,
    "gradcheck check homework.py --format sarif -o gradcheck.sarif": 1,
    "gradcheck check homework.py --format junit -o gradcheck.xml": 1,
    "gradcheck check homework.py --format json -o gradcheck.json": 1,
    "gradcheck explain scaled": 0,
    "gradcheck explain rate": 0,
    "gradcheck explain --edits": 0,
    "gradcheck grade homework.py": 1,
    "gradcheck grade submissions/": 1,
    "gradcheck grade submissions/ --workers 2": 1,
    "gradcheck grade homework.py --format gradescope -o results.json": 1,
    "pytest --gradcheck-target=homework.py": 1,
}
# Run by another test, or by nobody, and why.
ELSEWHERE = {
    "gradcheck check homework.py": "tests/test_readme.py compares what it prints",
    "gradcheck check --repair": "part of what is printed",
    "gradcheck conformance torch keras layers": "needs the frameworks; test_conformance.py",
    "gradcheck watch homework.py": "tests/gradcheck/command/test_watching.py",
    "python -m pip install maskgrad": "needs an index of packages",
    "python -m nets": "tests/test_readme.py compares what it prints",
    "python -m notebooks.build": "tests/test_notebooks.py",
    "python -m notebooks.site OUT": "tests/notebooks/test_site.py",
    "python -m tests.wild FOLDER": "needs a folder of repositories; tests/wild",
    "python -m tests.benchmarks": "times of one machine; tests/benchmarks",
    "python -m tests.benchmarks.repair --full": "takes minutes; tests/benchmarks",
    "python notebooks/gradescope/make_zip.py -o autograder.zip": "tests/test_notebooks.py",
    """python -c "help('gradcheck.points')\"""": "the docstring of a module that is tested",
}


def named(path):
    """Return the commands between backticks and in blocks of text that are no output."""
    text = path.read_text(encoding="utf-8")
    for output in reversed(shown.outputs(path)):
        text = text[:output.start] + text[output.stop:]
    blocks = "\n".join(shown.blocks(path, "text"))
    steps = re.findall(r"^ *- run: (.*)$", text, re.MULTILINE)
    inline = (" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text))
    return set(filter(COMMAND.fullmatch, (*inline, *steps, *blocks.splitlines())))


@pytest.mark.slow
@pytest.mark.parametrize("command", RUN)
def test_a_command_ends_as_it_is_told(command, tmp_path):
    homework = shown.files()["homework.py"]
    (tmp_path / "homework.py").write_text(homework, encoding="utf-8")
    (tmp_path / "submissions").mkdir()
    shutil.copy(tmp_path / "homework.py", tmp_path / "submissions" / "ada.py")
    program, *arguments = shlex.split(command)
    done = subprocess.run([sys.executable, "-m", program, *arguments], cwd=tmp_path, text=True,
                          capture_output=True, check=False)
    assert done.returncode == RUN[command], done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "homework.py").read_text(encoding="utf-8") == homework
    for name in ("edits.diff", "results.json", "gradcheck.json", "gradcheck.sarif"):
        assert (tmp_path / name).exists() == (name in command)


def test_every_command_is_run_or_there_is_a_reason_why_not():
    found = set().union(*map(named, DOCUMENTS))
    assert found - set(ELSEWHERE) == set(RUN)
    assert not set(ELSEWHERE) - found - {"gradcheck check --repair"}
