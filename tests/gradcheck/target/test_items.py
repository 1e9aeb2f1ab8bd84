"""Whatever happens to a layer is an item of its own, with its file and line."""

import pytest

import gradcheck.target.items
from gradcheck.target.items import Judging
from gradcheck.target.plan import plan_of
from gradcheck.target.settings import Settings
from tests.gradcheck.target.made import DOUBLE, RELU, checked, module_of, statuses

DROPOUT = """
import numpy as np
def dropout_forward(x, param):
    if param["mode"] == "test":
        return x, 1
    kept = np.random.default_rng(param.get("seed")).random(x.shape) >= param["p"]
    scale = (kept / (1 - param["p"])).astype(x.dtype)
    return x * scale, scale
def dropout_backward(dout, scale): return dout * scale
"""


def test_a_dropout_has_an_item_for_its_gradient_and_one_for_its_laws():
    assert statuses(DROPOUT) == {"dropout": "passed", "dropout laws": "passed"}


@pytest.mark.parametrize(("text", "words"), [
    ("def dropout_forward(x, p): return x, p\ndef dropout_backward(dout, p): return dout\n",
     "with p and mode in a dict"),
    ("def my_dropout_forward(x, dropout_param): return x, 0\n"
     "def my_dropout_backward(dout, cache): return dout\n", "check_dropout((my_dropout_forward"),
])
def test_laws_that_do_not_apply_are_a_remark_on_the_layer_and_no_item(text, words):
    item, = checked(text).items
    assert item.status == "passed"
    assert any(words in line for line in item.advice)


@pytest.mark.parametrize("body", ["return None", "raise NotImplementedError", "pass",
                                  "out = None\n    return out, None"])
def test_a_dropout_that_is_not_written_yet_is_one_quiet_item(body):
    text = (f"def dropout_forward(x, dropout_param):\n    {body}\n"
            "def dropout_backward(dout, cache):\n    pass\n")
    item, = checked(text).items
    assert (item.status, item.advice) == ("todo", ())


def test_an_exception_of_our_own_is_our_fault_and_costs_nobody_else(monkeypatch):
    judge = gradcheck.target.items.judge

    def broken(pair, *rest, **settings):
        return 1 / 0 if pair.name == "relu" else judge(pair, *rest, **settings)

    monkeypatch.setattr(gradcheck.target.items, "judge", broken)
    record = checked(RELU + DOUBLE.format(factor=2))
    relu, double = record.items
    assert (relu.status, relu.fault, double.status) == ("error", "judge", "passed")
    assert "not the target's fault: ZeroDivisionError" in relu.message
    assert "in broken" in relu.details["traceback"]
    assert record.exit_code == 4


def test_an_exception_of_our_own_in_the_laws_leaves_the_gradient(monkeypatch):
    monkeypatch.setattr("gradcheck.target.laws.check_dropout", lambda *_, **__: 1 / 0)
    gradient, laws = checked(DROPOUT).items
    assert (gradient.status, laws.name, laws.fault) == ("passed", "dropout laws", "judge")


def test_memory_that_runs_out_is_no_judgement_and_not_our_fault():
    record = checked(RELU.replace("np.maximum(x, 0)", "np.ones((60000,) * 3)"))
    item, = record.items
    assert (item.status, item.fault, record.exit_code) == ("error", "", 3)
    assert "out of memory" in item.message


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "GeneratorExit", "SystemExit"])
def test_whatever_a_layer_raises_costs_that_layer_alone(kind):
    text = RELU + (f"def tanh_forward(x): raise {kind}\ndef tanh_backward(d, c): return d\n"
                   f"class Bad:\n    def __init__(self): raise {kind}\n"
                   "    def forward(self, x): return x\n"
                   "    def backward(self, dout): return dout\n")
    assert statuses(text) == {"relu": "passed", "tanh": "error", "Bad": "error"}


def test_every_item_has_its_line():
    assert [item.line for item in checked(RELU + DOUBLE.format(factor=2)).items] == [3, 6]


def judging(text):
    entry, = plan_of(module_of(text), Settings()).entries
    return Judging(entry, Settings())


def test_laws_are_judged_one_by_one_where_that_is_asked_for():
    found = judging(DROPOUT)
    assert found.law("rate").status == "passed"
    assert found.law("rate").name == "dropout: rate"
    wrong = judging(DROPOUT.replace(">= param", "< param"))
    assert wrong.law("rate").status == "failed"
    assert "Likely slip" in wrong.law("rate").message


@pytest.mark.parametrize(("text", "words"), [
    ("def dropout_forward(x, p): return x, p\ndef dropout_backward(dout, p): return dout\n",
     "with p and mode in a dict"),
    ("def dropout_forward(x, param): pass\ndef dropout_backward(dout, p): pass\n", "dropout: todo"),
])
def test_a_law_that_does_not_apply_is_skipped(text, words):
    item = judging(text).law("rate")
    assert item.status == "skipped"
    assert words in item.message


def test_the_line_is_that_of_the_backward_where_its_gradient_is_wrong():
    texts = (RELU, RELU.replace("dout *", "2 * dout *"))
    assert [checked(text).items[0].line for text in texts] == [3, 4]


def test_a_dropout_class_is_told_that_its_scale_is_not_judged():
    item, = checked("""
import numpy as np
class MyDropout:
    def __init__(self, p=0.3): self.p = p
    def forward(self, x):
        self.mask = (np.random.rand(*x.shape) > self.p) / self.p
        return x * self.mask
    def backward(self, dout): return dout * self.mask
""").items
    assert item.status == "passed"
    assert "the mask laws were not run: scale and rate of MyDropout" in item.advice[-1]
    assert "check_dropout" in item.advice[-1]
