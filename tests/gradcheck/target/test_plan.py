"""What of a module is judged, under which name, and what is said of the rest."""

import pytest

from gradcheck.target.errors import NothingToCheckError
from gradcheck.target.plan import plan_of
from gradcheck.target.settings import Settings
from tests.gradcheck.target.made import DOUBLE, RELU, module_of

TWO = RELU + DOUBLE.format(factor=2)
CLASSES = """
import abc
class Layer:
    def forward(self, x): raise NotImplementedError
    def backward(self, dout): pass
class Abstract(abc.ABC):
    @abc.abstractmethod
    def forward(self, x): ...
    @abc.abstractmethod
    def backward(self, dout): ...
class Double(Layer):
    def __init__(self): raise RuntimeError("constructed")
    def forward(self, x): return 2 * x
    def backward(self, dout): return 2 * dout
class _Hidden(Double): pass
class Unwritten:
    def forward(self, x): raise NotImplementedError
    def backward(self, dout): raise NotImplementedError
"""


def names(text, **settings):
    return [entry.name for entry in plan_of(module_of(text), Settings.of(settings)).entries]


def test_items_come_in_the_order_of_the_file():
    text = DOUBLE.format(factor=2)
    loss = "def z_loss(x): return x.sum(), 1 + 0 * x\n"
    whole = text.replace("double", "tanhh") + text + loss + text.replace("double", "a")
    assert names(whole) == ["tanhh", "double", "z_loss", "a"]


@pytest.mark.parametrize(("only", "chosen"), [
    (["relu"], ["relu"]), (["relu_forward"], ["relu"]), (["rel*"], ["relu"]),
    (["*"], ["relu", "double"]), (["double", "relu"], ["relu", "double"]),
])
def test_names_and_patterns_choose(only, chosen):
    assert names(TWO, only=only) == chosen


def test_a_name_that_is_not_there_chooses_nothing_and_all_names_are_told():
    plan = plan_of(module_of(TWO), Settings(only=("duoble",)))
    assert (plan.entries, plan.names) == ((), ("relu", "double"))


def test_classes_are_entries_and_are_not_constructed_before_their_turn():
    assert names(CLASSES) == ["Double", "Unwritten"]


def test_an_entry_knows_where_it_is_defined():
    relu, double = plan_of(module_of(TWO), Settings()).entries
    assert (relu.place[1], double.place[1]) == (3, 6)
    assert plan_of(module_of(CLASSES), Settings()).entries[0].place[1] == 13


def test_functions_of_other_names_are_named_and_find_their_example():
    text = ("def act(x): return 2 * x, None\ndef act_grad(dout, cache): return 2 * dout\n"
            "def act_example(rng): return rng.normal(size=3)\n")
    entry, = plan_of(module_of(text), Settings(forward="act", backward="act_grad")).entries
    assert entry.name == "act"
    assert entry.make().example is not None


@pytest.mark.parametrize(("forward", "backward", "words"), [
    ("actt", "act_grad", "--forward: got 'actt'.*did you mean act"),
    ("act", "nothing_like_it", "--backward: got 'nothing_like_it'.*name both functions"),
])
def test_a_function_that_is_not_there_is_told(forward, backward, words):
    with pytest.raises(NothingToCheckError, match=words):
        names("def act(x): pass\ndef act_grad(d, c): pass", forward=forward, backward=backward)


def test_halves_and_what_was_imported_are_notes():
    plan = plan_of(module_of(RELU + "from layers import affine_forward, affine_backward\n"
                             "def tanh_forward(x): pass\n"), Settings())
    assert plan.notes == (
        "tanh_forward has no tanh_backward, so it was not checked",
        "imported, not judged: affine; --imported judges them, too")
    assert names(RELU + "from layers import affine_forward, affine_backward\n", imported=True) == [
        "relu", "affine"]


def test_a_long_list_of_imports_is_cut():
    plan = plan_of(module_of("from layers import *\n" + RELU), Settings())
    assert " more; --imported" in plan.notes[-1]
    assert len(plan.notes[-1]) < 200


def test_nothing_to_judge_is_told_with_what_is_there():
    with pytest.raises(NothingToCheckError, match=r"it defines 1 name, none of them a layer"):
        names("x = 1\n")
    with pytest.raises(NothingToCheckError, match=r"layers are all imported: relu\. .*--imported"):
        names("from layers import relu_forward, relu_backward\n")


LOSS_CLASS = """
class Loss:
    def calculate(self, out, y): return self.forward(out, y).mean()
class Model(Loss):
    def forward(self, X, training): return X
    def backward(self, output, y): self.dinputs = output
class _Hidden(Loss):
    forward, backward = Model.forward, Model.backward
"""


def test_a_class_whose_backward_is_no_layers_is_told_with_its_methods():
    note, = plan_of(module_of(TWO + LOSS_CLASS), Settings()).notes
    assert note.startswith("Model was not checked: got forward(X, training) and "
                           "backward(output, y); expected backward(dout)")
    assert plan_of(module_of(CLASSES), Settings()).notes == ()
