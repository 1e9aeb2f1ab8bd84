"""Lines that no example reaches are told, after other modes and settings were tried."""

import json

import pytest

from gradcheck import cli
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.covering import uncovered
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Trial
from tests.gradcheck.target.made import RELU, checked, module_of

BRANCH = RELU.replace("def relu_backward(dout, x): return dout * (x > 0)", """
def relu_backward(dout, x):
    if x.shape == (17, 3):
        dout = 2 * dout
        dout = dout / 2
    return dout * (x > 0)
""")
SETTINGS = """
import numpy as np


def double_forward(x, param, kind="plain", slow=False):
    if param["mode"] == "test":
        return x * 2, x
    if param.get("careful", False):
        return x + x, x
    if param.get("form") == "sum":
        return np.sum([x, x], axis=0), x
    if kind == "odd":
        return x * 2.0, x
    if slow:
        return 2 * x * 1, x
    return 2 * x, x


def double_backward(dout, x):
    return 2 * dout
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homework.py").write_text(BRANCH)
    return "homework.py"


def test_the_command_tells_the_lines_that_never_ran(file, capsys):
    assert cli.main(["check", file]) == 0
    assert "passed; lines 7-8 of relu_backward never ran" in capsys.readouterr().out


def test_json_has_them_as_numbers(file, capsys):
    cli.main(["check", file, "--format", "json"])
    item, = json.loads(capsys.readouterr().out)["items"]
    assert (item["status"], item["uncovered"]) == ("passed", [7, 8])


def test_a_flag_makes_them_an_error(file, capsys):
    assert cli.main(["check", file, "--fail-uncovered"]) == 1
    assert "lines 7-8 of relu_backward never ran" in capsys.readouterr().out


def test_from_python_nothing_is_measured():
    assert checked(BRANCH).items[0].uncovered == ()


def test_modes_keys_words_and_flags_are_tried_before_a_line_is_called_unreached():
    module = module_of(SETTINGS)
    forward, backward = module.double_forward, module.double_backward
    pair = Pair("double", "double", forward, backward)
    from gradcheck.target.at_arguments import candidates_for

    found = next(candidates_for(pair, 0))
    assert uncovered(Trial(pair, Conventions(), 0), (forward, backward), [found]) == {}
