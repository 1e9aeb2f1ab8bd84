"""Which files a target is made of, and what a save is."""

import itertools
import os

import pytest

from gradcheck.command.saved import Saved, files_of


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = {
        "homework.py": "import numpy, helper\nfrom cs.layers import relu\n",
        "helper.py": "import deeper",
        "deeper.py": "import helper",  # a circle
        "other.py": "",
        "cs/__init__.py": "",
        "cs/layers.py": "from .fast import im2col\nfrom . import slow",
        "cs/fast.py": "",
        "cs/slow.py": "",
        "cs/never.py": "",
        "cs/book.ipynb": "{}",
        "cs/.hidden/old.py": "",
        "venv/pyvenv.cfg": "",
        "venv/lib.py": "",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("target", "expected"), [
    ("homework.py", "homework.py helper.py deeper.py cs/__init__.py cs/layers.py cs/fast.py "
     "cs/slow.py"),
    ("homework", "homework.py helper.py deeper.py cs/__init__.py cs/layers.py cs/fast.py "
     "cs/slow.py"),
    ("cs/layers.py", "cs/layers.py cs/__init__.py cs/fast.py cs/slow.py"),
    ("cs", "cs/__init__.py cs/book.ipynb cs/fast.py cs/layers.py cs/never.py cs/slow.py"),
    ("cs/book.ipynb", "cs/book.ipynb"),
    ("missing.py", "missing.py"),
])
def test_a_target_is_made_of_what_it_imports_from_its_own_folders(course, target, expected):
    found = {os.path.relpath(path, course) for path in files_of(target)}
    assert found - {"cs/__init__.py"} == set(expected.split()) - {"cs/__init__.py"}


def test_an_installed_module_is_its_own_folder_and_a_name_of_nothing_may_come(course):
    found = files_of("layers", installed=True)
    assert {"affine.py", "__init__.py"} <= {path.name for path in found}
    assert files_of("nowhere_to_be_found") == [course / "nowhere_to_be_found.py"]


def rename_over(path, text):
    """Save as editors do that write a new file first; the clock shall not tell."""
    before = path.stat()
    new = path.with_name("new~")
    new.write_text(text, encoding="utf-8")
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(path)


def test_a_save_is_seen_by_time_size_or_another_file(course):
    saved = Saved(["homework.py"])
    seen = [saved.look()]
    helper = course / "helper.py"
    for step in (lambda: os.utime(helper, ns=(1, 1)), lambda: rename_over(helper, "import deepe"),
                 lambda: rename_over(helper, "import deepe"), helper.unlink):
        step()
        seen.append(saved.look())
    assert all(before != after for before, after in itertools.pairwise(seen))
    assert saved.look() == seen[-1]


def test_a_new_file_of_a_folder_is_seen_and_a_new_import_once_it_is_looked_for(course):
    folder, file = Saved(["cs"]), Saved(["homework.py"])
    before = folder.look(), file.look()
    (course / "cs" / "new.py").write_text("", encoding="utf-8")
    assert set(folder.look()) - set(before[0]) == {next(
        path for path in folder.look() if path.name == "new.py")}
    (course / "homework.py").write_text("import other", encoding="utf-8")
    file.find()
    assert {path.name for path in file.look()} == {"homework.py", "other.py"}


def test_files_and_modules_can_be_missing_and_folders_be_empty(course):
    (course / "empty").mkdir()
    saved = Saved(["homework.py", "cs", "layers", "empty", "homwork"])
    assert saved.missing() == ["homwork"]
    (course / "homework.py").unlink()
    assert saved.missing() == ["homework.py", "homwork"]
