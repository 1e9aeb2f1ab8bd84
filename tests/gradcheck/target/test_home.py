"""A file is imported as its package's module, from whichever folder it is named."""

import pytest

from gradcheck.target.home import home_of


def written(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(("files", "path", "name", "root"), [
    ({"cs231n/layers.py": "", "cs231n/utils.py": "from .layers import *"},
     "cs231n/utils.py", "cs231n.utils", "."),
    ({"cs231n/layers.py": "", "cs231n/utils.py": "from cs231n.layers import *"},
     "cs231n/utils.py", "cs231n.utils", "."),
    ({"a2/cs231n/layers.py": "", "a2/cs231n/classifiers/fc.py": "from ..layers import *"},
     "a2/cs231n/classifiers/fc.py", "cs231n.classifiers.fc", "a2"),
    ({"a2/cs231n/layers.py": "", "a2/cs231n/classifiers/fc.py": "from cs231n.layers import *"},
     "a2/cs231n/classifiers/fc.py", "cs231n.classifiers.fc", "a2"),
    ({"p/__init__.py": "", "p/q/__init__.py": "", "p/q/r.py": "from .s import x"},
     "p/q/r.py", "p.q.r", "."),
    ({"layers/__init__.py": "from layers.affine import x", "layers/affine.py": ""},
     "layers/__init__.py", "layers", "."),
    ({"p/r.py": "try:\n    from .fast import x\nexcept ImportError:\n    pass"},
     "p/r.py", "p.r", "."),
], ids=["relative", "absolute", "two up", "absolute from below", "with __init__", "a package",
        "in a try block"])
def test_a_file_of_a_package_is_its_module(tmp_path, files, path, name, root):
    written(tmp_path, files)
    home = home_of(tmp_path / path)
    assert home.name == name
    assert (tmp_path / root).resolve() in home.folders
    assert home.lacking == ()


def test_a_file_that_stands_alone_has_no_name_and_its_own_folder(tmp_path):
    written(tmp_path, {"homework.py": "import numpy as np\nimport helpers", "helpers.py": ""})
    home = home_of(tmp_path / "homework.py")
    assert (home.name, home.folders) == ("", (tmp_path.resolve(),))


def test_a_helper_in_a_folder_above_is_found(tmp_path):
    written(tmp_path, {"utils/im2col.py": "", "week2/homework.py": "from utils.im2col import x"})
    assert tmp_path.resolve() in home_of(tmp_path / "week2" / "homework.py").folders


def test_a_package_that_is_nowhere_is_told(tmp_path):
    written(tmp_path, {"utils.py": "from cs231n.layers import *"})
    assert home_of(tmp_path / "utils.py").lacking == ("cs231n",)


def test_imports_inside_functions_do_not_count(tmp_path):
    written(tmp_path, {"homework.py": "def f():\n    from .layers import x"})
    assert home_of(tmp_path / "homework.py").name == ""


@pytest.mark.parametrize("text", ["print 'two'", "\tx = 1", "\0"])
def test_what_does_not_parse_stands_alone(tmp_path, text):
    written(tmp_path, {"old.py": text})
    assert home_of(tmp_path / "old.py").name == ""
