"""One function's crash, hang, exit or memory costs the report on no other."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradcheck import check_all
from gradcheck.output.plain import OUTPUT_LIMIT
from gradcheck.target import remote
from tests.gradcheck.target.made import RELU

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and forks")
HEAD = "import atexit, os, signal, sys, threading, time\nimport numpy as np\nONCE = []\n"
LAYER = """
def {name}_forward(x):
    {body}
    return 2 * x, None
def {name}_backward(dout, cache): return 2 * dout
"""
LOST = {
    "exits": "os._exit(0)",
    "is_killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crashes": "os.kill(os.getpid(), signal.SIGSEGV)",
    "closes_everything": "os.closerange(0, 200)",
}
KEPT = {
    "closes": "os.closerange(0, 11)",
    "closes_streams": "sys.stdout.close(); sys.stderr.close()",
    "loses_streams": "sys.stdout = sys.stderr = sys.stdin = None",
    "forks": "os.fork()",
    "forks_a_sleeper": "pid = os.fork(); pid or time.sleep(100)",
    "starts_a_thread": "threading.Thread(target=time.sleep, args=(300,)).start()",
    "hangs_at_exit": "atexit.register(time.sleep, 300)",
    "moves_away": "os.chdir('/')",
    "ends_later": "threading.Timer(0.2, os._exit, (0,)).start()",
    "is_ended_later": "signal.alarm(1)",
}


def write(folder, **bodies):
    path = folder / "hostile.py"
    path.write_text(HEAD + "".join(LAYER.format(name=name, body=body)
                                   for name, body in bodies.items()))
    return path


def statuses(record):
    return {item.name: item.status for item in record.items}


@pytest.mark.slow
@needs_posix
def test_whatever_a_function_does_to_its_process_costs_itself_alone(tmp_path):
    bodies = {f"right{place}": "pass" for place in range(len(LOST))}
    mixed = {name: body for pair in zip(bodies.items(), LOST.items(), strict=True)
             for name, body in pair}
    record = check_all(str(write(tmp_path, **mixed, **KEPT)))
    expected = {name: "error" if name in LOST else "passed" for name in (*mixed, *KEPT)}
    assert statuses(record) == expected
    told = {item.name: item.message for item in record.items if item.name in LOST}
    assert "the process ended (exit code 0)" in told["exits"]
    assert "the process ended (signal 11)" in told["crashes"]
    assert (record.exit_code, record.error) == (3, "")


def test_megabytes_on_both_outputs_block_nobody(tmp_path, capfd):
    flood = "ONCE or [s.write('x' * 2**22) for s in (sys.stdout, sys.stderr)]; ONCE.append(1)"
    record = check_all(str(write(tmp_path, floods=flood)))
    assert record.passed
    assert capfd.readouterr() == ("", "")
    assert record.output == "x" * OUTPUT_LIMIT


def test_what_a_layer_prints_is_told_once_with_it_and_the_imports_is_a_note(tmp_path, capfd):
    path = write(tmp_path, talks="print('a', 'b', sep='\\n')", says="sys.stderr.write('c\\n')")
    path.write_text(f"{path.read_text()}\nprint('hello')\n")
    record = check_all(str(path))
    assert record.notes == ("its import printed 1 line:\n  hello",)
    assert re.search(r"    it printed \d+ lines: a \| b \| a\n", str(record))
    assert re.search(r"    it printed \d+ lines: c \| c \| c\n", str(record))
    assert record.output.startswith("hello\na\nb\n")
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_hang_costs_one_functions_time(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "SECONDS", 2.0)
    record = check_all(str(write(tmp_path, first="pass", hangs="time.sleep(300)", last="pass")))
    assert statuses(record) == {"first": "passed", "hangs": "error", "last": "passed"}
    assert record.items[1].message.startswith("timed out after 2 s")


@pytest.mark.slow
@needs_posix
def test_a_function_that_hangs_is_named_with_the_line_and_with_what_raises_the_limit(tmp_path):
    path = tmp_path / "homework.py"
    path.write_text("def wait(dout):\n    while True:\n        dout += 1\n"
                    + RELU.replace("return dout", "return wait(dout)"))
    told = check_all(str(path), timeout=6.0).items[0].message
    assert re.match(r"timed out after 3 s in relu_backward \(.*homework.py:[23], in wait\)", told)
    assert told.endswith("Likely slip: a loop that does not end. If it is only slow, --timeout 12 "
                         "allows one function 6 s")


@pytest.mark.slow
def test_a_hang_that_holds_the_interpreter_is_ended_too(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "SECONDS", 2.0)
    record = check_all(str(write(
        tmp_path, hangs="import re; re.match('(a+)+$', 'a' * 64 + 'b')", last="pass")))
    assert statuses(record) == {"hangs": "error", "last": "passed"}


@pytest.mark.slow
def test_what_is_not_reached_in_the_time_for_all_is_told_so(tmp_path):
    hangs = "time.sleep(300)"
    record = check_all(str(write(tmp_path, hangs=hangs, last="pass")), timeout=8.0)
    assert statuses(record) == {"hangs": "error", "last": "passed"}
    record = check_all(str(write(tmp_path, hangs=hangs, too=hangs, last="pass")), timeout=4.0)
    assert statuses(record) == {"hangs": "error", "too": "error", "last": "error"}
    assert re.match("(not reached: )?timed out after 4 s in all", record.items[1].message)
    assert record.items[2].message.startswith("not reached: timed out after 4 s in all")
    assert record.items[2].line == 15
    assert record.exit_code == 3


def test_one_function_has_a_minute_or_half_of_a_limit():
    assert remote.Deadline(None).of_one == 60.0
    assert [remote.Deadline(limit).of_one for limit in (10.0, 600.0)] == [5.0, 300.0]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "words"), [
    ("import os; os._exit(0)", "the process ended (exit code 0) while it was imported"),
    ("import time; time.sleep(300)", "importing it timed out after 4 s at "),
    ("import sys; sys.exit(0)", "importing it raised SystemExit"),
    ("raise KeyboardInterrupt", "importing it raised KeyboardInterrupt"),
])
def test_an_import_that_has_no_end_or_ends_the_process_is_told(tmp_path, monkeypatch, text, words):
    monkeypatch.setattr(remote, "SECONDS", 4.0 if "sleep" in text else 60.0)
    path = tmp_path / "homework.py"
    path.write_text(f"{text}\n{RELU}")
    record = check_all(str(path))
    assert words in record.error
    assert (record.items, record.fault, record.exit_code, record.passed) == ((), "target", 3, False)


@pytest.mark.slow
def test_a_target_that_can_be_imported_only_once_has_an_item_for_what_was_not_judged(tmp_path):
    path = write(tmp_path, exits="os._exit(0)", last="pass")
    path.write_text("open(__file__ + '.lock', 'x').close()\n" + path.read_text())
    record = check_all(str(path))
    assert statuses(record) == {"exits": "error", "last": "error"}
    assert "not reached: " in record.items[1].message
    assert "FileExistsError" in record.items[1].message


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold to the limit")
def test_memory_is_limited_for_the_target_and_not_here(tmp_path):
    record = check_all(str(write(tmp_path, eats="np.ones(2**28)", last="pass")), memory=300)
    assert statuses(record) == {"eats": "error", "last": "passed"}
    assert "out of memory" in record.items[0].message
    assert len(bytearray(2**29)) == 2**29


@pytest.mark.slow
def test_nothing_forks_and_no_timer_nor_limit_of_the_system_is_needed(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\ndel os.fork, os.register_at_fork, os.killpg, signal.setitimer\n"
        "sys.modules['resource'] = None\n")
    path = write(tmp_path, first="assert not hasattr(os, 'fork')", exits="os._exit(0)",
                 hangs="time.sleep(300)", last="pass")
    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", "check", str(path), "--timeout", "14",
         "--memory", "500"],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])})
    rows = {words[0]: words[-1] for line in done.stdout.splitlines() if (words := line.split())}
    assert [rows[name] for name in ("first", "exits", "hangs", "last")] == [
        "passed", "error", "error", "passed"]
    assert done.returncode == 3


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True


@pytest.mark.slow
@needs_posix
@pytest.mark.parametrize(("number", "code"), [
    (signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)])
@pytest.mark.parametrize("hang", ["time.sleep(300)", "os.fork(); time.sleep(300)"])
def test_the_end_of_the_command_is_the_end_of_the_target(tmp_path, number, code, hang):
    told = tmp_path / "pid"
    path = write(tmp_path, hangs=f"open({str(told)!r}, 'w').write(f'{{os.getpid()}}.'); {hang}")
    with subprocess.Popen([sys.executable, "-m", "gradcheck", "check", str(path)]) as process:
        while not (told.exists() and told.read_text().endswith(".")):
            time.sleep(0.02)
        child = int(told.read_text().removesuffix("."))
        process.send_signal(number)
        assert process.wait(timeout=20) == code
    deadline = time.monotonic() + 2.0
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(child)


def test_a_target_is_called_by_its_own_name_as_a_program(tmp_path):
    path = tmp_path / "homework.py"
    path.write_text(f"import sys\nassert sys.argv[0].endswith('homework.py')\n{RELU}")
    assert check_all(path).passed
