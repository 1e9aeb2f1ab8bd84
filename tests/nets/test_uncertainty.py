"""MC dropout: the statistics of single stochastic forwards, and a net that stays as it was."""

import copy

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from nets import FullyConnectedNet, Tensor, nn
from nets.uncertainty import Prediction, mc_dropout

rng = np.random.default_rng(0)
X = rng.normal(size=(7, 4))
LABELS = np.array([0, 1, 2, 0, 1, 2, 0])


def build(dropout=0.5, **kwargs):
    net = FullyConnectedNet([40, 30], input_dim=4, num_classes=3, dropout=dropout,
                            weight_scale=0.25,
                            **{"rng": np.random.default_rng(1), "dtype": np.float64, **kwargs})
    for _ in range(3):
        net.loss(X, LABELS)  # so that batchnorm has running statistics
    return net


NETS = pytest.mark.parametrize("kwargs", [
    {}, {"normalization": "batchnorm"}, {"normalization": "layernorm"}, {"input_dropout": 0.2},
    {"noise": "gaussian"}, {"noise": "dropconnect"}, {"seed": 3}, {"rng": None},
    {"dtype": np.float32},
], ids=str)


def one_by_one(net, samples):
    """Draw the samples by single forwards with dropout on and batchnorm in test mode."""
    twin = copy.deepcopy(net)
    twin.dropout_param.pop("seed", None)
    twin.dropout_param["mode"] = "train"
    for param in twin.bn_params:
        param["mode"] = "test"
    return np.stack([softmax(twin.scores(X).astype(np.float64), axis=1) for _ in range(samples)])


@pytest.fixture(scope="module")
def samples_of_a_plain_net():
    return one_by_one(build(), 2000)


@NETS
def test_the_statistics_are_those_of_single_stochastic_forwards(kwargs, samples_of_a_plain_net):
    net = build(**kwargs)
    S = 2000
    p = one_by_one(net, S) if kwargs else samples_of_a_plain_net
    found = mc_dropout(net, X, samples=S, seed=0)
    noise = 6 * np.sqrt(2 / S)
    assert np.all(np.abs(found.mean - p.mean(axis=0)) < noise * p.std(axis=0) + 1e-12)
    np.testing.assert_allclose(found.std, p.std(axis=0), rtol=0.1, atol=0.02)
    total = entropy(p.mean(axis=0), axis=1)
    np.testing.assert_allclose(found.predictive_entropy, total, atol=0.1)
    np.testing.assert_allclose(
        found.mutual_information, total - entropy(p, axis=2).mean(axis=0), atol=0.05
    )


@NETS
def test_the_net_is_left_exactly_as_it_was(kwargs):
    net = build(**kwargs)
    for mode in ("train", "test"):
        net.dropout_param["mode"] = mode
        for param in net.bn_params:
            param["mode"] = mode
        before = copy.deepcopy(net)
        mc_dropout(net, X, samples=5, seed=0)
        kept = {k: v for k, v in net.dropout_param.items() if k != "rng"}
        assert kept == {k: v for k, v in before.dropout_param.items() if k != "rng"}
        for ours, theirs in zip(net.bn_params, before.bn_params, strict=True):
            assert ours.keys() == theirs.keys()
            for key, value in ours.items():
                np.testing.assert_array_equal(value, theirs[key])
        for name, value in net.params.items():
            np.testing.assert_array_equal(value, before.params[name])
        if isinstance(net.rng, np.random.Generator):
            assert net.rng.bit_generator.state == before.rng.bit_generator.state


def test_the_net_is_left_as_it_was_when_the_prediction_fails():
    net = build(normalization="batchnorm")
    net.loss(X)
    with pytest.raises(ValueError, match="X: got"):
        mc_dropout(net, np.ones((2, 5)))
    assert net.dropout_param["mode"] == "test"
    assert [param["mode"] for param in net.bn_params] == ["test", "test"]


def test_a_seed_repeats_the_prediction_and_leaves_the_global_generator_alone():
    net = build()
    state = np.random.get_state()[1].copy()
    one, two, other = (mc_dropout(net, X, seed=seed) for seed in (5, 5, 6))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (one.mean != other.mean).any()
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_np_random_seed_governs_an_unseeded_prediction():
    net = build()
    found = []
    for _ in range(2):
        np.random.seed(3)
        found.append(mc_dropout(net, X).mean)
    np.testing.assert_array_equal(*found)
    assert (mc_dropout(net, X).mean != found[0]).any()


def test_the_nets_fixed_seed_does_not_make_the_samples_equal():
    assert (mc_dropout(build(seed=0), X, seed=1).std > 0).all()


def test_every_input_has_masks_of_its_own():
    net = build()
    same = mc_dropout(net, np.repeat(X[:1], 5, axis=0), samples=20, seed=0)
    assert len(np.unique(same.mean[:, 0])) == 5


@pytest.mark.parametrize("max_rows", [1, 20, 64, 10_000])
def test_a_bound_on_the_rows_changes_the_draws_but_not_the_distribution(
    max_rows, samples_of_a_plain_net
):
    found = mc_dropout(build(), X, samples=400, seed=0, max_rows=max_rows)
    p = samples_of_a_plain_net
    assert np.all(np.abs(found.mean - p.mean(axis=0)) < 6 * p.std(axis=0) / np.sqrt(330))


def test_no_more_rows_than_the_bound_go_through_the_net_at_once():
    net, rows = build(), []
    original = FullyConnectedNet.scores
    try:
        FullyConnectedNet.scores = lambda self, X: rows.append(len(X)) or original(self, X)
        mc_dropout(net, X, samples=10, max_rows=30)
    finally:
        FullyConnectedNet.scores = original
    assert rows == [30, 30, 10]


def test_without_dropout_the_samples_agree():
    net = build(dropout=0.0)
    found = mc_dropout(net, X)
    np.testing.assert_allclose(found.mean, softmax(net.loss(X), axis=1), atol=1e-12)
    np.testing.assert_allclose(found.std, 0, atol=1e-12)
    np.testing.assert_allclose(found.mutual_information, 0, atol=1e-12)


def test_entropies_lie_between_their_bounds():
    found = mc_dropout(build(), X, samples=100, seed=0)
    assert (found.mutual_information >= 0).all()
    assert (found.mutual_information <= found.predictive_entropy).all()
    assert (found.predictive_entropy <= np.log(3) + 1e-12).all()
    np.testing.assert_allclose(found.mean.sum(axis=1), 1)


def test_one_sample_has_no_spread():
    found = mc_dropout(build(), X, samples=1, seed=0)
    assert not found.std.any()
    np.testing.assert_allclose(found.mutual_information, 0, atol=1e-12)


def test_no_inputs_give_an_empty_prediction():
    found = mc_dropout(build(), X[:0])
    assert [value.shape for value in found] == [(0, 3), (0, 3), (0,), (0,)]
    assert str(found) == "Prediction of 0 inputs"


def test_the_result_is_frozen_unpacks_prints_and_becomes_json():
    found = mc_dropout(build(), X, seed=0)
    mean, std, predictive_entropy, mutual_information = found
    assert isinstance(found, Prediction)
    with pytest.raises(AttributeError):
        found.mean = std
    assert "7 inputs" in str(found)
    assert found.to_dict()["mutual_information"] == mutual_information.tolist()
    np.testing.assert_array_equal(found.labels, mean.argmax(axis=1))
    assert predictive_entropy.shape == (7,)


def build_module():
    module = nn.Sequential(
        nn.Linear(4, 30, rng=np.random.default_rng(1)), nn.BatchNorm1d(30), nn.ReLU(),
        nn.Dropout(0.5, seed=3), nn.Linear(30, 3, rng=np.random.default_rng(2)),
    )
    module(Tensor(X))
    return module


def test_a_modules_statistics_are_those_of_single_stochastic_forwards():
    module = build_module()
    found = mc_dropout(module, X, samples=2000, seed=0)
    module.eval()
    next(part for part in module.modules() if isinstance(part, nn.Dropout)).training = True
    p = np.stack([softmax(module(Tensor(X)).data, axis=1) for _ in range(2000)])
    assert np.all(np.abs(found.mean - p.mean(axis=0)) < 6 * p.std(axis=0) * np.sqrt(2 / 2000))
    np.testing.assert_allclose(found.std, p.std(axis=0), rtol=0.1, atol=0.02)


@pytest.mark.parametrize("training", [True, False])
def test_a_module_is_left_exactly_as_it_was(training):
    module = build_module().train(training)
    modes = [part.training for part in module.modules()]
    before, twin = module.state_dict(), copy.deepcopy(module)
    one, two = (mc_dropout(module, X, seed=0) for _ in range(2))
    np.testing.assert_array_equal(one.mean, two.mean)
    assert [part.training for part in module.modules()] == modes
    for name, value in module.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    module.train()
    twin.train()
    np.testing.assert_array_equal(module(Tensor(X)).data, twin(Tensor(X)).data)


@pytest.mark.parametrize(("kwargs", "error", "word"), [
    ({"samples": 0}, ValueError, "samples"),
    ({"samples": 2.5}, TypeError, "samples"),
    ({"max_rows": 0}, ValueError, "max_rows"),
    ({"X": np.full((2, 4), "a")}, TypeError, "X"),
])
def test_bad_arguments_are_refused_by_name(kwargs, error, word):
    with pytest.raises(error, match=f"{word}: got"):
        mc_dropout(build(), kwargs.pop("X", X), **kwargs)
