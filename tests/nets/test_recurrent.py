"""The recurrent nets: their gradients, their modes, what they learn, and the command."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_net, eval_numerical_gradient, rel_error
from nets import CaptioningRNN, RecurrentClassifier, Solver
from nets.__main__ import main
from nets.recurrent_study import KINDS, train_recurrent

WORDS = {"<NULL>": 0, "<START>": 1, "<END>": 2, "cat": 3, "dog": 4}
CAPTIONS = np.array([[1, 3, 4, 2], [1, 4, 2, 0]])
every_cell = pytest.mark.parametrize("cell", ["rnn", "lstm"])


def classifier(cell="lstm", **more):
    rng = np.random.default_rng(0)
    net = RecurrentClassifier(3, 4, 5, cell, dtype=np.float64, rng=np.random.default_rng(0), **more)
    return net, rng.normal(size=(6, 3, 3)), rng.integers(5, size=6)


def captioning(cell, **more):
    return CaptioningRNN(WORDS, 6, 3, 4, cell, np.float64, rng=np.random.default_rng(0), **more)


@every_cell
@pytest.mark.parametrize("granularity", ["sequence", "step"])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_the_checker_passes_the_classifier(cell, granularity, dropout):
    net, X, y = classifier(cell, dropout=dropout, input_dropout=dropout, granularity=granularity)
    if dropout:
        net.dropout_param["seed"] = 3
    check_net(net, X, y).raise_if_failed()


@every_cell
def test_the_gradients_of_the_captions_are_the_derivatives_of_their_loss(cell):
    net, features = captioning(cell), np.random.default_rng(1).normal(size=(2, 6))
    _, grads = net.loss(features, CAPTIONS)
    assert grads.keys() == net.params.keys()
    for name, w in net.params.items():
        numeric = eval_numerical_gradient(lambda _: net.loss(features, CAPTIONS)[0], w,
                                          verbose=False)
        assert rel_error(grads[name], numeric) < 1e-5, name


@every_cell
def test_the_weights_are_drawn_in_the_courses_order_from_numpys_generator(cell):
    state = np.random.get_state()
    np.random.seed(231)
    net = CaptioningRNN(WORDS, 6, 3, 4, cell, np.float64)
    np.random.seed(231)
    width = 16 if cell == "lstm" else 4
    expected = [np.random.randn(5, 3) / 100, np.random.randn(6, 4) / np.sqrt(6),
                np.random.randn(3, width) / np.sqrt(3), np.random.randn(4, width) / 2,
                np.random.randn(4, 5) / 2]
    np.random.set_state(state)
    assert list(net.params) == ["W_embed", "W_proj", "b_proj", "Wx", "Wh", "b", "W_vocab",
                                "b_vocab"]
    drawn = [w for name, w in net.params.items() if name[0] == "W"]
    for one, other in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@every_cell
def test_filling_counts_nothing(cell):
    net, features = captioning(cell), np.ones((2, 6))
    filled = np.concatenate([CAPTIONS, np.zeros((2, 3), int)], axis=1)
    loss, grads = net.loss(features, CAPTIONS)
    longer, more = net.loss(features, filled)
    assert longer == pytest.approx(loss, rel=1e-14)
    for name, gradient in grads.items():
        np.testing.assert_allclose(more[name], gradient, atol=1e-14)


@every_cell
def test_captions_that_were_learnt_are_said_again(cell):
    features = np.random.default_rng(2).normal(size=(2, 6))
    net = CaptioningRNN(WORDS, 6, 8, 16, cell, np.float64, rng=np.random.default_rng(0))
    for _ in range(250):
        _, grads = net.loss(features, CAPTIONS)
        for name, gradient in grads.items():
            net.params[name] -= 0.2 * gradient
    said = net.sample(features, max_length=5)
    np.testing.assert_array_equal(said, [[3, 4, 2, 0, 0], [4, 2, 0, 0, 0]])


def test_a_test_draws_no_mask_and_training_does():
    net, X, y = classifier(dropout=0.5)
    np.testing.assert_array_equal(net.loss(X), net.loss(X))
    assert net.loss(X, y)[0] != net.loss(X, y)[0]
    assert net.dropout_param["mode"] == "train"


def test_a_solver_trains_the_classifier():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=80)
    X = rng.normal(size=(80, 4, 3)) + 3 * y[:, None, None]
    net = RecurrentClassifier(3, 8, 2, rng=rng)
    data = {"X_train": X[:60], "y_train": y[:60], "X_val": X[60:], "y_val": y[60:]}
    solver = Solver(net, data, update_rule="adam", optim_config={"learning_rate": 1e-2},
                    num_epochs=15, batch_size=20, verbose=False, rng=rng)
    solver.train()
    assert solver.val_acc_history[-1] > 0.9


def test_equal_seeds_give_equal_curves_and_the_kinds_differ():
    pytest.importorskip("sklearn")
    from nets.experiment import Experiment
    tiny = Experiment(samples=100, hidden=(16,), epochs=4, batch_size=20, learning_rate=1e-2)
    curves = [train_recurrent(kind, 0, experiment=tiny) for kind in KINDS]
    assert len({curve.test_error for curve in curves}) == len(KINDS)
    assert curves[0] == train_recurrent("none", 0, experiment=tiny)


def test_the_command_compares_the_kinds(capsys):
    pytest.importorskip("sklearn")
    options = ["--seeds=1", "--samples=40", "--hidden=6", "--epochs=1", "--batch-size=20"]
    assert main(["recurrent", *options]) == 0
    told = capsys.readouterr().out
    assert "lstm of 6 units that reads 8 rows of 8 pixels" in told
    assert [told.count(f"{name}") for name in KINDS.values()] == [1, 1, 1]
    assert told.count("test error") == 3


def test_the_command_refuses_what_it_cannot_train(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["recurrent", "--p", "1"])
    assert caught.value.code == 2
    assert "0 <= p < 1" in capsys.readouterr().err
