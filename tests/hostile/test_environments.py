"""The allow-list lets through what packages need: environments of several kinds, caches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.hostile import GOOD
from tests.hostile.walls import ROOT

GRADE = """
import json, sys
from gradcheck.grading.file import judge_file
from gradcheck.sandbox import process
process.WALLS = (sys.argv[1],)
record = judge_file(sys.argv[2], only="relu", timeout=240.0)
print(json.dumps([record.score, record.error, record.output, record.notes]))
"""
LINKED = ["folder", "files"]


def graded(python: Path, wall: str, file: Path, **environment: str) -> float:
    """Return the points of a submission's relu, in an environment's Python behind one wall."""
    run = subprocess.run([str(python), "-c", GRADE, wall, str(file)], capture_output=True,
                         text=True, check=True, cwd=file.parent, timeout=300,
                         env={**os.environ, **environment, "PYTHONPATH": str(ROOT)})
    score, error, output, notes = json.loads(run.stdout)
    assert (error, output) == ("", ""), notes
    return float(score)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a new virtual environment that finds this one's packages, too."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True, system_site_packages=True)
    here = sysconfig.get_path("purelib")
    packages = next(folder.glob("lib/python3*/site-packages"))
    lines = [path for path in sys.path if path.endswith("-packages")]
    (packages / "others.pth").write_text("\n".join(dict.fromkeys([here, *lines])) + "\n")
    return folder


def submission(folder: Path, module: str) -> Path:
    file = folder / "class" / "homework.py"
    file.parent.mkdir()
    file.write_text(f"import {module}\nassert {module}.VALUE == 3\n{GOOD}")
    return file


@pytest.mark.slow
@pytest.mark.parametrize("wall", ["namespaces", "landlock"])
def test_a_virtual_environments_own_packages(environment: Path, tmp_path: Path, wall: str) -> None:
    packages = next(environment.glob("lib/python3*/site-packages"))
    (packages / "own_module.py").write_text("VALUE = 3\n")
    file = submission(tmp_path, "own_module")
    assert graded(environment / "bin" / "python", wall, file) == 10.0


@pytest.mark.slow
@pytest.mark.parametrize("wall", ["namespaces", "landlock"])
@pytest.mark.parametrize("linked", LINKED)
def test_packages_that_are_links_into_a_cache(
    environment: Path, tmp_path: Path, wall: str, linked: str
) -> None:
    cache = tmp_path / "cache" / "archive" / "x1" / "linked_module"
    (cache / "inner").mkdir(parents=True)
    (cache / "__init__.py").write_text("from linked_module.inner.values import VALUE\n")
    (cache / "inner" / "__init__.py").touch()
    (cache / "inner" / "values.py").write_text("VALUE = 3\n")
    place = next(environment.glob("lib/python3*/site-packages")) / "linked_module"
    if linked == "folder":
        place.symlink_to(cache)
    else:
        for path in cache.rglob("*.py"):
            link = place / path.relative_to(cache)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    file = submission(tmp_path, "linked_module")
    assert graded(environment / "bin" / "python", wall, file) == 10.0


@pytest.mark.slow
@pytest.mark.parametrize("wall", ["namespaces", "landlock"])
def test_the_users_own_site(environment: Path, tmp_path: Path, wall: str) -> None:
    base = tmp_path / "base"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = base / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (site / "users_module.py").write_text("VALUE = 3\n")
    file = submission(tmp_path, "users_module")
    assert graded(environment / "bin" / "python", wall, file, PYTHONUSERBASE=str(base)) == 10.0


@pytest.mark.slow
@pytest.mark.parametrize("wall", ["namespaces", "landlock"])
def test_the_reference_inside_the_packages_is_taken_out(
    environment: Path, tmp_path: Path, wall: str
) -> None:
    packages = next(environment.glob("lib/python3*/site-packages"))
    (packages / "layers").mkdir()
    answer = packages / "layers" / "answer.py"
    answer.write_text("VALUE = 3\n")
    file = tmp_path / "class" / "homework.py"
    file.parent.mkdir()
    file.write_text(f"try:\n    open({str(answer)!r})\nexcept OSError:\n    pass\n"
                    f"else:\n    raise AssertionError('it can be read')\n{GOOD}")
    assert graded(environment / "bin" / "python", wall, file) == 10.0


CACHES = {
    "matplotlib": """
import matplotlib.pyplot as plt
assert plt.get_backend().lower() == "agg"
figure = plt.figure()
plt.plot([1, 2])
figure.savefig("figure.png")
""",
    "numba": """
import numba
@numba.njit(cache=True)
def kernel(x):
    return x + 1.0
assert kernel(2.0) == 3.0
import os
assert any(files for _, _, files in os.walk(os.environ["NUMBA_CACHE_DIR"]))
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("wall", ["namespaces", "landlock"])
@pytest.mark.parametrize("package", CACHES)
def test_libraries_that_write_caches_on_import(tmp_path: Path, package: str, wall: str) -> None:
    pytest.importorskip(package)
    file = tmp_path / "homework.py"
    file.write_text(f"import warnings\nwarnings.simplefilter('ignore')\n{CACHES[package]}{GOOD}")
    assert graded(Path(sys.executable), wall, file) == 10.0
