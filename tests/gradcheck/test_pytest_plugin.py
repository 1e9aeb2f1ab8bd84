"""Laws of the pytest plugin: one test a layer and a law, and nothing without the option."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import gradcheck.mask_laws.run
import gradcheck.target.remote  # noqa: F401  (imported here once, not anew in every session below)

pytest_plugins = "pytester"

HOMEWORK = """
import numpy as np

def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, x):
    return dout * (x > 0)
def tanh_forward(x):
    return np.tanh(x), x
def tanh_backward(dout, x):
    return dout * (1 - np.tanh(x))
def mse_loss(x, y):
    return np.mean((x - y) ** 2), 2 * (x - y) / x.size
"""
DROPOUT = """
import numpy as np
def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, None
    mask = np.random.default_rng(dropout_param.get("seed")).random(x.shape) >= p
    return (x * mask / (1 - p)).astype(x.dtype), (mask, p)
def dropout_backward(dout, cache):
    if cache is None:
        return dout
    return (dout * cache[0] / (1 - cache[1])).astype(dout.dtype)
"""


@pytest.fixture
def run(pytester: pytest.Pytester):
    installed = any(entry.value == "gradcheck.pytest_plugin"
                    for entry in importlib.metadata.entry_points(group="pytest11"))
    extra = [] if installed else ["-p", "gradcheck.pytest_plugin"]
    return lambda *args: pytester.runpytest(*extra, "-p", "no:cacheprovider", *args)


def test_every_layer_and_loss_is_a_test(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=HOMEWORK)
    result = run("--gradcheck-target=homework.py", "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines_random(["*homework.py::relu*PASSED*", "*homework.py::tanh*FAILED*",
                                        "*homework.py::mse_loss*PASSED*"])
    assert "Traceback" not in result.stdout.str()
    assert "dx" in result.stdout.str()


@pytest.mark.slow
def test_every_law_of_a_dropout_is_a_test(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=DROPOUT)
    result = run("--gradcheck-target=homework.py", "-q")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 20
    assert "failed" not in outcomes


def test_a_wrong_dropout_fails_the_law_that_it_breaks(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=DROPOUT.replace(">= p", "< p"))
    result = run("--gradcheck-target=homework.py", "-k", "rate and not rate_")
    result.assert_outcomes(failed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*rate: kept*"])


@pytest.mark.slow
def test_the_conventions_are_options(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=DROPOUT.replace(">= p", "< p").replace("(1 - p)", "p")
                        .replace("(1 - cache[1])", "cache[1]"))
    result = run("--gradcheck-target=homework.py", "--gradcheck-p-is=keep", "-q")
    assert "failed" not in result.parseoutcomes()


def test_keywords_choose_among_the_checks(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=HOMEWORK)
    run("--gradcheck-target=homework.py", "-k", "relu").assert_outcomes(passed=1, deselected=2)


def test_the_checks_join_other_tests(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=HOMEWORK, test_own="def test_own(): pass")
    run("--gradcheck-target=homework.py").assert_outcomes(passed=3, failed=1)


def test_nothing_happens_without_the_option(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=HOMEWORK, test_own="def test_own(): pass")
    run().assert_outcomes(passed=1)


@pytest.mark.parametrize(("source", "text"), [
    ("def relu_forward(x:\n", "*not valid Python*"),
    ("raise RuntimeError('no')\n", "*importing it raised RuntimeError*"),
    ("x = 1\n", "*none of them a layer*"), ("import os; os._exit(0)\n", "*the process ended*"),
])
def test_a_target_without_layers_is_one_failing_test(
    pytester: pytest.Pytester, run, source: str, text: str
) -> None:
    pytester.makepyfile(homework=source)
    result = run("--gradcheck-target=homework.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([text])


STATUSES = """
import os
def right_forward(x): return 2 * x, 0
def right_backward(dout, cache): return 2 * dout
def writes_forward(x): return 2 * x, 0
def writes_backward(dout, cache):
    dout *= 2
    return dout
def todo_forward(x): pass
def todo_backward(dout, cache): pass
def guess_forward(x): return x.nothing, 0
def guess_backward(dout, cache): return dout
def exits_forward(x): os._exit(0)
def exits_backward(dout, cache): return dout
def last_forward(x): return 2 * x, 0
def last_backward(dout, cache): return dout
"""


@pytest.mark.slow
def test_a_status_is_an_outcome_and_an_exit_is_never_green(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=STATUSES)
    result = run("--gradcheck-target=homework.py", "-v", "-rs", "-W", "always")
    result.assert_outcomes(passed=2, failed=3, skipped=1, warnings=1)
    result.stdout.fnmatch_lines_random([
        "*::right PASSED*", "*::writes PASSED*", "*::todo FAILED*", "*::guess SKIPPED*",
        "*::exits FAILED*", "*::last FAILED*", "*GradcheckWarning: writes: dout-mutated*",
        "*the process ended (exit code 0) while this was judged*", "*def guess_example(rng):*"])


def test_a_dropout_that_is_not_written_fails_once(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework="def dropout_forward(x, dropout_param): pass\n"
                                 "def dropout_backward(dout, cache): pass\n")
    outcomes = run("--gradcheck-target=homework.py").parseoutcomes()
    assert (outcomes["failed"], outcomes.get("passed", 0)) == (1, 0)
    assert outcomes["skipped"] >= 20


def test_a_check_stands_where_its_layer_is_defined(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=STATUSES)
    pytester.makeconftest("def pytest_collection_finish(session):\n"
                          "    print([item.reportinfo() for item in session.items][1])\n")
    result = run("--gradcheck-target=homework.py", "--collect-only", "-q", "-s")
    result.stdout.fnmatch_lines(["('homework.py', 3, 'gradcheck writes')"])


@pytest.mark.slow
def test_a_package_and_a_folder_are_targets(pytester: pytest.Pytester, run) -> None:
    pytester.mkpydir("mine")
    (pytester.path / "mine" / "layers.py").write_text(HOMEWORK)
    (pytester.path / "mine" / "more.py").write_text(
        "from .layers import *\ndef two_forward(x): return relu_forward(x)\n"
        "def two_backward(dout, cache): return relu_backward(dout, cache)\n")
    (pytester.path / "mine" / "empty.py").write_text("def half_forward(x): pass\n")
    run("--gradcheck-target=mine/more.py").assert_outcomes(passed=1)
    run("--gradcheck-target=mine").assert_outcomes(passed=3, failed=1)


def test_the_projects_settings_count(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=HOMEWORK)
    pytester.makepyprojecttoml('[tool.gradcheck]\nonly = ["relu"]\n')
    run("--gradcheck-target=homework.py").assert_outcomes(passed=1)
    pytester.makepyprojecttoml("[tool.gradcheck]\nonlyy = 3\n")
    result = run("--gradcheck-target=homework.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*got onlyy; expected any of*"])


@pytest.mark.slow
def test_a_name_that_no_file_has_is_a_failing_test(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(homework=HOMEWORK)
    pytester.makepyprojecttoml('[tool.gradcheck]\nonly = ["relu", "afine"]\n')
    result = run("--gradcheck-target=homework.py")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*--only: got 'afine'; expected one of *"])


@pytest.mark.slow
def test_workers_of_xdist_share_the_checks(pytester: pytest.Pytester, run) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(homework=HOMEWORK)
    run("--gradcheck-target=homework.py", "-n", "2").assert_outcomes(passed=2, failed=1)


def test_loading_the_plugin_itself_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys\n"
        "spec = importlib.util.find_spec('gradcheck')\n"
        "path = spec.submodule_search_locations[0] + '/pytest_plugin.py'\n"
        "spec = importlib.util.spec_from_file_location('plugin', path)\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "heavy = {'numpy', 'scipy', 'hypothesis', 'tqdm'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
