"""A cause is named where it explains every number, and nothing is guessed where none does."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import check_gradient, check_layer
from gradcheck.findings import registry
from gradcheck.findings.registry import rules
from gradcheck.findings.rule import Clue
from tests.gradcheck.findings.forwards.affine import affine
from tests.gradcheck.findings.forwards.dropout import dropout
from tests.gradcheck.findings.forwards.elementwise import relu, sigmoid, tanh
from tests.gradcheck.findings.forwards.losses import softmax
from tests.gradcheck.findings.forwards.normalization import batchnorm, layernorm
from tests.layers.layer_laws import law, seeds


def rows(rng, n, d):
    return rng.standard_normal((n, d))


def affine_args(rng, n, d):
    return rows(rng, n, d), rows(rng, d, d + 1), rng.standard_normal(d + 1)


def norm_args(rng, n, d):
    return rows(rng, n + 1, d), rng.standard_normal(d), rng.standard_normal(d), {"eps": 1e-5}


LAYERS = {
    "affine": (affine, affine_args),
    "tanh": (tanh, lambda *sizes: (rows(*sizes),)),
    "sigmoid": (sigmoid, lambda *sizes: (rows(*sizes),)),
    "relu": (relu, lambda rng, n, d: (rows(rng, n + 2, d + 2),)),
    "dropout": (dropout, lambda rng, n, d: (rows(rng, n + 2, d + 2), {"p": 0.4, "seed": n})),
    "softmax": (softmax, lambda *sizes: (rows(*sizes),)),
    "batchnorm": (batchnorm, norm_args),
    "layernorm": (layernorm, lambda rng, n, d: norm_args(rng, n - 1, d + 1)),
}


def fixed(*what):
    """A generator that draws the same numbers at every call of one backward."""
    return np.random.default_rng(zlib.crc32(repr(what).encode()))


def unrelated(gradient, dout, seed):
    mixing = fixed(seed, gradient.shape, dout.shape).standard_normal((gradient.size, dout.size))
    return (mixing @ dout.ravel()).reshape(gradient.shape)


def noisy(amount):
    def wrong(gradient, dout, seed):
        return gradient * (1 + amount * fixed(seed).standard_normal(gradient.shape))
    return wrong


def two_slips(gradient, dout, seed):
    """Half of the elements a factor too small, the others another one too large."""
    half = fixed(seed).permutation(gradient.size).reshape(gradient.shape) % 2 == 0
    return np.where(half, 0.7 * gradient, 1.3 * gradient)


def scaled_and_noisy(gradient, dout, seed):
    return -0.7 * gradient * (1 + 0.02 * fixed(seed).standard_normal(gradient.shape))


SENSELESS = {"noise of 1e-3": noisy(1e-3), "noise of 0.3": noisy(0.3), "two slips": two_slips,
             "scaled and noisy": scaled_and_noisy}


def verdict(name, wrong, seed):
    """The findings where a random gradient of a layer is spoiled."""
    forward, make = LAYERS[name]
    rng = np.random.default_rng(seed)
    args = make(rng, int(rng.integers(3, 7)), int(rng.integers(3, 7)))

    def spoiled(dout, cache):
        gradients = forward.backward(dout, cache)
        gradients = list(gradients) if isinstance(gradients, tuple) else [gradients]
        place = seed % len(gradients)
        gradients[place] = wrong(gradients[place], dout, seed)
        return tuple(gradients)

    return check_layer(forward, spoiled, *args, progress=False)


@pytest.mark.parametrize("wrong", SENSELESS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_gradient_wrong_for_no_single_reason_is_unexplained(name, wrong):
    found = Counter()
    for seed in range(8):
        report = verdict(name, SENSELESS[wrong], seed)
        assert not report.passed
        found.update(finding.code for finding in report.findings)
    assert found == {"unexplained": 8}


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_an_unrelated_gradient_of_an_elementwise_layer_is_unexplained(name):
    codes = {f.code for seed in range(8) for f in verdict(name, unrelated, seed).findings}
    assert codes == {"unexplained"}


FACTORS = st.floats(-20, 20).filter(lambda f: abs(f) > 1e-2 and abs(abs(f) - 1) > 1e-2)


@law
@given(st.sampled_from(sorted(LAYERS)), FACTORS, seeds)
def test_any_factor_is_told_to_nine_digits_whatever_the_layer(name, factor, seed):
    report = verdict(name, lambda gradient, dout, seed: factor * gradient, seed)
    assert len(report.findings) == 1
    finding = report.findings[0]
    assert finding.code == "scaled"
    assert finding.evidence["factor"] == pytest.approx(factor, rel=1e-4)


@law
@given(st.sampled_from(sorted(LAYERS)), seeds)
def test_a_flipped_sign_and_a_zero_are_named_whatever_the_layer(name, seed):
    for wrong, code in ((-1.0, "sign-flipped"), (0.0, "zero-gradient")):
        report = verdict(name, lambda gradient, dout, seed, by=wrong: by * gradient, seed)
        assert [finding.code for finding in report.findings] == [code]


@law
@given(st.integers(0, 19), st.floats(0.01, 10), st.booleans())
def test_one_wrong_element_is_isolated_and_pointed_at(flat, amount, minus):
    where = tuple(int(i) for i in np.unravel_index(flat, (4, 5)))
    x = np.random.default_rng(0).uniform(0.5, 2.0, (4, 5))

    def backward(dout, x):
        dx = 3 * dout * x**2
        dx[where] *= 1 - amount if minus else 1 + amount
        return dx

    report = check_layer(lambda x: (x**3, x), backward, x)
    assert [(f.code, f.where) for f in report.findings] in (
        [("isolated-elements", (where,))], [])
    assert report.findings or (minus and amount == 0)


@pytest.mark.parametrize("rule", rules().values(), ids=rules())
def test_a_rule_has_sentences_that_can_be_filled(rule):
    messages = [*rule.clues, *rule.shape_clues, *rule.breaches.values()]
    assert messages
    for message in messages:
        assert not message.because.endswith(".")
        assert not message.remedy.endswith(".")


def test_every_message_says_what_is_wrong_and_the_remedy():
    report = check_layer(lambda x: (x**3, x), lambda d, x: d * x**2, np.arange(1.0, 8.0))
    message = report.findings[0].message
    assert "0.33333 x numeric" in message
    assert "1/3" in message
    assert "Remedy: " in message


@pytest.mark.parametrize("findings", [1, 2])
def test_each_wrong_argument_has_a_finding_of_its_own_and_right_ones_have_none(findings):
    def backward(dout, cache):
        dx, dw, db = affine.backward(dout, cache)
        return dx, -dw, (2 * db if findings == 2 else db)

    rng = np.random.default_rng(0)
    report = check_layer(affine, backward, rng.standard_normal((5, 3)),
                         rng.standard_normal((3, 4)), rng.standard_normal(4))
    expected = [("sign-flipped", "w"), ("scaled", "b")][:findings]
    assert [(f.code, f.argument) for f in report.findings] == expected


def test_a_number_that_is_not_finite_is_not_explained_by_another_cause():
    def backward(dout, x):
        dx = 2 * dout * x
        dx[0] = np.inf
        return dx

    report = check_layer(lambda x: (x * x, x), backward, np.array([1.0, -2.0, 3.0, 0.5]))
    codes = [finding.code for finding in report.findings]
    assert codes[0] == "non-finite"
    assert set(codes) <= {"non-finite", "isolated-elements", "unexplained"}


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_gradient_rounded_to_a_narrower_dtype_is_called_that(dtype):
    x = np.random.default_rng(0).standard_normal((6, 5))
    report = check_layer(lambda x: (x**3, x), lambda d, x: (3 * d * x**2).astype(
        dtype).astype(np.float64), x)
    assert {finding.code for finding in report.findings} == {"lower-precision"}


@pytest.mark.slow
@law
@given(seeds)
def test_a_diagnosis_does_not_depend_on_the_seed(seed):
    x = np.random.default_rng(1).standard_normal((4, 5))
    codes = {tuple(f.code for f in check_layer(tanh, backward, x, seed=seed).findings)
             for backward in (lambda d, c: d * (1 - c[1]), lambda d, c: 2 * d * (1 - c[1]))}
    again = {tuple(f.code for f in check_layer(tanh, backward, x, seed=0).findings)
             for backward in (lambda d, c: d * (1 - c[1]), lambda d, c: 2 * d * (1 - c[1]))}
    assert codes == again


def test_a_scalar_functions_factor_is_named_after_its_constants():
    x = np.random.default_rng(1).standard_normal((4, 5))
    report = check_gradient(lambda x: 0.3 * np.sum(x**2), lambda x: 2 * x, x,
                            constants={"lam": 0.3})
    assert report.findings[0].evidence["name"] == "1/lam"


def kept(x, keep_param):
    mask = np.random.default_rng(3).random(x.shape) < keep_param["keep_prob"]
    return x * mask / keep_param["keep_prob"], mask


@pytest.mark.parametrize(("factor", "name"), [
    (0.7, "keep_prob"), (1 / 0.7, "1/keep_prob"), (0.3, "1 - keep_prob"),
])
def test_a_factor_of_a_layer_that_is_told_what_to_keep_is_named_after_that(factor, name):
    report = check_layer(kept, lambda d, mask: d * mask / 0.7 * factor,
                         np.random.default_rng(1).standard_normal((5, 7)), {"keep_prob": 0.7})
    assert [f.code for f in report.findings] == ["scaled"]
    assert report.findings[0].evidence["name"] == name


def test_a_half_that_is_kept_is_what_is_kept_not_what_is_dropped():
    report = check_layer(kept, lambda d, mask: d * mask,
                         np.random.default_rng(1).standard_normal((5, 7)), {"keep_prob": 0.5})
    assert report.findings[0].evidence["name"] == "keep_prob"


def affine_dropout(x, w, param):
    mask = np.random.default_rng(3).random((len(x), w.shape[1])) < param["keep_prob"]
    return x @ w * mask / param["keep_prob"], (x, w, mask)


def test_a_mask_is_missed_in_a_layer_that_is_told_what_to_keep():
    def backward(dout, cache):
        x, w, _ = cache
        return dout @ w.T, x.T @ dout

    rng = np.random.default_rng(1)
    report = check_layer(affine_dropout, backward, rng.standard_normal((4, 5)),
                         rng.standard_normal((5, 6)), {"keep_prob": 0.6})
    assert {finding.code for finding in report.findings} == {"mask-not-applied"}


def broken(view):
    raise ArithmeticError("our own fault")


@pytest.fixture
def with_a_broken_rule():
    """Let the first rule that is asked raise."""
    first = next(iter(registry.clues()))[0]
    spoiled = replace(first, clues=(Clue(broken, "", ""),))
    asked = tuple((spoiled, spoiled.clues[0]) if rule is first else (rule, clue)
                  for rule, clue in registry.clues())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradcheck.findings.diagnose.clues", lambda: asked)
        yield first.code


def test_a_rule_that_raises_is_noted_and_the_others_are_asked_all_the_same(with_a_broken_rule):
    report = check_layer(tanh, lambda d, c: 3 * d * (1 - c[1] ** 2),
                         np.random.default_rng(0).standard_normal((4, 5)))
    assert [finding.code for finding in report.findings] == ["scaled"]
    assert report.notes == (f"rule {with_a_broken_rule} failed: ArithmeticError: our own fault",)


def test_a_forward_that_refuses_what_a_rule_would_try_is_no_failure_of_the_rule():
    def forward(x):
        if np.any(x < 0):
            raise ValueError("negative")
        return x**3, x

    report = check_layer(forward, lambda d, x: d * np.cos(x), np.linspace(0.5, 2.0, 12))
    assert [finding.code for finding in report.findings] == ["unexplained"]
    assert report.notes == ()


def test_a_right_layer_imports_no_rule():
    program = ("import sys, numpy as np\nfrom gradcheck import check_layer\n"
               "assert check_layer(lambda x: (x**3, x), lambda d, x: 3 * d * x**2,"
               " np.arange(1.0, 8.0)).passed\n"
               "print([name for name in sys.modules if name.startswith("
               "('gradcheck.findings.whole', 'gradcheck.findings.contract'))])")
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                         check=False)
    assert run.stdout == "[]\n", run.stdout + run.stderr
