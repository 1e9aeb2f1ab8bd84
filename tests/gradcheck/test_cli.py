"""The command line: what it prints, where, and the exit codes."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from gradcheck import cli
from gradcheck.output.record import Item, Record
from gradcheck.target.check import check_sources

GOOD = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return dout * (x > 0)
"""
BAD = """
import numpy as np
def affine_forward(x, w, b): return x.reshape(len(x), -1) @ w + b, (x, w)
def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.mean(axis=0)
"""
DROPOUT = """
import numpy as np
def dropout_forward(x, param):
    if 'seed' in param: np.random.seed(param['seed'])
    if param['mode'] == 'test': return x, (param, None)
    mask = (np.random.rand(*x.shape) < {keep}) / ({keep})
    return (x * mask).astype(x.dtype), (param, mask)
def dropout_backward(dout, cache):
    param, mask = cache
    return dout if param['mode'] == 'test' else (dout * mask).astype(dout.dtype)
"""
@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="homework.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return name
    return write


def run(capsys, *argv):
    code = cli.main(list(argv))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_right_layer_passes_with_its_path_a_table_and_a_summary(write, capsys):
    code, out, err = run(capsys, "check", write(GOOD))
    lines = out.splitlines()
    assert lines[0] == "homework.py"
    assert lines[1].split() == [
        "name", "arguments", "worst", "error", "examples", "calls", "verdict"]
    assert lines[2].split()[:2] == ["relu", "x"]
    assert lines[2].endswith("passed")
    assert lines[-1].startswith("homework.py: 1 passed in ")
    assert (code, err, len(lines)) == (0, "", 5)


def test_a_wrong_layer_fails_and_is_told_the_cause_and_the_code(write, capsys):
    code, out, _ = run(capsys, "check", write(BAD))
    assert code == 1
    assert "scaled in db" in out
    assert "1/N" in out
    assert "gradcheck explain scaled" in out


@pytest.mark.slow
def test_a_file_called_layers_in_the_current_folder_is_checked_and_not_the_package(write, capsys):
    write(BAD, "layers.py")
    code, out, _ = run(capsys, "check", "layers", "--only", "affine")
    assert (code, out.splitlines()[0]) == (1, "layers.py")
    code, out, _ = run(capsys, "check", "layers", "--only", "affine", "--installed")
    assert code == 0
    assert re.match(r"layers \(.*__init__.py, installed\)\n", out)


@pytest.mark.slow
def test_python_m_gradcheck_reaches_the_package_though_layers_py_lies_in_the_folder(
        write, tmp_path):
    write("raise RuntimeError", "layers.py")
    done = subprocess.run([sys.executable, "-m", "gradcheck", "check", "layers", "--only", "relu"],
                          cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_only_takes_names_and_patterns_and_names_the_choice(write, capsys):
    code, out, _ = run(capsys, "check", write(GOOD + BAD), "--only", "rel*")
    assert code == 0
    assert "affine" not in out
    code, _, err = run(capsys, "check", "homework.py", "--only", "afine")
    assert code == 2
    assert "relu" in err
    assert "Did you mean affine?" in err


@pytest.mark.slow
def test_notes_and_errors_are_told_on_stderr_whatever_the_format(write, capsys):
    write(GOOD + "def tanh_forward(x): return x, x\n")
    for argv in ((), ("--format", "json"), ("-o", "out.txt")):
        code, out, err = run(capsys, "check", "homework.py", *argv)
        assert code == 0
        assert err == "note: tanh_forward has no tanh_backward, so it was not checked\n"
        assert ("no tanh_backward" in out) == ("json" in argv)
    write("1 / 0")
    for argv in ((), ("--format", "json"), ("--format", "junit"), ("-o", "out.txt")):
        code, out, err = run(capsys, "check", "homework.py", *argv)
        assert code == 3
        assert err.startswith("gradcheck: error: homework.py: importing it raised ZeroDivisionErr")
        assert bool(out) == ("--format" in argv)


@pytest.mark.slow
def test_several_targets_have_a_text_each_and_the_highest_exit_code(write, capsys):
    write(GOOD), write(BAD, "bad.py"), write("1 / 0", "broken.py")
    code, out, err = run(capsys, "check", "homework.py", "bad.py", "broken.py", "missing.py")
    assert code == 3
    assert [line for line in out.splitlines() if line.endswith(".py")] == ["homework.py", "bad.py"]
    assert err.count("gradcheck: error: ") == 2


@pytest.mark.slow
def test_a_name_has_to_be_in_one_of_several_targets_and_not_in_each(write, capsys):
    write(GOOD), write(BAD, "bad.py")
    names = ("--only", "relu", "--only", "affine")
    code, out, err = run(capsys, "check", "homework.py", "bad.py", *names)
    assert (code, err) == (1, "")
    assert [line for line in out.splitlines() if line.endswith(".py")] == ["homework.py", "bad.py"]
    code, out, err = run(capsys, "check", "bad.py", "homework.py", *names[:2])
    assert (code, err) == (0, "note: left out: bad.py has no layer called relu: it has affine\n")
    assert "homework.py: 1 passed" in out
    code, out, err = run(capsys, "check", "bad.py", "homework.py", *names[:2], "--only", "afine")
    assert code == 2
    assert "homework.py: 1 passed" in out
    assert "got 'afine'; expected one of affine, relu. Did you mean affine?" in err
    code, out, err = run(capsys, "check", "bad.py", "homework.py", "--only", "tanh")
    assert (code, out) == (2, "")
    assert err == "gradcheck: error: --only: got 'tanh'; expected one of affine, relu.\n"


@pytest.mark.slow
def test_one_target_is_a_record_and_several_or_a_folder_are_a_list(write, capsys):
    write(GOOD), write(BAD, "week/bad.py"), write("x = 1", "week/data.py")

    def targets(*argv):
        found = json.loads(run(capsys, "check", *argv, "--format", "json")[1])
        return found["target"] if isinstance(found, dict) else [each["target"] for each in found]

    assert targets("homework.py") == "homework.py"
    assert targets("homework") == "homework.py"
    assert targets("week") == ["week/bad.py"]
    assert targets("homework.py", "week") == ["homework.py", "week/bad.py"]


@pytest.mark.slow
def test_functions_of_other_names_are_a_pair_where_flags_name_them(write, capsys):
    write("def act(x): return 2 * x, 0\ndef act_grad(dout, cache): return dout\n")
    code, out, _ = run(capsys, "check", "homework.py", "--forward", "act", "--backward", "act_grad")
    assert code == 1
    assert "scaled in dx" in out
    code, _, err = run(capsys, "check", "homework.py", "--forward", "act")
    assert code == 2
    assert "expected both" in err


@pytest.mark.slow
def test_a_value_of_another_layer_fails_unless_values_are_left_alone(write, capsys):
    write("import numpy as np\n"
          "def relu_forward(x): return np.abs(x), x\n"
          "def relu_backward(dout, x): return dout * np.sign(x)\n")
    code, out, _ = run(capsys, "check", "homework.py")
    assert code == 1
    assert "value-differs: out[" in out
    assert "it is the absolute value. Remedy: np.maximum(x, 0)" in " ".join(out.split())
    assert run(capsys, "check", "homework.py", "--no-values")[0] == 0
    assert run(capsys, "check", "homework.py", "--ignore", "value-differs")[0] == 0


@pytest.mark.slow
def test_what_is_ignored_does_not_count_and_is_told(write, capsys):
    write(BAD)
    code, _, err = run(capsys, "check", "homework.py", "--ignore", "scaled")
    assert (code, err) == (0, "note: ignored: 1 finding (scaled)\n")
    code, _, err = run(capsys, "check", "homework.py", "--ignore", "scald")
    assert code == 2
    assert "did you mean scaled?" in err


@pytest.mark.slow
def test_what_is_imported_is_judged_where_that_is_wanted(write, capsys):
    write(GOOD, "mine.py")
    write("from mine import *\n" + BAD)
    code, out, err = run(capsys, "check", "homework.py")
    assert code == 1
    assert "relu" not in out
    assert "imported, not judged: relu; --imported judges them, too" in err
    assert "1 passed, 1 failed" in run(capsys, "check", "homework.py", "--imported")[1]


def test_the_projects_file_says_what_flags_would(write, capsys):
    write(BAD)
    write('[tool.gradcheck]\nignore = ["scaled"]\n', "pyproject.toml")
    assert run(capsys, "check", "homework.py")[0] == 0
    write("[tool.gradcheck]\nignor = 3\n", "pyproject.toml")
    code, _, err = run(capsys, "check", "homework.py")
    assert code == 2
    assert "pyproject.toml: [tool.gradcheck] got ignor" in err


@pytest.mark.slow
@pytest.mark.parametrize(("text", "argv", "expected", "words"), [
    ("x = 1", (), 2, "none of them a layer"),
    ("def f(:", (), 3, "not valid Python"),
    ("1 / 0", (), 3, "ZeroDivisionError"),
    (None, (), 3, "no such file"),
    (GOOD, ("--format", "yaml"), 2, "invalid choice"),
    (GOOD, ("--timeout", "-1"), 2, "expected a positive number"),
    (GOOD, ("--timeout", "nan"), 2, "expected a positive number"),
    (GOOD, ("--timeout", "1e-6"), 3, "not reached: timed out after 1e-06 s"),
    (GOOD, ("-o", "missing/out.txt"), 2, "cannot be written"),
    (GOOD.replace("np.maximum(x, 0)", "[0 for _ in iter(int, 1)]"), ("--timeout", "2"), 3,
     " in relu_forward (homework.py:3)"),
    (GOOD.replace("np.maximum(x, 0)", "exit(0)"), (), 3,
     "it called sys.exit(0)"),
    ("def blur_forward(image, k): return image, k\ndef blur_backward(d, c): return d", (), 1,
     "def blur_example(rng):"),
    ("def mse_loss(x, y): return 0.5", (), 1, "return (loss, dx)"),
    (GOOD + "def relu_example(rng): raise KeyError('k')", (), 1, "relu_example raised KeyError"),
])
def test_what_goes_wrong_has_its_exit_code_and_its_reason(
        write, capsys, text, argv, expected, words):
    if text is not None:
        write(text)
    code, out, err = run(capsys, "check", "homework.py", *argv)
    assert code == expected
    # where a line is folded depends on the terminal's width
    assert words in " ".join((out + err).split())


def test_an_error_of_our_own_is_exit_4_with_our_traceback_where_it_is_asked_for(
        write, capsys, monkeypatch):
    record = Record("check", "homework.py", (
        Item("relu", "relu", "error", "gradcheck itself failed", fault="judge",
             details={"traceback": "Traceback: in our code"}),
        Item("tanh", "tanh", "passed")))
    monkeypatch.setattr("gradcheck.target.check.check_sources", lambda *_, **__: [record])
    code, out, _ = run(capsys, "check", write(GOOD))
    assert code == 4
    assert "1 passed, 1 error" in out
    assert "Traceback" not in out
    assert "Traceback: in our code" in run(capsys, "check", "homework.py", "-v")[1]
    monkeypatch.setattr("gradcheck.target.check.check_sources", None)
    assert run(capsys, "check", "homework.py")[0] == 4


@pytest.mark.slow
def test_progress_is_shown_on_a_terminal_alone(write, capsys, monkeypatch):
    write(GOOD)
    assert "relu" not in run(capsys, "check", "homework.py")[2]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "\r\x1b[Krelu\r\x1b[K" in run(capsys, "check", "homework.py")[2]


def test_json_has_every_report_and_is_alone_on_stdout(write, capsys):
    code, out, _ = run(capsys, "check", write("print('hello')" + BAD), "--format", "json")
    record = json.loads(out)
    assert (code, record["exit_code"]) == (1, 1)
    finding = record["items"][0]["details"]["report"]["findings"][0]
    assert (finding["code"], finding["argument"]) == ("scaled", "b")


def test_a_folder_without_submissions_is_a_usage_error(tmp_path, capsys):
    code, out, err = run(capsys, "grade", str(tmp_path))
    assert (code, out) == (2, "")
    assert "no .py file" in err


@pytest.mark.slow
def test_a_submission_that_is_not_there_is_one_line_and_a_valid_result_where_one_is_asked_for(
        write, tmp_path, capsys):
    code, out, err = run(capsys, "grade", str(tmp_path / "missing.py"))
    assert (code, out, err.count("\n")) == (3, "", 1)
    code, out, _ = run(capsys, "grade", str(tmp_path / "missing.py"), "--format", "gradescope")
    assert (code, json.loads(out)["score"]) == (3, 0.0)


def test_the_version_and_the_limits_are_told(capsys):
    code, out, _ = run(capsys, "--version")
    assert code == 0
    assert re.fullmatch(r"gradcheck \d+\.\d+\S*\n", out)
    assert "default: 2048" in run(capsys, "grade", "--help")[1]
    assert "default: no limit" in run(capsys, "check", "--help")[1]


@pytest.mark.parametrize("text", [GOOD, BAD, "1 / 0"])
def test_every_format_is_valid_whatever_happens(write, capsys, monkeypatch, text):
    records = []

    def judged_once(*given):
        records.extend([] if records else check_sources(*given))
        return records

    monkeypatch.setattr("gradcheck.target.check.check_sources", judged_once)
    for name, read in (("json", json.loads), ("junit", ET.fromstring),
                       ("gradescope", json.loads), ("prairielearn", json.loads)):
        run(capsys, "check", write(text), "--format", name, "-o", name)
        read(Path(name).read_text())
    assert len(records) == 1


def test_the_canonical_dropout_passes_with_advice(write, capsys):
    code, out, _ = run(capsys, "check", write(DROPOUT.format(keep="1 - param['p']")))
    assert code == 0
    assert "advice: " in out
    assert run(capsys, "check", "homework.py", "--strict")[0] == 1


@pytest.mark.slow
def test_a_keep_probability_is_told_and_can_be_ruled_out(write, capsys):
    code, out, _ = run(capsys, "check", write(DROPOUT.format(keep="param['p']")))
    assert code == 0
    assert "it keeps with p" in out
    code, out, _ = run(capsys, "check", "homework.py", "--p-is", "drop")
    assert code == 1
    assert "--p-is keep" in out
    code, out, _ = run(capsys, "check", "homework.py", "--p-is", "keep")
    assert code == 0
    assert "it keeps with p" not in out


@pytest.mark.slow
@pytest.mark.parametrize(("seeding", "setup"), [
    ("rng", "rand = param['rng'].random(x.shape)"),
    ("global", "rand = np.random.rand(*x.shape)"),
    ("none", "rand = np.random.default_rng().random(x.shape)"),
])
def test_dropout_is_checked_whatever_governs_its_mask(write, capsys, seeding, setup):
    text = DROPOUT.format(keep="1 - param['p']").replace(
        "if 'seed' in param: np.random.seed(param['seed'])",
        f"{setup} if param['mode'] == 'train' else None").replace(
        "np.random.rand(*x.shape) <", "rand <")
    code, out, _ = run(capsys, "check", write(text), "--seeding", seeding)
    assert code == 0, out


def test_a_guess_is_called_a_guess(write, capsys):
    _, out, _ = run(capsys, "check", write(GOOD.replace("relu", "swoosh")))
    assert "guessed arguments (x [4, 6])" in out


def test_explain_prints_one_code_or_all(capsys):
    assert "mask-inverted" in run(capsys, "explain")[1]
    code, out, _ = run(capsys, "explain", "mask-inverted")
    assert code == 0
    assert "Wrong:" in out
    code, _, err = run(capsys, "explain", "mask-inverse")
    assert code == 2
    assert "mask-inverted" in err


def test_explain_knows_the_laws_of_the_mask_and_the_nearest_of_both(capsys):
    assert "rate_at_extreme_p" in run(capsys, "explain")[1]
    code, out, _ = run(capsys, "explain", "rate")
    assert code == 0
    assert 'check_law("rate", (dropout_forward, dropout_backward))' in out
    code, _, err = run(capsys, "explain", "scale")
    assert code == 2
    assert "did you mean scaled" in err
    assert "did you mean float16" in run(capsys, "explain", "float17")[2]


def test_no_command_and_help_say_how_to_use_it(capsys):
    assert run(capsys)[0] == 2
    code, out, _ = run(capsys, "check", "--help")
    assert code == 0
    assert "exit codes: 0 all passed" in out


@pytest.mark.slow
@pytest.mark.parametrize(("environment", "colored"), [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False),
])
def test_colour_is_for_terminals_that_want_it(write, capsys, monkeypatch, environment, colored):
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    write(GOOD)
    assert "\x1b" not in run(capsys, "check", "homework.py")[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert ("\x1b[" in run(capsys, "check", "homework.py")[1]) == colored


@pytest.mark.slow
def test_colour_that_is_forced_goes_to_a_pipe_and_into_no_file(write, capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    write(GOOD)
    assert "\x1b[32mpassed" in run(capsys, "check", "homework.py")[1]
    assert "\x1b" not in run(capsys, "check", "homework.py", "--format", "json")[1]
    run(capsys, "check", "homework.py", "-o", "told.txt")
    assert "\x1b" not in Path("told.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_closed_pipe_and_a_terminal_without_utf8_do_no_harm(write, tmp_path):
    write(BAD)
    command = f"{sys.executable} -m gradcheck check homework.py"
    for pipe in (f"{command} | head -1", f"{sys.executable} -m gradcheck explain | head -1"):
        done = subprocess.run(pipe, shell=True, cwd=tmp_path, capture_output=True, check=False,
                              env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("status", "words"), [
    ("todo", "not written yet"), ("skipped", "at no example"), ("inconclusive", "cannot decide")])
def test_a_status_is_explained_and_listed(capsys, status, words):
    code, out, _ = run(capsys, "explain", status)
    assert (code, out.splitlines()[0]) == (0, status)
    assert words in out
    assert f"\n  {status} " in run(capsys, "explain")[1]


def test_what_is_told_on_a_terminal_is_folded(write, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    write("def relu_forward(x) return x\n")
    err = run(capsys, "check", "homework.py")[2]
    assert "Remedy: correct that line" in " ".join(err.split())
    told = err[err.index("gradcheck: error"):err.index("  File")]
    assert len(told) > 60
    assert all(len(line) <= 60 for line in told.splitlines())
