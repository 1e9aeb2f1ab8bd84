"""The checker finds every wrong backward, names its cause, and lets every right layer pass."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gradcheck.report import Report
from tests.mutants import all_correct, all_mutants
from tests.mutants.judge import judge, judge_correct, judge_mutants, summary

MUTANTS, CORRECT = list(all_mutants()), list(all_correct())

CODES = {
    "input-mutated", "dout-mutated", "cache-mutated", "backward-impure", "nonlinear-in-dout",
    "dout-ignored", "forward-nondeterministic", "mask-resampled", "wrong-shape",
    "lower-precision", "non-finite", "raises", "zero-gradient", "sign-flipped", "scaled",
    "transposed", "outputs-swapped", "wrong-axis-sum", "batch-reversed", "isolated-elements",
    "elements-exchanged", "samples-ignored", "wrong-cached-value", "missing-transpose",
    "mask-not-applied", "mask-inverted", "mask-shifted", "mask-mismatch", "wrong-threshold",
    "negative-slope-lost", "value-used-as-mask", "mean-constant", "variance-constant",
    "statistics-constant", "variance-term-scaled", "gamma-missing", "eps-missing",
    "uses-x-not-xhat", "divided-by-std-twice", "label-term-missing", "label-term-sign",
    "wrong-label", "not-normalized", "diagonal-jacobian-only", "margin-count",
    "regularization-missing", "regularization-doubled", "regularization-halved",
    "regularization-sign", "regularization-on-bias", "overlap-overwritten", "window-misplaced",
    "kernel-flipped", "padding-crop", "pool-spread", "pool-misrouted", "unexplained",
}


@pytest.fixture(scope="module")
def verdicts():
    return judge_mutants(MUTANTS)


@pytest.fixture(scope="module")
def false_alarms():
    return [verdict for verdict in judge_correct(CORRECT) if not verdict.passed]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_wrong_backward_is_detected(mutant):
    verdict = judge(mutant)
    assert verdict.detected, str(verdict)


@pytest.mark.parametrize("layer", CORRECT, ids=lambda layer: layer.name)
def test_every_right_layer_passes(layer):
    report = layer.check()
    assert report.passed, str(report)


def test_the_first_finding_names_the_cause(verdicts, false_alarms):
    right = sum(verdict.first for verdict in verdicts) / len(verdicts)
    assert right >= 0.97, "\n" + summary(verdicts, false_alarms)


def test_every_code_is_named_right_at_least_once(verdicts):
    named = {verdict.mutant.code for verdict in verdicts
             if verdict.codes[:1] == (verdict.mutant.code,)}
    assert named >= CODES, sorted(CODES - named)


def test_every_code_has_at_least_two_mutants():
    count = Counter(mutant.code for mutant in MUTANTS)
    assert {code for code in CODES if count[code] < 2} == set()
    assert set(count) == CODES


def test_two_codes_are_allowed_in_a_few_percent_only():
    assert sum(bool(mutant.also) for mutant in MUTANTS) <= 0.06 * len(MUTANTS)


def test_names_are_unique():
    for names in ([m.name for m in MUTANTS], [c.name for c in CORRECT]):
        assert [name for name, count in Counter(names).items() if count > 1] == []


SCALED = [mutant for mutant in MUTANTS if mutant.factor is not None]


@pytest.mark.parametrize("mutant", SCALED, ids=lambda mutant: mutant.name)
def test_a_scaled_gradient_is_reported_with_its_factor(mutant):
    report = mutant.check()
    assert isinstance(report, Report)
    finding = report.findings[0]
    assert finding.evidence["factor"] == pytest.approx(mutant.factor, rel=2e-3)
    if mutant.factor_name is not None:
        assert mutant.factor_name in (finding.evidence.get("name"), *finding.evidence.values())


@pytest.mark.slow
@pytest.mark.parametrize("draw", range(1, 6))
def test_the_verdicts_do_not_hang_on_the_random_numbers(draw):
    command = [sys.executable, "-m", "tests.mutants", "--draw", str(draw)]
    root = Path(__file__).parents[3]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    first = float(re.search(r"right code first ([\d.]+)%", run.stdout)[1])
    assert first >= 95, run.stdout


def test_checking_leaves_the_global_generator_alone():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    for mutant in MUTANTS[::10]:
        if "global_generator" not in mutant.name:
            judge(mutant)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
