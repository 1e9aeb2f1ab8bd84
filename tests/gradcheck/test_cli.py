"""The command line: what it prints, where, and the exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from gradcheck import cli

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
        (tmp_path / name).write_text(text)
        return name
    return write


def run(capsys, *argv):
    code = cli.main(list(argv))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_right_layer_passes_with_a_table_and_a_summary(write, capsys):
    code, out, err = run(capsys, "check", write(GOOD))
    lines = out.splitlines()
    assert lines[0].split() == ["name", "arguments", "worst", "error", "calls", "verdict"]
    assert lines[1].split()[:2] == ["relu", "x"]
    assert lines[1].endswith("passed")
    assert lines[-1].startswith("homework.py: 1 passed in ")
    assert (code, err, len(lines)) == (0, "", 4)


def test_a_wrong_layer_fails_and_is_told_the_cause_and_the_code(write, capsys):
    code, out, _ = run(capsys, "check", write(BAD))
    assert code == 1
    assert "scaled in db" in out
    assert "1/N" in out
    assert "gradcheck explain scaled" in out


def test_a_file_called_layers_in_the_current_folder_is_checked_and_not_the_package(write, capsys):
    assert run(capsys, "check", write(BAD, "layers.py"))[0] == 1
    assert run(capsys, "check", "layers", "--only", "affine")[0] == 0


def test_python_m_gradcheck_means_the_package_though_layers_py_lies_in_the_folder(write, tmp_path):
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


def test_unpaired_functions_are_reported_and_do_not_fail(write, capsys):
    code, out, _ = run(capsys, "check", write(GOOD + "def tanh_forward(x): return x, x\n"))
    assert code == 0
    assert "tanh_forward has no tanh_backward" in out


@pytest.mark.parametrize(("text", "argv", "expected", "words"), [
    ("x = 1", (), 2, "none of them a layer"),
    ("def f(:", (), 3, "not valid Python"),
    ("1 / 0", (), 3, "ZeroDivisionError"),
    (None, (), 3, "no such file"),
    (GOOD, ("--format", "yaml"), 2, "invalid choice"),
    (GOOD, ("--timeout", "-1"), 2, "expected a positive number"),
    (GOOD, ("--timeout", "nan"), 2, "expected a positive number"),
    (GOOD, ("-o", "missing/out.txt"), 2, "cannot be written"),
    (GOOD.replace("np.maximum(x, 0)", "[0 for _ in iter(int, 1)]"), ("--timeout", "0.2"), 3,
     "timed out after 0.2 s"),
    (GOOD.replace("np.maximum(x, 0)", "exit(0)"), (), 1,
     "sys.exit(0)"),
    ("def blur_forward(image, k): return image, k\ndef blur_backward(d, c): return d", (), 1,
     "def blur_example(rng):"),
    ("def mse_loss(x, y): return 0.5", (), 1, "expected the pair (loss, dx)"),
    (GOOD + "def relu_example(rng): return 3", (), 1, "nothing to differentiate"),
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


def test_a_target_that_swallows_its_timeout_is_ended_all_the_same(write, tmp_path):
    write("import time\ndef relu_forward(x):\n    while True:\n        try: time.sleep(9)\n"
          "        except BaseException: pass\ndef relu_backward(dout, cache): pass\n")
    done = subprocess.run([sys.executable, "-m", "gradcheck", "check", "homework.py", "--timeout",
                           "0.2"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 3
    assert "timed out after 0.2 s" in done.stderr


def test_more_memory_than_allowed_fails_and_the_limit_is_lifted_again(write, capsys):
    write(GOOD.replace("np.maximum", "np.ones((60000, 60000)); np.maximum"))
    code, out, _ = run(capsys, "check", "homework.py", "--memory", "300")
    assert code == 1
    assert "MemoryError" in out
    assert len(bytearray(2**29)) == 2**29


def test_an_error_of_our_own_is_exit_4(write, capsys, monkeypatch):
    monkeypatch.setattr("gradcheck.target.trial.check_layer", lambda *_, **__: 1 / 0)
    code, _, err = run(capsys, "check", write(GOOD))
    assert code == 4
    assert "ZeroDivisionError" in err
    assert "not the target's fault" in err
    monkeypatch.setattr("gradcheck.target.check.find_pairs", None)
    assert run(capsys, "check", "homework.py")[0] == 4


def test_json_has_every_report_and_is_alone_on_stdout(write, capsys):
    code, out, _ = run(capsys, "check", write("print('hello')" + BAD), "--format", "json")
    record = json.loads(out)
    assert (code, record["exit_code"]) == (1, 1)
    finding = record["items"][0]["details"]["report"]["findings"][0]
    assert (finding["code"], finding["argument"]) == ("scaled", "b")


ENDINGS = [
    ("os._exit(0)", 3, "before the check was complete"),
    ("os.kill(os.getpid(), 9)", 3, "signal 9"),
    ("atexit.register(os._exit, 7)", 0, "1 passed"),
    ("threading.Thread(target=time.sleep, args=(300,)).start()", 0, "1 passed"),
]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process of its own")
@pytest.mark.parametrize(("ending", "code", "words"), ENDINGS)
def test_a_target_can_neither_end_the_check_as_a_success_nor_change_its_code_nor_hang_it(
        write, tmp_path, ending, code, words):
    once = f"DONE = []\ndef end():\n    if not DONE: DONE.append(1); {ending}\n"
    write("import atexit, os, threading, time\n" + once
          + GOOD.replace("return np.max", "end(); return np.max"))
    done = subprocess.run([sys.executable, "-m", "gradcheck", "check", "homework.py"],
                          cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert words in done.stdout + done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_command_ends_it_with_the_signals_exit_code(write, tmp_path, number, code):
    write("import time\ndef relu_forward(x):\n    print('started', flush=True)\n"
          "    time.sleep(300)\ndef relu_backward(dout, cache): return dout\n")
    with subprocess.Popen([sys.executable, "-m", "gradcheck", "check", "homework.py"],
                          cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "started\n"
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == code


def test_a_timeout_names_the_layer_under_way_and_shows_those_that_are_done(write, capsys):
    write(GOOD + GOOD.replace("relu", "tanh").replace("np.maximum", "[0 for _ in iter(int, 1)]#"))
    code, out, _ = run(capsys, "check", "homework.py", "--timeout", "0.5")
    assert code == 3
    assert "tanh: timed out after 0.5 s" in out
    assert "relu" in out
    assert "Traceback" not in out


def test_a_time_that_is_up_before_the_check_begins_is_a_timeout_too(write, capsys):
    code, _, err = run(capsys, "check", write(GOOD), "--timeout", "1e-6")
    assert code == 3
    assert err.startswith("gradcheck: error: timed out")


@pytest.mark.parametrize("text", ["raise KeyboardInterrupt", "raise SystemExit(0)"])
def test_an_interrupt_of_the_targets_own_at_import_is_its_fault_and_not_the_users(
        write, capsys, text):
    code, _, err = run(capsys, "check", write(text))
    assert code == 3
    assert "importing it raised" in err


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "GeneratorExit", "SystemExit"])
def test_whatever_a_layer_raises_costs_that_layer_alone(write, capsys, kind):
    write(GOOD + f"def tanh_forward(x): raise {kind}\ndef tanh_backward(d, c): return d\n"
          f"def dropout_forward(x, param): raise {kind}\ndef dropout_backward(d, c): return d\n")
    code, out, _ = run(capsys, "check", "homework.py")
    assert code == 1
    assert "1 passed" in out
    assert kind in out or "sys.exit" in out


def test_a_folder_without_submissions_is_a_usage_error(tmp_path, capsys):
    code, out, err = run(capsys, "grade", str(tmp_path))
    assert (code, out) == (2, "")
    assert "no .py file" in err


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


@pytest.mark.parametrize("name", ["json", "junit", "gradescope", "prairielearn"])
@pytest.mark.parametrize("text", [GOOD, BAD, "1 / 0"])
def test_every_format_is_valid_whatever_happens(write, capsys, name, text):
    run(capsys, "check", write(text), "--format", name, "-o", "out")
    with open("out") as file:
        written = file.read()
    if name == "junit":
        ET.fromstring(written)
    else:
        json.loads(written)


def test_the_canonical_dropout_passes_with_advice(write, capsys):
    code, out, _ = run(capsys, "check", write(DROPOUT.format(keep="1 - param['p']")))
    assert code == 0
    assert "advice: " in out
    assert run(capsys, "check", "homework.py", "--strict")[0] == 1


def test_a_keep_probability_is_told_the_flag_that_makes_it_pass(write, capsys):
    code, out, _ = run(capsys, "check", write(DROPOUT.format(keep="param['p']")))
    assert code == 1
    assert "--p-is keep" in out
    assert run(capsys, "check", "homework.py", "--p-is", "keep")[0] == 0


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


@pytest.mark.parametrize(("environment", "colored"), [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False),
])
def test_colour_is_for_terminals_that_want_it(write, capsys, monkeypatch, environment, colored):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    write(GOOD)
    assert "\x1b" not in run(capsys, "check", "homework.py")[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert ("\x1b[" in run(capsys, "check", "homework.py")[1]) == colored


def test_a_closed_pipe_and_a_terminal_without_utf8_do_no_harm(write, tmp_path):
    write(BAD)
    command = f"{sys.executable} -m gradcheck check homework.py"
    for pipe in (f"{command} | head -1", f"{sys.executable} -m gradcheck explain | head -1"):
        done = subprocess.run(pipe, shell=True, cwd=tmp_path, capture_output=True, check=False,
                              env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (0, b"")
