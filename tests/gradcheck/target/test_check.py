"""What check_all makes of each kind of target, and what its record says."""

import json

import numpy as np
import pytest

import gradcheck
from gradcheck import check_all
from gradcheck.target.errors import NothingToCheckError
from gradcheck.target.settings import WrongSettingError
from tests.gradcheck.target.made import DOUBLE, RELU, checked, module_of, status, statuses

LSTM = """
import numpy as np
def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i, f, o = (1 / (1 + np.exp(-a[:, k * H:(k + 1) * H])) for k in range(3))
    g = np.tanh(a[:, 3 * H:])
    c = f * prev_c + i * g
    return o * np.tanh(c), c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, c)
def lstm_step_backward(dh, dc, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, c = cache
    dc = dc + dh * o * (1 - np.tanh(c)**2)
    da = np.hstack([dc * g * i * (1 - i), dc * prev_c * f * (1 - f),
                    dh * np.tanh(c) * o * (1 - o), dc * i * (1 - g**2)])
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="homework.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name
    return write



def test_a_file_is_judged_in_another_process_and_leaves_no_trace_here(write):
    np.random.seed(7)
    expected = np.random.rand()
    np.random.seed(7)
    record = check_all(write("import numpy as np\nnp.random.seed(0)\nnp.relu = 3\n"
                             + DOUBLE.format(factor=2)))
    assert [(item.name, item.status, item.file, item.line) for item in record.items] == [
        ("double", "passed", "homework.py", 5)]
    assert record.path == "homework.py"
    assert np.random.rand() == expected
    assert not hasattr(np, "relu")


@pytest.mark.parametrize(("line", "here"), [
    ("from .layers import *", "."), ("from cs231n.layers import *", "cs231n"),
    ("from .layers import *", "elsewhere"),
    *(pytest.param(f"from {package}layers import *", here, marks=pytest.mark.slow)
      for package, here in (("cs231n.", "."), (".", "cs231n"), ("cs231n.", "elsewhere")))])
def test_a_file_of_a_package_is_judged_from_whichever_folder_it_is_named(
        write, tmp_path, monkeypatch, line, here):
    write(RELU, "cs231n/layers.py")
    write(f"{line}\ndef twice_forward(x):\n    a, c = relu_forward(x)\n    return 2 * a, c\n"
          "def twice_backward(dout, c): return relu_backward(2 * dout, c)\n", "cs231n/utils.py")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / here)
    name = {".": "cs231n/utils.py", "cs231n": "utils.py", "elsewhere": "../cs231n/utils.py"}[here]
    record = check_all(name)
    assert [(item.name, item.status) for item in record.items] == [("twice", "passed")]
    assert record.notes == ("imported, not judged: relu; --imported judges them, too",)


def test_a_file_whose_package_is_not_there_is_told_where_to_keep_it(write):
    record = check_all(write("from cs231n.layers import *\n" + RELU))
    assert record.passed
    assert "keep the file in its package" in record.notes[0]


@pytest.mark.slow
def test_a_students_layers_are_checked_and_not_ours(write):
    write(RELU.replace("dout *", "2 * dout *"), "layers.py")
    record = check_all("layers")
    assert (record.path, record.items[0].status) == ("layers.py", "failed")
    other = check_all("layers", installed=True, only="relu")
    assert other.passed
    assert other.path.startswith("layers (")


@pytest.mark.slow
def test_a_folder_is_one_record_whose_items_are_called_after_their_files(write):
    write(RELU, "week/a.py")
    write("1 / 0\ndef mse_loss(x, y): pass\n", "week/b.py")
    write("def tanh_forward(x): pass\n", "week/c.py")
    write("x = 1\n", "week/d.py")
    record = check_all("week")
    assert [item.name for item in record.items] == ["week/a.py: relu"]
    assert "week/b.py: importing it raised ZeroDivisionError" in record.error
    assert (record.fault, record.exit_code) == ("target", 3)
    assert any("week/c.py: it defines 1 name" in note for note in record.notes)


@pytest.mark.slow
def test_a_name_that_only_some_files_of_a_folder_have_is_looked_for_in_all(write):
    write(RELU, "a.py")
    write(DOUBLE.format(factor=2), "b.py")
    record = check_all(".", only="relu")
    assert [item.name for item in record.items] == ["relu"]
    assert "left out: b.py has no layer called relu: it has double" in record.notes
    both = check_all(".", only=["double", "relu"])
    assert [item.name for item in both.items] == ["a.py: relu", "b.py: double"]
    with pytest.raises(NothingToCheckError, match=r"got 'nothing'; expected one of double, relu\."):
        check_all(".", only=["relu", "nothing"])


def test_a_name_that_an_object_lacks_is_told_what_there_is():
    with pytest.raises(NothingToCheckError, match=r"got 'rleu'; expected one of relu\. Did you"):
        check_all(vars(module_of(RELU)), only="rleu")


def test_a_notebook_is_judged_and_its_cells_are_named(write):
    cells = ["%matplotlib inline\nimport numpy as np", RELU.replace("dout *", "2 * dout *"),
             "raise RuntimeError('never run')"]
    book = {"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells]}
    record = check_all(write(json.dumps(book), "book.ipynb"))
    item, = record.items
    assert (item.status, item.file, item.line) == ("failed", "book.ipynb code cell 2", 4)


def test_classes_are_judged_with_their_parameters():
    text = """
import numpy as np
class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.{}(axis=0)
        return dout @ self.W.T
"""
    assert status(text.format("sum")) == "passed"
    item, = checked(text.format("mean")).items
    assert (item.status, item.arguments) == ("failed", ("x", "W", "b"))
    assert "scaled in db" in item.message


def test_a_class_whose_constructor_cannot_be_guessed_says_what_to_write():
    text = ("class Odd:\n    def __init__(self, what): raise TypeError('no')\n"
            "    def forward(self, x): return x\n    def backward(self, dout): return dout\n")
    item, = checked(text).items
    assert item.status == "skipped"
    assert "def Odd_example(rng):" in item.message


@pytest.mark.slow
@pytest.mark.parametrize(("name", "only"), [("layers", "DropoutLayer"), ("nets.nn", "Linear")])
def test_classes_of_the_package_are_targets(name, only):
    record = check_all(name, only=only)
    assert [(item.name, item.status) for item in record.items] == [(only, "passed")]


@pytest.mark.slow
def test_functions_of_any_name_are_a_pair_where_they_are_named(write):
    text = "def act(x): return 3 * x, None\ndef act_grad(dout, cache): return 3 * dout\n"
    assert [item.name for item in check_all(write(text), forward="act", backward="act_grad").items
            ] == ["act"]
    write('[tool.gradcheck]\nforward = "act"\nbackward = "act_grad"\n', "pyproject.toml")
    assert check_all("homework.py").passed



def test_the_names_of_a_notebook_are_judged_where_they_are():
    names = {"__name__": "__main__", "_": 3, "In": [], "np": np}
    exec(RELU + "from layers import affine_forward, affine_backward", names)
    record = check_all(names)
    assert [(item.name, item.status) for item in record.items] == [("relu", "passed")]
    assert "imported, not judged: affine" in record.notes[0]
    assert "relu" in record._repr_html_()


def test_a_pair_and_a_class_find_the_example_beside_them():
    module = module_of("import numpy as np\ndef seven_forward(x): return x.reshape(7) * 1, x\n"
                       "def seven_backward(dout, x): return dout\n")
    pair = module.seven_forward, module.seven_backward
    assert [item.status for item in check_all(pair).items] == ["skipped"]
    assert [item.name for item in check_all((lambda x: (2 * x, 0), lambda d, c: 2 * d)).items] == [
        "layer"]

    class Double:
        def forward(self, x):
            return 2 * x

        def backward(self, dout):
            return 2 * dout

    assert [(item.name, item.status) for item in check_all(Double).items] == [("Double", "passed")]


def test_a_module_takes_its_projects_settings(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.gradcheck]\nonly = ["double"]\n')
    module = module_of(RELU + DOUBLE.format(factor=2))
    module.__file__ = str(tmp_path / "homework.py")
    assert [item.name for item in check_all(module).items] == ["double"]


@pytest.mark.parametrize(("target", "settings", "error", "words"), [
    (3, {}, TypeError, "target: got int; expected a path"),
    (gradcheck, {"timeout": 1.0}, ValueError, "judged in this process"),
    ("x.py", {"p_is": "up"}, WrongSettingError, "p_is: got 'up'"),
    ("x.py", {"wrong": 1}, WrongSettingError, "got wrong; expected any of"),
])
def test_what_cannot_be_is_refused(target, settings, error, words):
    with pytest.raises(error, match=words):
        check_all(target, **settings)


def test_nothing_to_check_is_an_error_and_not_a_pass(write):
    with pytest.raises(NothingToCheckError, match="none of them a layer"):
        check_all(write("x = 1"))



def test_a_layer_with_two_outputs_is_checked():
    record = checked(LSTM)
    assert record.passed
    assert record.items[0].arguments == ("x", "prev_h", "prev_c", "Wx", "Wh", "b")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers():
    text = DOUBLE.format(factor=3)
    one, two = (checked(text, seed=5).items[0].worst_error for _ in range(2))
    assert one == two != checked(text, seed=6).items[0].worst_error


@pytest.mark.slow
def test_every_layer_of_the_package_passes_and_every_dropout_obeys_the_laws():
    record = check_all("layers", installed=True)
    bad = [(item.name, item.status) for item in record.items if item.status != "passed"]
    assert bad == []
    assert not record.notes
    assert {"dropout laws", "vanilla_dropout laws", "batchnorm_alt", "softmax_loss"} <= {
        item.name for item in record.items}
    assert all(item.worst_error < 1e-8 for item in record.items if item.worst_error is not None)


def test_one_layer_that_raises_does_not_keep_the_others_from_being_checked():
    record = checked("def relu_forward(x): raise ValueError('no')\ndef relu_backward(d, c): 0\n"
                     + DOUBLE.format(factor=2))
    assert [item.status for item in record.items] == ["failed", "passed"]
    assert "raises" in record.items[0].message


def test_a_loss_is_differentiated_by_the_argument_that_it_returns_the_gradient_of():
    item, = checked("import numpy as np\ndef svm_loss_naive(W, X, y, reg):\n    return "
                    "reg * np.sum(W * W) + np.sum(X @ W), reg * W + X.sum(axis=0)[:, None]\n").items
    assert (item.status, item.arguments) == ("failed", ("W",))
    assert "regularization" in item.message


@pytest.mark.parametrize(("text", "found"), [
    ("def relu_forward(x): return None\ndef relu_backward(dout, cache): pass", "todo"),
    ("def relu_forward(x): raise NotImplementedError\ndef relu_backward(dout, cache): 0", "todo"),
    ("def blur_forward(image): return image.nothing, 0\ndef blur_backward(d, c): return d",
     "skipped"),
    ("def blur_forward(image): return image, 0\ndef blur_backward(d, c): return d.nothing",
     "skipped"),
    ("def blur_forward(image): return image, 0\ndef blur_backward(d, c): return 2 * d",
     "failed"),
    ("def relu_forward(x): return x.nothing, 0\ndef relu_backward(d, c): return d", "failed"),
    ("def relu_forward(x): return x * (x > 0), x > 0\n"
     "def relu_backward(d, c):\n    d *= c\n    return d",
     "warned"),
], ids=["None", "NotImplementedError", "forward at a guess", "backward at a guess",
        "a wrong number at a guess", "an exception at what is known", "manners"])
def test_the_status_says_what_is_known(text, found):
    assert status(text) == found


def test_a_guess_is_called_a_guess():
    item, = checked(DOUBLE.format(factor=3)).items
    assert "guessed arguments (x [4, 6])" in item.advice[0]


def test_an_example_of_ones_own_returns_arguments_or_yields_several():
    text = ("def blur_forward(image): return image.reshape(7) * 1, image\n"
            "def blur_backward(dout, image): return dout\ndef blur_example(rng):\n    {}\n")
    assert status(text.format("return rng.normal(size=7)")) == "passed"
    assert status(text.format("yield (rng.normal(size=7),)")) == "passed"
    item, = checked(text.format("return float('nan') * rng.normal(size=7)")).items
    assert (item.status, item.fault) == ("skipped", "")
    assert "inf or NaN" in item.message


def test_unwritten_code_hides_no_other_status():
    assert statuses(RELU + "def tanh_forward(x): pass\ndef tanh_backward(dout, cache): pass\n") == {
        "relu": "passed", "tanh": "todo"}


AFFINE = """
def affine_forward(x, w, b): return {out} + b, (x, w)
def affine_backward(dout, cache):
    x, w = cache
    return {dx}, {dw}, dout.sum(axis=0)
"""


@pytest.mark.parametrize(("out", "dx", "dw", "shapes"), [
    ("x @ w", "dout @ w.T", "x.T @ dout", "x [4, 6], w [6, 5], b [5]"),
    ("x @ w.T", "dout @ w", "dout.T @ x", "x [4, 6], w [5, 6], b [5]"),
])
def test_a_right_affine_for_rows_alone_passes_at_arguments_that_it_takes_and_is_told_which(
        out, dx, dw, shapes):
    item, = checked(AFFINE.format(out=out, dx=dx, dw=dw)).items
    assert item.passed
    assert f"checked at {shapes}" in item.advice[0]


def test_a_backward_that_breaks_on_what_its_forward_takes_is_not_excused():
    assert status(AFFINE.format(out="x.reshape(len(x), -1) @ w", dx="dout @ w.T",
                                dw="x.T @ dout")) == "failed"


def test_a_forward_that_refuses_its_arguments_is_told_which_and_how_to_choose_others():
    item, = checked("def relu_forward(x): return x.reshape(7), x\n"
                    "def relu_backward(dout, x): return dout\n").items
    assert "called with x [4, 6]" in item.message
    assert "relu_example(rng)" in item.message


SINGLE = """
import numpy as np
def relu_forward(x):
    {check}
    return np.maximum(x, 0), x
def relu_backward(dout, x): return {dx}
"""


@pytest.mark.parametrize(("check", "dx", "found"), [
    ("pass", "dout * (x > 0)", "passed"),
    ("pass", "dout.astype(float) * (x > 0)", "passed"),
    ("pass", "dout * (x > 0) * (dout.dtype == float)", "failed"),
    ("assert x.dtype == float", "dout * (x > 0)", "passed"),
])
def test_a_gradient_is_held_to_be_right_at_float32_too_where_forward_takes_it(check, dx, found):
    item, = checked(SINGLE.format(check=check, dx=dx)).items
    assert item.status == found
    assert ("cast to float32" in item.message) == (found == "failed")


def test_the_work_at_all_arguments_is_counted():
    item, = checked(SINGLE.format(check="pass", dx="dout * (x > 0)")).items
    assert item.details["report"]["examples"] == 10
    assert item.details["report"]["checked"] > 10 * 6
    assert item.evaluations == item.details["report"]["evaluations"] > 24


def test_a_loss_may_refuse_float32():
    assert status("import numpy as np\ndef mse_loss(x, y):\n    assert x.dtype == float\n"
                  "    return np.mean((x - y)**2), 2 * (x - y) / x.size\n") == "passed"


PRELU = """
def prelu_forward(x, slope): return np.where(x > 0, x, slope * x), (x, slope)
def prelu_backward(dout, cache):
    x, slope = cache
    return np.where(x > 0, dout, slope * dout), (dout * np.minimum(x, 0)).sum()
"""
ONE_HOT = """
def {name}:
    x, y = {given}
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.sum(y * np.log(p)) / len(x), (p - y) / len(x)
"""
GATE = """
def gate_forward(cat, dog): return cat[:, :2] * dog, (cat, dog)
def gate_backward(dout, cache):
    cat, dog = cache
    dcat = np.zeros_like(cat)
    dcat[:, :2] = dout * dog
    return dcat, (dout * cat[:, :2]).sum(axis=0)
"""


@pytest.mark.parametrize(("text", "found", "words"), [
    ("def softmax_loss(x, y):\n    loss, dx = 0.0, None\n    return loss, dx", "todo",
     "the gradient is None"),
    ("def relu_forward(x): return ..., x\ndef relu_backward(dout, x): ...", "todo", "None"),
    (PRELU, "passed", ""),
    (PRELU + "def prelu_example(rng): return rng.normal(size=(4, 6)), 0.3", "passed", ""),
    (GATE, "skipped", "def gate_example(rng):"),
    (ONE_HOT.format(name="softmax_loss(x, y)", given="x, y"), "passed", ""),
    (ONE_HOT.format(name="xent_loss(scores, t)", given="scores, t"), "passed", ""),
    ("def foo_forward(x, w): return x @ w, (x, w)\n"
     "def foo_backward(dout, cache):\n    x, w = cache\n    return dout @ w.T, None", "failed",
     "not written yet: dw is None"),
])
def test_gaps_and_guesses_accuse_nobody(text, found, words):
    item, = checked("import numpy as np\n" + text).items
    assert item.status == found
    assert words in item.message


@pytest.mark.parametrize(("dw", "told"), [("x.T @ dout / len(x)", 1), ("x.T @ dout", 0)])
def test_a_mean_left_to_the_weights_is_a_convention_only_where_all_of_them_have_it(dw, told):
    item, = checked(AFFINE.format(out="x @ w", dx="dout @ w.T", dw=dw).replace(
        "dout.sum(axis=0)", "dout.mean(axis=0)")).items
    assert item.status == "failed"
    assert sum("divided by N" in text for text in item.advice) == told


def test_what_a_namespace_has_imported_alone_is_told_with_the_way_to_judge_it():
    module = module_of("def relu_forward(x): return x * (x > 0), x\n"
                       "def relu_backward(dout, x): return dout * (x > 0)\n")
    held = {"__name__": "__main__", "relu_forward": module.relu_forward,
            "relu_backward": module.relu_backward}
    with pytest.raises(NothingToCheckError, match="imported=True"):
        check_all(held)
    assert check_all(held, imported=True).passed


DROPOUT_IN_PLACE = """
import numpy as np
def dropout_forward(x, param):
    if param["mode"] == "test":
        return x, None
    mask = (np.random.default_rng(param.get("seed")).random(x.shape) >= param["p"]) / (
        1 - param["p"])
    return x * mask.astype(x.dtype), mask
def dropout_backward(dout, mask):
    if mask is not None:
        dout *= mask
    return dout
"""


@pytest.mark.slow
def test_a_dropout_that_writes_into_dout_is_warned_of_by_its_laws_too():
    assert [item.status for item in checked(DROPOUT_IN_PLACE).items] == ["warned", "warned"]
    ignoring = checked(DROPOUT_IN_PLACE, ignore=["dout-mutated"])
    assert [item.status for item in ignoring.items] == ["passed", "passed"]
