"""A right gradient never fails, and a spoiled one never passes, at any scale."""

from __future__ import annotations

import pytest

from tests.gradcheck.numeric.decided import is_wrong, layer_verdicts, loss_verdicts, net_verdicts

OPEN = (46, 48)  # nets of which some arguments stay open


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(20), *OPEN])
def test_no_net_is_judged_wrongly(seed):
    assert [verdict for verdict in net_verdicts(seed) if is_wrong(verdict)] == []


@pytest.mark.slow
@pytest.mark.parametrize("verdicts", [layer_verdicts, loss_verdicts])
def test_no_layer_and_no_loss_is_judged_wrongly(verdicts):
    found = [verdict for seed in range(100) for verdict in verdicts(seed)]
    assert [verdict for verdict in found if is_wrong(verdict)] == []
    right = [verdict.status for verdict in found if verdict.way == "right"]
    assert right.count("inconclusive") <= len(right) // 10


@pytest.mark.parametrize("seed", [0, 103])
def test_some_nets_layers_and_losses_are_judged_rightly(seed):
    for verdicts in (layer_verdicts, loss_verdicts):
        assert [verdict for verdict in verdicts(seed) if is_wrong(verdict)] == []
