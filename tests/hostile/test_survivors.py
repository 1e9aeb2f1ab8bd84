"""Nothing outlives the run that started it, whatever ends the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcheck.command.watching import STOPPED
from tests.hostile.test_deadline import command

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(),
                                reason="processes are found in /proc")
BUSY = {
    "computes": "while True: pass",
    "sleeps": "import time\ntime.sleep(1000)",
    "ignores signals": "import signal, time\nfor s in range(1, 32):\n"
                       "    try: signal.signal(s, signal.SIG_IGN)\n    except OSError: pass\n"
                       "time.sleep(1000)",
    "has threads": "import threading, time\nfor _ in range(5):\n    threading.Thread("
                   "target=time.sleep, args=(1000,)).start()\ntime.sleep(1000)",
}
WALL = ("import sys; from gradcheck.grading import worker; from gradcheck.sandbox import process; "
        "process.WALLS = ('landlock',); ")
SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"]


def descendants(process: int) -> Iterator[int]:
    """Yield every process below one."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if fields[0] != "Z":
            parents[int(entry.parent.name)] = int(fields[1])
    found = {process}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return
        yield from more
        found |= more


def started(run: subprocess.Popen[bytes], count: int) -> set[int]:
    """Wait until there are so many processes below a run, and return them."""
    deadline = time.monotonic() + 60.0
    while True:
        found = set(descendants(run.pid))
        if len(found) >= count:
            return found
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(processes: set[int]) -> list[int]:
    found = []
    for pid in processes:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(pid)
    return found


def ends_within_two_seconds(processes: set[int]) -> bool:
    deadline = time.monotonic() + 2.0
    while alive(processes) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(processes)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_class_that_is_being_graded(tmp_path: Path, name: str, workers: int) -> None:
    course = tmp_path / "class"
    course.mkdir()
    for number, source in enumerate(BUSY.values()):
        (course / f"s{number}.py").write_text(source)
    with command("grade", course, "--workers", workers, stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL) as run:
        # a worker, its judge, the submission's warden and the submission
        processes = started(run, 4 * workers)
        time.sleep(0.3)
        processes |= set(descendants(run.pid))
        run.send_signal(getattr(signal, name))
        assert ends_within_two_seconds(processes)
        assert run.wait(5) != 0


@pytest.mark.slow
@pytest.mark.parametrize("source", BUSY.values(), ids=BUSY)
def test_a_submission_behind_landlock_alone(tmp_path: Path, source: str) -> None:
    file = tmp_path / "homework.py"
    file.write_text(source)
    with subprocess.Popen(
            [sys.executable, "-c", WALL + "worker.judge_file(sys.argv[1])", str(file)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}) as run:
        processes = started(run, 2)
        time.sleep(0.5)
        run.kill()
        assert ends_within_two_seconds(processes)


@pytest.mark.slow
def test_no_scratch_directory_is_left_after_an_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "homework.py"
    file.write_text(BUSY["computes"])
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    scratch.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(scratch))
    with command("grade", file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        started(run, 4)
        assert list(scratch.iterdir())
        run.send_signal(signal.SIGTERM)
        run.wait(5)
    deadline = time.monotonic() + 2.0
    while list(scratch.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS[:3])
def test_what_a_watched_file_has_started(tmp_path: Path, name: str) -> None:
    file = tmp_path / "homework.py"
    file.write_text("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
                    "'import time; time.sleep(1000)'])\nwhile True: pass")
    with command("watch", file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        processes = started(run, 2)  # the judging process, and what the file has started
        run.send_signal(getattr(signal, name))
        assert ends_within_two_seconds(processes)
        assert run.wait(5) == STOPPED
