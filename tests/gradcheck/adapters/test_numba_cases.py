"""Layers that numba compiles are judged as they are: wrong ones are named with the line."""

from __future__ import annotations

import pytest

import gradcheck
from tests.gradcheck.adapters.cases import line_of
from tests.gradcheck.adapters.numba_cases import CASES

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.wrong[1].__name__)


@each_case
def test_a_wrong_compiled_layer_is_named(case):
    report = gradcheck.check_layer(*case.wrong, *case.args, progress=False)
    assert report.status == "failed"
    assert (case.code, case.argument) in [(finding.code, finding.argument)
                                          for finding in report.findings]


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.line],
                         ids=lambda case: case.wrong[1].__name__)
def test_a_wrong_compiled_layer_is_found_in_its_line(case):
    assert case.line in line_of(case, case.wrong)


@each_case
def test_its_right_twin_passes(case):
    assert gradcheck.check_layer(*case.right, *case.args, progress=False).status == "passed"


def test_four_at_least_are_there_and_half_of_them_have_a_line():
    assert len(CASES) >= 4
    assert sum(bool(case.line) for case in CASES) >= len(CASES) / 2
