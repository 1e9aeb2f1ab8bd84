"""What further examples show: each slip is found where it shows, and its right twin passes."""

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.examples.candidates import Example
from gradcheck.examples.variants import Variant
from gradcheck.output.record import Record
from gradcheck.output.text import as_text
from gradcheck.report import Report
from gradcheck.target import held
from gradcheck.target.further import Further
from tests.gradcheck.messages import complaints
from tests.gradcheck.target.made import checked
from tests.gradcheck.target.slips import AFFINE, CONV, HEAD, RELU, SLIPS

RIGHT = {slip.right: slip.name.partition("_")[0] for slip in SLIPS}


@pytest.fixture(autouse=True)
def time_enough(monkeypatch):
    """Let no example be left out because the machine is busy."""
    monkeypatch.setattr(held, "LEAST_SECONDS", 60.0)


def item_of(text):
    """Return what is said of a layer; its line is no part of that."""
    item, = checked(f"{HEAD}BUFFER = {{}}\n{text}", line=False).items
    return item


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_slip_that_one_example_does_not_show_is_found(slip):
    assert slip.old in slip.right
    item = item_of(slip.right.replace(slip.old, slip.new))
    codes = [finding["code"] for finding in item.details["report"]["findings"]]
    assert item.status == slip.status
    assert slip.code in ("", codes[0])
    assert slip.where in item.message
    assert not complaints([item.message, *item.advice])


@pytest.mark.parametrize("text", RIGHT, ids=RIGHT.values())
def test_the_right_twin_passes_and_says_nothing(text):
    item = item_of(text)
    assert (item.status, item.message, item.advice) == ("passed", "", ())
    assert item.details["report"]["examples"] >= 5
    assert item.details["not_run"] == []


AFFINE_OF_TWO = AFFINE.replace("    return x.reshape", """
    if len(x) < 2:
        raise ValueError("a batch has two samples at least")
    return x.reshape""", 1)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "remedy"), [
    ("sigmoid_overflows", "0.5 * (1 + np.tanh(x / 2))"),
    ("softplus_overflows", "np.logaddexp(0, x)"), ("tanh_overflows", "np.tanh"),
    ("softmax_overflows", "x - x.max(axis=1, keepdims=True)"),
    ("softmax_global_maximum", "not x - x.max()"),
    ("softmax_loss_overflows", "each row's maximum before exp"),
    ("softmax_loss_log_of_zero", "without exp between"),
    ("batchnorm_variance", "(x - mean)^2"), ("layernorm_variance", "(x - mean)^2"),
    ("relu_divides", "guard what divides"),
])
def test_the_remedy_of_what_overflows_fits_its_cause(name, remedy):
    slip = next(slip for slip in SLIPS if slip.name == name)
    finding = item_of(slip.right.replace(slip.old, slip.new)).details["report"]["findings"][0]
    assert finding["code"] == "unstable"
    assert remedy in finding["message"]


LINEAR_SOFTMAX = """
import numpy as np
def softmax_loss_vectorized(W, X, y, reg):
    e = np.exp(X.dot(W))
    p = e / e.sum(axis=1, keepdims=True)
    rows = np.arange(len(X))
    loss = -np.log(p[rows, y]).mean() + reg * np.sum(W * W)
    p[rows, y] -= 1
    return loss, X.T.dot(p) / len(X) + 2 * reg * W
"""


@pytest.mark.parametrize(("exponent", "remedy"), [
    ("X.dot(W)", "each row's maximum before exp"),
    ("X.dot(W) - np.max(X.dot(W))", "each row's own maximum"),
])
def test_the_cause_of_an_overflow_is_found_where_weights_come_before_samples(exponent, remedy):
    item = item_of(LINEAR_SOFTMAX.replace("X.dot(W))", f"{exponent})", 1))
    (finding,) = item.details["report"]["findings"]
    assert finding["code"] == "unstable"
    assert remedy in finding["message"]


def test_a_refusal_is_said_in_one_line_and_fails_nothing():
    item = item_of(AFFINE_OF_TWO)
    assert item.status == "passed"
    assert item.advice == ("not judged at what it refuses: with N = 1 (ValueError: a batch has two "
                           "samples at least)",)


@pytest.mark.parametrize(("line", "status"), [
    ("assert x.dtype == np.float64, 'no float32'", "passed"),
    ("_ = conv_param['colour'] if pad == 0 else None", "passed"),
    ("_ = 1 // pad", "failed"),
    ("_ = np.zeros(3) + np.zeros(3 + (pad == 0))", "failed"),
])
def test_an_exception_of_numpy_or_an_operator_fails_and_a_missing_key_does_not(line, status):
    text = CONV.replace("    N, C, H, W = x.shape", f"    {line}\n    N, C, H, W = x.shape", 1)
    assert item_of(text).status == status


def test_what_there_is_no_time_for_is_named(monkeypatch):
    monkeypatch.setattr(held, "PATIENCE", -1e6)
    item = item_of(CONV)
    assert item.status == "passed"
    assert (item.details["report"]["examples"], len(item.details["not_run"])) == (1, 12)
    told = [as_text(Record("check", "a.py", (item,)), verbose=verbose) for verbose in (0, 1)]
    assert ["there was no time for examples with" in text for text in told] == [False, True]


def test_a_further_example_that_the_numbers_cannot_decide_is_a_note():
    undecided = replace(item_report(), inconclusive=True, passed=False)
    seen = held.Seen(undecided)
    entry = Further(Example((np.ones(2),), ("x",)), Variant("with N = 1"))
    after = held._with(held.Held(item_report()), entry, seen, passed=True)
    assert after.report.passed
    assert list(after.advice) == ["the numbers cannot decide with N = 1"]


def item_report():
    return Report(True, False, (), 4, 9, 0.1)


def test_a_loss_is_not_judged_by_a_mask_that_multiplies_an_infinite_logarithm():
    text = """
def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    rows, labels, kept = x.reshape(N * T, V), y.reshape(N * T), mask.reshape(N * T)
    probs = np.exp(rows - rows.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    loss = -np.sum(kept * np.log(probs[np.arange(N * T), labels])) / N
    dx = probs.copy()
    dx[np.arange(N * T), labels] -= 1
    dx *= kept[:, None] / N
    return loss, dx.reshape(N, T, V)
"""
    item = item_of(text)
    assert (item.status, item.details["report"]["findings"][0]["code"]) == ("warned", "unstable")


def test_a_logarithm_of_pythons_own_that_raises_is_a_warning():
    text = """
import math


def softmax_loss(x, y):
    dx = np.exp(x - x.max(axis=1, keepdims=True))
    dx /= dx.sum(axis=1, keepdims=True)
    loss = -sum(math.log(dx[i, label]) for i, label in enumerate(y)) / len(y)
    dx[np.arange(len(y)), y] -= 1
    return loss, dx / len(y)
"""
    assert item_of(text).status == "warned"


def test_a_gradient_that_is_rounded_has_no_other_slip_at_its_kinks():
    item = item_of(RELU.replace("return dout * (x > 0)",
                                "return (dout * (x > 0)).astype(np.float16).astype(dout.dtype)"))
    assert [finding["code"] for finding in item.details["report"]["findings"]] == [
        "lower-precision"]


def test_examples_of_the_targets_own_are_further_ones_too():
    text = AFFINE.replace("dout.sum(axis=0)", "dout[:9].sum(axis=0)") + """
def affine_example(rng):
    for samples in (2, 3, 12):
        yield rng.normal(size=(samples, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)
"""
    item = item_of(text)
    assert item.status == "failed"
    assert "found at example 3 of its own; at the first nothing is wrong" in item.message
