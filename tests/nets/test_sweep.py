"""Sweeps: the same numbers on every engine, resumable after a kill at any byte."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nets import sweep as sweep_module
from nets.__main__ import main
from nets.experiment import Experiment, train
from nets.sweep import Cell, read_results, run_cell, run_sweep, summarize

BASE = Experiment(samples=60, hidden=(8,), epochs=2, batch_size=30)
GRID = {"method": ["none", "dropout"], "p": [0.2, 0.5], "noise": [0.0, 0.3]}
COMMAND = ["sweep", "--samples", "60", "--hidden", "8", "--epochs", "2", "--batch-size", "30",
           "--seeds", "2"]


def sweep(**kwargs):
    return run_sweep(GRID, 2, base=BASE, **{"progress": False, **kwargs})


@pytest.fixture(scope="module")
def expected():
    return sweep()


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """Return the bytes of a results file of the whole sweep."""
    path = tmp_path_factory.mktemp("sweep") / "results.jsonl"
    sweep(path=path)
    return path.read_bytes()


def forget_to_train(monkeypatch):
    def refuse(cell):
        raise AssertionError(f"trained {cell}")

    monkeypatch.setattr(sweep_module, "run_cell", refuse)


def test_every_combination_is_trained_under_every_seed_and_none_has_no_p(expected):
    found = [(r.cell.experiment.method, r.cell.experiment.p, r.cell.experiment.noise,
              r.cell.replicate) for r in expected]
    wanted = [("none", 0.0, noise, i) for noise in (0.0, 0.3) for i in (0, 1)]
    wanted += [("dropout", p, noise, i) for p in (0.2, 0.5) for noise in (0.0, 0.3) for i in (0, 1)]
    assert found == wanted


def test_a_cells_numbers_are_those_of_one_training_under_the_spawned_seed(expected):
    children = np.random.SeedSequence(0).spawn(2)
    for result in expected[::5]:
        curve = train(result.cell.experiment, children[result.cell.replicate])
        assert result.curve == curve


def test_replicates_and_root_seeds_differ(expected):
    assert expected[0].curve != expected[1].curve
    assert sweep(seed=1)[0].curve != expected[0].curve


def test_replicates_do_not_depend_on_how_many_there_are(expected):
    more = run_sweep(GRID, 3, base=BASE, progress=False)
    curves = {r.cell: r.curve for r in more}
    assert all(curves[r.cell] == r.curve for r in expected)


def test_threads_give_the_same_numbers(expected):
    with ThreadPoolExecutor(3) as pool:
        assert sweep(workers=pool.map) == expected


@pytest.mark.parametrize("workers", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_processes_give_the_same_numbers(expected, workers):
    assert sweep(workers=workers) == expected


@pytest.mark.slow
def test_joblib_gives_the_same_numbers(expected):
    joblib = pytest.importorskip("joblib", reason="joblib is not installed (extra distributed)")

    def engine(function, cells):
        return joblib.Parallel(2, return_as="generator")(
            joblib.delayed(function)(cell) for cell in cells)

    assert sweep(workers=engine) == expected


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip(
        "distributed", reason="dask is not installed (extra distributed)")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None,
                                  silence_logs="ERROR") as local:
        yield local


# distributed leaves a socket and an event loop to the garbage collector when it closes.
dask = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning",
                                  "ignore::pytest.PytestUnraisableExceptionWarning")


@dask
def test_a_dask_cluster_gives_the_same_numbers_and_the_same_file(
    expected, content, cluster, tmp_path
):
    from distributed import Client

    with Client(cluster) as client:
        found = sweep(workers=client.get_executor().map, path=tmp_path / "dask.jsonl")
    assert found == expected
    assert (tmp_path / "dask.jsonl").read_bytes() == content


@dask
def test_the_command_runs_on_a_scheduler_address(cluster, capsys):
    assert main([*COMMAND, "--scheduler", cluster.scheduler_address]) == 0
    on_dask = capsys.readouterr().out.splitlines()[-2:]
    assert main(COMMAND) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == on_dask


def test_the_engine_is_called_once_with_a_list(expected):
    calls = []

    def engine(function, cells):
        calls.append(cells)
        return map(function, cells)

    assert sweep(workers=engine) == expected
    [cells] = calls
    assert type(cells) is list
    assert len(cells) == len(expected)


def test_an_exception_of_the_engine_passes_unchanged_and_what_was_finished_stays(tmp_path):
    path = tmp_path / "results.jsonl"

    def engine(function, cells):
        yield function(cells[0])
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        sweep(workers=engine, path=path)
    assert len(read_results(path)) == 1


def test_a_results_file_has_a_line_of_json_for_each_cell(expected, tmp_path, content):
    path = tmp_path / "results.jsonl"
    assert sweep(path=path) == expected
    assert path.read_bytes() == content
    lines = path.read_text().splitlines()
    assert len(lines) == len(expected)
    record = json.loads(lines[-1])
    assert record["experiment"]["method"] == "dropout"
    assert record["test_error"][-1] == expected[-1].curve.final
    assert read_results(path) == expected


def test_a_finished_sweep_is_read_and_not_trained_again(expected, content, tmp_path, monkeypatch):
    path = tmp_path / "results.jsonl"
    path.write_bytes(content)
    forget_to_train(monkeypatch)
    assert sweep(path=path) == expected
    assert path.read_bytes() == content


def test_a_larger_grid_trains_only_what_is_new(tmp_path):
    path = tmp_path / "results.jsonl"
    run_sweep({"p": [0.2]}, 2, base=BASE, path=path, progress=False)
    trained = []

    def engine(function, cells):
        trained.extend(cells)
        return map(function, cells)

    run_sweep({"p": [0.2, 0.5]}, 3, base=BASE, path=path, workers=engine, progress=False)
    assert [(cell.experiment.p, cell.replicate) for cell in trained] == [
        (0.2, 2), (0.5, 0), (0.5, 1), (0.5, 2)
    ]


@pytest.mark.parametrize("cut", [0, 1, 50, -50, -1])
def test_a_file_torn_at_any_byte_is_mended(expected, content, tmp_path, cut):
    path = tmp_path / "results.jsonl"
    path.write_bytes(content[:cut] if cut else b"")
    assert sweep(path=path) == expected
    assert path.read_bytes() == content


def test_a_damaged_line_before_the_last_is_named(content, tmp_path):
    path = tmp_path / "results.jsonl"
    lines = content.decode().splitlines(keepends=True)
    lines[2] = '{"experiment": 3}\n'
    path.write_text("".join(lines))
    with pytest.raises(ValueError, match="line 3"):
        sweep(path=path)


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "results.jsonl"
    child = subprocess.Popen([sys.executable, "-m", "nets", *COMMAND, "--p", "0.1", "0.2", "0.3",
                              "--seeds", "30", "--results", str(path)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (path.exists() and path.stat().st_size > 2000):
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    finished = read_results(path)
    assert 0 < len(finished) < 120
    grid = {"noise": [0.3], "method": ["none", "dropout"], "p": [0.1, 0.2, 0.3]}
    again = run_sweep(grid, 30, base=BASE, path=path, progress=False)
    assert again[: len(finished)] == finished
    assert len(read_results(path)) == 120
    assert again[-1] == run_cell(Cell(replace(BASE, p=0.3), 0, 29))


def test_a_file_that_cannot_be_written_is_refused_before_the_training(tmp_path, monkeypatch):
    forget_to_train(monkeypatch)
    with pytest.raises(OSError, match="missing"):
        sweep(path=tmp_path / "missing" / "results.jsonl")


def test_the_progress_bar_counts_cells_on_stdout(tmp_path, capsys):
    path = tmp_path / "results.jsonl"
    sweep(path=path, progress=True)
    out, err = capsys.readouterr()
    assert "12/12" in out
    assert err == ""
    sweep(progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_summary_is_mean_and_standard_error_over_the_seeds(expected):
    summaries = summarize(expected)
    assert len(summaries) == 6
    errors = [result.curve.final for result in expected[:2]]
    assert summaries[0].mean == pytest.approx(np.mean(errors))
    assert summaries[0].standard_error == pytest.approx(np.std(errors, ddof=1) / np.sqrt(2))
    assert summaries[0].seeds == 2
    assert summaries[0].to_dict()["experiment"]["method"] == "none"
    assert "test error" in str(summaries[0])


@pytest.mark.parametrize(("kwargs", "error", "words"), [
    ({"grid": {"lr": [0.1]}}, ValueError, "grid: .*'lr'.*learning_rate"),
    ({"grid": {"p": 0.5}}, TypeError, r"grid\['p'\]"),
    ({"grid": {"method": "dropout"}}, TypeError, r"grid\['method'\]"),
    ({"grid": {"p": [1.0]}}, ValueError, "p: got 1.0"),
    ({"seeds": 0}, ValueError, "seeds"),
    ({"seed": -1}, ValueError, "seed"),
    ({"workers": 0}, ValueError, "workers"),
    ({"workers": "all"}, TypeError, "workers"),
    ({"workers": 1.5}, TypeError, "workers"),
])
def test_bad_arguments_are_refused_by_name(kwargs, error, words):
    with pytest.raises(error, match=words):
        run_sweep(**{"grid": {"p": [0.5]}, "base": BASE, "progress": False, **kwargs})


def test_the_command_prints_a_line_for_each_experiment(capsys, expected):
    assert main([*COMMAND, "--method", "none", "dropout", "--p", "0.2", "0.5",
                 "--noise", "0", "0.3"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "test error" in line]
    assert sorted(lines) == sorted(map(str, summarize(expected)))


@pytest.mark.parametrize("arguments", [
    ["--p", "1"], ["--noise", "2"], ["--method", "magic"], ["--workers", "0"], ["--seeds", "0"],
    ["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], ["--seed", "-3"],
])
def test_wrong_options_of_the_command_are_usage_errors(capsys, arguments):
    with pytest.raises(SystemExit) as exit_:
        main([*COMMAND, *arguments])
    assert exit_.value.code == 2
    assert "usage: python -m nets sweep" in capsys.readouterr().err


def test_the_command_names_the_extra_that_brings_dask(monkeypatch, capsys):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name, *rest: None if name == "distributed" else find(name, *rest))
    assert main([*COMMAND, "--scheduler", "tcp://127.0.0.1:1"]) == 1
    assert "maskgrad[distributed]" in capsys.readouterr().err


def test_a_results_file_of_something_else_ends_the_command_with_one_line(tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n")
    assert main([*COMMAND, "--results", str(path)]) == 1
    assert "notes.txt, line 1" in capsys.readouterr().err
    assert path.read_text() == "my notes\n"


@pytest.mark.slow
def test_two_sweeps_do_not_write_to_one_file(tmp_path, content):
    path = tmp_path / "results.jsonl"
    with subprocess.Popen([sys.executable, "-m", "nets", *COMMAND, "--seeds", "40", "--results",
                           str(path)], stdout=subprocess.DEVNULL) as first:
        while not path.exists() or not path.stat().st_size:
            assert first.poll() is None
            time.sleep(0.01)
        with pytest.raises(OSError, match="another sweep"):
            sweep(path=path)
        first.kill()
    before = read_results(path)
    assert len(before) == len({result.cell for result in before})
    sweep(path=path)
    after = read_results(path)
    assert len(after) == len({result.cell for result in after})
    assert after[:len(before)] == before


def workers_of(process):
    """Return the processes that a process has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == process:
            found.append(int(entry.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_no_worker_outlives_a_sweep(tmp_path, name):
    path = tmp_path / "results.jsonl"
    with subprocess.Popen([sys.executable, "-m", "nets", *COMMAND, "--seeds", "400", "--epochs",
                           "50", "--workers", "2", "--results", str(path)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        while not path.exists() or not path.stat().st_size:
            assert first.poll() is None
            time.sleep(0.01)
        workers = workers_of(first.pid)
        assert len(workers) >= 2
        first.send_signal(getattr(signal, name))
        deadline = time.monotonic() + 2.0 + 1.0  # other tests run at the same time
        while any(Path(f"/proc/{pid}").exists() for pid in workers):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        first.kill()
