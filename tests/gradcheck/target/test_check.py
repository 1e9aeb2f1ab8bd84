"""What is checked in a target, and what the record says about it."""

import numpy as np
import pytest
from gradcheck.contract.outputs import joined

from gradcheck.output.render import render
from gradcheck.target.check import NothingToCheckError, check_target

DOUBLE = """
def double_forward(x): return 2 * x, None
def double_backward(dout, cache): return {factor} * dout
"""
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
        (tmp_path / name).write_text(text)
        return name
    return write


def test_a_layer_with_two_outputs_is_checked(write):
    record = check_target(write(LSTM))
    assert record.passed
    assert record.items[0].arguments == ("x", "prev_h", "prev_c", "Wx", "Wh", "b")


def test_the_same_seed_gives_the_same_numbers(write):
    write(DOUBLE.format(factor=3))
    one, two = (check_target("homework.py", seed=5).items[0].worst_error for _ in range(2))
    assert one == two != check_target("homework.py", seed=6).items[0].worst_error


def test_every_layer_of_the_package_passes_and_every_dropout_obeys_the_laws():
    record = check_target("layers")
    assert record.passed
    assert not record.notes
    assert {"dropout laws", "vanilla_dropout laws", "batchnorm_alt", "softmax_loss"} <= {
        item.name for item in record.items}
    assert all(item.worst_error < 1e-8 for item in record.items if item.worst_error is not None)


def test_items_come_in_the_order_of_the_file(write):
    text = DOUBLE.format(factor=2)
    write(text.replace("double", "tanhh") + text + "def z_loss(x): return x.sum(), 1 + 0 * x\n"
          "def z_loss_example(rng): return rng.normal(size=3)\n" + text.replace("double", "a"))
    assert [item.name for item in check_target("homework.py").items] == [
        "tanhh", "double", "z_loss", "a"]


def test_one_layer_that_raises_does_not_keep_the_others_from_being_checked(write):
    write("def bad_forward(x): raise ValueError('no')\ndef bad_backward(d, c): pass\n"
          + DOUBLE.format(factor=2))
    record = check_target("homework.py")
    assert [item.status for item in record.items] == ["failed", "passed"]
    assert "raises" in record.items[0].message


def test_a_loss_is_differentiated_by_the_argument_that_it_returns_the_gradient_of(write):
    write("import numpy as np\ndef svm_loss_naive(W, X, y, reg):\n"
          "    return reg * np.sum(W * W) + np.sum(X @ W), reg * W + X.sum(axis=0)[:, None]\n")
    item = check_target("homework.py").items[0]
    assert (item.status, item.arguments) == ("failed", ("W",))
    assert "regularization" in item.message


def test_the_global_generator_is_as_it_was(write):
    write("import numpy as np\nnp.random.seed(0)\n" + DOUBLE.format(factor=2))
    np.random.seed(7)
    expected = np.random.rand()
    np.random.seed(7)
    check_target("homework.py")
    assert np.random.rand() == expected


def test_nothing_to_check_is_an_error_and_not_a_pass(write):
    with pytest.raises(NothingToCheckError, match="none of them a layer"):
        check_target(write("x = 1"))


def test_several_outputs_are_one_and_their_gradients_go_back_where_they_belong():
    def forward(x):
        return x[:, :1], x[:, 1:].T, "cache"

    def backward(dfirst, drest, cache):
        assert cache == "cache"
        return np.hstack([dfirst, drest.T])

    one, back = joined(forward, backward)
    x = np.arange(12.0).reshape(4, 3)
    out, cache = one(x)
    assert out.shape == (12,)
    assert np.array_equal(back(out, cache), x)


@pytest.mark.parametrize("returned", [(1.0, "cache"), (np.ones(2), None), (np.ones(2), 3, None), 7])
def test_what_is_not_several_outputs_goes_through_unchanged(returned):
    one, back = joined(lambda: returned, lambda dout, cache: (dout, cache))
    assert one() is returned
    assert back(1, 2) == (1, 2)


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
        write, out, dx, dw, shapes):
    item = check_target(write(AFFINE.format(out=out, dx=dx, dw=dw))).items[0]
    assert item.passed
    assert f"checked at {shapes}" in item.advice[0]


def test_a_backward_that_breaks_on_what_its_forward_takes_is_not_excused(write):
    item = check_target(write(AFFINE.format(
        out="x.reshape(len(x), -1) @ w", dx="dout @ w.T", dw="x.T @ dout"))).items[0]
    assert item.status == "failed"


def test_a_forward_that_refuses_its_arguments_is_told_which_and_how_to_choose_others(write):
    item = check_target(write("def relu_forward(x): return x.reshape(7), x\n"
                              "def relu_backward(dout, x): return dout\n")).items[0]
    assert "called with x [4, 6]" in item.message
    assert "relu_example(rng)" in item.message


@pytest.mark.parametrize(("text", "words"), [
    ("def dropout_forward(x, p): return x, p\ndef dropout_backward(dout, p): return dout\n",
     "with p and mode in a dict"),
    ("def my_dropout_forward(x, dropout_param): return x, 0\n"
     "def my_dropout_backward(dout, cache): return dout\n", "check_dropout((my_dropout_forward"),
])
def test_where_the_mask_laws_are_not_run_the_text_says_why_and_what_to_do(write, text, words):
    record = check_target(write(text))
    assert record.items[1].status == "skipped"
    assert words in " ".join(render(record).split())


SINGLE = """
import numpy as np
def relu_forward(x):
    {check}
    return np.maximum(x, 0), x
def relu_backward(dout, x): return {dx}
"""


@pytest.mark.parametrize(("check", "dx", "status"), [
    ("pass", "dout * (x > 0)", "passed"),
    ("pass", "dout.astype(float) * (x > 0)", "passed"),
    ("pass", "dout * (x > 0) * (dout.dtype == float)", "failed"),
    ("assert x.dtype == float", "dout * (x > 0)", "passed"),
])
def test_a_gradient_is_held_to_be_right_at_float32_too_where_forward_takes_it(
        write, check, dx, status):
    item = check_target(write(SINGLE.format(check=check, dx=dx))).items[0]
    assert item.status == status
    assert ("cast to float32" in item.message) == (status == "failed")


def test_the_work_at_all_arguments_is_counted(write):
    item = check_target(write(SINGLE.format(check="pass", dx="dout * (x > 0)"))).items[0]
    assert item.details["report"]["checked"] == 3 * 24
    assert item.evaluations == item.details["report"]["evaluations"] > 24


def test_a_loss_may_refuse_float32(write):
    write("import numpy as np\ndef mse_loss(x, y):\n    assert x.dtype == float\n"
          "    return np.mean((x - y)**2), 2 * (x - y) / x.size\n")
    assert check_target("homework.py").passed
