"""One slip of a dropout is one message, in the words of the reader's convention."""

from dataclasses import replace

import pytest

from gradcheck.mask_laws.folding import proposal, slips_of
from gradcheck.mask_laws.run import check_dropout
from gradcheck.mask_laws.words import in_words_of_keeping
from tests.gradcheck.mask_laws import implementations, implementations_protocol
from tests.gradcheck.mask_laws.implementations_correct import CORRECT

MUTANTS = {one.name: one for one in (*implementations.MUTANTS, *implementations_protocol.MUTANTS)}
# What breaks many laws, and the one that tells the slip.
ONE_SLIP = {
    "one_mask_per_row": "axes", "one_mask_per_channel": "axes",
    "p_used_as_keep_probability": "rate", "nothing_dropped": "rate",
    "threshold_on_x": "independence_of_x", "drawn_at_import": "fresh_mask_each_call",
    "no_scale": "values", "backward_resamples": "backward_uses_forward_mask",
    "flattens_its_input": "runs",
}


def failed(impl):
    return [result for result in check_dropout(impl, on_fail=None) if result.status == "failed"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_SLIP)
def test_one_slip_is_one_message_with_the_deciding_law_first(name):
    broken = failed(MUTANTS[name].make())
    slip, = slips_of(broken)
    assert slip.law.name == ONE_SLIP[name]
    assert len(slip.others) == len(broken) - 1
    assert f"{len(slip.others)} more law" in slip.message


def test_two_slips_are_two_messages():
    results = failed(MUTANTS["one_mask_per_row"].make()) + failed(
        MUTANTS["test_mode_drops"].make())
    assert [slip.law.name for slip in slips_of(results)] == ["axes", "test_mode"]


def test_another_convention_is_proposed_once_with_the_flag_of_the_place():
    keeps = next(impl for impl in CORRECT if impl.p_is == "keep")
    broken = failed(replace(keeps, p_is="drop"))
    assert "--p-is keep (from Python p_is='keep')" in proposal(broken)
    assert "--gradcheck-p-is keep" in proposal(broken, "--gradcheck-", python=False)
    slip, = slips_of(broken)
    assert "if that is meant" not in slip.message


@pytest.mark.parametrize(("dropping", "keeping"), [
    ("the division by 1 - p is missing", "the division by p is missing"),
    ("the division is by p, the probability of dropping, not by 1 - p",
     "the division is by 1 - p, the probability of dropping, not by p"),
    ("backward multiplies kept units by 1/(1 - p), forward does not",
     "backward multiplies kept units by 1/p, forward does not"),
    ("raise ValueError unless 0 <= p < 1", "raise ValueError unless 0 < p <= 1"),
    ("x = [0.5], p = 0.25, seed = 75.", "x = [0.5], p = 0.75, seed = 75."),
    ("p = 0 turns x into [1.]", "p = 1 turns x into [1.]"),
    ("units are dropped with probability 0.28, 0.933 times p",
     "units are kept with probability 0.72"),
    ("p = 0.002 is taken for 0: the threshold", "p = 0.998 is taken for 1: the threshold"),
    ("p is used as the keep probability: keep a unit where its random number is >= p",
     "p is used as the drop probability: keep a unit where its random number is < p"),
    ("E[out] = (1 - p) * scale * x", "E[out] = p * scale * x"),
])
def test_a_reader_who_keeps_reads_of_keeping(dropping, keeping):
    assert in_words_of_keeping(dropping) == keeping


@pytest.mark.parametrize("name", ["no_scale", "p_off_by_two_percent",
                                  "backward_without_scale"])
def test_no_law_speaks_of_dropping_to_a_reader_who_keeps(name):
    impl = MUTANTS[name].make()

    def forward(x, param):
        return impl.forward(x, {**param, "p": 1 - param["p"]})

    for result in failed(replace(impl, forward=forward, p_is="keep")):
        assert "1 - p" not in result.message.replace("is by 1 - p", "")
        assert "dropped with probability" not in result.message
