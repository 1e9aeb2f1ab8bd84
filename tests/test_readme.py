"""What the README prints is what its commands print."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """Return the fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def output_of(command):
    """Return the block that the README shows as a command's output."""
    pattern = rf"<!-- output of: {re.escape(command)} -->\n```text\n(.*?)^```$"
    found = re.search(pattern, README, re.MULTILINE | re.DOTALL)
    assert found, command
    return found.group(1)


def without_times(text):
    """Return text with its seconds taken out: they are another every time."""
    return re.sub(r"\d+(\.\d+)? s\b", "... s", text).strip()


def test_python_sessions_in_the_readme_print_what_they_show():
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    session = "\n".join(block for block in blocks("python") if ">>>" in block)
    test = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)
    assert test.examples
    assert runner.run(test).failed == 0


@pytest.mark.filterwarnings("ignore")
def test_the_first_example_prints_what_the_readme_shows(tmp_path):
    source = next(block for block in blocks("python") if ">>>" not in block)
    assert len(source.splitlines()) <= 15
    (tmp_path / "homework.py").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", "check", "homework.py"], cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    shown = output_of("gradcheck check homework.py")
    assert without_times(done.stdout) == without_times(shown)


def test_the_readme_opens_with_the_two_commands():
    assert [block.strip() for block in blocks("sh")[:2]] == [
        "python -m pip install . && gradcheck check layers",
        "python -m pip install -e '.[test]' && python -m pytest",
    ]


def test_every_shown_output_names_its_command():
    texts = README.split("```text\n")[1:]
    shown = [text for text in texts if not text.startswith(("python -m", "gradcheck ", "def "))]
    assert len(shown) == README.count("<!-- output of: ")
    assert all(text.strip("` \n") for text in shown)
