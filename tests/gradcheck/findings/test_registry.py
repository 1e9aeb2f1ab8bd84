"""What holds of all cases together."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gradcheck.findings.registry import clues, families, shape_clues
from gradcheck.findings.rule import Tier
from tests.gradcheck.findings.cases import PASSED, all_cases, collections, judge

ROOT = Path(__file__).parents[3]
WRONG = [case for case in all_cases() if case.code != PASSED]
CLUES = {f"{rule.code}:{clue.test.__qualname__.partition('.')[0]}": (rule, clue)
         for rule, clue in clues()}


@functools.cache
def fits():
    """Return, for every case with wrong numbers, the names of all clues that fit its first view."""
    found = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        for case in WRONG:
            for view in judge(case).views[:1]:
                found[case] = [name for name, (_, clue) in CLUES.items()
                               if clue.test(view) is not None]
    return found


def decided(names):
    """Return the codes that fit in the lowest tier in which one does."""
    tiers = {CLUES[name][0].code: CLUES[name][0].tier for name in names}
    return {code for code, tier in tiers.items() if tier == min(tiers.values())}


def test_every_clue_has_a_name_of_its_own():
    assert len(CLUES) == len(clues())


@pytest.mark.slow
def test_in_the_tier_that_decides_one_code_fits_and_no_other():
    assert {str(case): names for case, names in fits().items() if len(decided(names)) > 1} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", CLUES)
def test_some_case_has_another_name_without_this_clue(name):
    rule, _ = CLUES[name]
    if rule.tier is Tier.NOTHING:  # these tell apart what is said, under one code
        assert any(names[0] == name for names in fits().values())
        return
    without = {case: decided(other for other in names if other != name)
               for case, names in fits().items() if rule.code in decided(names)}
    assert any(judge(case).codes[0] == rule.code and codes.isdisjoint(case.accepted)
               for case, codes in without.items())


@pytest.mark.parametrize("rule", [rule for rule, _ in shape_clues()], ids=lambda rule: rule.code)
def test_some_gradient_of_a_wrong_shape_is_named_by_its_cause(rule):
    assert any(judge(case).codes[:1] == (rule.code,) and "got" in judge(case).evidence
               for case in WRONG)


def test_every_rule_has_a_test_file_of_its_name_and_every_test_file_a_rule():
    tests = {path: cases.code for path, cases in collections() if cases.code != PASSED}
    assert tests == {f"{family}/test_{rule.code.replace('-', '_')}": rule.code
                     for family, found in families().items() for rule in found}


def test_every_code_has_two_wrong_cases_and_a_right_twin_at_least():
    for path, cases in collections():
        kinds = Counter(case.code == PASSED for case in cases.cases)
        assert cases.code == PASSED or (kinds[False] >= 2 and kinds[True] >= 1), path


def test_two_codes_are_allowed_in_a_few_percent_only():
    assert sum(bool(case.also) for case in WRONG) <= 0.06 * len(WRONG)


def test_names_are_unique_within_a_code():
    count = Counter((case.code, case.name) for case in WRONG)
    assert [each for each in count if count[each] > 1] == []


@pytest.mark.slow
@pytest.mark.parametrize("draw", range(1, 6))
def test_the_verdicts_do_not_hang_on_the_random_numbers(draw):
    command = [sys.executable, "-m", "tests.gradcheck.findings", "--draw", str(draw)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    first = float(re.search(r"right code first ([\d.]+)%", run.stdout)[1])
    assert first >= 95, run.stdout


@pytest.mark.slow
def test_checking_leaves_the_global_generator_alone():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    for case in WRONG[::10]:
        if "global_generator" not in case.name:
            judge.__wrapped__(case)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
