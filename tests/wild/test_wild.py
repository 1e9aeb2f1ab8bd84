"""The measurement on real code, at small repositories written for the purpose."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path

import pytest

from tests.wild.__main__ import main
from tests.wild.compare import comparison
from tests.wild.find import target_files
from tests.wild.reasons import reason, told
from tests.wild.run import Function, Outcome, load, run_one, save
from tests.wild.table import summary

RELU = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return {factor} * dout * (x > 0)
"""
SOURCES = {
    "ada+cs231n/layers.py": RELU.format(factor=1),
    "bob+hw/assignment2/layers.py": RELU.format(factor=2),
    "bob+hw/needs.py": "import no_such_package_at_all\ndef svm_loss(x, y): return 0, x\n"
                      "raise RuntimeError('no GPU')\n",
    "old+py2/layers.py": "def relu_forward(x):\n\tprint x\ndef relu_backward(dout, x):\n\tpass\n",
    "old+py2/optim.py": "def sgd(w):\n\tprint w\n",
    "old+py2/half.py": "def relu_forward(x): return x, x\n",
    "old+py2/net.py": "class Net:\n    def affine_forward(self): pass\n"
                      "    def affine_backward(self): pass\n",
    "old+py2/fast.py": "try:\n    import no_such\nexcept ImportError:\n"
                       "    def conv_forward_fast(x): pass\n    def conv_backward_fast(d): pass\n",
    "old+py2/.ipynb_checkpoints/layers.py": RELU.format(factor=1),
    "old+py2/venv/site-packages/layers.py": RELU.format(factor=1),
}


@pytest.fixture
def repositories(tmp_path):
    for name, source in SOURCES.items():
        path = tmp_path / "repositories" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return tmp_path / "repositories"


@pytest.fixture
def checker(tmp_path):
    """Return a maker of commands that print, sleep or fail instead of checking."""
    def make(source: str) -> list[str]:
        path = tmp_path / "checker.py"
        path.write_text(f"import json, os, sys, time\n{source}\n", encoding="utf-8")
        return [sys.executable, str(path)]

    return make


def outcome(file, *functions, end="loads", error=""):
    return Outcome(file, end, 1.0, error, functions)


def test_files_are_found_by_the_names_that_they_define_also_in_python_2(repositories):
    assert target_files(repositories) == [
        "ada+cs231n/layers.py", "bob+hw/assignment2/layers.py", "bob+hw/needs.py",
        "old+py2/fast.py", "old+py2/layers.py"]


def test_a_pattern_matches_any_part_of_the_path(repositories):
    assert target_files(repositories, "bob*layers") == ["bob+hw/assignment2/layers.py"]


@pytest.mark.parametrize("target", ["sub", "../elsewhere"])
def test_a_linked_folder_is_not_searched_twice(tmp_path, target):
    folder = tmp_path / "repositories"
    real = folder / target
    real.mkdir(parents=True)
    (real / "layers.py").write_text(RELU.format(factor=1), encoding="utf-8")
    (folder / "link").symlink_to(real, target_is_directory=True)
    assert target_files(folder) == (["sub/layers.py"] if target == "sub" else [])


def test_a_source_that_is_no_text_is_no_target_and_no_error(tmp_path):
    (tmp_path / "bytes.py").write_bytes(b"\x00\xff\xfe")
    assert target_files(tmp_path) == []


@pytest.mark.slow
def test_the_real_checker_tells_right_wrong_and_missing_apart(repositories, capsys, tmp_path):
    stored = tmp_path / "run.json"
    assert main([str(repositories), "--workers", "2", "-v", "--json", str(stored)]) == 0
    printed = capsys.readouterr().out
    assert "bob+hw/assignment2/layers.py: relu: failed scaled: scaled in dx" in printed
    assert "5 files\n       3  loads\n       2  does not load\n" in printed
    assert "3 functions\n       1  passed\n       1  failed\n       1  todo\n" in printed
    assert "       1  scaled\n" in printed
    assert ("       1  RuntimeError: no GPU\n          bob+hw/needs.py: RuntimeError: no GPU\n"
            ) in printed
    assert "5 of 5 files load or are told a remedy\n" in printed
    kept = {o.file: [f.verdict for f in o.functions] for o in load(stored)}
    assert kept["ada+cs231n/layers.py"] == ["passed"]
    assert kept["bob+hw/assignment2/layers.py"] == ["failed scaled"]


def test_the_check_leaves_no_trace_in_the_repositories(repositories, checker):
    before = sorted(repositories.rglob("*"))
    run_one(repositories, "ada+cs231n/layers.py",
            command=checker("open('trace.txt', 'w').write('x')"))
    assert sorted(repositories.rglob("*")) == before


@pytest.mark.parametrize(("source", "end", "error"), [
    ("sys.exit(2)", "nothing to check", ""),
    ("print(json.dumps({'error': 'no such'})); sys.exit(3)", "does not load", "no such"),
    ("print('ValueError: ours', file=sys.stderr); sys.exit(4)", "crashes", "ValueError: ours"),
    ("print(json.dumps({'items': [{'name': 'relu', 'status': 'error', 'fault': 'judge', "
     "'message': 'ours'}]})); sys.exit(4)", "crashes", "relu: ours"),
    ("os.abort()", "crashes", ""),
    ("print('hello')", "crashes", "exit code 0, but no JSON on stdout"),
])
def test_every_way_to_end_is_told_from_the_exit_code(tmp_path, checker, source, end, error):
    got = run_one(tmp_path, "x.py", command=checker(source))
    assert (got.end, got.error) == (end, error)


def test_a_file_loads_although_one_of_its_functions_could_not_be_judged(tmp_path, checker):
    items = [{"name": "relu", "status": "error", "message": "timed out"},
             {"name": "tanh", "status": "todo", "message": "not written yet"},
             {"name": "sigmoid", "status": "warned", "message": ""}]
    got = run_one(tmp_path, "x.py", command=checker(
        f"print(json.dumps({{'items': {items!r}, 'error': ''}})); sys.exit(3)"))
    assert (got.end, got.error) == ("loads", "")
    assert [function.verdict for function in got.functions] == ["error", "todo", "warned"]


def test_a_check_that_hangs_is_killed_with_what_it_started(tmp_path, checker):
    beat = tmp_path / "beat"
    command = checker(
        "if os.fork() == 0:\n"
        f"    while True: time.sleep(0.05); open({str(beat)!r}, 'a').write('.')\n"
        "time.sleep(60)")
    got = run_one(tmp_path, "x.py", command=command, timeout=1.0)
    assert (got.end, got.error) == ("hangs", "killed after 1 s")
    assert got.seconds < 30
    beats = beat.stat().st_size
    time.sleep(0.3)
    assert beat.stat().st_size == beats > 0


def test_findings_and_failed_laws_are_kept_in_their_order(tmp_path, checker):
    items = [
        {"name": "relu", "status": "failed", "message": "two",
         "details": {"report": {"findings": [{"code": "scaled"}, {"code": "dout-mutated"}]}}},
        {"name": "dropout laws", "status": "failed", "message": "",
         "details": {"laws": [{"name": "runs", "status": "passed"},
                              {"name": "rate", "status": "failed"}]}},
        {"name": "conv", "status": "error", "message": "no example"},
    ]
    got = run_one(tmp_path, "x.py", command=checker(
        f"print(json.dumps({{'items': {items!r}}})); sys.exit(1)"))
    assert [(f.verdict, f.codes) for f in got.functions] == [
        ("failed scaled", ("scaled", "dout-mutated")), ("failed rate", ("rate",)), ("error", ())]


def test_another_command_can_be_measured(repositories, checker, capsys):
    command = shlex.join(checker("print(json.dumps({'items': [], 'error': sys.argv[2]}))"))
    main([str(repositories), "--gradcheck", command, "--only", "ada"])
    assert "1 files\n       1  loads\n" in capsys.readouterr().out


def test_a_command_in_the_current_folder_is_found_although_the_check_runs_elsewhere(
        repositories, tmp_path, monkeypatch, capsys):
    program = tmp_path / "mine"
    program.write_text(f"#!{sys.executable}\nprint('{{\"items\": []}}')\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    main([str(repositories), "--gradcheck", "./mine", "--only", "ada"])
    assert "1 files\n       1  loads\n" in capsys.readouterr().out


@pytest.mark.parametrize(("error", "line", "blanked"), [
    ("/a/r/l.py: importing it raised ImportError.\n  File ...\nImportError: cannot import name 'f' "
     "from 'm' (/a/r/m.py)", "ImportError: cannot import name 'f' from 'm' (/a/r/m.py)",
     "ImportError: cannot import name '...' from '...' (...)"),
    ("/a/r/l.py: it is not valid Python.\n  File \"/a/r/l.py\", line 3\nTabError: inconsistent use",
     "TabError: inconsistent use", "TabError: inconsistent use"),
    ("/a/r/l.py: there is no such file. Remedy: look.\nThe current folder is /a.",
     "there is no such file. Remedy: look.", "there is no such file. Remedy: look."),
    ("", "", ""),
])
def test_a_reason_is_the_exceptions_own_line_with_its_names_blanked(error, line, blanked):
    said = told(outcome("r/l.py", end="does not load", error=error))
    assert (said, reason(said)) == (line, blanked)


def test_files_with_the_same_reason_are_counted_together():
    outcomes = [outcome(f"{name}.py", end="does not load",
                        error=f"ModuleNotFoundError: No module named '{name}'") for name in "abc"]
    assert "       3  ModuleNotFoundError: No module named '...'\n          a.py: " in summary(
        outcomes)


def test_seconds_are_summed_up_by_median_nearest_rank_and_slowest():
    outcomes = [Outcome(f"{n}.py", "loads", float(n)) for n in range(1, 11)]
    assert "median 5.5, p90 9.0, max 10.0 (10.py)" in summary(outcomes)


def test_a_run_without_a_file_has_a_summary_as_well():
    assert "0 files" in summary([])
    assert "none was checked" in summary([])


def test_a_stored_run_is_read_back_as_it_was(tmp_path):
    outcomes = [outcome("a.py", Function("relu", "failed", ("scaled", "raises"), "why")),
                outcome("b.py", end="hangs", error="killed")]
    save(tmp_path / "run.json", outcomes)
    assert load(tmp_path / "run.json") == outcomes


def test_a_comparison_names_what_changed_and_counts_the_kinds():
    old = [outcome("a.py", Function("relu", "passed"), Function("tanh", "failed", ("scaled",))),
           outcome("b.py", Function("tanh", "failed", ("scaled",), "said so")),
           outcome("c.py", end="does not load"), outcome("d.py", end="hangs")]
    new = [outcome("a.py", Function("relu", "passed"), Function("tanh", "failed", ("raises",))),
           outcome("b.py", Function("tanh", "failed", ("scaled", "raises"), "said otherwise")),
           outcome("c.py", Function("relu", "passed")), outcome("d.py", end="does not load")]
    assert comparison(old, new).splitlines() == [
        "a.py: tanh: failed scaled -> failed raises",
        "c.py: relu: does not load -> passed",
        "d.py: (the file): hangs -> does not load",
        "",
        "3 changes",
        "       1  failed scaled -> failed raises",
        "       1  does not load -> passed",
        "       1  hangs -> does not load",
    ]


def test_a_function_that_is_gone_is_a_change_too():
    old = [outcome("a.py", Function("relu", "passed"), Function("tanh", "passed"))]
    new = [outcome("a.py", Function("relu", "passed"))]
    assert comparison(old, new).startswith("a.py: tanh: passed -> absent\n")
    assert comparison(old, []).startswith("a.py: relu: passed -> absent\n")


def test_the_same_run_twice_has_no_change(tmp_path, capsys):
    path = tmp_path / "run.json"
    save(path, [outcome("a.py", Function("relu", "failed", ("scaled",)))])
    assert main(["--compare", str(path), str(path)]) == 0
    assert capsys.readouterr().out == "0 changes\n"


def test_a_folder_that_is_none_is_refused_by_its_name(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["no/such/folder"])
    assert stop.value.code == 2
    assert f"FOLDER: got {Path('no/such/folder')}; expected a folder" in capsys.readouterr().err


def test_a_runs_json_is_a_plain_list_of_files(tmp_path):
    save(tmp_path / "run.json", [outcome("a.py", Function("relu", "passed"))])
    entry, = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert entry["file"] == "a.py"
    assert entry["functions"][0] == {"name": "relu", "status": "passed", "codes": [],
                                     "message": ""}
