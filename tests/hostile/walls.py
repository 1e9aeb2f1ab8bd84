"""What hides the reference from a submission, each alone, and a class that each is tried on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradcheck.sandbox import process
from gradcheck.sandbox.sandbox import Sandbox, UnconfinedError

ROOT = Path(__file__).resolve().parents[2]
WALLS = ("namespaces", "landlock", "user")
OPEN = """
import os, warnings
import numpy as np
def read(path):
    with open(path, "rb") as file: return len(file.read())
def names(path): return sorted(os.listdir(path))
def attempt(code):
    warnings.simplefilter("ignore")
    try: return "done: " + str(eval(code, globals()))
    except BaseException as error: return f"{type(error).__name__}: {error}"
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a class: files that stand flat, and a folder of a submission's own."""
    return class_in(tmp_path)


def class_in(place: Path) -> Path:
    """Return the folder of a class that is made there."""
    folder = place / "class"
    (folder / "alice").mkdir(parents=True)
    for name in ("bob.py", "carol.py", "alice/homework.py"):
        (folder / name).write_text(OPEN)
    (folder / "alice" / "weights.txt").write_text("0.5")
    (folder / "dan").mkdir()
    (folder / "dan" / "homework.py").write_text(OPEN)
    return folder


@contextmanager
def started(path: Path, wall: str, monkeypatch: pytest.MonkeyPatch, **settings
            ) -> Iterator[Sandbox]:
    """Yield a sandbox behind one wall alone; skip where this system does not have it."""
    monkeypatch.setattr(process, "WALLS", (wall,))
    sandbox = entered(Sandbox(path, 60.0, **settings), wall)
    try:
        yield sandbox
    finally:
        sandbox.__exit__(None, None, None)


def entered(sandbox: Sandbox, wall: str) -> Sandbox:
    """Return a sandbox that has started; skip where this system does not have its wall."""
    try:
        return sandbox.__enter__()
    except UnconfinedError as reason:
        pytest.skip(f"{wall}: {reason}")


def skip_where_closed(sandbox: Sandbox) -> None:
    """Skip behind Landlock as another user: pytest's folders are closed to others."""
    uid = sandbox.functions["attempt"]("os.getuid()")
    if process.WALLS == ("landlock",) and uid != f"done: {os.getuid()}":
        pytest.skip("the folders of pytest are closed to other users")


@pytest.fixture(scope="module")
def open_sandboxes() -> Iterator[dict[str, Sandbox]]:
    """Yield the sandboxes that work, each behind its wall; they end with the module."""
    found: dict[str, Sandbox] = {}
    yield found
    for sandbox in found.values():
        sandbox.__exit__(None, None, None)


@pytest.fixture(params=WALLS[:2])
def behind(request: pytest.FixtureRequest, open_sandboxes: dict[str, Sandbox],
           tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Return the sandbox of a submission in a folder of its own, behind each wall alone.

    One serves many attempts; after one that ended it, the next has a new one.
    """
    wall = request.param
    monkeypatch.setattr(process, "WALLS", (wall,))
    if wall in open_sandboxes and open_sandboxes[wall].failure:
        open_sandboxes.pop(wall).__exit__(None, None, None)
    if wall not in open_sandboxes:
        folder = class_in(tmp_path_factory.mktemp(wall)) / "alice"
        open_sandboxes[wall] = entered(Sandbox(folder / "homework.py", 600.0, folder=folder), wall)
    return open_sandboxes[wall]


@pytest.fixture(scope="module")
def closed_grader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a grader that nobody but root may look into, for another user's wall."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    for path in (sys.prefix, sys.base_prefix):
        for parent in (Path(path), *Path(path).parents):
            if not parent.stat().st_mode & 0o001:
                pytest.skip(f"another user cannot run Python: {parent} is closed")
    folder = tmp_path_factory.mktemp("closed")
    for name in ("gradcheck", "layers"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    folder.chmod(0o700)
    return folder


def run_python(code: str, path: Path, *arguments: str) -> str:
    """Return what a program prints that finds gradcheck at `path`."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True,
        cwd=path, timeout=120, env={**os.environ, "PYTHONPATH": str(path)}).stdout
