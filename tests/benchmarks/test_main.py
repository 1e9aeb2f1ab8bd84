"""The ratios of the benchmarks: written as one file, and compared with an older one."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from tests.benchmarks import checker, dropout, processes, table, training
from tests.benchmarks.__main__ import SUITES, main
from tests.benchmarks.bare_step import BareStep


def suites(**ratios):
    return {"a": lambda rounds, clock: {name: value * rounds for name, value in ratios.items()}}


def test_the_ratios_are_written_as_one_file_by_suite_and_name(tmp_path, capsys):
    path = tmp_path / "ratios.json"
    assert main(["-o", str(path), "--rounds", "1"], suites(x=1.0, y=0.5)) == 0
    assert json.loads(path.read_text()) == {"a: x": 1.0, "a: y": 0.5}
    assert "ratio" in capsys.readouterr().out


def test_what_is_asked_stands_beside_what_was_measured_and_its_floor(monkeypatch, capsys):
    monkeypatch.setattr("tests.benchmarks.__main__.TARGETS", {"a: x": 1.5, "a: y": 0.4})
    main(["--rounds", "1"], suites(**{"x": 1.0, "y": 0.5, "y, floor": 0.25}))
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[2:]] == [
        "a: x 1.00 1.50", "a: y 0.50 0.40 0.25 missed, 2.00 times the floor"]


def test_every_target_is_that_of_a_ratio_that_is_measured(monkeypatch):
    monkeypatch.setattr(dropout, "measure",
                        lambda runs, rounds, clock: dict.fromkeys(runs, np.ones(1)))
    monkeypatch.setattr(dropout, "SIDE", 2)
    works = (checker.dropout_work(), checker.affine_relu_work(), checker.net_work([40, 35], 20))
    assert [work.ratio for work in works] == list(checker.TARGETS)
    layouts = {f"{name}, per byte" for name in dropout.by_dtype_and_layout(1)}
    assert dropout.TARGETS.keys() <= layouts | {"ours / floor", "ours / torch"}


def test_a_command_is_measured_beside_its_floor():
    command = processes.Command("nothing", processes.START, 60.0, processes.START, beside=True)
    found = processes.took(command, 1)
    assert 0 < found.floor < found.target == 60.0 + found.floor
    assert found.line.startswith("nothing ")
    assert found.seconds > 0 < found.processor
    with pytest.raises(RuntimeError, match="ended with 1"):
        processes.run(("-c", "1 / 0"))


@pytest.mark.parametrize(("now", "code", "said"), [
    ({"x": 1.09, "y": 0.1}, 0, "none of 2 ratios has grown by more than 10 %"),
    ({"x": 1.25, "y": 0.6, "z": 9.0}, 1,
     "a: x: 1.00 -> 1.25, 25 % slower\na: y: 0.50 -> 0.60, 20 % slower"),
    ({"x": 1.0}, 0, "a: y: not measured"),
])
def test_what_has_grown_by_more_than_a_tenth_is_said(now, code, said, tmp_path, capsys):
    path = tmp_path / "then.json"
    path.write_text(json.dumps({"a: x": 1.0, "a: y": 0.5}), encoding="utf-8")
    assert main(["--compare", str(path), "--rounds", "1"], suites(**now)) == code
    assert capsys.readouterr().out.partition("\n")[2] == f"{said}\n"


def test_every_suite_of_ratios_is_named_after_its_module():
    assert all(run.__module__ == f"tests.benchmarks.{name}" for name, run in SUITES.items())


def test_the_table_of_training_steps_measures_products_and_calls(monkeypatch, capsys):
    small = training.Work(4, (6, 5, 3), 0.4, 1.3)
    monkeypatch.setattr(training, "WORKS", (small,))
    monkeypatch.setattr(training, "MILLISECONDS_A_ROUND", 0.01)
    monkeypatch.setattr("sys.argv", ["training", "--rounds", "2"])
    training.main()
    assert capsys.readouterr().out.splitlines()[-1].startswith("4: 6-5-3")
    found = training.ratios(2)
    torch = {"step 4: 6-5-3 / torch"} if importlib.util.find_spec("torch") else set()
    assert table.without_floors(found).keys() == {"step 4: 6-5-3 / products"} | torch
    assert len(found) == 2 * len(table.without_floors(found))
    assert all(value > 0 for value in found.values())


def test_an_update_and_a_layer_count_as_the_operations_that_they_are():
    assert training.Work(1, (1, 1), 1.0).operations() == 2 + 11 + 4 * 2
    assert training.Work(1, (1, 1, 1), 1.0).operations() == 2 * 2 + 9 + 11 + 4 * 4


def test_the_bare_step_is_a_step_of_training():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 8)).astype(np.float32)
    step = BareStep(X, (X[:, 0] > 0).astype(int), (8, 32, 2))
    losses = [step() for _ in range(400)]
    assert np.mean(losses[-20:]) < 0.5 * np.mean(losses[:20])
