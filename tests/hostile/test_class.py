"""A whole class with hostile submissions in it, killed in the middle of its grading and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.hostile import ALL, GOOD, Hostile
from tests.hostile.test_deadline import LONG_NAMES, command, lines

STUDENTS = 200
SLIPS = [
    ("return dout * (x > 0)", "return dout * (x > 0)", 10.0),
    ("return dout * (x > 0)", "return dout * (x < 0)", 4.0),
    ("np.maximum(x, 0), x", "np.maximum(x, 0.1), x", 0.0),
    ("return dout * (x > 0)", "dout *= x > 0\n    return dout", 8.0),
    ("return dout * (x > 0)", "return dout * (x > 0) * 2", 4.0),
    ("np.maximum(x, 0), x", "np.maximum(x, 0), x * 1", 10.0),
]
HOSTILE = [hostile for hostile in ALL if hostile.name in {
    "endless loop", "sleep", "os._exit(0)", "segfault", "memory bomb", "fork storm", "daemon",
    "output flood", "giant message", "kills everything", "takes the reference by path",
    "reads the reference's text", "forges results and output", "forges frames",
    "claims huge arrays", "returns a huge broadcast", "closes every descriptor",
    "rewrites the harness", "floods from a thread"}]
HOSTILE.append(Hostile("long name", GOOD + LONG_NAMES[0], ("relu",)))


def fill(folder: Path) -> dict[str, float]:
    """Write the class, and return what everybody earns."""
    earned = {}
    for number in range(STUDENTS):
        path = folder / f"s{number:03}.py"
        place, hostile = divmod(number, STUDENTS // len(HOSTILE))
        if not hostile:
            path.write_text(HOSTILE[place].source.replace("PORT", "9"))
            earned[str(path)] = 10.0 if HOSTILE[place].deserved else 0.0
        else:
            right, wrong, points = SLIPS[number % len(SLIPS)]
            assert right in GOOD
            path.write_text(GOOD.replace(right, wrong))
            earned[str(path)] = points
    return earned


@pytest.mark.slow
def test_every_result_is_right_after_a_kill_in_the_middle(tmp_path: Path) -> None:
    course = tmp_path / "class"
    course.mkdir()
    earned = fill(course)
    assert (len(earned), len(HOSTILE)) == (STUDENTS, 20)
    results = tmp_path / "class.results" / "results.jsonl"
    arguments = ("grade", course, "--only", "relu", "--timeout", 20, "--memory", 512,
                 "--workers", 2)
    with command(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while len(lines(results)) < STUDENTS // 2:
            assert run.poll() is None
            time.sleep(0.1)
        os.kill(run.pid, signal.SIGKILL)
    before = lines(results)
    with command(*arguments, "--resume", stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL) as run:
        assert run.wait(3000) in (1, 3)
    after = lines(results)
    assert after[:len(before)] == before
    assert len(after) == STUDENTS
    found = {line["record"]["target"]: line["record"]["score"] for line in after}
    assert {path: (points, earned[path]) for path, points in found.items()
            if points != earned[path]} == {}
    assert {line["record"]["fault"] for line in after} <= {"", "target"}
