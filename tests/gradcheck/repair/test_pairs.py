"""Which two edits go together is told by what each does alone, and by nothing else."""

import numpy as np
import pytest

from gradcheck.repair.pairs import Effects

RNG = np.random.default_rng(0)
A, B, OTHER_A, OTHER_B, NOISE = RNG.normal(size=(5, 6))
JOINED = {"added": np.add, "multiplied": np.multiply}


def pairs(found, now, right, starts=(0,)):
    return list(Effects(np.array(found), now, right, np.full(len(now), 1e-9), starts).pairs())


@pytest.mark.parametrize("join", JOINED.values(), ids=JOINED)
def test_edits_of_two_terms_or_two_factors_are_known_to_go_together(join):
    found = [join(OTHER_A, B), NOISE, join(A, OTHER_B)]
    assert (0, 2, 0) in pairs(found, join(A, B), join(OTHER_A, OTHER_B))


def test_where_both_reach_a_gradient_and_neither_rule_holds_only_a_run_can_tell():
    assert pairs([NOISE, OTHER_A], A, B) == [(0, 1, 1)]


def test_no_pair_leaves_a_gradient_wrong_that_one_of_the_two_does_not_reach():
    now, right = np.hstack([A, B]), np.hstack([OTHER_A, OTHER_B])
    first, second = np.hstack([OTHER_A, B]), np.hstack([A, NOISE])
    mended = np.hstack([A, OTHER_B])
    assert pairs([first, second], now, right, (0, 6)) == []
    assert pairs([first, mended], now, right, (0, 6)) == [(0, 1, 0)]


def test_a_gradient_that_is_not_there_is_left_to_a_run():
    missing = np.full(6, np.nan)
    assert pairs([OTHER_A, OTHER_B], missing, NOISE) == [(0, 1, 1)]
