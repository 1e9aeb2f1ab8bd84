"""`python -m nets`: a real run in small, its output, its picture, and how it refuses."""

import importlib.util
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from nets.__main__ import main
from nets.experiment import METHODS, Experiment, noisy_digits, train

TINY = ["--seeds", "2", "--samples", "100", "--hidden", "30", "--epochs", "3", "--batch-size", "20"]
tiny = {"samples": 100, "hidden": (30,), "epochs": 3, "batch_size": 20}


@pytest.mark.parametrize("name", ["layers.py", "layers/__init__.py", "layers/readme.txt"])
@pytest.mark.parametrize("command", [["-m", "nets", "--help"], ["-c", "import nets"]])
def test_a_layers_file_of_the_student_in_the_folder_is_named(tmp_path, name, command):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("")
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False,
                          cwd=tmp_path)
    if name == "layers/readme.txt" and done.returncode == 0:
        return  # how the package is installed decides whether a bare folder hides it
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    got = file.parent if name.endswith(".txt") else file
    assert error.startswith(f"ImportError: layers: got {got}; expected the package")
    assert "Remedy: rename that file" in error


@pytest.mark.parametrize(("terminal", "notebook"), [(True, False), (False, True)])
def test_a_terminal_and_a_notebook_show_the_progress_bar(
    terminal, notebook, monkeypatch, capsys
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert main(TINY) == 0
    assert "100%" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_trains_and_prints_both_errors_and_the_gap_on_stdout():
    done = subprocess.run([sys.executable, "-m", "nets", *TINY], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\r" not in done.stdout  # no progress bar in a file
    assert "epoch/s" not in done.stdout
    assert "100 training images, 30 % of their labels flipped, 1697 test images" in done.stdout
    none, dropout = map(float, re.findall(r"test error +([\d.]+) %", done.stdout))
    [gap] = map(float, re.findall(r"gap: +(-?[\d.]+) percentage points", done.stdout))
    assert gap == pytest.approx(none - dropout, abs=0.11)


def test_the_printed_errors_are_those_of_the_experiments(capsys):
    assert main(TINY) == 0
    out = capsys.readouterr().out
    for method, found in zip(("none", "dropout"), re.findall(r"test error +([\d.]+)", out),
                             strict=True):
        errors = [100 * train(Experiment(method=method, **tiny), seed).final for seed in (0, 1)]
        assert float(found) == pytest.approx(np.mean(errors), abs=0.051)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_plot_writes_the_curves_with_labels_and_a_legend(tmp_path, capsys, suffix):
    path = tmp_path / f"curves.{suffix}"
    assert main([*TINY, "--plot", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    if suffix == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
    else:
        root = ET.parse(path).getroot()
        comments = path.read_text()
        assert root.tag.endswith("svg")
        for text in ("epoch", "error (%)", "no dropout: test images", "dropout 0.5"):
            assert f"<!-- {text}" in comments


def refuse_to_train(*args, **kwargs):
    raise AssertionError("the training began")


@pytest.mark.parametrize("name", ["missing/curves.png", "curves.nonsense", "", "folder.png"])
def test_a_plot_that_cannot_be_written_is_refused_before_the_training(
    tmp_path, monkeypatch, capsys, name
):
    (tmp_path / "folder.png").mkdir()
    monkeypatch.setattr("nets.__main__.train", refuse_to_train)
    assert main([*TINY, "--plot", str(tmp_path / name)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "python -m nets: " in err
    assert "Traceback" not in err


def test_looking_whether_a_plot_can_be_written_leaves_no_file_and_spares_an_old_one(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("nets.__main__.train", refuse_to_train)
    old, new = tmp_path / "old.png", tmp_path / "new.png"
    old.write_bytes(b"precious")
    for path in (old, new):
        with pytest.raises(AssertionError, match="the training began"):
            main([*TINY, "--plot", str(path)])
    assert old.read_bytes() == b"precious"
    assert not new.exists()


@pytest.mark.parametrize(
    ("module", "extra"), [("sklearn", []), ("matplotlib", ["--plot", "a.png"])]
)
def test_a_missing_package_is_named_with_the_extra(monkeypatch, capsys, module, extra):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name, *rest: None if name == module else find(name, *rest))
    assert main([*TINY, *extra]) == 1
    assert re.search(r"not installed.*maskgrad\[notebooks\]", capsys.readouterr().err)


def test_an_interrupt_ends_with_130_and_without_a_traceback(monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("nets.__main__.train", interrupted)
    assert main(TINY) == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [
    ["--p", "1"], ["--p", "nan"], ["--p", "half"], ["--input-p", "-0.1"], ["--noise", "1.5"],
    ["--samples", "1797"], ["--samples", "0"], ["--hidden", "0"], ["--hidden"], ["--epochs", "0"],
    ["--batch-size", "-1"], ["--seeds", "0"], ["--learning-rate", "inf"], ["--unknown"],
])
def test_wrong_options_are_usage_errors(capsys, arguments):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: python -m nets" in capsys.readouterr().err


def test_help_names_every_default(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    assert "(default: 1000)" in capsys.readouterr().out


def test_two_methods_under_one_seed_see_the_same_data_and_other_seeds_other_data():
    one = noisy_digits(Experiment(method="none"), 5)
    for key, value in noisy_digits(Experiment(method="dropout"), 5).items():
        np.testing.assert_array_equal(value, one[key])
    assert (noisy_digits(Experiment(), 6)["y_train"] != one["y_train"]).any()


def test_noise_is_in_the_training_labels_only():
    clean = noisy_digits(Experiment(noise=0.0), 5)
    noisy = noisy_digits(Experiment(noise=0.3), 5)
    assert (clean["y_train"] != noisy["y_train"]).sum() == 300
    for key in ("X_train", "X_val", "y_val"):
        np.testing.assert_array_equal(clean[key], noisy[key])
    assert (len(noisy["X_train"]), len(noisy["X_val"])) == (1000, 797)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains_repeatably_and_leaves_the_callers_seed_alone(method):
    seed = np.random.SeedSequence(3)
    experiment = Experiment(method=method, **tiny)
    curve = train(experiment, seed)
    assert len(curve.test_error) == len(curve.train_error) == 4
    assert train(experiment, seed) == curve
    assert seed.n_children_spawned == 0
    assert curve != train(experiment, 4)


def test_the_package_imports_without_scikit_learn_and_matplotlib():
    code = """
import sys
sys.modules["sklearn"] = sys.modules["matplotlib"] = None
import nets, nets.__main__
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_dropout_reaches_under_7_percent_where_the_plain_net_memorises_the_noise():
    errors = {
        method: np.mean([train(Experiment(method=method), seed).final for seed in range(3)])
        for method in ("none", "dropout")
    }
    assert errors["dropout"] < 0.07
    assert 0.12 < errors["none"] < 0.20
