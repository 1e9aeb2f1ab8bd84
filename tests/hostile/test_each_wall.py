"""The whole list of hostile submissions behind each wall alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcheck.grading.worker import OUR_FAULT
from tests.hostile import ALL, Hostile
from tests.hostile.walls import ROOT, WALLS, closed_grader

__all__ = ["closed_grader"]  # a fixture

LIMIT = 10.0
SERVE = """
import sys
from gradcheck.sandbox import process
process.WALLS = (sys.argv[1],)
from gradcheck.grading import worker
worker.main()
"""


class Served:
    """A judge that knows one wall alone."""

    def __init__(self, wall: str, place: Path) -> None:
        self.wall = wall
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVE, wall], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=place, env={**os.environ, "PYTHONPATH": str(place)})

    def judge(self, path: Path) -> dict:
        """Return the record of a submission; skip where the system has no such wall."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"path": str(path), "timeout": LIMIT, "memory": 512}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        reply: dict = json.loads(self._process.stdout.readline())
        if "refused" in reply:
            pytest.skip(f"no {self.wall} here: {reply['refused']}")
        record: dict = reply["record"]
        return record

    def end(self) -> None:
        """End the judge."""
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait(20.0)


@pytest.fixture(scope="module", params=WALLS)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """Return a judge behind each wall alone; behind another user's, one in closed folders."""
    wall = request.param
    place = request.getfixturevalue("closed_grader") if wall == "user" else ROOT
    served = Served(wall, place)
    yield served
    served.end()


@pytest.mark.slow
@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_submission_earns_nothing_undeserved_behind_each_wall(
    tmp_path: Path, served: Served, hostile: Hostile
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        file = tmp_path / "homework.py"
        port = str(server.getsockname()[1])
        file.write_bytes(hostile.source.replace("PORT", port).encode("utf-8", "surrogatepass"))
        if served.wall == "user":
            tmp_path.chmod(0o700)
        record = served.judge(file)
    assert record["fault"] != "judge", record["error"]
    assert OUR_FAULT not in record["error"]
    earned = [item["name"] for item in record["items"] if item["points"]]
    assert [name for name in earned if not name.startswith(tuple(hostile.deserved or ("-",)))] == []
    assert record["max_score"] >= 10.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["homework.py"]
