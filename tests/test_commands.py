"""Every command that the README and the pages name is run, and ends as told."""

from __future__ import annotations

import configparser
import importlib.util
import json
import re
import shlex
import subprocess
import sys

import pytest

from tests import shown

DOCUMENTS = [shown.README, *shown.PAGES]
COMMAND = re.compile(r"(?:gradcheck|pytest|python3?|pip|jupyter|nbgrader) [^`\n]+")
NAME = re.compile(r"gradcheck \w+")  # of a subcommand: a word of a sentence, and no command
INSTALL = re.compile(r"(?:python -m )?pip install ")
# What a reader is to put in, and what is put in here.
FILLED_IN = {"TARGET...": "homework.py", "NAME...": "layers", "CODE": "scaled",
             "FILE": "homework.py"}

# Run in a folder with homework.py, copies of it and submissions/: the exit code.
RUN = {
    "gradcheck check TARGET...": 1,
    "gradcheck check FILE --format json": 1,
    "gradcheck check notebook.ipynb": 1,
    "gradcheck check cs231n/layers.py --p-is keep": 1,
    "gradcheck explain CODE": 0,
    "gradcheck conformance NAME...": 0,
    "gradcheck check homework.py --only dropout": 1,
    "gradcheck check homework.py --p-is keep": 1,
    "gradcheck check homework.py --patch edits.diff": 1,
    "gradcheck check homework.py --html report.html": 1,
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
# Run in the repository, as short as they can be: the exit code.
RUN_HERE = {
    "python -m notebooks.build --check": 0,
    "python -m tests.gradcheck.findings": 0,
    "python -m tests.benchmarks.checker --rounds 1": 0,
    "python -m tests.benchmarks.dropout --rounds 1": 0,
    "python -m tests.benchmarks.training --rounds 1": 0,
}
SHORTENED = {command.removesuffix(" --rounds 1") for command in RUN_HERE}
NEEDS = {"python -m notebooks.build --check": "jupytext"}
# Run by another test, or by nobody, and why.
ELSEWHERE = {
    "gradcheck check layers": ".ci/run, the first command of the README",
    "python -m pytest": ".ci/run, the second command of the README",
    "python -m notebooks.codes": "tests/test_readme.py compares what it prints",
    "python -m notebooks.make_figures": "tests/notebooks/test_figures.py",
    "python -m nets conv": "tests/nets/test_convolutional.py",
    "python -m nets recurrent": "tests/nets/test_recurrent.py",
    "python -m nets sweep --method none dropout gaussian dropconnect --noise 0.3 0":
        "takes hours; tests/nets/test_sweep.py runs a smaller one",
    "python -m tests.benchmarks -o FILE": "tests/benchmarks/test_main.py",
    "python -m tests.benchmarks.torch": "times of one machine, which has torch",
    "python -m tests.course FOLDER": "tests/course/test_course.py",
    "python -m tests.wild FOLDER --workers 2 --json new.json": "tests/wild/test_wild.py",
    "python -m tests.wild --compare old.json new.json": "tests/wild/test_wild.py",
    "nbgrader generate_assignment dropout --create": "tests/notebooks/test_course.py",
    "nbgrader collect dropout": "tests/notebooks/test_course.py",
    "nbgrader autograde dropout": "tests/notebooks/test_course.py",
    "nbgrader autograde dropout --student NAME --force": "tests/notebooks/test_course.py",
    "nbgrader export --to grades.csv": "tests/notebooks/test_course.py",
    "nbgrader generate_feedback dropout": "tests/notebooks/test_course.py",
    "nbgrader release_feedback dropout": "tests/notebooks/test_course.py",
    "gradcheck check homework.py": "tests/test_readme.py compares what it prints",
    "gradcheck check --repair": "part of what is printed",
    "gradcheck conformance torch keras layers":
        "needs the frameworks; tests/gradcheck/adapters/test_frameworks.py",
    "gradcheck watch homework.py": "tests/gradcheck/command/test_watching.py",
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
    """Return the commands between backticks and in blocks that are no output."""
    text = path.read_text(encoding="utf-8")
    for output in reversed(shown.outputs(path)):
        text = text[:output.start] + text[output.stop:]
    lines = "\n".join(re.findall(r"^```(?:text|sh)\n(.*?)^```$", text, re.M | re.S)).splitlines()
    inline = (" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text))
    steps = re.findall(r"^ *- run: (.*)$", text, re.MULTILINE)
    parts = (part.partition("  #")[0].strip() for code in (*inline, *lines, *steps)
             for part in code.split(" && "))
    return {part for part in parts if COMMAND.fullmatch(part) and not NAME.fullmatch(part)}


def folder_with_homework(folder):
    """Make what a reader has in front of him: a file, a notebook, a package, submissions."""
    homework = shown.files()["homework.py"]
    for name in ("homework.py", "submissions/ada.py", "cs231n/layers.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(homework, encoding="utf-8")
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
            "source": homework}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (folder / "notebook.ipynb").write_text(json.dumps(book), encoding="utf-8")
    return homework


def run(command, folder):
    """Run a command as a reader would, with something put in where he is to."""
    for word, example in FILLED_IN.items():
        command = command.replace(word, example)
    program, *arguments = shlex.split(command)
    module = ["-m", program] if program != "python" else []
    return subprocess.run([sys.executable, *module, *arguments], cwd=folder, text=True,
                          capture_output=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("command", RUN)
def test_a_command_ends_as_it_is_told(command, tmp_path):
    homework = folder_with_homework(tmp_path)
    done = run(command, tmp_path)
    assert done.returncode == RUN[command], done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "homework.py").read_text(encoding="utf-8") == homework
    for name in ("report.html", "edits.diff", "results.json", "gradcheck.json", "gradcheck.sarif"):
        assert (tmp_path / name).exists() == (name in command)


@pytest.mark.slow
@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_of_the_repository_ends_as_it_is_told(command):
    needed = NEEDS.get(command)
    if needed and importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'maskgrad[test]'")
    done = run(command, shown.ROOT)
    assert done.returncode == RUN_HERE[command], done.stdout + done.stderr
    assert done.stdout or "--check" in command


def test_every_command_is_run_or_there_is_a_reason_why_not():
    found = {command for path in DOCUMENTS for command in named(path)
             if not INSTALL.match(command)}
    found |= {output.command for output in shown.outputs()} & {*ELSEWHERE, *SHORTENED}
    assert found == {*RUN, *ELSEWHERE, *SHORTENED} - {"gradcheck check --repair"}


def test_the_test_that_runs_a_command_elsewhere_is_there():
    files = [file for reason in ELSEWHERE.values() for file in re.findall(r"tests/[\w/.]+", reason)]
    assert not [file for file in files if not (shown.ROOT / file).exists()]


def test_what_is_installed_by_a_command_is_this_package_with_extras_that_there_are():
    settings = configparser.ConfigParser()
    settings.read(shown.ROOT / "setup.cfg", encoding="utf-8")
    extras = settings["options.extras_require"]
    others = set(re.findall(r"^[\w-]+", "\n".join(extras.values()), re.MULTILINE)) | {"jupyterlab"}
    commands = {command for path in DOCUMENTS for command in named(path)
                if INSTALL.match(command)}
    assert len(commands) >= 4
    for command in commands:
        for word in shlex.split(INSTALL.sub("", command)):
            name, _, extra = word.rstrip("]").partition("[")
            assert name in {"-e", ".", "maskgrad", *others}, command
            assert not extra or extra in extras, command
