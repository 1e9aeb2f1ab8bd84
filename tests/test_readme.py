"""What the README and the pages print is what their commands print."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex

import pytest

from gradcheck.dropout_checks import LAWS
from gradcheck.findings.registry import rules
from tests import shown

README = shown.README.read_text(encoding="utf-8")
DOCUMENTS = [shown.README, *shown.PAGES]

# Commands that are run: the exit code, and whether only a slow test has the time for it.
COMPARED = {
    "gradcheck check homework.py": 1,
    "python -m notebooks.codes": 0,
}
# Trained nets differ in the last digits from one processor to the next: by this much at most.
TRAINED = {
    "python -m nets": 1.0,
    "python -m nets variance-shift": 0.01,
}
# Commands that are run where torch is installed: the exit code.
WITH_TORCH = {
    "gradcheck check custom.py --repair": 1,
    "gradcheck check mended.py": 0,
}
# What no test repeats, and why.
BY_HAND = {
    "gradcheck conformance torch keras flax.linen flax.nnx equinox layers": "needs the frameworks",
    "python -m tests.benchmarks": "times of one machine",
    "python -m tests.benchmarks.checker": "times of one machine",
    "python -m tests.benchmarks.course --one-thread": "times of one machine",
    "python -m tests.benchmarks.dropout": "times of one machine",
    "python -m tests.benchmarks.sequences --one-thread": "times of one machine",
    "python -m tests.benchmarks.training": "times of one machine",
    "python -m tests.benchmarks.torch": "times of one machine, which has torch",
    "python -m tests.gradcheck.numeric.decided --draws 12":
        "takes minutes; a slow test draws others",
    "python -m tests.gradcheck.numeric.exact": "needs mpmath; a slow test holds the bounds",
}
NUMBER = re.compile(r"\d+(?:\.\d+)?")

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def output_of(command):
    """Return what is shown as a command's output."""
    [found] = [output for output in shown.outputs() if output.command == command]
    return found.text


def without_times(text):
    """Return text with its seconds taken out: they are another every time."""
    return re.sub(r"\d+(\.\d+)? s\b", "... s", text).strip()


@each_document
def test_python_sessions_print_what_they_show(path):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    session = "\n".join(block for block in shown.blocks(path, "python") if ">>>" in block)
    test = doctest.DocTestParser().get_doctest(session, {}, path.name, path.name, 0)
    assert runner.run(test).failed == 0


def test_readme_and_pages_have_sessions():
    with_sessions = [path for path in DOCUMENTS if ">>>" in path.read_text(encoding="utf-8")]
    assert shown.README in with_sessions
    assert len(with_sessions) >= 3


@pytest.mark.parametrize("command", COMPARED)
def test_a_command_prints_what_is_shown(command):
    done = shown.run(command)
    assert done.returncode == COMPARED[command], done.stderr
    assert without_times(done.stdout) == without_times(output_of(command))


@pytest.mark.slow
@pytest.mark.parametrize("command", TRAINED)
def test_a_command_that_trains_prints_what_is_shown_up_to_rounding(command):
    done, text = shown.run(command), output_of(command)
    assert done.returncode == 0, done.stderr
    assert NUMBER.sub("", done.stdout) == NUMBER.sub("", text)
    pairs = zip(NUMBER.findall(done.stdout), NUMBER.findall(text), strict=True)
    assert all(float(found) == pytest.approx(float(there), abs=TRAINED[command])
               for found, there in pairs)


@pytest.mark.slow
@pytest.mark.parametrize("command", WITH_TORCH)
def test_a_command_on_functions_of_torch_prints_what_is_shown(command):
    pytest.importorskip("torch", reason="torch is not installed: pip install 'maskgrad[peers]'")
    done = shown.run(command)
    assert done.returncode == WITH_TORCH[command], done.stderr
    assert without_times(done.stdout) == without_times(output_of(command))


def test_every_output_that_is_shown_is_compared_or_there_is_a_reason_why_not():
    commands = [output.command for output in shown.outputs()]
    assert sorted(commands) == sorted([*COMPARED, *TRAINED, *WITH_TORCH, *BY_HAND])
    modules = [shlex.split(command)[2] for command in BY_HAND if command.startswith("python -m ")]
    assert all(importlib.util.find_spec(module) for module in modules)


@each_document
def test_every_shown_output_names_its_command(path):
    texts = path.read_text(encoding="utf-8").split("```text\n")[1:]
    free = [text for text in texts if not text.startswith(("python -m", "gradcheck ", "def "))]
    in_blocks = [output for output in shown.outputs(path)
                 if path.read_text(encoding="utf-8")[:output.start].endswith("```text\n")]
    assert len(free) == len(in_blocks)
    assert all(text.strip("` \n") for text in free)


def test_the_readme_opens_with_the_two_commands_and_a_short_example():
    assert [block.strip() for block in shown.blocks(shown.README, "sh")[:2]] == [
        "python -m pip install . && gradcheck check layers",
        "python -m pip install -e '.[test]' && python -m pytest",
    ]
    source = next(block for block in shown.blocks(shown.README, "python") if ">>>" not in block)
    assert len(source.splitlines()) <= 15


def test_the_figures_of_the_readme_are_those_of_the_pages():
    codes, laws = re.search(r"one of (\d+) \[codes\]", README), re.search(r" (\d+) laws do", README)
    assert (int(codes[1]), int(laws[1])) == (len(rules()), len(LAWS))
    slips, repaired = re.search(r"Of (\d+) slips.*\n\[(\d+ %) are", README).groups()
    page = (shown.ROOT / "notebooks" / "pages" / "repair.md").read_text(encoding="utf-8")
    row = re.search(r"\| single \|(.*)\|", page)[1].split(" | ")
    assert [row[0].strip(), row[1], row[-3].strip()] == [slips, repaired, "0"]
    trained = re.findall(r"test error +([\d.]+ %)", output_of("python -m nets"))
    assert re.findall(r"([\d.]+ %) (?:of test errors|with it)", README) == trained


def test_the_readme_is_short_and_names_every_page():
    assert len(README.splitlines()) < 250
    for page in shown.PAGES:
        assert f"]({page.relative_to(shown.ROOT).as_posix()})" in README


@each_document
def test_every_link_leads_to_a_file(path):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert all((path.parent / link).exists() for link in links)


def test_the_table_of_codes_has_every_code_once():
    codes = re.findall(r"^\| `([\w-]+)` \|", output_of("python -m notebooks.codes"), re.MULTILINE)
    assert codes == list(rules())


def test_the_table_of_frameworks_has_every_law_and_the_layers_keep_it():
    [command] = [command for command in BY_HAND if "conformance" in command]
    head, _, *rows = [line.strip("| ").split(" | ")
                      for line in output_of(command).splitlines() if line.startswith("|")]
    assert (head[0], head[-1]) == ("law", "layers")
    assert [(row[0], row[-1]) for row in rows] == [(law.name, "yes") for law in LAWS]
    everywhere = sum(set(row[1:]) == {"yes"} for row in rows)
    page = (shown.ROOT / "notebooks" / "pages" / "conformance.md").read_text(encoding="utf-8")
    assert f"{everywhere} of the {len(rows)} laws hold in all of them" in page
