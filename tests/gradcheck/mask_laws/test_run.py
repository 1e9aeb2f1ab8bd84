"""The mask kit: every wrong dropout is caught by the law meant for it, no right one is accused."""

from __future__ import annotations

import functools
import itertools
import json
import pickle
import random
import subprocess
import sys
import traceback
import unittest
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import hypothesis
import numpy as np
import pytest

import layers
from gradcheck.mask_laws.folding import proposal
from gradcheck.mask_laws.implementation import Probe
from gradcheck.mask_laws.registry import COMMON_LAWS, STRICT_LAWS
from gradcheck.mask_laws.run import (
    LAWS,
    CheckResult,
    DropoutCheckWarning,
    DropoutImplementation,
    DropoutLawError,
    check_dropout,
    check_law,
    dropout_checks,
    each_law,
    parametrize_with_dropout_checks,
)
from gradcheck.mask_laws.search import design
from gradcheck.sandbox.proxies import remote_error
from tests.gradcheck.mask_laws import implementations, implementations_protocol
from tests.gradcheck.mask_laws.implementations import dropout
from tests.gradcheck.mask_laws.implementations_correct import CORRECT
from tests.gradcheck.messages import complaints

MUTANTS = [*implementations.MUTANTS, *implementations_protocol.MUTANTS]
CANONICAL = next(impl for impl in CORRECT if impl.name == "cs231n_canonical")
LAWS_BY_NAME = {one.name: one for one in LAWS}
VANILLA = DropoutImplementation(layers.vanilla_dropout_forward, layers.vanilla_dropout_backward,
                                scaling="vanilla", name="vanilla")


def law(impl, name, **options):
    """Return one law of an implementation, as a callable."""
    return dict(dropout_checks(impl, **options))[name]


def mutant(name):
    """Return a new wrong dropout of that name."""
    return next(one for one in MUTANTS if one.name == name).make()


def by_name(results):
    return {result.name: result for result in results}


def states():
    """Return the states of both global generators, as something to compare."""
    key, position = (np.random.get_state(legacy=False)["state"][what] for what in ("key", "pos"))
    return key.tobytes(), position, random.getstate()


@cache
def judged(impl):
    """Return what becomes of every law, and whether the run left the global generators alone."""
    before = states()
    return check_dropout(impl, on_fail=None), states() == before


def failed(results):
    return [str(result) for result in results if result.status == "failed"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_is_caught_by_the_law_meant_for_it(mutant):
    with pytest.raises(DropoutLawError) as caught:
        law(mutant.make(), mutant.law)()
    assert str(caught.value).startswith(f"{mutant.law}: ")
    assert caught.value.example or caught.value.evidence
    assert not complaints([str(caught.value)])


def test_there_are_enough_mutants_and_every_default_law_is_meant_for_one():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 40
    assert {mutant.law for mutant in MUTANTS} == {one.name for one in COMMON_LAWS}


@pytest.mark.parametrize("impl", CORRECT, ids=lambda impl: impl.name)
def test_right_dropouts_of_every_convention_pass_and_leave_the_global_generators_alone(impl):
    results, untouched = judged(impl)
    assert failed(results) == []
    assert untouched


@pytest.mark.slow
@pytest.mark.parametrize("impl", CORRECT, ids=lambda impl: impl.name)
def test_twenty_runs_give_no_false_alarm(impl):
    for _ in range(20):
        assert failed(check_dropout(impl, on_fail=None)) == []


@pytest.mark.parametrize("impl", [layers, VANILLA], ids=["inverted", "vanilla"])
def test_our_own_dropout_keeps_the_laws_beyond_common_practice_too(impl):
    assert failed(check_dropout(impl, strict=True, on_fail=None)) == []


@parametrize_with_dropout_checks([layers], strict=True)
def test_the_parametrization_runs_every_law(impl, check):
    check(impl)


def test_the_canonical_homework_passes_with_advice_and_fails_only_under_strict():
    results = by_name(judged(CANONICAL)[0])
    advice = {name for name, result in results.items() if result.status == "advice"}
    assert {"global_generator_untouched", "cache_is_a_snapshot", "bad_p_is_refused",
            "backward_dtype", "dropped_are_positive_zero"} <= advice
    assert "np.random.default_rng" in results["global_generator_untouched"].message
    strict = each_law(CANONICAL, STRICT_LAWS, strict=True)
    assert {result.name for result in strict if result.status == "failed"} == advice


@pytest.mark.parametrize(("given", "setting", "flag"), [
    ({"p_is": "drop"}, "p_is='keep'", "--p-is keep"),
    ({"p_is": "keep", "scaling": "vanilla"}, "scaling='inverted'", "--scaling inverted"),
])
def test_the_other_convention_is_named_with_its_flag(given, setting, flag):
    impl = DropoutImplementation(CANONICAL.forward, CANONICAL.backward, **given)
    with pytest.raises(AssertionError) as caught:
        check_dropout(impl)
    assert setting in str(caught.value)
    assert flag in proposal([CheckResult("rate", "failed", str(caught.value))])


def test_drop_probability_under_p_is_keep_is_named():
    impl = DropoutImplementation(layers.dropout_forward, layers.dropout_backward, p_is="keep")
    assert "set p_is='drop'" in check_law("rate", impl).message


def test_vanilla_scaling_under_the_default_is_named():
    for name in ("values", "test_mode", "expectation"):
        result = check_law(name, (VANILLA.forward, VANILLA.backward))
        assert "set scaling='vanilla'" in result.message


def test_global_seeding_under_the_default_is_named():
    impl = next(impl for impl in CORRECT if impl.name == "global_binomial_float_mask")
    with pytest.raises(AssertionError, match="set seeding='global'"):
        law((impl.forward, impl.backward), "seed_repeats")()


def test_a_failure_says_law_example_number_and_slip():
    result = check_law("rate", mutant("p_used_as_keep_probability"))
    assert result.message.startswith("rate: kept 0.")
    assert "Minimal example: p = 0." in result.message
    assert "p is used as the keep probability" in result.message
    assert result.evidence["expected"] != pytest.approx(result.evidence["observed"], abs=0.05)


def test_examples_are_shrunk_to_one_unit():
    assert "x = [0.5] (float32), p = 0.5, seed = " in check_law(
        "dtype", mutant("float32_becomes_float64")).message
    result = check_law("values", mutant("no_scale"))
    assert "x = [0.5], p = 0.5, seed = 0" in result.message
    assert "the division by 1 - p is missing" in result.message


def test_the_threshold_of_an_eight_bit_dropout_is_named():
    result = check_law("rate_at_extreme_p", mutant("eight_bit_threshold"))
    assert "the threshold is held in 8 bits" in result.message


def test_one_law_is_judged_alone_and_a_strict_one_counts():
    assert str(check_law("test_mode", CANONICAL)) == "passed   test_mode"
    assert check_law("bad_p_is_refused", CANONICAL).status == "failed"
    with pytest.raises(ValueError, match=r"rates.*choose from runs, values"):
        check_law("rates", CANONICAL)


def test_an_exception_that_is_no_laws_is_let_through_or_told():
    def check(probe):
        raise MemoryError("too large")

    laws = [replace(LAWS_BY_NAME["large_arrays"], check=check)]
    with pytest.raises(MemoryError):
        list(each_law(CANONICAL, laws))
    (result,) = each_law(CANONICAL, laws, reason_of=repr)
    assert str(result) == "failed   large_arrays: MemoryError('too large')"


# What the table of deviations promises, a little beyond the threshold.
DEVIATIONS = [
    ("rate", lambda rng, x, p, s: rng.random(x.shape) >= p + (0.009 if p == 0.3 else 0)),
    ("rate", lambda rng, x, p, s: rng.random(x.shape) >= p + (0.005 if p == 0.5 else 0)),
    ("rate", lambda rng, x, p, s: rng.random(x.shape) >= p + (0.006 if p == 0.9 else 0)),
    ("rate_at_extreme_p", lambda rng, x, p, s: rng.random(x.shape) >= p + 0.0015 * (p == 0.002)),
    ("rate_at_extreme_p", lambda rng, x, p, s: rng.random(x.shape) >= p + 0.0008 * (p == 0.0004)),
    ("positions", lambda rng, x, p, s: rng.random(x.size).reshape(x.shape)
     >= (p + 0.24 * (np.arange(x.size) == 9)).reshape(x.shape)),
    ("independence_of_x", lambda rng, x, p, s: rng.random(x.shape) >= p + 0.014 * np.sign(x)),
]


def repeatable(entropy):
    """Return a source of generators whose unseeded ones repeat from run to run."""
    calls = itertools.count()
    return lambda param: np.random.default_rng(param.get("seed", [entropy, next(calls)]))


@pytest.mark.parametrize(("name", "draw"), DEVIATIONS)
def test_the_stated_smallest_deviations_are_found(name, draw):
    for entropy in range(3):
        with pytest.raises(DropoutLawError):
            law(dropout(draw, rng_of=repeatable(entropy)), name)()


@pytest.mark.parametrize("correlation", [0.025])
def test_a_small_correlation_at_one_distance_is_found(correlation):
    def draw(rng, x, p, state):
        uniform, copied = rng.random(x.size), rng.random(x.size) < correlation
        copied[:1717] = False
        uniform[copied] = uniform[np.flatnonzero(copied) - 1717]
        return (uniform >= p).reshape(x.shape)

    with pytest.raises(DropoutLawError, match="units 1717 apart"):
        law(dropout(draw, rng_of=repeatable(0)), "lags")()


def test_an_exception_of_the_implementation_fails_the_law_with_its_last_line():
    def forward(x, param):
        raise ZeroDivisionError("no luck")

    results = check_dropout((forward, forward), on_fail=None)
    assert "forward raised ZeroDivisionError: no luck" in results[0].message
    assert {result.status for result in results if result.name == "runs"} == {"failed"}


def test_an_exception_of_another_process_is_told_by_its_own_name_and_line():
    def forward(x, param):
        raise remote_error({"types": ["ShapeError", "ValueError"], "message": "no luck",
                            "trace": "", "place": "line 3, in dropout_forward"})

    message = check_law("runs", (forward, forward)).message
    assert message.startswith("runs: forward raised ShapeError: no luck (line 3, in dropout_forw")


@pytest.mark.parametrize(("ask", "frame"), [
    (law(mutant("no_scale"), "values"), "judge"), (law(mutant("p_ignored"), "rate"), "judge"),
    (lambda: check_dropout(mutant("no_scale")), "check_dropout")],
    ids=["values", "rate", "check_dropout"])
def test_a_broken_law_is_raised_where_it_was_asked_for_and_not_where_it_was_found(ask, frame):
    with pytest.raises(DropoutLawError) as caught:
        ask()
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[-1].name == frame
    assert len([one for one in frames if one.filename != __file__]) == 1
    told = "".join(traceback.format_exception(caught.value))
    assert "\ngradcheck.dropout_checks.DropoutLawError: " in told
    assert "During handling" not in told
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("out", [None, "text", np.array("a"), [1.0], np.array([1j])])
def test_nonsense_is_a_failure_not_a_crash(out):
    results = check_dropout((lambda x, param: (out, None), lambda dout, cache: out), on_fail=None)
    assert by_name(results)["runs"].status == "failed"


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_constant_outputs_are_failures_not_crashes(value):
    impl = (lambda x, param: (np.full_like(x, value), x), lambda dout, x: np.full_like(x, value))
    results = by_name(check_dropout(impl, on_fail=None))
    assert results["values" if value else "rate"].status == "failed"


@pytest.mark.slow
def test_on_fail_raises_warns_or_only_tells():
    with pytest.raises(AssertionError, match=r"^values: "):
        check_dropout(mutant("no_scale"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_dropout(mutant("no_scale"), on_fail="warn")
    assert {warning.category for warning in caught} == {DropoutCheckWarning}
    assert str(caught[0].message).startswith("values: ")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert failed(check_dropout(mutant("no_scale"), on_fail=None))


@pytest.mark.slow
def test_expected_failures_are_xfail_with_their_reason():
    seen = []
    results = check_dropout(
        mutant("no_scale"), callback=seen.append,
        expected_failures={"values": "scaled later", "expectation": "too"})
    assert seen == results
    result = by_name(results)["values"]
    assert result.status == "xfail"
    assert "Expected: scaled later" in result.message
    json.dumps([result.to_dict() for result in results])


@pytest.mark.parametrize(("impl", "options", "words"), [
    (layers, {"expected_failures": {"no_such_law": ""}}, ("no_such_law", "expected", "Remedy")),
    (layers, {"on_fail": "explode"}, ("on_fail", "explode", "Remedy")),
    (42, {}, ("impl", "42", "Remedy")),
])
def test_wrong_arguments_are_refused(impl, options, words):
    with pytest.raises((ValueError, TypeError)) as refused:
        check_dropout(impl, **options)
    assert all(word in str(refused.value) for word in words)


@pytest.mark.parametrize("wrong", [{"p_is": "p"}, {"scaling": 1}, {"seeding": "time"},
                                   {"forward": None}])
def test_wrong_conventions_are_refused(wrong):
    right = {"forward": layers.dropout_forward, "backward": layers.dropout_backward}
    with pytest.raises((ValueError, TypeError), match="Remedy"):
        DropoutImplementation(**{**right, **wrong})


@pytest.mark.slow
def test_an_implementation_that_writes_into_its_arguments_spoils_no_later_run():
    before = [str(example) + str(example.dout) for example in design(True)]
    check_dropout(mutant("forward_overwrites_x"), on_fail=None)
    check_dropout(mutant("backward_overwrites_dout"), on_fail=None)
    assert [str(example) + str(example.dout) for example in design(True)] == before


def test_laws_that_need_a_seed_are_skipped_where_there_is_none():
    impl = next(impl for impl in CORRECT if impl.name == "uncontrolled")
    results = by_name(judged(impl)[0])
    assert results["seed_repeats"].status == "skipped"
    assert "seeding=None" in results["seed_repeats"].message
    with pytest.raises(unittest.SkipTest):
        law(impl, "other_seed_differs")()


def test_a_foreign_hypothesis_profile_changes_nothing():
    hypothesis.settings.register_profile("odd", max_examples=1, deadline=1, phases=[])
    hypothesis.settings.load_profile("odd")
    try:
        result = check_law("dtype", mutant("float32_becomes_float64"))
        assert "x = [0.5] (float32)" in result.message
    finally:
        hypothesis.settings.load_profile("repeatable")


def test_nothing_is_written_into_the_working_directory(tmp_path):
    program = f"{LAWS_BY_NAME['dtype'].wrong_program}\nassert 'x = [0.5]' in result.message"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_verdicts_repeat_word_for_word():
    def messages():
        results = check_dropout((CANONICAL.forward, CANONICAL.backward), on_fail=None)
        return [(result.status, result.message) for result in results]

    assert messages() == messages()


def test_a_run_takes_a_few_thousand_calls_at_most():
    calls = 0

    def forward(x, param):
        nonlocal calls
        calls += 1
        return layers.dropout_forward(x, param)

    def backward(dout, cache):
        nonlocal calls
        calls += 1
        return layers.dropout_backward(dout, cache)

    check_dropout((forward, backward))
    assert calls < 4000


def test_the_probe_speaks_each_convention():
    def param(**conventions):
        return Probe(DropoutImplementation(len, len, **conventions)).param(0.25, "train", 3)

    assert param() == {"p": 0.25, "mode": "train", "seed": 3}
    assert param(p_is="keep")["p"] == 0.75
    assert param(seeding=None) == {"p": 0.25, "mode": "train"}
    assert isinstance(param(seeding="rng")["rng"], np.random.Generator)


def global_forward(x, param):
    if param["mode"] == "test":
        return x, None
    if "seed" in param:
        np.random.seed(param["seed"])
    mask = (np.random.rand(*x.shape) >= param["p"]) / (1 - param["p"])
    return (x * mask).astype(x.dtype), mask


def global_backward(dout, mask):
    return dout if mask is None else (dout * mask).astype(dout.dtype)


class Elsewhere:
    """A forward as that of another process: its calls may go there together."""

    def __init__(self, forward):
        self.forward, self.together = forward, 0

    def __call__(self, *args):
        return self.forward(*args)

    def each(self, calls, take):
        """Answer one call after the other."""
        for args in calls:
            self.together += 1
            take(self.forward(*args))


def rng_forward(x, param):
    mask = param["rng"].random(x.shape) >= param["p"]
    return x * mask, mask


CALLS = [(np.ones((4, 5)), 0.5, "train", seed) for seed in (None, 3, None, 4, 3)]


@pytest.mark.parametrize(("forward", "seeding", "together"), [
    (layers.dropout_forward, "seed", 5), (layers.dropout_forward, None, 5),
    (rng_forward, "rng", 0), (global_forward, "global", 0)])
def test_calls_that_go_together_keep_what_they_keep_one_by_one(forward, seeding, together):
    def kept(forward):
        np.random.seed(1)
        probe = Probe(DropoutImplementation(forward, len, seeding=seeding))
        return [mask.tolist() for mask in probe.kept_each(CALLS)], probe.calls

    there, state = Elsewhere(forward), np.random.get_state()
    try:
        wrapped = functools.wraps(there)(lambda *args: forward(*args))
        assert kept(there) == kept(forward) == kept(wrapped)
    finally:
        np.random.set_state(state)
    assert there.together == together


@pytest.mark.parametrize(("answers", "what"), [
    ([(np.ones(3), None)], r"out has shape \(3,\) where \(4, 5\)"),
    ([(np.ones((4, 5)), None), None], "must return the pair"),
    ([(np.ones((4, 5)), None), KeyError("seed")], r"raised KeyError: 'seed' \(line .*'seed' in p"),
    ([remote_error({"types": ["KeyError"], "message": "'seed'", "trace": "",
                    "place": "line 9, in dropout_forward"})],
     r"raised KeyError: seed \(line 9, in dropout_forward\)\. Likely slip: param has no 'seed'"),
])
def test_the_first_of_calls_that_go_together_that_is_wrong_breaks_the_law(answers, what):
    left = iter(answers)

    def forward(x, param):
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    probe = Probe(DropoutImplementation(Elsewhere(forward), len))
    with pytest.raises(DropoutLawError, match=what):
        probe.kept_each(CALLS)
    assert probe.calls == len(answers)


def verdicts(impl: object) -> list[tuple[str, str]]:
    return [(result.name, result.status) for result in check_dropout(impl, on_fail=None)]


@pytest.mark.slow
def test_threads_that_check_at_once_have_the_verdicts_of_one():
    impls = [(global_forward, global_backward), layers, (global_forward, global_backward)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(verdicts, impls)) == list(map(verdicts, impls))
