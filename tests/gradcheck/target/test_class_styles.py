"""Layer classes as courses, books and forums write them: parameters, gradients, inputs and outputs.

Each is a layer whose every gradient is found and right; a slip in any of them is named.
"""

import numpy as np
import pytest

from gradcheck.target.check import check_all, check_objects


def judged(kind):
    record = check_objects(kind, {})
    item, = record.items
    return item


class AttributesAndReturn:
    factor = 1.0

    def __init__(self, in_features, out_features):
        self.W, self.b = np.random.randn(in_features, out_features), np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.factor * self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class LeftInTheLayer:
    """Neither forward nor backward returns anything."""

    def __init__(self, n_inputs, n_neurons):
        self.weights, self.biases = np.random.randn(n_inputs, n_neurons), np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Subtracting:
    """Columns of samples; the gradient is only seen in the step that backward takes."""

    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input
        return self.weights @ input + self.bias

    def backward(self, output_gradient, learning_rate):
        gradient = self.weights.T @ output_gradient
        self.weights -= learning_rate * output_gradient @ self.input.T
        self.bias -= learning_rate * output_gradient
        return gradient


class RateOfItsOwn(AttributesAndReturn):
    def __init__(self, in_features, out_features, lr=0.01):
        super().__init__(in_features, out_features)
        self.lr = lr

    def backward(self, grad):
        dx = grad @ self.W.T
        self.W -= self.lr * self.x.T @ grad
        self.b -= self.lr * grad.sum(axis=0)
        return dx


class Lists:
    """The parameters are handed to the constructor; W is also an attribute, and the same array."""

    def __init__(self, W, b):
        self.W = W
        self.params, self.grads = [W, b], [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        self.x = x
        return x @ self.W + self.params[1]

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ self.W.T


class NothingReturnedButAttributes:
    def __init__(self, in_dim, out_dim):
        self.weight, self.bias = np.random.randn(out_dim, in_dim), np.zeros(out_dim)

    def forward(self, x):
        self.cache = x
        return x.reshape(len(x), -1) @ self.weight.T + self.bias

    def backward(self, dout):
        x = self.cache
        self.dx = (dout @ self.weight).reshape(x.shape)
        self.dw, self.db = dout.T @ x.reshape(len(x), -1), dout.sum(axis=0)


class Parameter:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)


class Objects:
    def __init__(self, n_input, n_output):
        self.W = Parameter(np.random.randn(n_input, n_output))
        self.B = Parameter(np.zeros(n_output))

    def forward(self, X):
        self.X = X
        return X @ self.W.value + self.B.value

    def backward(self, d_out):
        self.W.grad += self.X.T @ d_out
        self.B.grad += d_out.sum(axis=0)
        return d_out @ self.W.value.T


class Returned(AttributesAndReturn):
    def backward(self, dout):
        return dout @ self.W.T, (self.x.T @ dout, dout.sum(axis=0))


class MadeInForward:
    """The activation and its gradient are kept, too, and are no parameters."""

    def __init__(self, units):
        self.units, self.W = units, None

    def forward(self, x):
        if self.W is None:
            self.W = np.random.randn(x.shape[1], self.units)
        self.x, self.z = x, x @ self.W
        return np.tanh(self.z)

    def backward(self, dA):
        self.dz = dA * (1 - np.tanh(self.z)**2)
        self.dW = self.x.T @ self.dz
        return self.dz @ self.W.T


class TwoInputs:
    def forward(self, x, y):
        self.saved = x, y
        return x * y

    def backward(self, dout):
        x, y = self.saved
        return dout * y, dout * x


class TwoOutputs:
    def __init__(self, input_size, hidden_size):
        self.W = np.random.randn(input_size + hidden_size, 2 * hidden_size)

    def forward(self, x, h_prev, c_prev):
        joined = np.hstack([x, h_prev])
        h, c = np.split(joined @ self.W, 2, axis=1)
        self.saved = joined, x.shape[1]
        return h, c + c_prev

    def backward(self, dh, dc):
        joined, size = self.saved
        both = np.hstack([dh, dc])
        self.dW = joined.T @ both
        djoined = both @ self.W.T
        return djoined[:, :size], djoined[:, size:], dc


class Embedding:
    """Whole numbers have no gradient; the table has."""

    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, idx):
        self.idx = idx
        return self.params[0][idx]

    def backward(self, dout):
        self.grads[0][...] = 0
        np.add.at(self.grads[0], self.idx, dout)


class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.mean(np.log(self.y[np.arange(len(t)), t]))

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx / len(self.t)


class MSELoss:
    def forward(self, y_pred, y_true):
        self.difference = y_pred - y_true
        return np.mean(self.difference**2)

    def backward(self):
        return 2 * self.difference / self.difference.size


class Dropout:
    def __init__(self, rate):
        self.rate = rate

    def forward(self, x, training=True):
        self.mask = np.random.rand(*x.shape) >= self.rate if training else np.ones(x.shape)
        return x * self.mask / (1 - self.rate)

    def backward(self, dout):
        return dout * self.mask / (1 - self.rate)


class LeftUnderOtherNames:
    """Nothing is returned; parameters are in a dict, gradients and outputs are attributes."""

    def __init__(self, input_shape, n_out):
        self.params = {"W": np.random.randn(n_out, input_shape[0]), "b": np.random.randn(n_out, 1)}

    def forward(self, A_prev):
        self.A_prev = A_prev
        self.Z = self.params["W"] @ A_prev + self.params["b"]

    def backward(self, upstream):
        self.dW, self.db = upstream @ self.A_prev.T, upstream.sum(axis=1, keepdims=True)
        self.carried = self.params["W"].T @ upstream


class Pooling:
    def __init__(self, pool_h, pool_w, stride=2):
        self.pool_h, self.pool_w, self.stride = pool_h, pool_w, stride

    def forward(self, x):
        self.x = x
        return x[:, :, ::self.stride, ::self.stride] * self.pool_h * self.pool_w

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        dx[:, :, ::self.stride, ::self.stride] = dout * self.pool_h * self.pool_w
        return dx


class RNN:
    """One step, by the state among its inputs."""

    def __init__(self, Wx, Wh, b):
        self.params, self.grads = [Wx, Wh, b], [np.zeros_like(p) for p in (Wx, Wh, b)]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        self.kept = x, h_prev, np.tanh(x @ Wx + h_prev @ Wh + b)
        return self.kept[2]

    def backward(self, dh):
        x, h_prev, h = self.kept
        da = dh * (1 - h**2)
        self.grads[:] = x.T @ da, h_prev.T @ da, da.sum(axis=0)
        return da @ self.params[0].T, da @ self.params[1].T


@pytest.mark.parametrize(("kind", "names"), [
    (AttributesAndReturn, ("x", "W", "b")), (LeftInTheLayer, ("inputs", "weights", "biases")),
    (Subtracting, ("input", "weights", "bias")), (RateOfItsOwn, ("x", "W", "b")),
    (Lists, ("x", "W", "params1")), (NothingReturnedButAttributes, ("x", "weight", "bias")),
    (Objects, ("X", "W", "B")), (Returned, ("x", "W", "b")), (MadeInForward, ("x", "W")),
    (TwoInputs, ("x", "y")), (TwoOutputs, ("x", "h_prev", "c_prev", "W")),
    (LeftUnderOtherNames, ("A_prev", "W", "b")), (Pooling, ("x",)),
    (RNN, ("x", "h_prev", "params0", "params1", "params2")),
    (Embedding, ("params0",)), (SoftmaxWithLoss, ("x",)), (MSELoss, ("y_pred",)), (Dropout, ("x",)),
], ids=lambda value: getattr(value, "__name__", ""))
def test_every_gradient_is_found_and_right(kind, names):
    item = judged(kind)
    assert (item.status, item.arguments) == ("passed", names)


class DoublesW(AttributesAndReturn):
    factor = 2.0


class DoublesWeights(LeftInTheLayer):
    def backward(self, dvalues):
        super().backward(dvalues)
        self.dweights *= 2


class DoublesInTheList(Lists):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grads[0] *= 2
        return dx


class DoublesInTheObject(Objects):
    def backward(self, d_out):
        self.W.grad += self.X.T @ d_out
        return super().backward(d_out)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "argument"), [
    (DoublesW, "W"), (DoublesWeights, "weights"), (DoublesInTheList, "W"),
    (DoublesInTheObject, "W")], ids=lambda value: getattr(value, "__name__", ""))
def test_a_doubled_gradient_is_named(kind, argument):
    finding, = judged(kind).details["report"]["findings"]
    assert (finding["code"], finding["argument"], finding["evidence"]["factor"]) == (
        "scaled", argument, 2.0)


class StepBeforeTheGradient(Subtracting):
    def backward(self, output_gradient, learning_rate):
        super().backward(output_gradient, learning_rate)
        return self.weights.T @ output_gradient


@pytest.mark.slow
def test_a_gradient_by_weights_that_have_already_moved_is_wrong():
    assert judged(StepBeforeTheGradient).status == "failed"


class Scaled(AttributesAndReturn):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.table, self.running_mean = np.ones(out_features), np.zeros(out_features)

    def forward(self, x):
        return self.table * super().forward(x)

    def backward(self, dout):
        return super().backward(dout * self.table)


def test_what_has_no_gradient_anywhere_is_said_to_be_not_judged():
    item = judged(Scaled)
    assert (item.status, item.arguments) == ("passed", ("x", "W", "b"))
    assert any(text.startswith("no gradient of table was found") for text in item.advice)


class Elsewhere(AttributesAndReturn):
    """Gradients in a dict, a tuple, or under a mathematician's name."""

    factor = 3.0
    way = "dict"

    def backward(self, dout):
        dx = super().backward(dout)
        dW, db = self.dW, self.db
        del self.dW, self.db
        if self.way == "dict":
            self.grads = {"W": dW, "b": db}
        elif self.way == "tuple":
            self.grads = (dW, db)
        else:
            self.dLdW, self.dLdb = dW, db
        return dx


@pytest.mark.slow
@pytest.mark.parametrize("way", ["dict", "tuple", "named"])
def test_a_gradient_is_found_beside_parameters_that_are_attributes(way, monkeypatch):
    monkeypatch.setattr(Elsewhere, "way", way)
    assert [finding["argument"] for finding in judged(Elsewhere).details["report"]["findings"]
            ] == ["W"]


class StartsAtZero(AttributesAndReturn):
    def __init__(self, in_features, out_features):
        self.W, self.b = np.zeros((in_features, out_features)), np.zeros(out_features)

    def backward(self, dout):
        return -5 * super().backward(dout)


@pytest.mark.slow
def test_a_slip_does_not_hide_behind_parameters_of_zeros():
    assert judged(StartsAtZero).status == "failed"


class BackwardRaises(AttributesAndReturn):
    def backward(self, dout):
        return dout @ self.W


def test_a_backward_that_raises_at_what_forward_takes_has_failed():
    item = judged(BackwardRaises)
    assert item.status == "failed"
    assert "backward raised ValueError" in item.message


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class OneHotLoss:
    def forward(self, x, y):
        self.p, self.y = softmax(x), y
        return -np.sum(y * np.log(self.p)) / len(x)

    def backward(self):
        return (self.p - self.y) / len(self.y)


def test_labels_are_one_hot_where_a_loss_wants_them_so():
    assert judged(OneHotLoss).status == "passed"


class NoGradientOfB(AttributesAndReturn):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = None
        return dx


class OnlyDx(AttributesAndReturn):
    def backward(self, dout):
        return dout @ self.W.T


class OnlyDxAndWrong(AttributesAndReturn):
    def backward(self, dout):
        return 2 * dout @ self.W.T


@pytest.mark.parametrize(("kind", "status", "words"), [
    (NoGradientOfB, "todo", "no gradient of b. "), (OnlyDx, "todo", "no gradient of W and b. "),
    (OnlyDxAndWrong, "failed", "scaled in dx")])
def test_what_a_layer_learns_without_a_gradient_is_not_written_yet(kind, status, words):
    item = judged(kind)
    assert item.status == status
    assert words in item.message


class Empty:
    def __init__(self, in_features):
        self.W = np.zeros(in_features)

    def forward(self, x):
        pass

    def backward(self, dout):
        pass


class NotImplementedYet:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError


class ForwardAlone(AttributesAndReturn):
    def backward(self, dout):
        pass


@pytest.mark.parametrize("kind", [Empty, NotImplementedYet, ForwardAlone])
def test_a_skeleton_is_not_written_yet(kind):
    item = judged(kind)
    assert item.status == "todo"
    assert item.message.startswith("not written yet: ")


class WithUnknownSettings:
    def __init__(self, activation_prime):
        self.activation_prime = activation_prime

    def forward(self, x):
        return x

    def backward(self, dout):
        return dout


def test_a_class_that_cannot_be_made_is_skipped_with_what_to_write():
    item = judged(WithUnknownSettings)
    assert item.status == "skipped"
    assert "def WithUnknownSettings_example(rng):" in item.message


class Gain:
    """Names that begin as a gradient's would: gamma is none of amma."""

    def __init__(self, dim):
        self.gamma, self.beta = np.ones(dim), np.zeros(dim)

    def forward(self, x):
        self.x = x
        return x * self.gamma + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.x).sum(axis=0), dout.sum(axis=0)
        return dout * self.gamma


def test_a_parameter_that_is_called_as_a_gradient_is_one_where_it_has_a_gradient():
    item = judged(Gain)
    assert (item.status, item.arguments) == ("passed", ("x", "gamma", "beta"))


AFFINE_OF_ITS_OWN = """
import numpy as np
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = {db}
        return {dx}
"""


@pytest.mark.slow
@pytest.mark.parametrize(("dx", "db", "status", "told"), [
    ("dout @ self.W.T", "dout.sum(axis=0)", "passed", ""),
    ("dout @ self.W", "dout.sum(axis=0)", "failed", "raises"),
    ("dout @ self.W.T", "np.sum(dout)", "failed", "wrong-axis-sum in db"),
])
def test_a_slip_in_shapes_is_none_of_vectors_that_fit_by_chance(tmp_path, dx, db, status, told):
    (tmp_path / "own.py").write_text(AFFINE_OF_ITS_OWN.format(dx=dx, db=db))
    (item,) = check_all(str(tmp_path / "own.py")).items
    assert item.status == status
    assert told in item.message
