"""Every code is explained by a wrong program that raises it and a repaired one that passes."""

import contextlib
import io
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from gradcheck.findings.explain import explain, listing
from gradcheck.findings.registry import families, rules
from tests.gradcheck.messages import complaints, too_wide

ROOT = Path(__file__).parents[3]
RULES = rules()
# What quotes the program, points into it, or is a number in a column.
WRITTEN = re.compile(r'File "[^"]*"|<string>')


def of_a_table(line):
    return line.startswith(("name  ", " " * 8)) or re.search(r"  (passed|failed|warned)$", line)


def report_of(program):
    """Return what a program finds, once what it prints has been read for its wording."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(program, names)
    lines = printed.getvalue().splitlines()
    assert not list(too_wide(lines, program.splitlines()))
    assert not complaints(WRITTEN.sub("", line).strip() for line in lines if not of_a_table(line))
    if "record" in names:  # what check_all says: the findings stand in the details
        item, = names["record"].items
        report = item.details["report"]
        return SimpleNamespace(passed=item.passed and not report["findings"], findings=[
            SimpleNamespace(**finding) for finding in report["findings"]])
    assert printed.getvalue() == f"{names['report']}\n"
    return names["report"]


def test_a_code_is_called_as_its_file_and_stands_in_one_family():
    found = [rule for family in families().values() for rule in family]
    assert len(found) == len(RULES) >= 58
    for family, entries in families().items():
        folder = ROOT / "gradcheck" / "findings" / family
        files = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        assert files == [rule.code.replace("-", "_") for rule in entries]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_wrong_example_raises_its_code_before_any_other(rule):
    report = report_of(rule.wrong_program)
    assert not report.passed
    assert report.findings[0].code == rule.code


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_repaired_example_passes(rule):
    report = report_of(rule.right_program)
    assert report.passed, str(report)


@pytest.mark.parametrize("code", RULES)
def test_the_text_shows_meaning_sign_and_both_examples_within_100_columns(code):
    text = explain(code)
    assert text.startswith(f"{code}\n")
    assert all(part in text for part in ("How to recognise it: ", "Wrong:", "Right:"))
    assert all(len(line) <= 100 for line in text.splitlines())
    assert not complaints([" ".join(text.partition("\n\nWrong:")[0].split())])


def test_the_list_has_a_line_for_every_code():
    lines = listing().splitlines()
    assert {line.split()[0] for line in lines if re.match(r"  \S", line)} == set(RULES)
    assert all(len(line) <= 100 for line in lines)


def test_an_unknown_code_names_its_neighbours():
    with pytest.raises(KeyError, match="did you mean scaled"):
        explain("scald")
