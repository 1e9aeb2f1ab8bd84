"""No submission keeps its judge, and no result is lost with the run that found it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gradcheck.grading.grade import grade_file, grade_folder
from gradcheck.grading.remote import Judge
from gradcheck.grading.results import Results
from tests.hostile import GOOD

ROOT = Path(__file__).resolve().parents[2]
LONG_NAMES = [
    "name = 'a' + '_forward' * 110_000\nglobals()[name] = lambda x: (x, x)\n",
    "name = 'a' + '_loss' * 180_000 + '!'\nglobals()[name] = lambda x: (x, x)\n",
    "exec('def relu_forward(' + 'x' * 900_000 + '): return ' + 'x' * 900_000 + ', None')\n",
]
COLLIDING = GOOD.replace(
    "return np.maximum(x, 0), x",
    "return np.maximum(x, 0), (x, {i * (2**61 - 1): 0 for i in range(1, 300)})").replace(
    "def relu_backward(dout, x):", "def relu_backward(dout, cache):\n    x = cache[0]")
# A judge that hangs, as no submission should be able to bring about: the deadline is the last line.
HANGING = """
import sys, time
sys.path.insert(0, sys.argv[1])
from gradcheck.grading import worker
judge = worker.judge_file
def hang(given_up="", **request):
    if given_up:
        return judge(given_up=given_up, **request)
    {body}
worker.judge_file = hang
worker.main()
"""


def command(*arguments: object, **settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "gradcheck", *map(str, arguments)],
                            env={**os.environ, "PYTHONPATH": str(ROOT)}, **settings)


@pytest.mark.parametrize("source", LONG_NAMES)
def test_no_pattern_meets_a_name_without_bounds(tmp_path: Path, source: str) -> None:
    file = tmp_path / "homework.py"
    file.write_text(GOOD + source)
    started = time.monotonic()
    record = grade_file(file, timeout=10.0, only="relu")
    assert time.monotonic() - started < 40.0
    assert record.exit_code in (0, 1)
    assert len(str(record)) < 20_000


def test_a_cache_with_colliding_keys_stays_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "homework.py"
    file.write_text(COLLIDING)
    record = grade_file(file, timeout=30.0)
    assert [item.status for item in record.items] == ["passed"] * 3


def answered(body: str, **request: object) -> dict:
    with subprocess.Popen([sys.executable, "-c", HANGING.format(body=body), str(ROOT)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        text = json.dumps({"path": "none.py", "only": "relu", **request})
        process.stdin.write(text.encode() + b"\n")
        process.stdin.flush()
        record: dict = json.loads(process.stdout.readline())["record"]
        return record


@pytest.mark.slow
@pytest.mark.parametrize(("body", "reason"), [
    ("time.sleep(1000)", "judging it took longer than 0.5 s"),
    ("while True: pass", "judging it took longer"),
    ("import re; re.fullmatch('(a|aa)+b', 'a' * 99)", "judging it took longer"),
    ("import os; os._exit(3)", "exit code 3"),
    ("import ctypes; ctypes.string_at(0)", "exit code -11"),
])
def test_a_judge_ends_at_its_deadline_and_every_point_is_accounted_for(
    body: str, reason: str
) -> None:
    record = answered(body, timeout=0.2, grace=0.3)
    assert reason in record["error"]
    assert (record["score"], record["max_score"], record["exit_code"]) == (0.0, 10.0, 3)


def test_a_wrong_setting_is_refused_by_the_judge() -> None:
    with Judge() as judge, pytest.raises(ValueError, match="relo"):
        judge.record({"path": "none.py", "timeout": 1.0, "only": "relo"})


def lines(path: Path) -> list[dict]:
    text = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(8):
        wrong = number % 3 == 0
        (folder / f"s{number}.py").write_text(GOOD.replace("* (x > 0)", "* (x < 0)")
                                              if wrong else GOOD)
    return folder


@pytest.mark.slow
def test_a_run_that_is_killed_loses_nothing_and_goes_on(course: Path) -> None:
    results = course.with_name("class.results") / "results.jsonl"
    with command("grade", course, "--seed", 3, stdout=subprocess.DEVNULL) as run:
        while len(lines(results)) < 3:
            assert run.poll() is None
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
    before = lines(results)
    assert 3 <= len(before) < 8
    with open(results, "ab") as file:
        file.write(b'{"key": "torn')
    with command("grade", course, "--seed", 3, "--resume", stdout=subprocess.PIPE) as run:
        out = run.communicate(timeout=120)[0].decode()
    after = lines(results)
    assert after[:len(before)] == before
    assert Counter(line["record"]["target"] for line in after) == {
        str(course / f"s{number}.py"): 1 for number in range(8)}
    assert out.count("10 of 10 points") == 5
    assert run.returncode == 1


@pytest.mark.slow
def test_what_has_changed_is_judged_anew(course: Path, tmp_path: Path) -> None:
    settings = {"results": tmp_path / "out", "progress": False, "timeout": 20.0}
    first = grade_folder(course, seed=1, **settings)
    assert [record.score for record in first].count(10.0) == 5
    (course / "s0.py").write_text(GOOD)
    again = grade_folder(course, seed=1, resume=True, **settings)
    assert again[1:] == first[1:]
    assert (first[0].score, again[0].score) == (4.0, 10.0)
    other = grade_folder(course, seed=2, resume=True, workers=2, **settings)
    assert {record.settings["seed"] for record in other} == {2}


@pytest.mark.slow
def test_a_run_that_is_not_resumed_puts_the_last_ones_results_aside(
    course: Path, tmp_path: Path
) -> None:
    settings = {"results": tmp_path / "out", "progress": False, "only": "relu"}
    grade_folder(course, **settings)
    grade_folder(course, **settings)
    assert len(lines(tmp_path / "out" / "results.jsonl")) == 8
    assert len(lines(tmp_path / "out" / "results-before.jsonl")) == 8


@pytest.mark.parametrize("resume", [True, False])
def test_two_runs_do_not_write_to_one_file(course: Path, tmp_path: Path, resume: bool) -> None:
    with Results(tmp_path, resume=True), pytest.raises(ValueError, match="another run"):
        grade_folder(course, results=tmp_path, resume=resume)


@pytest.mark.slow
def test_json_is_alone_on_stdout_even_where_both_streams_are_one(course: Path) -> None:
    with command("grade", course, "--format", "json", "--workers", 2, stdout=subprocess.PIPE,
                 stderr=subprocess.STDOUT) as run:
        records = json.loads(run.communicate(timeout=120)[0])
    assert [Path(record["target"]).name for record in records] == [f"s{n}.py" for n in range(8)]


@pytest.mark.slow
def test_the_bar_stays_off_a_terminal_that_shows_the_document(course: Path) -> None:
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    with command("grade", course, "--format", "json", "--only", "relu", stdout=follower,
                 stderr=follower) as run:
        os.close(follower)
        shown = b""
        while True:
            try:
                data = os.read(leader, 1 << 16)
            except OSError:
                break
            if not data:
                break
            shown += data
        run.wait(60)
    os.close(leader)
    assert len(json.loads(shown)) == 8
