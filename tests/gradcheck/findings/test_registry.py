"""What holds of all cases together."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gradcheck.findings.registry import rules
from tests.gradcheck.findings.cases import PASSED, all_cases, collections, judge

ROOT = Path(__file__).parents[3]
CASES = list(all_cases())
WRONG = [case for case in CASES if case.code != PASSED]


def test_every_code_has_two_wrong_cases_and_a_right_twin_at_least():
    count = Counter((path, case.code == PASSED)
                    for path, collection in collections() for case in collection.cases)
    files = {path for path, collection in collections() if collection.code != PASSED}
    assert {path for path in files if count[path, False] < 2 or not count[path, True]} == set()
    assert {case.code for case in WRONG} == set(rules())


def test_a_test_file_is_called_as_its_code():
    for path, collection in collections():
        if collection.code != PASSED:
            assert path.endswith(f"/test_{collection.code.replace('-', '_')}")


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


def test_checking_leaves_the_global_generator_alone():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    for case in WRONG[::10]:
        if "global_generator" not in case.name:
            judge.__wrapped__(case)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
