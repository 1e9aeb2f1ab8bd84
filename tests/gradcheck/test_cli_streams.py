"""What goes to stdout and what to stderr, in every format, at a terminal and elsewhere."""

from __future__ import annotations

import json
import sys

import pytest

from gradcheck import cli
from gradcheck.command import terminal
from gradcheck.target.codes import meanings

GOOD = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return dout * (x > 0)
"""
UNPAIRED = GOOD + "def tanh_forward(x): return x, x\n"
ERASE = "\r\x1b[K"


@pytest.fixture
def homework(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "homework.py"


def run(capsys, *argv):
    code = cli.main(["check", *argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("name", ["text", "json", "sarif"])
def test_notes_go_to_stderr_in_every_format(homework, capsys, name):
    homework.write_text(UNPAIRED)
    code, out, err = run(capsys, "homework.py", "--format", name)
    assert code == 0
    assert "note: " in err
    assert "tanh_forward has no tanh_backward" in err
    assert ("tanh_forward" in out) is (name != "text")


@pytest.mark.parametrize("name", ["text", "json", "github"])
def test_errors_go_to_stderr_in_every_format(homework, capsys, name):
    homework.write_text("1 / 0")
    code, out, err = run(capsys, "homework.py", "--format", name)
    assert code == 3
    assert err.startswith("gradcheck: error: ")
    assert "ZeroDivisionError" in err
    if name == "text":
        assert out == ""
    elif name == "json":
        assert "ZeroDivisionError" in json.loads(out)["error"]
    else:
        assert out.startswith("::error file=homework.py,line=1,title=")


def test_a_terminals_progress_names_the_function_and_is_erased(homework, capsys, monkeypatch):
    homework.write_text(GOOD)
    assert run(capsys, "homework.py")[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, out, err = run(capsys, "homework.py")
    assert (code, err) == (0, f"{ERASE}relu{ERASE}")
    assert out.splitlines()[0] == "homework.py"
    assert ERASE not in out


def test_progress_keeps_to_one_line_whatever_the_name(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    terminal.progress()("a\nb\x1b[31m" * 9)
    assert capsys.readouterr().err == f"{ERASE}{('a b' * 9)[:19]}"


def test_sarif_says_what_findings_and_laws_mean(homework, capsys):
    homework.write_text(GOOD.replace("dout *", "2 * dout *"))
    code, out, _ = run(capsys, "homework.py", "--format", "sarif")
    assert code == 1
    (rule,) = json.loads(out)["runs"][0]["tool"]["driver"]["rules"]
    assert rule["id"] == "scaled"
    assert "How to recognise it" in rule["help"]["text"]
    assert meanings()["rate"] != "rate"


def test_a_format_that_holds_one_record_refuses_several(homework, capsys):
    homework.write_text(GOOD)
    homework.with_name("second.py").write_text(GOOD)
    code, out, err = run(capsys, "homework.py", "second.py", "--format", "gradescope")
    assert (code, out) == (2, "")
    assert "one at a time" in err


@pytest.mark.parametrize("argv", [["x\n::stop-commands::y.py"], ["##[group]x.py"]])
def test_no_error_is_a_command_to_a_workflow(homework, capsys, monkeypatch, argv):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, out, err = run(capsys, *argv)
    assert code == 3
    assert not [line for line in (out + err).splitlines()
                if line.strip().startswith("::") or "##[" in line]
    assert "stop-commands" in err or "# #[group]" in err
