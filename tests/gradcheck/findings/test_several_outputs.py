"""A layer with several outputs: whatever its slip, no rule takes their joined dout for scores."""

import numpy as np
import pytest

from gradcheck import check_layer
from tests.gradcheck.findings.cases import RULE_FAILED

N, D, H = 3, 4, 5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step(x, prev_h, prev_c, Wx, Wh, b):
    a = x @ Wx + prev_h @ Wh + b
    i, f, o = (sigmoid(a[:, k * H:(k + 1) * H]) for k in range(3))
    g = np.tanh(a[:, 3 * H:])
    c = f * prev_c + i * g
    return o * np.tanh(c), c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, c)


def gradients(dh, dc, cache, slip):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, c = cache
    t = np.tanh(c)
    if slip == "dc forgotten":
        dc = 0 * dc
    if slip == "dc of the last sample forgotten":
        dc = np.concatenate([dc[:-1], 0 * dc[-1:]])
    dc = dc + dh * o * (1 - t**2) * (slip != "dh does not reach c")
    da = np.hstack([dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dh * t * o * (1 - o),
                    dc * i * (1 - (np.tanh(g) if slip == "tanh twice" else g)**2)])
    if slip == "gates exchanged":
        da = np.roll(da, H, axis=1)
    if slip == "a mean over samples":
        da = da / N
    return [da @ Wx.T, da @ Wh.T, dc * (f if slip != "f forgotten" else 1), x.T @ da,
            prev_h.T @ da, da.sum(axis=0)]


def checked(slip):
    rng = np.random.default_rng(0)
    shapes = [(N, D), (N, H), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,)]
    return check_layer(lstm_step, lambda dh, dc, cache: gradients(dh, dc, cache, slip),
                       *map(rng.standard_normal, shapes))


def test_a_right_step_passes():
    assert checked("none").passed


@pytest.mark.parametrize("slip", ["dh does not reach c", "tanh twice", "gates exchanged",
                                  "a mean over samples", "f forgotten"])
def test_a_wrong_step_is_judged_by_rules_that_do_not_raise(slip):
    report = checked(slip)
    assert report.status == "failed"
    assert not any(map(RULE_FAILED.match, report.notes))
    assert not any(finding.code.startswith("label") for finding in report.findings)


def test_an_output_whose_upstream_gradient_is_forgotten_is_named():
    report = checked("dc forgotten")
    assert {finding.code for finding in report.findings} == {"samples-ignored"}
    assert "output 2 of 2 (dc in backward) is left out" in str(report.findings[0])
    assert "add what dc contributes" in str(report.findings[0])
    assert "contribute nothing" not in str(report)


def test_a_sample_of_one_output_is_counted_within_that_output():
    report = checked("dc of the last sample forgotten")
    told = [str(finding) for finding in report.findings if finding.argument == "Wx"]
    assert "of output 2 of 2 (dc in backward), 1 of 3 slices along axis 0" in told[0]
