"""Files that train as soon as they are imported are judged by what they define."""

import ast

import pytest

from gradcheck.target.check import check_all
from gradcheck.target.scripts import defining, trains_when_imported

LAYER = """
import numpy as np

SCALE = 2.0
HALF = SCALE / 4
if True:
    def twice(x):
        return SCALE * x

class Double:
    def forward(self, inputs):
        self.output = twice(inputs)

    def backward(self, dvalues):
        self.dinputs = {factor} * dvalues

X = open("no such data")
layer = Double()
"""
LOOP = "for epoch in range(10**9):\n    layer.forward(X)\n    layer.backward(X)\n"


@pytest.mark.parametrize(("rest", "trains"), [
    (LOOP, True), ("while True: layer.backward(X)", True), ("layer.train(X)", True),
    ("history = layer.fit(X)", True), ("layer.forward(X)", False),
    ("for name in 'ab':\n    print(name)", False),
    ("def train():\n    for x in X:\n        layer.forward(x)", False),
    ("if __name__ == '__main__':\n    layer.fit(X)", False), ("x = (", False),
])
def test_a_file_trains_where_a_loop_or_a_call_at_its_top_level_does(tmp_path, rest, trains):
    path = tmp_path / "own.py"
    path.write_text(rest, encoding="utf-8")
    assert trains_when_imported(path) == trains


def test_of_a_script_that_is_run_which_defines():
    kept = [ast.unparse(node).partition("\n")[0] for node in defining(
        ast.parse(LAYER.format(factor="HALF") + LOOP))]
    assert kept == [
        "import numpy as np", "SCALE = 2.0", "HALF = SCALE / 4", "if True:", "class Double:"]


def test_what_an_assignment_is_made_of_is_run_and_what_runs_alone_is_not():
    tree = ast.parse("a = 1\nb = a + 1\ndef f(c=b): return c\nc = f()\n"
                     "if __name__ == '__main__':\n    def g(): ...\n"
                     "try:\n    import fast\nexcept ImportError:\n    fast = None\n")
    assert [node.lineno for node in defining(tree)] == [1, 2, 3, 7]


@pytest.mark.slow
@pytest.mark.parametrize(("factor", "status"), [("SCALE", "passed"), ("HALF", "failed")])
def test_the_layers_of_a_script_are_judged_without_its_training(tmp_path, factor, status):
    path = tmp_path / "own.py"
    path.write_text(LAYER.format(factor=factor) + LOOP, encoding="utf-8")
    record = check_all(str(path))
    assert [(item.name, item.status) for item in record.items] == [("Double", status)]
    assert any("only what it defines was run" in note for note in record.notes)


@pytest.mark.slow
def test_a_definition_that_raises_costs_itself_alone(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(LAYER.format(factor="SCALE") + "class Broken:\n    size = 1 / 0\n\n" + LOOP,
                    encoding="utf-8")
    record = check_all(str(path))
    assert [item.status for item in record.items] == ["passed"]
    assert any("ZeroDivisionError: division by zero; what it" in note
               for note in record.notes)
