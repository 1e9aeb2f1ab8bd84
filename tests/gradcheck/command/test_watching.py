"""`gradcheck watch`: what is judged again, when, and what is said of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from gradcheck import cli
from gradcheck.command import watching
from gradcheck.command.saved import Saved
from gradcheck.output.record import Item, Record

RIGHT = """
def relu_forward(x): return x * (x > 0), x
def relu_backward(dout, x): return dout * (x > 0)
"""
WRONG = RIGHT.replace("dout * (x > 0)", "2 * dout * (x > 0)")


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "homework.py"
    path.write_text("first", encoding="utf-8")
    return path


@pytest.fixture
def watched(file, monkeypatch, capsys):
    """Return what watches the file: whenever it sleeps, the next thing is done; then Ctrl-C."""
    def watch(*steps):
        waiting, judged = list(steps), []

        def sleep(_):
            if not waiting:
                raise KeyboardInterrupt
            (waiting.pop(0) or (lambda: None))()

        def judge():
            text = file.read_text(encoding="utf-8") if file.exists() else None
            judged.append(text)
            items = (Item("relu", "relu", "passed" if text == "right" else "failed"),)
            return (3, []) if text in (None, "broken") else (
                int(text != "right"), [Record("check", "homework.py", items)])

        monkeypatch.setattr(watching.time, "sleep", sleep)
        code = watching.watch(Saved(["homework.py"]), "homework.py", judge)
        return code, judged, capsys.readouterr().out

    def save(text):
        return lambda: file.write_text(text, encoding="utf-8")

    return watch, save


NOTHING = None


def test_ctrl_c_ends_it_with_the_exit_code_of_the_last_judgement(watched):
    watch, save = watched
    code, judged, out = watch()
    assert (code, judged) == (1, ["first"])
    assert out == "\nwatching homework.py; Ctrl-C ends\n"
    assert watch(save("right"), NOTHING)[:2] == (0, ["first", "right"])


def test_what_has_changed_is_told_and_that_nothing_has(watched):
    watch, save = watched
    out = watch(save("right"), NOTHING, save("right!"), NOTHING, save("right!!"), NOTHING)[2]
    after = [text.split("\n\nwatching")[0].strip() for text in out.split("since the last save")]
    assert after[1:] == ["relu: failed -> passed", "relu: passed -> failed",
                         ": nothing has changed"]
    assert " homework.py saved ---" in out
    assert "\x1b" not in out


def test_a_file_is_judged_once_it_is_written_to_its_end(watched):
    watch, save = watched
    assert watch(save(""), save("rig"), save("right"), NOTHING)[1] == ["first", "right"]


def test_a_file_that_is_gone_is_waited_for_and_told_once(watched, file):
    watch, save = watched
    code, judged, out = watch(file.unlink, *[NOTHING] * 9, save("right"), NOTHING)
    assert (code, judged) == (0, ["first", "right"])
    assert out.count("homework.py: gone; waiting until it is there again") == 1


def test_a_file_that_comes_back_as_it_was_is_judged_again(watched, file):
    watch, _ = watched
    away = file.with_name("away")
    judged = watch(lambda: file.rename(away), *[NOTHING] * 4, lambda: away.rename(file),
                   NOTHING, NOTHING)[1]
    assert judged == ["first", "first"]


def test_what_cannot_be_judged_is_compared_with_nothing(watched):
    watch, save = watched
    code, judged, out = watch(save("broken"), NOTHING, save("right"), NOTHING)
    assert (code, judged) == (0, ["first", "broken", "right"])
    assert out.count("since the last save") == 1
    assert "relu: failed -> passed" in out


def test_a_save_during_a_judgement_is_judged_next(file, monkeypatch):
    judged = []

    def judge():
        judged.append(file.read_text(encoding="utf-8"))
        if judged == ["first"]:
            file.write_text("second", encoding="utf-8")
        if len(judged) == 2:
            raise KeyboardInterrupt
        return 1, []

    monkeypatch.setattr(watching.time, "sleep", lambda _: None)
    assert watching.watch(Saved(["homework.py"]), "homework.py", judge) == 1
    assert judged == ["first", "second"]


def test_ctrl_c_during_the_first_judgement_leaves_with_its_own_code(file):
    def judge():
        raise KeyboardInterrupt

    assert watching.watch(Saved(["homework.py"]), "homework.py", judge) == 130


def test_what_was_never_there_is_not_waited_for(file, capsys):
    file.unlink()
    assert cli.main(["watch", "homework.py"]) == 3
    assert "there is no such file" in capsys.readouterr().err


def test_another_format_goes_to_a_file_only(file, capsys):
    assert cli.main(["watch", "homework.py", "--format", "sarif"]) == 2
    assert "-o" in capsys.readouterr().err


@pytest.mark.slow
def test_a_file_without_layers_is_told_and_watched(file, monkeypatch, capsys):
    def sleep(_):
        raise KeyboardInterrupt

    file.write_text("x = 1", encoding="utf-8")
    monkeypatch.setattr(watching.time, "sleep", sleep)
    assert cli.main(["watch", "homework.py"]) == 2
    told = capsys.readouterr()
    assert "watching homework.py" in told.out
    assert "homework.py" in told.err


@pytest.mark.slow
def test_the_command_judges_saves_and_leaves_quietly(file):
    file.write_text(WRONG, encoding="utf-8")
    with subprocess.Popen([sys.executable, "-m", "gradcheck", "watch", "homework.py", "--no-line"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          cwd=file.parent) as process:
        overdue = threading.Timer(300, process.kill)  # a test that hangs ends, and fails
        overdue.start()
        assert process.stdout
        told = []
        for text in ("def relu_forward(x", RIGHT, None):
            for line in process.stdout:
                told.append(line)
                if "Ctrl-C ends" in line:
                    break
            if text:
                new = file.with_name("new~")
                new.write_text(text, encoding="utf-8")
                new.replace(file)
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
        overdue.cancel()
    assert (process.returncode, rest) == (0, "")
    assert "relu: failed -> passed\n" in "".join(told)
    assert "scaled in dx" in "".join(told)
    assert errors.count("gradcheck: error") == 1
    assert "Traceback" not in errors
    assert "not valid Python 3" in errors


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_that_asks_for_the_end_is_as_ctrl_c(watched, name):
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip("this system has no such signal")
    watch, save = watched
    before = signal.getsignal(number)
    code, judged, _ = watch(save("right"), NOTHING, NOTHING, lambda: signal.raise_signal(number))
    assert (code, judged) == (0, ["first", "right"])
    assert signal.getsignal(number) == before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signal")
def test_what_nohup_has_set_stays(watched):
    watch, save = watched
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        code, judged, _ = watch(lambda: signal.raise_signal(signal.SIGHUP), save("right"),
                                NOTHING, NOTHING)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (code, judged) == (0, ["first", "right"])
