"""The training loop: it learns, repeats itself, resumes bit for bit, and prints on stdout only."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

from nets import FullyConnectedNet, Solver
from nets import solver as solver_module
from nets.checkpoint import load_state, save_state


def blobs(N=60, D=4, C=3, seed=0):
    rng = np.random.default_rng(seed)
    centres = 3 * rng.normal(size=(C, D))
    y = rng.integers(C, size=2 * N)
    X = centres[y] + rng.normal(size=(2 * N, D))
    return {"X_train": X[:N], "y_train": y[:N], "X_val": X[N:], "y_val": y[N:]}


def net(**kwargs):
    return FullyConnectedNet([8, 6], input_dim=4, num_classes=3, weight_scale=0.3,
                             **{"rng": np.random.default_rng(1), **kwargs})


def make(model=None, data=None, **kwargs):
    options = {"optim_config": {"learning_rate": 1e-2}, "batch_size": 10, "num_epochs": 4,
               "verbose": False, "rng": np.random.default_rng(2)}
    return Solver(net() if model is None else model, data or blobs(), **{**options, **kwargs})


@pytest.mark.parametrize("rule", ["sgd", "sgd_momentum", "rmsprop", "adam"])
def test_every_rule_learns_separable_blobs(rule):
    rate = 0.3 if rule == "sgd" else 0.03
    solver = make(update_rule=rule, optim_config={"learning_rate": rate}, num_epochs=15)
    solver.train()
    assert solver.best_val_acc > 0.9
    assert np.mean(solver.loss_history[-5:]) < 0.5 * np.mean(solver.loss_history[:5])


def test_histories_have_a_loss_a_step_and_accuracies_at_the_start_and_after_each_epoch():
    solver = make(num_epochs=4, batch_size=13)  # 60 // 13 = 4 steps an epoch
    solver.train()
    assert len(solver.loss_history) == 16
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 5
    assert solver.epoch == 4


def test_a_batch_larger_than_the_training_set_is_one_step_an_epoch():
    solver = make(batch_size=500, num_epochs=3)
    solver.train()
    assert len(solver.loss_history) == 3


def test_the_best_parameters_and_their_batchnorm_statistics_end_in_the_model():
    data = blobs()
    model = net(normalization="batchnorm")
    solver = make(model, data, optim_config={"learning_rate": 3.0}, num_epochs=12)
    solver.train()
    assert solver.best_val_acc == max(solver.val_acc_history)
    assert solver.val_acc_history[-1] < solver.best_val_acc  # a rate of 3 does not settle
    assert solver.check_accuracy(data["X_val"], data["y_val"]) == solver.best_val_acc
    for name, value in solver.best_params.items():
        np.testing.assert_array_equal(model.params[name], value)
        assert not np.shares_memory(model.params[name], value)


def test_a_model_that_is_never_right_keeps_its_parameters():
    data = blobs()
    data["y_val"] = np.full_like(data["y_val"], 3)
    model = FullyConnectedNet([8], input_dim=4, num_classes=4)
    model.params["b2"][3] = -1e3  # class 3 is never predicted
    solver = make(model, data)
    solver.train()
    assert solver.best_val_acc == 0
    assert solver.model.params.keys() == {"W1", "b1", "W2", "b2"}


def test_the_learning_rate_decays_once_an_epoch():
    solver = make(lr_decay=0.5, num_epochs=3)
    solver.train()
    rates = {config["learning_rate"] for config in solver.optim_configs.values()}
    assert rates == {1e-2 * 0.5**3}


def test_an_equal_rng_repeats_the_run_and_the_global_generator_is_untouched():
    before = np.random.get_state()[1].copy()
    runs = [make(net(dropout=0.5)) for _ in range(2)]
    for solver in runs:
        solver.train()
    assert runs[0].loss_history == runs[1].loss_history
    assert runs[0].val_acc_history == runs[1].val_acc_history
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_np_random_seed_governs_a_solver_without_rng():
    histories = []
    for _ in range(2):
        np.random.seed(7)
        solver = make(net(rng=None, dropout=0.5), rng=None)
        solver.train()
        histories.append(solver.loss_history)
    assert histories[0] == histories[1]


def test_without_rng_the_minibatches_are_cs231ns_draws():
    data = blobs()
    model = net()
    seen = []

    class Spy:
        params = model.params

        @staticmethod
        def loss(X, y=None):
            if y is not None:
                seen.append(X)
            return model.loss(X, y)

    np.random.seed(5)
    make(Spy, data, rng=None, num_epochs=1, num_train_samples=None).train()
    np.random.seed(5)
    for batch in seen:
        np.testing.assert_array_equal(batch, data["X_train"][np.random.choice(60, 10)])
    assert len(seen) == 6


def test_neither_the_data_nor_the_optim_config_is_mutated():
    data, config = blobs(), {"learning_rate": 1e-2, "velocity": np.zeros(())}
    config.pop("velocity")
    for array in data.values():
        array.flags.writeable = False
    make(data=data, update_rule="adam", optim_config=config).train()
    assert config == {"learning_rate": 1e-2}


def test_accuracy_is_the_fraction_of_right_labels_over_all_batches():
    class Echo:
        params = net().params

        @staticmethod
        def loss(X, y=None):
            return np.eye(3)[X[:, 0].astype(int)]

    solver = make(Echo)
    X = np.arange(10)[:, None] % 3
    y = X[:, 0].copy()
    y[:4] = (y[:4] + 1) % 3
    assert solver.check_accuracy(X, y, batch_size=3) == 0.6
    assert solver.check_accuracy(X, y, num_samples=1000) == 0.6
    sampled = solver.check_accuracy(np.repeat(X, 100, 0), np.repeat(y, 100), num_samples=500)
    assert abs(sampled - 0.6) < 5 * np.sqrt(0.24 / 500)


# The printed lines are those of the public notebooks; nothing goes to stderr.

def test_verbose_prints_the_notebooks_lines_on_stdout(capsys):
    make(verbose=True, num_epochs=2, print_every=5).train()
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("(Iteration 1 / 12) loss: ")
    assert lines[1].startswith("(Epoch 0 / 2) train acc: ")
    assert "; val_acc: " in lines[1]
    assert [line.split(")")[0] for line in lines] == [
        "(Iteration 1 / 12", "(Epoch 0 / 2", "(Iteration 6 / 12", "(Epoch 1 / 2",
        "(Iteration 11 / 12", "(Epoch 2 / 2",
    ]
    assert err == ""


def test_a_quiet_solver_prints_nothing(capsys):
    make(verbose=False).train()
    assert capsys.readouterr() == ("", "")


def test_a_long_run_shows_a_progress_bar_on_stdout(capsys, monkeypatch):
    monkeypatch.setattr(solver_module, "_SECONDS_BEFORE_A_BAR", 1e-9)
    make(verbose=True, num_epochs=30).train()
    out, err = capsys.readouterr()
    assert "training: 100%" in out
    assert "(Epoch 30 / 30)" in out
    assert err == ""


def test_a_fixed_dropout_seed_is_warned_of_once():
    solver = make(net(dropout=0.5, seed=3))
    with pytest.warns(UserWarning, match="same subnetwork") as caught:
        solver.train()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    solver.train()  # warnings are errors here


@pytest.mark.parametrize("kwargs", [{"dropout": 0.5}, {"dropout": 0.0, "seed": 3}, {}])
def test_a_free_mask_is_not_warned_of(kwargs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make(net(**kwargs)).train()
    assert not caught


@pytest.mark.parametrize("bit_generator", ["PCG64", "MT19937", "Philox", "SFC64", "RandomState"])
def test_a_resumed_run_repeats_the_uninterrupted_one_bit_for_bit(tmp_path, bit_generator):
    def rng(seed):
        if bit_generator == "RandomState":
            return np.random.RandomState(seed)
        return np.random.Generator(getattr(np.random, bit_generator)(seed))

    def fresh(**kwargs):
        model = net(dropout=0.5, normalization="batchnorm", rng=rng(1))
        return make(model, update_rule="adam", lr_decay=0.9, num_epochs=4, rng=rng(2), **kwargs)

    whole = fresh(checkpoint_name=tmp_path / "run")
    whole.train()
    for epoch in (0, 2, 4):
        resumed = fresh().resume(tmp_path / f"run_epoch_{epoch}.npz")
        assert resumed.epoch == epoch
        resumed.train()
        assert resumed.loss_history == whole.loss_history
        assert resumed.val_acc_history == whole.val_acc_history
        for name, value in whole.model.params.items():
            np.testing.assert_array_equal(resumed.model.params[name], value)
        for ours, theirs in zip(resumed.model.bn_params, whole.model.bn_params, strict=True):
            np.testing.assert_array_equal(ours["running_var"], theirs["running_var"])


def test_a_checkpoint_is_an_npz_file_without_pickle(tmp_path):
    make(checkpoint_name=tmp_path / "run", num_epochs=1).train()
    with np.load(tmp_path / "run_epoch_1.npz", allow_pickle=False) as file:
        assert file["params/W1"].shape == (4, 8)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "run_epoch_0.npz", "run_epoch_1.npz"
    ]


def test_a_checkpoint_of_another_model_or_rule_is_refused(tmp_path):
    make(checkpoint_name=tmp_path / "run").train()
    path = tmp_path / "run_epoch_4.npz"
    other = FullyConnectedNet([5], input_dim=4, num_classes=3)
    with pytest.raises(ValueError, match="shapes"):
        make(other).resume(path)
    with pytest.raises(ValueError, match=r"update_rule: got 'adam'"):
        make(update_rule="adam").resume(path)


def test_a_run_with_rng_does_not_go_on_from_a_checkpoint_without_its_state(tmp_path):
    make(rng=None, checkpoint_name=tmp_path / "run").train()
    with pytest.raises(ValueError, match="rng: got a checkpoint without its state"):
        make().resume(tmp_path / "run_epoch_4.npz")


def test_what_would_need_pickle_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(TypeError, match=r"optim/W1/hook: got .*list"):
        save_state(tmp_path / "run.npz", {"optim": {"W1": {"hook": [print, {}]}}})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_a_damaged_checkpoint_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.npz"):
        make().resume(path)


def checkpoint_of_adam(tmp_path):
    def fresh(**kwargs):
        return make(net(normalization="batchnorm"), update_rule="adam", num_epochs=1, **kwargs)

    fresh(checkpoint_name=tmp_path / "run").train()
    return fresh, tmp_path / "run_epoch_1.npz"


@pytest.mark.parametrize(("key", "value"), [
    *((key, None) for key in ("fingerprint/update_rule", "epoch", "iteration", "best_val_acc",
                              "loss_history", "params/W1", "best_params/W1",
                              "optim/W1/learning_rate", "rng", "model_rng",
                              "statistics/0/running_var")),
    ("fingerprint/update_rule", "adamw"), ("epoch", "one"), ("epoch", -1), ("epoch", 1.5),
    ("iteration", [1, 2]), ("best_val_acc", np.nan), ("loss_history", 3.0),
    ("val_acc_history", ["a"]), ("params/W1", np.full((4, 8), np.nan)), ("params/W1", "text"),
    ("best_params/b1", np.full(8, np.inf)), ("best_params/b1", np.zeros(3)),
    ("optim/W1/m", np.zeros(2)), ("optim/W1/v", np.full((4, 8), np.nan)), ("optim/W1/t", 1.5),
    ("optim/W1/learning_rate", np.nan), ("optim/W1/rate", 0.1), ("rng", "{"), ("rng", "[]"),
    ("model_rng", '{"bit_generator": "PCG64"}'), ("statistics/7/running_mean", np.zeros(8)),
    ("statistics/0/running_mean", np.full(8, np.nan)),
])
def test_a_checkpoint_with_a_wrong_entry_is_refused_with_its_name(tmp_path, key, value):
    fresh, path = checkpoint_of_adam(tmp_path)
    with np.load(path) as file:
        entries = {name: file[name] for name in file.files if name != key}
    np.savez(path, **entries, **({} if value is None else {key: value}))
    solver = fresh()
    before = {name: w.copy() for name, w in solver.model.params.items()}
    with pytest.raises(ValueError, match=r"run_epoch_1\.npz.*; expected .*Remedy: "):
        solver.resume(path)
    assert all(np.array_equal(w, before[name]) for name, w in solver.model.params.items())


@pytest.mark.slow
def test_a_flipped_byte_is_refused_with_the_name_of_the_file_or_changes_nothing(tmp_path):
    fresh, path = checkpoint_of_adam(tmp_path)
    whole = path.read_bytes()
    right = fresh().resume(path)
    refused = 0
    for position in [*range(0, len(whole), 97), *range(len(whole) - 60, len(whole))]:
        broken = bytearray(whole)
        broken[position] ^= 0x41
        path.write_bytes(broken)
        solver = fresh()
        try:
            solver.resume(path)
        except ValueError as error:
            assert "run_epoch_1.npz" in str(error)  # noqa: PT017
            refused += 1
        else:
            assert solver.loss_history == right.loss_history
            for name, w in right.model.params.items():
                np.testing.assert_array_equal(solver.model.params[name], w)
    assert refused > 100


def test_a_pickled_file_is_not_loaded(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, params=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match=r"evil\.npz"):
        load_state(path)


def test_the_callback_sees_every_measurement_and_stops_by_stopiteration():
    epochs = []

    def callback(solver):
        epochs.append(solver.epoch)
        if solver.epoch == 2:
            raise StopIteration

    solver = make(callback=callback, num_epochs=10)
    solver.train()
    assert epochs == [0, 1, 2]
    assert solver.epoch == 2


def test_other_exceptions_of_the_callback_pass_unchanged():
    def callback(solver):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        make(callback=callback).train()


def test_progress_goes_to_stdout_in_a_process_of_its_own():
    code = """
import numpy as np
from nets import Solver, TwoLayerNet
X, y = np.random.randn(50, 4), np.arange(50) % 3
data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
Solver(TwoLayerNet(4, 5, 3), data, num_epochs=1).train()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "(Epoch 1 / 1)" in done.stdout
    assert done.stderr == ""
