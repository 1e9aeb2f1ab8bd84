"""What is installed is what stands here, and its command works from any folder."""

from __future__ import annotations

import configparser
import importlib.util
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests import house

ROOT = house.ROOT


def test_setup_cfg_lists_the_packages_that_are_there():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = config["options"]["packages"].split()
    assert sorted(listed) == sorted(".".join(room.relative_to(ROOT).parts)
                                    for room in house.rooms())


def sources():
    """Return the paths that a wheel must hold, relative to its root."""
    return sorted(path.relative_to(ROOT).as_posix()
                  for package in house.PACKAGES for path in (ROOT / package).rglob("*")
                  if path.suffix == ".py" or path.name in ("py.typed", "schema.json"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the sources: a folder `build` would leak what was deleted."""
    root = tmp_path_factory.mktemp("sources")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    for package in house.PACKAGES:
        shutil.copytree(ROOT / package, root / package,
                        ignore=shutil.ignore_patterns("__pycache__"))
    have = all(importlib.util.find_spec(name) for name in ("setuptools", "wheel"))
    pip("wheel", root, "--no-deps", "--wheel-dir", root / "dist",
        *(["--no-build-isolation"] if have else []))
    [path] = (root / "dist").glob("*.whl")
    return path


def pip(*arguments):
    done = subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check",
                           *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_wheel_holds_every_source_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert sorted(name for name in names if ".dist-info/" not in name) == sources()


@pytest.mark.slow
def test_the_installed_command_checks_a_layer_from_an_empty_folder(wheel, tmp_path):
    home, empty = tmp_path / "venv", tmp_path / "empty"
    empty.mkdir()
    venv.create(home, with_pip=False)
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    pip("--python", scripts / "python", "install", "--no-deps", "--no-index", wheel)
    [site] = home.rglob("site-packages")
    # NumPy and the other dependencies are those of this environment
    here = [path for path in sys.path if path.endswith("-packages")]
    (site / "dependencies.pth").write_text("\n".join(here), encoding="utf-8")

    def run(*command):
        return subprocess.run([str(scripts / command[0]), *command[1:]], cwd=empty, text=True,
                              capture_output=True, check=False)

    found = run("python", "-c", "import layers, gradcheck; print(layers.__file__)")
    assert Path(found.stdout.strip()) == site / "layers" / "__init__.py"
    done = run("gradcheck", "check", "layers", "--only", "relu")
    assert (done.returncode, done.stderr) == (0, "")
    assert "relu" in done.stdout
    assert "layers: 1 passed" in done.stdout
    assert list(empty.iterdir()) == []
