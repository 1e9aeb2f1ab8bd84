"""What was typed means a file, a notebook, a package or an installed module."""

import json
import sys
from pathlib import Path

import pytest

from gradcheck.target.errors import NothingToCheckError, TargetError
from gradcheck.target.sources import Source, sources_of
from tests.gradcheck.target.made import RELU

BOOK = json.dumps({"cells": [{"cell_type": "code", "source": RELU.splitlines(keepends=True)}]})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(target, **settings):
    return [(source.kind, Path(source.where).as_posix())
            for source in sources_of(target, **settings)]


def test_a_students_own_file_wins_over_an_installed_module_of_that_name(folder):
    write(folder, {"layers.py": RELU})
    assert found("layers") == [("file", "layers.py")]
    assert found("layers", installed=True) == [("installed", "layers")]
    assert sources_of("layers", installed=True)[0].told.endswith("__init__.py, installed)")


def test_a_folder_of_files_with_pairs_wins_too(folder):
    write(folder, {"layers/mine.py": RELU, "layers/data.py": "x = 1"})
    assert found("layers") == [("file", "layers/mine.py")]


def test_a_file_of_that_name_without_a_layer_does_not(folder):
    write(folder, {"layers.py": "import this_is_no_layer"})
    assert found("layers") == [("installed", "layers")]


@pytest.mark.parametrize("first", ["", "."])
def test_what_merely_lies_in_the_current_folder_is_not_installed(folder, monkeypatch, first):
    write(folder, {"json.py": "shadow = True", "homework_of_mine.py": "x = 1"})
    monkeypatch.setattr(sys, "path", [str(folder / first) if first else "", *sys.path])
    monkeypatch.delitem(sys.modules, "json")
    source, = sources_of("json")
    assert source.kind == "installed"
    assert not source.told.startswith(str(folder))
    assert found("homework_of_mine") == [("file", "homework_of_mine.py")]


def test_a_dotted_name_is_a_file_below_or_a_submodule_which_is_not_imported(folder):
    write(folder, {"week2/homework.py": RELU})
    assert found("week2.homework") == [("file", "week2/homework.py")]
    assert found("xml.dom.minidom") == [("installed", "xml.dom.minidom")]
    assert "xml.dom.minidom" not in sys.modules


def test_a_folder_means_the_files_in_it_that_define_layers(folder):
    write(folder, {
        "a/b.py": RELU, "a/c.py": "x = 1", "a/_hidden.py": RELU,
        "a/loss.py": "def mse_loss(x, y): 0",
        "a/nested/d.py": "class Relu:\n    def backward(self, d): 0",
        "a/test_b.py": "def test_relu_forward(): pass", "a/book.ipynb": BOOK, "a/none.ipynb": "{}"})
    assert found("a") == [
        ("file", "a/_hidden.py"), ("file", "a/b.py"), ("notebook", "a/book.ipynb"),
        ("file", "a/loss.py"), ("file", "a/nested/d.py")]


def test_environments_and_hidden_folders_are_left_out(folder):
    write(folder, {f"a/{name}.py": RELU for name in (
        "b", "venv/c", "node_modules/d", "mine/lib/e", ".git/f")} | {"a/mine/pyvenv.cfg": ""})
    assert found("a") == [("file", "a/b.py")]
    assert found(".") == found("a")


def test_a_package_that_exports_pairs_is_one_target(folder):
    write(folder, {"mine/__init__.py": "from .relu import relu_forward, relu_backward",
                   "mine/relu.py": RELU})
    assert found("mine") == [("package", "mine")]


def test_files_of_any_age_are_found(folder):
    (folder / "old.py").write_bytes(b"# caf\xe9\nprint 'two'\ndef relu_forward(x):\n\tpass\n")
    assert found(".") == [("file", "old.py")]


@pytest.mark.parametrize("name", [
    "tanh\ufe0f_forward", "\u0939\u093f\u0928\u094d\u0926\u0940_backward", "\uff52_\uff46orward",
    "\u00e9\u0301_loss"])
def test_a_layer_is_seen_whatever_its_name_is_spelt_with(folder, name):
    (folder / "a.py").write_text(f"def {name}(x):\n    pass\n", encoding="utf-8")
    assert name.isidentifier()
    assert found(".") == [("file", "a.py")]


@pytest.mark.parametrize(("target", "words"), [
    ("missing.py", "there is no such file"), ("book.ipynb", "there is no such file"),
    ("no_such_module_at_all", "there is no such module or file"),
    ("no.such.module", "there is no such module or file"),
    ("not-a-name", "neither a file nor the name of a module"),
])
def test_what_is_not_there_is_told_with_a_remedy(folder, target, words):
    with pytest.raises(TargetError, match=f"{words}.*Remedy"):
        sources_of(target)


def test_a_folder_without_layers_is_no_target(folder):
    with pytest.raises(NothingToCheckError, match="folder without layers"):
        sources_of(".")


def test_the_first_line_names_what_was_checked():
    assert Source("file", "a/b.py").told == "a/b.py"
    assert Source("installed", "json").told.startswith("json (")
