"""The global generators are put back, and start from a state that has a name."""

from __future__ import annotations

import random

import numpy as np
import pytest

from gradcheck.generators import global_generators_restored


def draws():
    return np.random.random(), random.random()


@pytest.mark.parametrize("name", [None, "a law"])
def test_both_generators_go_on_as_if_nothing_had_happened(name):
    np.random.seed(3)
    random.seed(3)
    undisturbed = [draws(), draws()]
    np.random.seed(3)
    random.seed(3)
    first = draws()
    with global_generators_restored(name):
        draws()
        np.random.seed(0)
        random.seed(0)
    assert [first, draws()] == undisturbed


def test_a_name_stands_for_a_state_and_no_name_for_the_one_at_hand():
    def inside(name):
        with global_generators_restored(name):
            return draws()

    assert inside("rate") == inside("rate") != inside("lags")
    assert inside(None) == draws()
