"""Nets of params and loss(X, y), judged as wholes."""

import pytest

from .made import checked, module_of

FORWARD = """
import numpy as np
def affine_forward(x, w, b): return x @ w + b, (x, w)
def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    p[np.arange(len(y)), y] -= 1
    return loss, p / len(y)
"""
# As the second assignment has it: reg is the constructor's, grads are returned.
TWO_LAYERS = FORWARD + """
class TwoLayerNet:
    def __init__(self, input_dim=3072, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        self.reg = reg
        self.params = {{
            "W1": weight_scale * np.random.randn(input_dim, hidden_dim),
            "b1": np.zeros(hidden_dim),
            "W2": weight_scale * np.random.randn(hidden_dim, num_classes),
            "b2": np.zeros(num_classes)}}

    def loss(self, X, y=None):
        p = self.params
        h, first = affine_forward(X, p["W1"], p["b1"])
        scores, second = affine_forward(h * (h > 0), p["W2"], p["b2"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))
        grads = {{}}
        dh, grads["W2"], grads["b2"] = affine_backward(dscores, second)
        dh = dh * {active}
        _, grads["W1"], grads["b1"] = affine_backward(dh, first)
        grads["W1"] += {reg} * p["W1"]
        grads["W2"] += self.reg * p["W2"]
        return loss, grads
"""
RIGHT = TWO_LAYERS.format(active="(h > 0)", reg="self.reg")
# As the first assignment has it: reg is an argument of the loss, the weights start at 1e-4.
OF_THE_LOSS = """
import numpy as np
class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {{"W": std * np.random.randn(input_size, output_size),
                       "b": np.zeros(output_size)}}
    def loss(self, X, y=None, reg=0.0):
        W, N = self.params["W"], len(X)
        scores = X @ W + self.params["b"]
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W * W)
        p[np.arange(N), y] -= 1
        return loss, {{"W": X.T @ p / N + {reg} * W, "b": p.sum(axis=0) / N}}
"""
# As a book has it: the layers hold the arrays, and another method returns the gradients.
OF_A_BOOK = """
import numpy as np
class Affine:
    def __init__(self, W): self.W = W
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T
class Net:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {{"W1": weight_init_std * np.random.randn(input_size, hidden_size),
                       "W2": weight_init_std * np.random.randn(hidden_size, output_size)}}
        self.layers = [Affine(self.params["W1"]), Affine(self.params["W2"])]
    def loss(self, x, t):
        for layer in self.layers:
            x = layer.forward(x)
        self.diff = x.copy()
        self.diff[np.arange(len(t)), t] -= 1
        return 0.5 * np.sum(self.diff ** 2)
    def gradient(self, x, t):
        self.loss(x, t)
        self.layers[0].backward(self.layers[1].backward(self.diff))
        return {{"W1": self.layers[0].dW{slip}, "W2": self.layers[1].dW}}
"""


def judged(text, name="TwoLayerNet", **settings):
    return next(item for item in checked(text, only=[name], **settings).items)


def codes(item):
    return [finding["code"] for finding in item.details["report"]["findings"]]


@pytest.mark.parametrize(("text", "name"), [
    (RIGHT, "TwoLayerNet"), (OF_THE_LOSS.format(reg="2 * reg"), "TwoLayerNet"),
    (OF_A_BOOK.format(slip=""), "Net"),
], ids=["reg of the constructor", "reg of the loss", "layers of a book"])
def test_a_right_net_passes_with_a_reg_a_single_sample_and_larger_weights(text, name):
    item = judged(text, name)
    assert item.status == "passed", item.message
    assert item.details["report"]["examples"] >= 3


@pytest.mark.parametrize(("text", "name", "code", "at"), [
    (TWO_LAYERS.format(active="(h > -9)", reg="self.reg"), "TwoLayerNet", None, ""),
    (TWO_LAYERS.format(active="(h > 0)", reg="0.0"), "TwoLayerNet", "regularization-missing",
     "with reg=0.3"),
    (OF_THE_LOSS.format(reg="reg"), "TwoLayerNet", "regularization-halved", "with reg=0.3"),
    (OF_A_BOOK.format(slip=" / len(x)"), "Net", "scaled", ""),
], ids=["no ReLU backward", "no reg", "half a reg", "divided by N"])
def test_a_wrong_net_is_found_out(text, name, code, at):
    item = judged(text, name, line=False)
    assert item.status == "failed"
    assert at in item.message
    assert code is None or code in codes(item)


@pytest.mark.slow  # a search for seconds
def test_the_line_of_a_slip_is_found():
    item = judged(TWO_LAYERS.format(active="(h < 0)", reg="self.reg"))
    repair, = item.details["report"]["repairs"]
    assert repair["before"] == "h < 0"


def test_a_wrong_net_says_which_layers_it_calls():
    item = judged(TWO_LAYERS.format(active="(h > -9)", reg="self.reg"), line=False)
    assert "it calls affine_forward and 2 more of" in item.message


@pytest.mark.parametrize(("body", "status", "told"), [
    ("self.params = {}", "todo", "params is empty"),
    ("self.params = {'w': np.zeros(input_dim)}", "todo", "loss returns None"),
    ("self.params = {'w': np.zeros(input_dm)}", "skipped", "write input_dim, if that is what"),
], ids=["no params", "no loss", "a slip in the constructor"])
def test_what_is_not_written_or_does_not_run_says_so(body, status, told):
    item = judged("import numpy as np\n"
                  "class TwoLayerNet:\n"
                  f"    def __init__(self, input_dim=6): {body}\n"
                  "    def loss(self, X, y=None):\n"
                  "        self.params\n")
    assert (item.status, told in item.message) == (status, True), item.message


OTHER_NAMES = """
import numpy as np
class Net:
    def __init__(self, breadth): self.params = {"w": np.ones(breadth)}
    def loss(self, X, y):
        r = X @ self.params["w"] - y
        return 0.5 * np.sum(r ** 2), {"w": X.T @ r}
"""


def test_a_constructor_of_other_names_asks_for_an_example_and_takes_it():
    item = judged(OTHER_NAMES, "Net")
    assert item.status == "skipped"
    assert "no value is known for breadth" in item.message
    assert "def Net_example(rng):" in item.message
    own = "def Net_example(rng): return Net(3), rng.normal(size=(4, 3)), rng.normal(size=4)\n"
    assert judged(OTHER_NAMES + own, "Net").status == "passed"


def test_a_setting_that_the_net_cannot_take_is_told_and_fails_nothing():
    text = RIGHT.replace("reg=0.0):", "reg=0.0, normalization=None):").replace(
        "p = self.params\n", "p = self.params\n        self.norm[0]\n").replace(
        "self.reg = reg\n", "self.reg = reg\n        self.norm = None if normalization else [1]\n")
    item = judged(text)
    assert item.status == "passed"
    assert "not judged with normalization='batchnorm'" in item.advice[0]


def test_imported_nets_are_not_judged():
    from gradcheck.target.plan import plan_of
    from gradcheck.target.settings import Settings

    module = module_of(RIGHT)
    module.Imported = type("Imported", (module.TwoLayerNet,), {"__module__": "elsewhere"})
    assert "Imported" not in [entry.name for entry in plan_of(module, Settings()).entries]
