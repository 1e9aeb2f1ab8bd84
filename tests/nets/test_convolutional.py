"""ThreeLayerConvNet, its files, and its experiment on digits."""

from __future__ import annotations

import math

import numpy as np
import pytest

import gradcheck
from nets import FullyConnectedNet, Solver, ThreeLayerConvNet
from nets.__main__ import main
from nets.convolution_experiment import ConvExperiment, train_conv


def small(**options):
    return ThreeLayerConvNet((2, 4, 6), 3, 3, 5, 4, weight_scale=0.3,
                             **{"dtype": np.float64, "rng": np.random.default_rng(0), **options})


def sample(n=4):
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, 2, 4, 6)), rng.integers(4, size=n)


@pytest.mark.parametrize("options", [
    {}, {"reg": 0.3}, {"dropout": 0.4, "spatial_dropout": 0.3, "seed": 5, "reg": 0.1}])
def test_the_checker_finds_nothing(options):
    gradcheck.check_net(small(**options), *sample()).raise_if_failed()


def test_the_parameters_are_the_courses():
    shapes = {name: value.shape for name, value in ThreeLayerConvNet().params.items()}
    assert shapes == {"W1": (32, 3, 7, 7), "b1": (32,), "W2": (32 * 16 * 16, 100), "b2": (100,),
                      "W3": (100, 10), "b3": (10,)}
    assert ThreeLayerConvNet().params["W1"].dtype == np.float32


def test_a_fresh_net_guesses_and_regularization_adds_half_of_every_weights_square():
    net, (X, y) = small(), sample(50)
    net.params = {name: 1e-4 * value for name, value in net.params.items()}
    assert net.loss(X, y)[0] == pytest.approx(math.log(4), abs=1e-3)
    net = small()
    plain = net.loss(X, y)[0]
    net.reg = 0.5
    weights = sum((net.params[name] ** 2).sum() for name in ("W1", "W2", "W3"))
    assert net.loss(X, y)[0] - plain == pytest.approx(0.25 * weights)


def test_the_global_generator_draws_the_weights_in_the_courses_order():
    state = np.random.get_state()
    np.random.seed(3)
    net = ThreeLayerConvNet((1, 4, 4), 2, 3, 5, 3, dtype=np.float64)
    np.random.seed(3)
    expected = [1e-3 * np.random.randn(*shape) for shape in ((2, 1, 3, 3), (8, 5), (5, 3))]
    np.random.set_state(state)
    for name, value in zip(("W1", "W2", "W3"), expected, strict=True):
        np.testing.assert_array_equal(net.params[name], value)


def test_scores_drop_nothing_and_training_drops_whole_maps():
    X, y = sample()
    np.testing.assert_array_equal(small(dropout=0.5, spatial_dropout=0.5, seed=1).loss(X),
                                  small().loss(X))
    lost = small(spatial_dropout=0.9, seed=1).loss(X, y)[1]["W2"].reshape(3, 6, 5)
    assert [bool(maps.any()) for maps in lost] != [True] * 3


def test_it_learns_a_few_images_by_heart():
    X, y = sample(12)
    net = small()
    Solver(net, {"X_train": X, "y_train": y, "X_val": X, "y_val": y}, update_rule="adam",
           optim_config={"learning_rate": 1e-2}, num_epochs=40, batch_size=6, verbose=False,
           rng=np.random.default_rng(0)).train()
    assert (net.loss(X).argmax(axis=1) == y).all()


@pytest.mark.parametrize(("arguments", "words"), [
    ({"input_dim": (3, 5, 6)}, r"\(5 - 2\) / 2 \+ 1 = 2.5 is not whole"),
    ({"input_dim": (3, 6)}, r"\(C, H, W\)"), ({"filter_size": 4}, "odd"),
    ({"num_filters": 0}, "num_filters"), ({"dropout": 1.0}, "dropout"), ({"reg": -1}, "reg"),
])
def test_sizes_that_do_not_fit_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        ThreeLayerConvNet(**arguments)


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"X: got .*\(2, 4, 6\).*transpose"):
        small().loss(np.ones((3, 4, 6, 2)))


def make_normalized(seed):
    return FullyConnectedNet([5], input_dim=6, num_classes=3, use_batchnorm=True,
                             rng=np.random.default_rng(seed))


def test_what_is_saved_is_loaded_running_averages_too(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(8, 6)), np.arange(8) % 3
    net, other = make_normalized(0), make_normalized(1)
    net.loss(X, y)
    net.save(tmp_path / "net.npz")
    assert not np.allclose(net.loss(X), other.loss(X))
    other.load(tmp_path / "net.npz")
    np.testing.assert_array_equal(net.loss(X), other.loss(X))
    conv = small()
    conv.save(tmp_path / "conv")
    again = small(rng=np.random.default_rng(9))
    again.load(tmp_path / "conv")
    np.testing.assert_array_equal(conv.loss(sample()[0]), again.loss(sample()[0]))


def test_the_file_of_another_net_is_refused_and_nothing_changes(tmp_path):
    small().save(tmp_path / "conv")
    net = make_normalized(0)
    before = net.params["W1"].copy()
    with pytest.raises(ValueError, match="build the net as it was"):
        net.load(tmp_path / "conv")
    np.testing.assert_array_equal(net.params["W1"], before)
    larger = ThreeLayerConvNet((2, 4, 6), 4, 3, 5, 4)
    with pytest.raises(ValueError, match=r"W1.*expected floats of shape \(4, 2, 3, 3\)"):
        larger.load(tmp_path / "conv")
    (tmp_path / "conv").write_bytes(b"PK")
    with pytest.raises(ValueError, match="npz"):
        small().load(tmp_path / "conv")


TINY = ["--samples", "40", "--filters", "2", "--hidden", "8", "--epochs", "1", "--seeds", "1",
        "--batch-size", "20"]


def test_the_command_prints_both_errors_and_the_gap(capsys):
    assert main(["conv", *TINY]) == 0
    told = capsys.readouterr().out
    assert told.count("test error") == 2
    assert "gap:" in told
    error = 100 * train_conv(ConvExperiment(samples=40, filters=2, hidden=8, epochs=1,
                                            batch_size=20), 0).final
    assert f"test error {error:5.1f} %" in told


@pytest.mark.parametrize("option", [["--p", "1"], ["--samples", "1797"], ["--filters", "0"]])
def test_wrong_options_are_usage_errors(capsys, option):
    with pytest.raises(SystemExit) as ended:
        main(["conv", *option])
    assert ended.value.code == 2
    assert "Remedy" in capsys.readouterr().err


@pytest.mark.slow
def test_dropout_reaches_under_9_percent_where_the_plain_net_memorises_the_noise():
    dropped, plain = (train_conv(experiment, 0).final for experiment in
                      (ConvExperiment(), ConvExperiment(p=0, spatial_p=0)))
    assert dropped < 0.09
    assert plain > 0.14
