"""A training loses no work: kills, Ctrl-C, full disks, damaged files, other options, divergence."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from nets import FullyConnectedNet, TwoLayerNet
from nets.checkpoint import save_state
from nets.divergence import DivergenceWarning
from nets.interruption import held_back
from tests.nets.test_solver import blobs, make, net


def run(folder, **kwargs):
    return make(net(dropout=0.5), checkpoint_name=folder / "run", **kwargs)


def other_data(key, change):
    data = blobs()
    data[key] = change(data[key])
    return data


OTHERS = {
    "batch_size": lambda: make(net(dropout=0.5), batch_size=12),
    "update_rule": lambda: make(net(dropout=0.5), update_rule="adam"),
    "lr_decay": lambda: make(net(dropout=0.5), lr_decay=0.5),
    "optim_config": lambda: make(net(dropout=0.5), optim_config={"learning_rate": 1e-3}),
    "num_train_samples": lambda: make(net(dropout=0.5), num_train_samples=20),
    "num_val_samples": lambda: make(net(dropout=0.5), num_val_samples=20),
    "dtype": lambda: make(net(dropout=0.5, dtype=np.float64)),
    "reg": lambda: make(net(dropout=0.5, reg=0.1)),
    "dropout": lambda: make(net(dropout=0.25)),
    "X_train": lambda: make(net(dropout=0.5), other_data("X_train", lambda X: X + 1e-9)),
    "y_train": lambda: make(net(dropout=0.5), other_data("y_train", lambda y: y[::-1].copy())),
    "X_val": lambda: make(net(dropout=0.5), other_data("X_val", lambda X: X.astype(np.float32))),
    "y_val": lambda: make(net(dropout=0.5), other_data("y_val", lambda y: (y + 1) % 3)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_checkpoint_of_other_options_or_data_is_refused_by_the_option(tmp_path, name):
    run(tmp_path).train()
    solver = OTHERS[name]()
    before = solver.model.params["W1"].copy()
    with pytest.raises(ValueError, match=rf"^{name}: got .* that of the checkpoint\. Remedy: "):
        solver.resume(tmp_path / "run_epoch_4.npz")
    np.testing.assert_array_equal(solver.model.params["W1"], before)


def test_a_run_may_be_resumed_to_train_longer(tmp_path):
    run(tmp_path, num_epochs=2).train()
    longer, whole = make(net(dropout=0.5), num_epochs=4), make(net(dropout=0.5), num_epochs=4)
    longer.resume(tmp_path / "run").train()
    whole.train()
    assert longer.loss_history == whole.loss_history


@pytest.mark.parametrize("where", ["", "run"])
def test_a_folder_or_prefix_goes_back_to_the_newest_good_file(tmp_path, where):
    run(tmp_path).train()
    for epoch in range(5):  # files of one instant have no order
        os.utime(tmp_path / f"run_epoch_{epoch}.npz", ns=(epoch, epoch))
    (tmp_path / "run_epoch_4.npz").write_bytes(b"PK\x03\x04 cut")
    with pytest.warns(UserWarning, match=r"run_epoch_4\.npz.*passed over for an older one"):
        resumed = make(net(dropout=0.5)).resume(tmp_path / where)
    assert resumed.epoch == 3


def test_where_every_file_is_damaged_or_there_is_none_the_error_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file, and no run_\*\.npz .* Remedy: "):
        make().resume(tmp_path / "run")
    (tmp_path / "run_epoch_1.npz").write_bytes(b"")
    with pytest.raises(ValueError, match=r"run_epoch_1\.npz"):
        make().resume(tmp_path / "run")


def test_another_runs_file_in_the_folder_is_not_of_the_prefix(tmp_path):
    run(tmp_path, num_epochs=1).train()
    make(net(), checkpoint_name=tmp_path / "runner", num_epochs=3).train()
    assert make(net(dropout=0.5)).resume(tmp_path / "run").epoch == 1


@pytest.mark.parametrize(("number", "named"), [(errno.ENOSPC, "No space left"),
                                               (errno.EROFS, "Read-only file system")])
def test_a_full_disk_ends_with_a_clear_error_and_the_run_goes_on_afterwards(
        tmp_path, monkeypatch, number, named):
    def savez(file, **arrays):
        raise OSError(number, os.strerror(number))

    solver, whole = run(tmp_path), make(net(dropout=0.5))
    with monkeypatch.context() as patched:
        patched.setattr(np, "savez", savez)
        with pytest.raises(OSError, match=rf"{named}.*The run is kept.*Remedy: ") as caught:
            solver.train()
    assert caught.value.errno == number
    assert list(tmp_path.iterdir()) == []
    solver.train()
    whole.train()
    assert solver.loss_history == whole.loss_history


def test_a_folder_that_cannot_be_written_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(OSError, match=r"run\.npz' cannot be written"):
        save_state(tmp_path / "gone" / "run.npz", {"epoch": 1})


@pytest.fixture
def keyboard():
    """A program of the foreground: one that a shell puts behind it ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
def test_the_first_ctrl_c_is_held_back_and_the_second_raises():
    with held_back() as pressed:
        signal.raise_signal(signal.SIGINT)
        assert pressed.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("keyboard")
def test_ctrl_c_ends_after_the_step_with_a_checkpoint_that_goes_on_bit_for_bit(tmp_path):
    class Pressed(FullyConnectedNet):
        """A net during whose eighth step Ctrl-C is pressed."""

        steps = 0

        def loss(self, X, y=None):
            self.steps += y is not None
            if self.steps == 8 and y is not None:
                signal.raise_signal(signal.SIGINT)
            return super().loss(X, y)

    def pressed():
        return Pressed([8, 6], input_dim=4, num_classes=3, weight_scale=0.3, dropout=0.5,
                       rng=np.random.default_rng(1))

    whole = make(net(dropout=0.5))
    whole.train()
    solver = make(pressed(), checkpoint_name=tmp_path / "run")
    with pytest.raises(KeyboardInterrupt, match=r"after iteration 8; train\(\) goes on, also"):
        solver.train()
    assert len(solver.loss_history) == 8
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    resumed = make(net(dropout=0.5)).resume(tmp_path / "run_iteration_8.npz")
    for again in (resumed, solver):
        again.train()
        assert again.loss_history == whole.loss_history
        np.testing.assert_array_equal(again.model.params["W1"], whole.model.params["W1"])


def diverging(model, **kwargs):
    solver = make(model, **kwargs)
    with np.errstate(all="ignore"), pytest.warns(DivergenceWarning) as warned:
        solver.train()
    return solver, str(warned[0].message)


def test_a_diverging_run_stops_with_its_step_and_the_parameter_and_keeps_the_best():
    model = TwoLayerNet(input_dim=4, hidden_dim=5, num_classes=3)
    solver, said = diverging(model, optim_config={"learning_rate": 1e300})
    assert f"iteration {len(solver.loss_history)}: the loss is nan, and the training stops" in said
    assert "divide the learning rate by 10" in said
    assert all(np.isfinite(w).all() for w in model.params.values())


def test_the_layer_whose_activations_went_first_is_named():
    model = TwoLayerNet(input_dim=4, hidden_dim=5, num_classes=3)
    model.params["b1"][:] = 1e200
    model.params["W2"][:] = 1e200
    _, said = diverging(model)
    assert "affine_forward of W2 and b2 was the first to return" in said


def test_samples_that_are_not_finite_are_named_before_any_layer():
    data = other_data("X_train", lambda X: np.where(X > 1, np.inf, X))
    with np.errstate(all="ignore"), pytest.warns(DivergenceWarning, match="batch of X_train"):
        make(TwoLayerNet(input_dim=4, hidden_dim=5, num_classes=3), data).train()


TRAINING = """
import os
import sys
import numpy as np
from nets import FullyConnectedNet, Solver
rng = np.random.default_rng(0)
X = rng.standard_normal((400, 12))
y = (X[:, :3] @ rng.standard_normal((3, 4))).argmax(axis=1)
data = {"X_train": X[:300], "y_train": y[:300], "X_val": X[300:], "y_val": y[300:]}
net = FullyConnectedNet([64, 64], 12, 4, dropout=0.5, normalization="batchnorm",
                        rng=np.random.default_rng(1))
solver = Solver(net, data, update_rule="adam", num_epochs=40, batch_size=20, lr_decay=0.97,
                checkpoint_name=sys.argv[1] + "/run", verbose=False, rng=np.random.default_rng(2))
try:
    solver.resume(sys.argv[1])
except FileNotFoundError:
    pass
print("started", flush=True)
solver.train()
np.savez(sys.argv[1] + "-written.npz", loss=solver.loss_history, **net.params)
# a kill leaves the result whole or not there at all
os.replace(sys.argv[1] + "-written.npz", sys.argv[1] + "/../" + sys.argv[2])
"""


@pytest.mark.slow
def test_a_training_that_is_killed_at_fifty_random_moments_ends_in_the_same_bits(tmp_path):
    """Each moment is drawn within what an uninterrupted run takes."""
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent(TRAINING))

    def start(folder, result):
        process = subprocess.Popen([sys.executable, script, folder, result],
                                   stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        return process

    def folder(name):
        (tmp_path / name).mkdir()
        return tmp_path / name

    began = time.perf_counter()
    with start(folder("whole"), "whole.npz") as process:
        pass
    length = time.perf_counter() - began
    draw, kills, runs = np.random.default_rng(3).uniform, 0, 0
    while kills < 50:
        killed, result, runs = folder(f"killed{runs}"), f"killed{runs}.npz", runs + 1
        while not (tmp_path / result).exists():
            with start(killed, result) as process:
                time.sleep(draw(0, length / 4))
                kills += process.poll() is None
                process.kill()
                process.wait()
            if kills >= 50:
                with start(killed, result) as process:
                    assert process.wait() == 0
        with np.load(tmp_path / "whole.npz") as ours, np.load(tmp_path / result) as theirs:
            for name in ours.files:
                np.testing.assert_array_equal(theirs[name], ours[name])
