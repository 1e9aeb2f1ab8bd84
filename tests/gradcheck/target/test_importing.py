"""What is missing costs the functions that use it; what cannot be read is told with its remedy."""

import json
import subprocess
import sys

import pytest

# Importing leaves its traces in the process on purpose, so that each case has one of its own.
PROGRAM = """
import json, sys
from gradcheck.target.errors import TargetError
from gradcheck.target.importing import import_source
from gradcheck.target.sources import Source
try:
    loaded = import_source(Source(*sys.argv[1:3]))
    names = {name: str(type(value).__name__) for name, value in vars(loaded.module).items()
             if not name.startswith("__")}
    told = {"names": names, "notes": loaded.notes, "module": loaded.module.__name__}
    call = sys.argv[3] if len(sys.argv) > 3 else ""
    if call:
        try:
            told["value"] = repr(vars(loaded.module)[call]())
        except Exception as error:
            told["value"] = f"{type(error).__name__}: {error}"
    print(json.dumps(told))
except TargetError as error:
    print(json.dumps({"error": str(error)}))
"""


def imported(path, kind="file", call=""):
    run = subprocess.run([sys.executable, "-c", PROGRAM, kind, str(path), call],
                         capture_output=True, text=True, check=False, cwd=path.parent)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def written(folder, text, name="homework.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "note"), [
    ("import no_such_thing_at_all as nope", "homework.py:1: No module named "
     "'no_such_thing_at_all'; functions that need it are not judged. Remedy: keep the file in"),
    ("from scipy.misc import imread, imresize", "imread"),
    ("import cv2.gapi", "python -m pip install opencv-python"),
    ("from numpy import no_such_name", "cannot import name 'no_such_name'"),
    ("from no_such_thing_at_all.deep import Base\nclass Mine(Base): pass", "no_such_thing_at_all"),
])
def test_what_is_not_installed_is_told_once_and_the_rest_is_there(tmp_path, text, note):
    found = imported(written(tmp_path, f"{text}\ndef relu_forward(x):\n    return x"))
    assert found["names"]["relu_forward"] == "function"
    assert len({entry.partition(";")[0] for entry in found["notes"]}) == len(found["notes"])
    assert any(note in entry for entry in found["notes"])


def test_a_function_that_uses_what_is_absent_raises_its_name(tmp_path):
    path = written(tmp_path, "import no_such_thing_at_all as t\ndef f():\n    return t.nn.relu(1)")
    assert imported(path, call="f")["value"] == (
        "AbsentError: no_such_thing_at_all.nn.relu could not be imported")


def test_the_names_that_future_gives_are_python_3s_own(tmp_path):
    path = written(tmp_path, "from past.builtins import xrange\ndef f():\n    return list(xrange(2))")  # noqa: E501
    assert imported(path, call="f")["value"] == "[0, 1]"


def test_an_import_that_the_target_guards_itself_is_left_to_it(tmp_path):
    found = imported(written(tmp_path, "try:\n    import no_such_thing_at_all\nexcept ImportError:\n"  # noqa: E501
                             "    fallback = True"))
    assert "fallback" in found["names"]
    assert found["notes"] == []


def test_a_neighbour_in_python_2_costs_itself_alone(tmp_path):
    written(tmp_path, "print 'hello'", "cs231n/fast.py")
    path = written(tmp_path, "from .fast import *\ndef relu_forward(x): return x", "cs231n/utils.py")  # noqa: E501
    found = imported(path)
    assert found["module"] == "cs231n.utils"
    assert found["notes"][0].startswith("fast.py:1: Missing parentheses in call to 'print'")
    assert "fissix -w -n fast.py" in found["notes"][0]


@pytest.mark.parametrize(("text", "words"), [
    ("print 'two'", ["not valid Python 3", "fissix -w -n homework.py", "line 1"]),
    ("if True:\n        x = 1\n\ty = 2", ["expand -i -t 8 homework.py"]),
    ("def f(:\n", ["not valid Python 3", "line 1", "def f(:"]),
    ("import numpy as np\nx = np.product([1])\ny = np.bool", ["NumPy has no np.", "line "]),
    ("x = 1\nx / 0", ["importing it raised ZeroDivisionError", "line 2", "x / 0"]),
    ("raise SystemExit(0)", ["importing it raised SystemExit"]),
])
def test_what_cannot_be_imported_is_told_with_line_and_remedy(tmp_path, text, words):
    error = imported(written(tmp_path, text))["error"]
    assert [word for word in words if word not in error] == []


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True)}
                                 for cell in cells]})


def test_a_notebooks_definitions_are_there_and_nothing_else_is_run(tmp_path):
    path = written(tmp_path, notebook(
        "%matplotlib inline\nimport numpy as np\n!pip install torch",
        "EPS = 1e-3\nprint('never run')\ndata = open('no such file')",
        "%%time\ndef relu_forward(x):\n    return np.maximum(x, EPS), x",
        "%%bash\nls", "def broken(:\n"), "book.ipynb")
    found = imported(path, "notebook")
    assert set(found["names"]) == {"np", "EPS", "relu_forward"}
    assert found["notes"] == ["code cell 5, line 1: invalid syntax; what stands there was "
                              "left out"]


def test_a_notebooks_constant_that_raises_is_told_with_its_cell(tmp_path):
    path = written(tmp_path, notebook("K = 1 / 0", "def relu_forward(x): return x * K, x"), "b.ipynb")  # noqa: E501
    assert imported(path, "notebook")["notes"] == [
        "code cell 1, line 1: ZeroDivisionError: division by zero; what it defines is missing"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cells": 3}'])
def test_what_is_no_notebook_is_refused(tmp_path, text):
    found = imported(written(tmp_path, text, "b.ipynb"), "notebook")
    assert found.get("error", "").endswith("Remedy: save it again as .ipynb.") or (
        found.get("names") == {})


def test_a_module_beside_a_file_of_a_package_is_found(tmp_path):
    written(tmp_path, "", "pack/__init__.py")
    written(tmp_path, "K = 2", "pack/helping.py")
    written(tmp_path, "K = 3", "pack/sister.py")
    path = written(tmp_path, "from helping import K\nfrom .sister import K as L\n", "pack/own.py")
    found = imported(path)
    assert found["notes"] == []


def test_what_exists_in_colab_alone_is_not_to_be_installed(tmp_path):
    path = written(tmp_path, "from google.colab import drive\n", "own.py")
    note, = imported(path)["notes"]
    assert "pip install" not in note
    assert "exists only in Colab" in note


@pytest.mark.parametrize("line", [
    "sys.exit(0)", "n = int(input())", "X = np.loadtxt('no/such/file.csv')",
    "parser.add_argument('--data', required=True); parser.parse_args()",
    "urllib.request.urlopen('file:///no/such/file')", "main()",
])
def test_what_only_a_run_needs_is_told_by_the_targets_own_line(tmp_path, line):
    text = ("import argparse, sys, urllib.request\nimport numpy as np\n"
            "parser = argparse.ArgumentParser()\ndef main():\n    open('no such file')\n" + line)
    error = imported(written(tmp_path, text))["error"]
    assert 'Remedy: put line 6 of homework.py under if __name__ == "__main__":' in error
    assert line in error
    assert "_npyio" not in error
    assert "lib/python" not in error


def test_what_a_run_needs_in_an_imported_file_is_told_with_that_file(tmp_path):
    written(tmp_path, "raise SystemExit", "data.py")
    error = imported(written(tmp_path, "import data"))["error"]
    assert 'Remedy: put line 1 of data.py under if __name__ == "__main__":' in error


def test_another_slip_in_a_files_script_is_to_be_mended_or_guarded(tmp_path):
    error = imported(written(tmp_path, "x = 1\nraise RuntimeError(x)"))["error"]
    assert "Remedy: mend line 2 of homework.py, or put it under if __name__" in error


def test_a_definition_is_not_to_be_guarded(tmp_path):
    error = imported(written(tmp_path, "class Layer:\n    size = 1 / 0"))["error"]
    assert "__main__" not in error


@pytest.mark.parametrize(("files", "remedy"), [
    (["nn/fast.pyx"], "build fast.pyx in its folder: `cythonize -i fast.pyx`."),
    (["nn/fast.pyx", "nn/setup.py"], "`python setup.py build_ext --inplace`."),
    (["nn/fast.pyx", "setup.py"], "`python setup.py build_ext --inplace`."),
    ([], "put fast.py into the folder nn."),
], ids=["alone", "setup.py beside it", "setup.py above it", "no source"])
def test_an_extension_whose_source_lies_there_is_to_be_built(tmp_path, files, remedy):
    for name in files:
        written(tmp_path, "", name)
    path = written(tmp_path, "from .fast import im2col\ndef f(): return im2col(1)", "nn/layers.py")
    note, = imported(path)["notes"]
    assert note.endswith(remedy)


@pytest.mark.parametrize(("name", "remedy"), [
    ("cupy", "Remedy: import numpy in its place"),
    ("cPickle", "Remedy: cPickle is Python 2's; import pickle in its place"),
    ("ConfigParser", "import configparser in its place"),
])
def test_a_module_that_has_another_name_now_is_told_with_it(tmp_path, name, remedy):
    note, = imported(written(tmp_path, f"import {name}\ndef f(): return {name}.x"))["notes"]
    assert remedy in note


def test_an_import_that_is_guarded_is_not_to_be_guarded_again(tmp_path):
    path = written(tmp_path, "try:\n    from .im2col_cython import f\nexcept ImportError:\n"
                   "    pass\ndef conv(x): return f(x)", "nn/fast.py")
    note, = imported(path)["notes"]
    assert "build" in note
    assert "try block" not in note
