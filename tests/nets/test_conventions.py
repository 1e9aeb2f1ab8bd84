"""`dropout_convention`: what `dropout` is the probability of, and where it is off."""

import inspect
from functools import partial

import numpy as np
import pytest

from nets.conventions import drop_probability
from nets.fully_connected import FullyConnectedNet

Net = partial(FullyConnectedNet, [20, 30], input_dim=15, dtype=np.float64, seed=123)
KeepNet = partial(Net, dropout_convention="keep")


def loss(net):
    rng = np.random.default_rng(0)
    return net.loss(rng.standard_normal((4, 15)), np.array([0, 9, 3, 3]))


def seeded(build, **options):
    """Return a net whose weights depend on the options' shapes alone."""
    return build(rng=np.random.default_rng(1), **options)


@pytest.mark.parametrize("keep", [0.75, 0.5, 0.1, 1])
def test_a_probability_of_keeping_builds_the_net_of_its_complement(keep):
    (value, grads), (want, want_grads) = (
        loss(seeded(KeepNet, dropout=keep)), loss(seeded(Net, dropout=1 - keep)))
    assert value == want
    for name, grad in grads.items():
        np.testing.assert_array_equal(grad, want_grads[name])


def test_it_is_the_net_of_the_same_dropout_keep_ratio():
    assert loss(seeded(KeepNet, dropout=0.25))[0] == loss(
        seeded(Net, dropout_keep_ratio=0.25))[0]


@pytest.mark.parametrize("options", [{}, {"dropout": 1}, {"dropout": 1.0}])
def test_under_keep_1_is_off_and_so_is_nothing_at_all(options):
    net = KeepNet(**options)
    assert not net.use_dropout
    assert net.dropout_param == {}


def test_under_drop_0_is_off_as_ever():
    assert not Net(dropout=0).use_dropout
    assert not Net(dropout=0, dropout_convention="drop").use_dropout
    assert inspect.signature(FullyConnectedNet).parameters["dropout"].default == 0


@pytest.mark.parametrize("dropout", [0, 0.0, -0.1, 1.5, np.nan])
def test_under_keep_what_keeps_nothing_is_refused(dropout):
    with pytest.raises(ValueError, match=r"dropout: got .*; expected a number > 0 and <= 1. "
                                         "Remedy: it is the probability of keeping, and 1 means"):
        KeepNet(dropout=dropout)


def test_under_drop_the_remedy_for_1_names_the_convention():
    with pytest.raises(ValueError, match=r"dropout: got 1 .*expected a number with 0 <= p < 1. "
                                         "Remedy: .*, or dropout_convention='keep'"):
        Net(dropout=1)


@pytest.mark.parametrize(("convention", "error"), [("keeping", ValueError), (None, TypeError)])
def test_an_unknown_convention_is_refused(convention, error):
    with pytest.raises(error, match=r"dropout_convention: got .*; expected 'drop' or 'keep'"):
        Net(dropout_convention=convention)


def test_a_ratio_and_a_dropout_that_drops_are_refused_together():
    with pytest.raises(ValueError, match=r"dropout_keep_ratio: got 0\.5 together with dropout="):
        KeepNet(dropout=0.75, dropout_keep_ratio=0.5)
    assert drop_probability(1, 0.5, "keep") == 0.5


def test_the_input_is_always_dropped_by_the_probability_of_dropping():
    net = KeepNet(dropout=0.75, input_dropout=0.25)
    assert net.dropout_param["p"] == net.input_dropout == 0.25


@pytest.mark.parametrize("noise", ["dropout", "gaussian", "dropconnect"])
def test_a_dict_with_keep_prob_is_handed_through(noise):
    kept, dropped = (seeded(Net, dropout=0.5, input_dropout=0.1, noise=noise) for _ in range(2))
    del kept.dropout_param["p"]
    kept.dropout_param["keep_prob"] = 0.75
    dropped.dropout_param["p"] = 0.25
    assert loss(kept)[0] == loss(dropped)[0]
