"""Every law is explained by a dropout that breaks it and by one that obeys it, as it says."""

from __future__ import annotations

import contextlib
import doctest
import io
import itertools
import re

import pytest

from gradcheck.mask_laws.canonical import CAREFUL_DROPOUT, DROPOUT
from gradcheck.mask_laws.explain import explain, listing
from gradcheck.mask_laws.registry import LAWS, SUBJECTS, laws_of
from gradcheck.mask_laws.run import check_dropout, each_law
from gradcheck.mask_laws.words import explanation_of_keeping, program_of_keeping
from gradcheck.program import Given
from tests.gradcheck.messages import complaints

NUMBERS = re.compile(r"\[\[?(?!')[^\]]*\]+|-?\d+(\.\d+)?(e-?\d+)?")
LAW = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)

# Where the program breaks another law first, which that is.
BROKEN_BEFORE = {
    "x_untouched": "memory_layouts",        # a read-only x cannot be written to
    "backward_repeats": "backward_is_linear",  # calls backward four times
    "rate": "p_zero_is_identity",           # of p = 0 and its opposite nothing is kept
    "expectation": "values",                # rate or scale is wrong, if their product is
    "independence_of_x": "seed_repeats",    # calls with -2 x
    "calls_are_independent": "count_is_binomial",  # a mask and its opposite keep each unit once
    "backward_dtype": "float16",
}


def run(program):
    """Run a program that prints its result; return its names."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(program, names)
    assert printed.getvalue() == f"{names['result']}\n"
    return names


@LAW
def test_the_wrong_program_prints_what_the_law_says_that_it_shows(law):
    printed = str(run(law.wrong_program)["result"])
    expected = f"failed   {law.name}: {law.shows}..."
    assert doctest.OutputChecker().check_output(
        f"{expected}\n", f"{printed}\n", doctest.ELLIPSIS), f"{printed}\n{expected}"
    assert not complaints([printed.removeprefix("failed").lstrip()])


@LAW
def test_with_p_for_keeping_both_programs_print_what_the_law_says_of_keeping(law):
    # which units are kept, and so the minimal example, is up to the mask
    said = str(run(program_of_keeping(law.wrong_program))["result"])
    printed, shown = (
        re.sub("#(, #)+", "#", NUMBERS.sub("#", text)).replace("-...", "...")
        for text in (said, f"failed   {law.name}: {explanation_of_keeping(law.shows)}..."))
    assert not complaints([said.removeprefix("failed").lstrip()])
    assert doctest.OutputChecker().check_output(
        f"{shown}\n", f"{printed}\n", doctest.ELLIPSIS), f"{printed}\n{shown}"
    right = run(program_of_keeping(law.right_program))
    assert str(right["result"]) == f"passed   {law.name}"


def test_the_page_of_a_law_speaks_of_keeping_where_p_is_that():
    told = explain("rate", keeping=True)
    assert "A unit is kept with probability p, for every p" in told
    assert "p and 1 - p swapped" in told
    assert "p = 0.7, 0.3; by 0.005 at p = 0.5; by 0.006 at p = 0.9, 0.1" in " ".join(told.split())
    assert "-     kept = rng.random(x.shape) >= p\n    +     kept = rng.random(x.shape) < p" in told
    assert "1 - p)" not in told


@LAW
def test_the_wrong_dropout_breaks_no_simpler_law_before_it(law):
    names = run(law.wrong_program)
    kin = [one for one in LAWS if (one.kind == "strict") == (law.kind == "strict")]
    before = itertools.takewhile(lambda one: one is not law, kin)
    results = each_law((names["dropout_forward"], names["dropout_backward"]), before, strict=True)
    first = next((result.name for result in results if result.status == "failed"), None)
    assert first == BROKEN_BEFORE.get(law.name)


@LAW
def test_the_right_program_prints_that_the_law_holds(law):
    assert str(run(law.right_program)["result"]) == f"passed   {law.name}"


@pytest.mark.parametrize(("source", "strict"), [(DROPOUT, False), (CAREFUL_DROPOUT, True)],
                         ids=["plain", "careful"])
def test_the_right_dropout_obeys_every_law(source, strict):
    names = run(Given(source, "abs(-1)", "result").program().replace(
        "from gradcheck import abs\n", ""))
    results = check_dropout((names["dropout_forward"], names["dropout_backward"]), strict=strict)
    assert {result.status for result in results} <= {"passed", "advice"}


@LAW
def test_the_text_shows_meaning_sign_and_repair_within_100_columns(law):
    text = explain(law.name)
    assert text.startswith(f"{law.name}\n")
    assert all(part in text for part in (law.description, "How to recognise it: ", "Wrong:",
                                         "Right:"))
    assert (law.detects != "") == ("Found in nearly every run: " in text)
    assert all(len(line) <= 100 for line in text.splitlines())
    for sign, lines in (("+", law.right), ("-", law.wrong)):
        changed = [line for line in text.splitlines() if line.strip().startswith(f"{sign} ")]
        assert all(line.strip()[1:].strip() in lines for line in changed)


def test_the_list_has_a_line_for_every_law_in_the_order_in_which_they_are_judged():
    lines = listing().splitlines()
    assert [line.split()[0] for line in lines if re.match(r"  \S", line)] == [
        law.name for law in LAWS]
    assert all(len(line) <= 100 for line in lines)


def test_every_law_stands_in_the_table_once_with_its_docstring_and_what_it_detects():
    names = [law.name for law in LAWS]
    assert len(set(names)) == len(names) == sum(len(laws_of(subject)) for subject in SUBJECTS)
    for law in LAWS:
        assert law.meaning == law.meaning.strip()
        assert len(law.meaning.split("\n\n")) == 2
        assert (law.kind == "statistical") == bool(law.detects)
