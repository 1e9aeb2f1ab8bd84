"""Every code is explained by a wrong program that raises it and a repaired one that passes."""

import contextlib
import io

import pytest

from gradcheck.findings.explain import explain, listing
from gradcheck.findings.registry import families, rules

CODES = {
    "contract": """input-mutated dout-mutated cache-mutated backward-impure nonlinear-in-dout
        dout-ignored forward-nondeterministic mask-resampled wrong-shape lower-precision non-finite
        raises""",
    "whole": """zero-gradient sign-flipped scaled transposed outputs-swapped wrong-axis-sum
        batch-reversed isolated-elements elements-exchanged samples-ignored wrong-cached-value
        missing-transpose unexplained""",
    "masks": """mask-not-applied mask-inverted mask-shifted mask-mismatch wrong-threshold
        negative-slope-lost value-used-as-mask""",
    "normalization": """mean-constant variance-constant statistics-constant variance-term-scaled
        gamma-missing eps-missing uses-x-not-xhat divided-by-std-twice""",
    "losses": """label-term-missing label-term-sign wrong-label not-normalized
        diagonal-jacobian-only margin-count""",
    "regularization": """regularization-missing regularization-doubled regularization-halved
        regularization-sign regularization-on-bias regularization-factor""",
    "windows": """overlap-overwritten window-misplaced kernel-flipped padding-crop pool-spread
        pool-misrouted""",
    "values": "",
}
RULES = rules()


def report_of(program):
    names = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(program, names)
    assert printed.getvalue() == f"{names['report']}\n"
    return names["report"]


def test_the_explained_codes_are_those_of_the_contract_family_by_family():
    assert {family: [rule.code for rule in found] for family, found in families().items()} == {
        family: sorted(codes.split()) for family, codes in CODES.items()}


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


def test_the_list_has_a_line_for_every_code():
    lines = listing().splitlines()
    assert {line.split()[0] for line in lines if line.startswith("  ")} == set(RULES)
    assert all(len(line) <= 100 for line in lines)


def test_an_unknown_code_names_its_neighbours():
    with pytest.raises(KeyError, match="did you mean scaled"):
        explain("scald")
