"""The text is a table with the cause below and a summary, within the terminal's width."""

from __future__ import annotations

import re

import pytest

from gradcheck.output.folder import as_line
from gradcheck.output.record import STATUSES, Item, Record
from gradcheck.output.render import render
from gradcheck.output.text import as_text
from tests.gradcheck.output.records import EVERY, RECORD

LONG = Record("check", "homework.py", (
    Item("lstm", "lstm", "failed", "the gradient is wrong " * 20, file="homework.py", line=1,
         arguments=tuple(f"argument_{place}" for place in range(12)), worst_error=0.25,
         evaluations=123456, advice=("mind the step " * 20,)),), path="homework.py")


def test_the_text_is_a_table_with_the_cause_below_and_a_summary() -> None:
    lines = render(RECORD).splitlines()
    assert lines[0].split() == ["name", "points", "verdict"]
    assert lines[1].split() == ["relu:", "value", "2/2", "passed"]
    assert lines[3] == "    dx is twice too large"
    assert lines[-1] == ("homework.py: 1 passed, 1 failed, 1 skipped, 1 error, 2 of 10 points in "
                         "1.2 s, seed 3")
    assert "\x1b" not in render(RECORD)
    assert "\x1b[31m" in render(RECORD, color=True)


def test_the_path_comes_first_and_the_summary_counts_every_status():
    lines = render(EVERY).splitlines()
    assert lines[0] == "homework.py"
    assert lines[-1] == ("homework.py: 1 passed, 1 warned, 1 failed, 1 inconclusive, 1 todo, "
                         "1 skipped, 1 error in 1.2 s")


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_a_colour_and_the_colour_changes_nothing_else(status):
    colored = render(EVERY, color=True)
    assert re.search(rf"\x1b\[3[1-6]m{status}\x1b\[0m\n", colored)
    assert re.sub(r"\x1b\[\d+m", "", colored) == render(EVERY)


@pytest.mark.parametrize("width", [80, 120])
def test_every_line_keeps_within_the_width(width):
    lines = render(LONG, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert max(map(len, lines)) > width - 20
    assert lines[2].split()[0] == "lstm"
    assert lines[2].endswith("failed")
    assert "..." in lines[2]


def test_arguments_that_fit_are_shown_in_full():
    assert "argument_11  " in render(LONG, width=300)


def test_a_name_with_a_line_break_keeps_the_table_whole():
    record = Record("check", "a\nb.py", (Item("re\nlu", "relu", "passed"),), path="a\nb.py")
    assert render(record).splitlines() == [
        "a b.py", "name   verdict", "re lu  passed", "", "a b.py: 1 passed in 0.0 s"]


@pytest.mark.parametrize(("file", "shown"), [
    ("hw.py", "    --> hw.py:15"),
    ("hw.ipynb code cell 4", "    --> hw.ipynb, code cell 4, line 15"),
])
def test_what_is_wrong_stands_below_its_file_and_line(file, shown):
    item = Item("relu", "relu", "failed", "dx is wrong", file=file, line=15)
    assert as_text(Record("check", "m", (item,))).splitlines()[2:4] == [shown, "    dx is wrong"]


def test_a_formula_and_an_index_are_not_broken_over_lines():
    said = "a b c d e f g h i j k lacks 1/(1 - p), or [10, 2]; x"
    for width in range(40, 60):
        text = as_text(Record("check", "m", (Item("relu", "relu", "failed", said),)), width=width)
        assert "1/(1 - p)" in text
        assert "[10, 2]" in text
        assert "\xa0" not in text


def test_one_is_counted_as_one_and_several_errors_as_several():
    report = {"checked": 1, "evaluations": 1}
    items = [Item("relu", "relu", "error", details={"report": report}), Item("a", "a", "error")]
    assert as_text(Record("check", "m", tuple(items))).splitlines()[-1] == (
        "m: 2 errors in 0.0 s (1 coordinate, 1 forward call)")


def test_a_layer_has_ten_lines_at_most_and_all_of_them_with_v():
    findings = "\n".join(
        f"scaled in d{name}: {'twice what it should be ' * 9}\n  at [0]; gradcheck explain scaled\n"
        f"  d{name} float64[3]: 3 checked, worst" for name in "xwb")
    item = Item("affine", "affine", "failed", findings, advice=("keep a copy", "and more"),
                file="hw.py", line=3)
    shown = as_text(Record("check", "hw.py", (item,))).splitlines()
    assert len(shown[1:shown.index("")]) == 10
    assert "more lines; -v shows all" in shown[-4]
    assert shown[-3] == "    advice: keep a copy (1 more: --advice)"
    assert "and more" in as_text(Record("check", "hw.py", (item,)), advice=True)
    assert as_text(Record("check", "hw.py", (item,)), verbose=True).count("3 checked") == 3


def test_what_left_a_line_of_code_behind_is_told_there_alone():
    told = ("raises: forward raised NameError: name 'y' is not defined (line 3, in f). Remedy: "
            'this.\n  File "hw.py", line 3, in f\n    return y')
    item = Item("f", "f", "failed", told, file="hw.py", line=2)
    text = as_text(Record("check", "hw.py", (item,)))
    assert '      File "hw.py", line 3, in f\n        return y\n' in text
    assert "(line 3" not in text
    assert "-->" not in text


COMMANDS = ("::stop-commands::token", "  ::add-mask::x", "\u3000::error::x", "a ##[error]x",
            "###[debug]x")


def _commands_in(text):
    """Return the lines that GitHub's runner, which trims them, takes for commands."""
    return [line for line in text.splitlines()
            if line.lstrip(" |\t\u3000").startswith("::") or "##[" in line]


@pytest.mark.parametrize("at_github", ["", "true"])
def test_nothing_that_is_said_is_a_command_to_a_workflow(monkeypatch, at_github):
    monkeypatch.setenv("GITHUB_ACTIONS", at_github)
    said = "\n".join(["said", *COMMANDS])
    item = Item(COMMANDS[0], "f", "failed", said, advice=(said,), details={
        "traceback": said, "printed": {"lines": 5, "first": list(COMMANDS)}})
    record = Record("grade", COMMANDS[0], (item,), error=said, fault="target", output=said,
                    notes=(said,))
    text = as_text(record, verbose=True) + as_line(record)
    assert bool(_commands_in(text)) != bool(at_github)
    assert all(line.startswith("::error title=")
               for line in render(record, "github").splitlines())


def test_a_long_name_leaves_the_other_columns_in_view():
    name = "W" * 120
    items = (Item(name, name, "failed", "no"), Item("relu", "relu", "passed"))
    head, first, *rest = as_text(Record("check", "a.py", items)).splitlines()
    assert head.rindex("verdict") < 60
    assert re.fullmatch(r"W+\.\.\. +failed", first)
    assert rest[0].strip() == name
    assert "relu" + " " * 42 + "passed" in rest
