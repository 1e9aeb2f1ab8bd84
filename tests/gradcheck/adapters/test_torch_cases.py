"""Wrong Functions of torch's are named, half of them with the line; their right twins pass."""

from __future__ import annotations

import pytest

import gradcheck
from gradcheck.adapters import torch_function
from tests.gradcheck.adapters.cases import line_of
from tests.gradcheck.adapters.torch_cases import CASES

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_a_wrong_function_is_named(case):
    report = gradcheck.check_layer(*torch_function(case.wrong), *case.args, progress=False)
    assert report.status == "failed"
    assert (case.code, case.argument) in [(finding.code, finding.argument)
                                          for finding in report.findings]


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.line], ids=lambda case: case.name)
def test_a_wrong_function_is_found_in_its_line(case):
    assert case.line in line_of(case, torch_function(case.wrong))


@each_case
def test_its_right_twin_passes(case):
    report = gradcheck.check_layer(*torch_function(case.right), *case.args, progress=False)
    assert report.status == "passed", str(report)


def test_ten_at_least_are_there_and_half_of_them_have_a_line():
    assert len(CASES) >= 10
    assert sum(bool(case.line) for case in CASES) >= 5
