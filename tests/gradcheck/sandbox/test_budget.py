"""What of a submission's time one layer may take."""

from __future__ import annotations

from gradcheck.sandbox.budget import Budget


def test_a_layer_leaves_time_to_those_that_wait_and_the_last_one_has_it_all() -> None:
    budget = Budget(1000.0)
    with budget.share(others=2):
        assert 490.0 < budget.left <= 500.0
    with budget.share(others=0):
        assert 900.0 < budget.left <= 1000.0


def test_what_is_used_up_is_told_a_share_or_all() -> None:
    assert "used up" in Budget(0.0).of_all()
    assert "others" not in Budget(0.0).of_all()
    assert Budget(10.0).of_all() == ", a part of the 10 s in all"
