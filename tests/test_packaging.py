"""What is installed is what stands here, and its command works from any folder."""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import gradcheck
from tests import house, test_architecture

ROOT = house.ROOT


def test_setup_cfg_lists_the_packages_that_are_there():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = config["options"]["packages"].split()
    assert sorted(listed) == sorted(".".join(room.relative_to(ROOT).parts)
                                    for room in house.rooms())


def test_the_version_stands_in_one_place_and_the_changelog_has_it():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    assert config["metadata"]["version"] == "attr: gradcheck.__version__"
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    [latest, *_] = re.findall(r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)
    assert latest == gradcheck.__version__
    assert f"\n[{latest}]: {config['metadata']['url']}/releases/tag/v{latest}\n" in changes


def test_every_file_stands_under_the_address_of_the_project():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    home = config["metadata"]["url"]
    texts = [config["metadata"]["project_urls"], *(path.read_text(encoding="utf-8") for path in (
        ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / ".github").glob("*.md"),
        *(ROOT / "notebooks" / "pages").glob("*.md")))]
    links = [link for text in texts for link in re.findall(r"https://[\w./-]*/maskgrad\b", text)]
    assert len(links) >= 5
    assert set(links) == {home}


def test_the_pictures_of_the_long_description_are_shown_where_no_file_is_beside_it():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    assert config["metadata"]["long_description"] == "file: README.md"
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    assert pictures
    for picture in pictures:
        raw = f"{config['metadata']['url']}/raw/main/"
        assert picture.startswith(raw)
        assert (ROOT / picture.removeprefix(raw)).is_file()


def test_the_source_archive_holds_what_the_tests_look_at():
    lines = (ROOT / ".ci" / "MANIFEST.in").read_text(encoding="utf-8").split("\n")
    listed = {name for line in lines for name in line.split()[1:]}
    always = {*house.PACKAGES, "LICENSE", "README.md", "pyproject.toml", "setup.cfg"}
    kept = {name for name in os.listdir(ROOT)
            if name in {*test_architecture.ENTRIES, ".ci", ".github", ".gitignore",
                        ".pre-commit-hooks.yaml", ".ruff.toml"}}
    assert kept <= listed | always
    assert all((ROOT / name).exists() for name in listed - {"*.py[cod]"})


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
    versions = run("python", "-c", "import layers, nets, gradcheck as g; "
                   "print(layers.__version__, nets.__version__, g.__version__)")
    assert set(versions.stdout.split()) == {gradcheck.__version__}
    assert run("gradcheck", "--version").stdout == f"gradcheck {gradcheck.__version__}\n"
    done = run("gradcheck", "check", "layers", "--only", "relu")
    assert (done.returncode, done.stderr) == (0, "")
    assert "relu" in done.stdout
    assert "layers: 1 passed" in done.stdout
    assert list(empty.iterdir()) == []
