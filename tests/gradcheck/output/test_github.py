"""Workflow commands are one line each, escaped so that no text can start another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from gradcheck.output.github import as_github
from gradcheck.output.problems import problems
from gradcheck.output.record import Item, Record
from tests.gradcheck.output.records import EVERY, RECORDS

COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^,:\r\n]*,?)*)::([^\r\n]*)")
ESCAPES = (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))


def unescaped(text, table=ESCAPES):
    """Return what the runner makes of a property; of a message with the last three."""
    for escape, character in table:
        text = text.replace(escape, character)
    return text


def commands(text):
    """Return each line's command, properties and message as the runner reads them."""
    for line in text.split("\n")[:-1]:
        match = COMMAND.fullmatch(line)
        assert match, line
        named = dict(entry.split("=", 1) for entry in match[2].split(","))
        yield (match[1], {name: unescaped(value) for name, value in named.items()},
               unescaped(match[3], ESCAPES[2:]))


def test_every_status_has_its_command_and_its_line():
    assert [(command, named["title"], named["file"], named["line"], message)
            for command, named, message in commands(as_github([EVERY]))] == [
        ("warning", "warned: warned", "homework.py", "2", "it is warned"),
        ("error", "failed: failed", "homework.py", "3", "it is failed"),
        ("error", "inconclusive: inconclusive", "homework.py", "4", "it is inconclusive"),
        ("notice", "todo: todo", "homework.py", "5", "it is todo"),
        ("notice", "skipped: skipped", "homework.py", "6", "it is skipped"),
        ("error", "error: error", "homework.py", "7", "it is error")]


@pytest.mark.parametrize(("message", "written"), [
    ("50 %", "50 %25"), ("a\nb", "a%0Ab"), ("a\r\nb", "a%0Ab"), ("a: b, c", "a: b, c"),
    ("%0A::error::x", "%250A::error::x"),
])
def test_a_message_is_escaped_by_the_documented_rules(message, written):
    item = Item("relu", "relu", "failed", message)
    assert as_github([Record("check", "m", (item,))]).endswith(f"::{written}\n")


def test_a_property_is_escaped_further():
    item = Item("a:b,c%", "a", "failed", "no", file="x,y:z%.py", line=3)
    assert as_github([Record("check", "m", (item,))]) == (
        "::error file=x%2Cy%3Az%25.py,line=3,title=a%3Ab%2Cc%25%3A failed::no\n")


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_whatever_the_texts_each_problem_is_one_command_that_says_it(record):
    found = list(commands(as_github([record])))
    assert [(named["title"], message) for _, named, message in found] == [
        (problem.title, problem.text) for problem in problems(record)]


def test_where_all_is_well_nothing_is_said():
    assert as_github([Record("check", "m", (Item("a", "a", "passed"),))]) == ""
