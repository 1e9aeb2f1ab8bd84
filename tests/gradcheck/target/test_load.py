"""A target is loaded by name or by path, forgotten afterwards, and explained when it is broken."""

import sys
from pathlib import Path

import pytest
from gradcheck.target.load import TargetError, loaded

import layers
from gradcheck.target.pairs import find_pairs

RELU = """
def relu_forward(x): return x * (x > 0), x
def relu_backward(dout, x): return dout * (x > 0)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_means_the_installed_package_even_beside_a_file_of_that_name(folder):
    (folder / "layers.py").write_text("raise RuntimeError('shadowed')")
    with loaded("layers") as found:
        assert found is layers


@pytest.mark.parametrize("first", ["", None])
def test_the_current_folder_in_front_of_the_path_does_not_shadow_a_package(
        folder, monkeypatch, first):
    (folder / "json.py").write_text("shadow = True")
    monkeypatch.delitem(sys.modules, "json")
    monkeypatch.syspath_prepend(str(folder) if first is None else first)
    with loaded("json") as found:
        assert not hasattr(found, "shadow")


def test_a_file_called_layers_in_the_current_folder_is_that_file(folder):
    (folder / "layers.py").write_text(RELU)
    with loaded("layers.py") as found:
        assert [pair.name for pair in find_pairs(found).pairs] == ["relu"]
    assert sys.modules["layers"] is layers
    assert not any("_gradcheck_target" in name for name in sys.modules)


def test_a_name_that_is_not_installed_is_looked_for_in_the_current_folder(folder):
    (folder / "homework_of_mine.py").write_text(RELU)
    with loaded("homework_of_mine") as found:
        assert find_pairs(found).pairs[0].name == "relu"


def test_a_file_finds_its_siblings_and_leaves_nothing_behind(folder):
    there = folder / "sub"
    there.mkdir()
    (there / "helpers.py").write_text("two = 2")
    (there / "later.py").write_text("three = 3")
    (there / "homework.py").write_text(
        "import helpers\ndef late():\n    import later\n    return later.three + helpers.two\n")
    path, modules = list(sys.path), set(sys.modules)
    with loaded(str(Path("sub") / "homework.py")) as found:
        assert found.late() == 5
    assert sys.path == path
    assert {"helpers", "later"}.isdisjoint(set(sys.modules) - modules)


def test_a_sibling_called_layers_wins_inside_the_file_and_the_package_comes_back(folder):
    (folder / "layers.py").write_text("mine = True")
    (folder / "homework.py").write_text("import layers\nassert layers.mine")
    with loaded("homework.py"):
        pass
    assert sys.modules["layers"] is layers


@pytest.mark.parametrize(("name", "text", "words"), [
    ("missing.py", None, "there is no such file"),
    ("no_such_module_at_all", None, "there is no such module or file"),
    ("not-a-name", None, "neither a file nor the name of a module"),
    ("syntax.py", "def f(:\n", "syntax.py, not valid Python, line 1, def f(:"),
    ("null.py", "\0", "null.py, null bytes"),
    ("raises.py", "x = 1\nx / 0\n", "importing it raised ZeroDivisionError, line 2, x / 0"),
    ("lacks.py", "import no_such_module_at_all", "ModuleNotFoundError, no_such_module_at_all"),
    ("exits.py", "raise SystemExit(0)", "importing it raised SystemExit"),
    ("folder.py", "", "this is a folder"),
    (".", None, "this is a folder"),
    ("folder_of_mine", "", "this is a folder"),
    ("book.ipynb", "{}", "this is a notebook, nbconvert"),
])
def test_what_cannot_be_imported_is_explained(folder, name, text, words):
    if name.startswith("folder"):
        (folder / name).mkdir()
    elif text is not None:
        (folder / name).write_text(text)
    with pytest.raises(TargetError) as caught, loaded(name):
        pass
    assert all(word in str(caught.value) for word in words.split(", "))
