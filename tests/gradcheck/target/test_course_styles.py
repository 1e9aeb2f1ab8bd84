"""Layer classes as universities hand them out: initializers, derivatives, means, buffers."""

import numpy as np
import pytest

from gradcheck.target.check import check_objects


def judged(kind):
    item, = check_objects(kind, {"line": False}).items
    return item


class Drawn:
    """A linear layer whose parameters functions draw; the bias is a row."""

    factor = 1.0

    def __init__(self, in_feature, out_feature, weight_init_fn, bias_init_fn):
        self.W, self.b = weight_init_fn(in_feature, out_feature), bias_init_fn(out_feature)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, delta):
        self.dW, self.db = self.factor * self.x.T @ delta, delta.sum(axis=0, keepdims=True)
        return delta @ self.W.T


class DrawnOfAShape(Drawn):
    def __init__(self, in_feature, out_feature, weight_init_fn, bias_init_fn):
        super().__init__(in_feature, out_feature, lambda *shape: weight_init_fn(shape),
                         lambda size: bias_init_fn((1, size)))


class Derivative:
    """Backward returns the derivative at each element, and takes nothing."""

    factor = 1.0

    def forward(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def backward(self):
        return self.factor * (1 - self.A**2)


class DerivativeAtAState(Derivative):
    def backward(self, state=None):
        return self.factor * (1 - (self.A if state is None else state) ** 2)


class Buffers:
    """A normalization that makes room for its statistics, and for their gradients, at the start."""

    factor = 1.0

    def __init__(self, in_feature, eps=1e-8):
        self.eps = eps
        self.gamma, self.beta = np.ones((1, in_feature)), np.zeros((1, in_feature))
        self.mean, self.var = np.zeros((1, in_feature)), np.ones((1, in_feature))

    def forward(self, x):
        self.mean, self.var = x.mean(axis=0), x.var(axis=0)
        self.norm = (x - self.mean) / np.sqrt(self.var + self.eps)
        return self.gamma * self.norm + self.beta

    def backward(self, delta):
        self.dgamma = self.factor * np.sum(delta * self.norm, axis=0, keepdims=True)
        self.dbeta = delta.sum(axis=0, keepdims=True)
        dnorm, scale = delta * self.gamma, 1 / np.sqrt(self.var + self.eps)
        self.dvar = -0.5 * np.sum(dnorm * self.norm, axis=0) * scale**2
        self.dmean = -scale * dnorm.sum(axis=0)
        return scale * (dnorm - dnorm.mean(axis=0) - self.norm * (dnorm * self.norm).mean(axis=0))


class Conv1d_stride1:
    factor = 1.0

    def __init__(self, in_channel, out_channel, kernel_size, weight_init_fn=None):
        self.W = np.random.randn(out_channel, in_channel, kernel_size)

    def forward(self, A):
        self.patches = np.lib.stride_tricks.sliding_window_view(A, self.W.shape[2], axis=2)
        self.shape = A.shape
        return np.einsum("nclk,fck->nfl", self.patches, self.W)

    def backward(self, dLdZ):
        self.dLdW = self.factor * np.einsum("nclk,nfl->fck", self.patches, dLdZ)
        dLdA = np.zeros(self.shape)
        for place in range(dLdZ.shape[2]):
            dLdA[:, :, place:place + self.W.shape[2]] += np.einsum(
                "nf,fck->nck", dLdZ[:, :, place], self.W)
        return dLdA


class MaxPool2d_stride1:
    factor = 1.0

    def __init__(self, kernel):
        self.kernel = kernel

    def forward(self, A):
        self.A = A
        windows = np.lib.stride_tricks.sliding_window_view(A, (self.kernel,) * 2, axis=(2, 3))
        self.best = windows.reshape(*windows.shape[:4], -1)
        return self.best.max(axis=-1)

    def backward(self, dLdZ):
        dLdA = np.zeros_like(self.A)
        rows, columns = np.divmod(self.best.argmax(axis=-1), self.kernel)
        n, c, i, j = np.indices(dLdZ.shape)
        np.add.at(dLdA, (n, c, i + rows, j + columns), self.factor * dLdZ)
        return dLdA


class Upsample1d:
    factor = 1.0

    def __init__(self, upsampling_factor):
        self.k = upsampling_factor

    def forward(self, A):
        n, c, length = A.shape
        Z = np.zeros((n, c, self.k * (length - 1) + 1))
        Z[:, :, ::self.k] = A
        return Z

    def backward(self, dLdZ):
        return self.factor * dLdZ[:, :, ::self.k]


STYLES = [Drawn, DrawnOfAShape, Derivative, DerivativeAtAState, Buffers, Conv1d_stride1,
          MaxPool2d_stride1, Upsample1d]


@pytest.mark.parametrize("kind", STYLES)
def test_what_is_right_passes(kind):
    assert (judged(kind).status, judged(kind).message) == ("passed", "")


@pytest.mark.parametrize("kind", STYLES)
def test_what_is_doubled_fails(kind, monkeypatch):
    monkeypatch.setattr(kind, "factor", 2.0)
    assert judged(kind).status == "failed"


def test_what_forward_overwrites_is_no_parameter():
    assert judged(Buffers).arguments == ("x", "gamma", "beta")


class Empty:
    """Takes sequences; of a table it makes an output of no elements."""

    def forward(self, x):
        self.shape = x.shape
        return x[:, 7:] if x.ndim == 2 else 2 * x

    def backward(self, dout):
        assert dout.ndim == 3
        return 2 * dout


def test_an_output_of_no_elements_accuses_nobody():
    assert judged(Empty).status == "passed"


class Mean:
    """Samples in rows, and the mean's 1/N left to the parameters."""

    weight_means = bias_means = True

    def __init__(self, in_features, out_features):
        self.W, self.b = np.ones((out_features, in_features)), np.ones((out_features, 1))

    def forward(self, A):
        self.A = A
        return A @ self.W.T + self.b.T

    def backward(self, dLdZ):
        n = len(dLdZ)
        self.dLdW = dLdZ.T @ self.A / (n if self.weight_means else 1)
        self.dLdb = dLdZ.T @ np.ones((n, 1)) / (n if self.bias_means else 1)
        return dLdZ @ self.W


@pytest.mark.parametrize(("weight", "bias", "status"), [
    (True, True, "warned"), (True, False, "failed"), (False, True, "failed"),
    (False, False, "passed")])
def test_means_are_a_convention_of_all_the_parameters_of_a_class_or_a_slip(
        weight, bias, status, monkeypatch):
    monkeypatch.setattr(Mean, "weight_means", weight)
    monkeypatch.setattr(Mean, "bias_means", bias)
    item = judged(Mean)
    assert item.status == status
    assert ("divided by N = 4" in item.message) == (status == "warned")


COLUMNS = """
def linear_forward(A, W, b):
    return W @ A + b, (A, W)

def linear_backward(dZ, cache):
    A, W = cache
    return W.T @ dZ, {dW}, {db}
"""


@pytest.mark.parametrize(("dW", "db", "status"), [
    ("dZ @ A.T / A.shape[1]", "dZ.mean(axis=1, keepdims=True)", "warned"),
    ("dZ @ A.T / A.shape[1]", "dZ.sum(axis=1, keepdims=True)", "failed"),
    ("dZ @ A.T / A.shape[0]", "dZ.sum(axis=1, keepdims=True) / A.shape[0]", "failed"),
    ("dZ @ A.T / len(W)", "dZ.mean(axis=0)", "failed"),
])
def test_samples_in_columns_are_of_those_courses_that_leave_the_mean_to_the_parameters(
        dW, db, status):
    names: dict = {}
    exec(COLUMNS.format(dW=dW, db=db), names)
    item = judged((names["linear_forward"], names["linear_backward"]))
    assert item.status == status


class SampleLosses:
    """A book's loss: one number a sample, and a backward that takes the predictions for dvalues."""

    factor = 1.0

    def forward(self, y_pred, y_true):
        return np.mean((y_true - y_pred) ** 2, axis=-1)

    def backward(self, dvalues, y_true):
        self.dinputs = -2 * self.factor * (y_true - dvalues) / dvalues.size


class CrossEntropyModule:
    """A loss of probabilities whose backward takes again what forward took."""

    factor = 1.0

    def forward(self, x, y):
        return -np.mean(np.log(x[np.arange(len(x)), y]))

    def backward(self, x, y):
        dx = np.zeros_like(x)
        dx[np.arange(len(x)), y] = -self.factor / (x[np.arange(len(x)), y] * len(x))
        return dx


class Clipping(CrossEntropyModule):
    def forward(self, y_pred, y_true):
        self.y = y_true
        return -np.log(np.clip(y_pred, 1e-7, 1 - 1e-7))[np.arange(len(y_pred)), y_true]

    def backward(self, dvalues, y_true):
        self.dinputs = super().backward(dvalues, y_true)


class SoftmaxAndLoss:
    """The dvalues of its backward are the probabilities that it has kept."""

    factor = 1.0

    def forward(self, inputs, y_true):
        exps = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self.output = exps / exps.sum(axis=1, keepdims=True)
        return -np.mean(np.log(self.output[np.arange(len(inputs)), y_true]))

    def backward(self, dvalues, y_true):
        dx = dvalues.copy()
        dx[np.arange(len(dx)), y_true] -= 1
        self.dinputs = self.factor * dx / len(dx)


LOSSES = [SampleLosses, CrossEntropyModule, Clipping, SoftmaxAndLoss]


@pytest.mark.parametrize("kind", LOSSES)
def test_a_loss_whose_backward_takes_its_inputs_again_passes_where_it_is_right(kind):
    assert (judged(kind).status, judged(kind).message) == ("passed", "")


@pytest.mark.parametrize("kind", LOSSES)
def test_a_loss_whose_backward_takes_its_inputs_again_fails_where_it_is_doubled(kind, monkeypatch):
    monkeypatch.setattr(kind, "factor", 2.0)
    assert judged(kind).status == "failed"


NONE_OF_IT = """
def pool_forward(A_prev, hparameters):
    return A_prev[:, ::2, ::2].copy(), (A_prev, hparameters)

def pool_backward(dA, cache):
    {gap}
    return dA_prev
"""


@pytest.mark.parametrize("gap", [
    "(A_prev, hparameters) = None", "A_prev, hparameters = cache\n    dA_prev = None\n"
    "    for i in range(None):\n        dA_prev[i] = None"])
def test_a_none_where_a_value_was_to_be_written_is_no_slip(tmp_path, gap):
    path = tmp_path / "own.py"
    path.write_text(NONE_OF_IT.format(gap=gap), encoding="utf-8")
    names: dict = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    assert judged((names["pool_forward"], names["pool_backward"])).status == "todo"


class WithAGradient(np.ndarray):
    """An array that takes attributes, so that backward can leave its gradient in it."""


class Tensors:
    factor = 1.0

    def __init__(self, in_length, out_length):
        self.w = np.random.randn(in_length, out_length).view(WithAGradient)

    def forward(self, x):
        self.x = x
        return np.dot(x, self.w)

    def backward(self, dy):
        self.w.grad = self.factor * np.dot(self.x.T, dy)
        return np.dot(dy, self.w.T)


class OneSample:
    """Made for one sample in a row: the bias's step is dout itself."""

    factor = 1.0

    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size)
        self.bias = np.random.rand(1, output_size)

    def forward(self, input):
        self.input = input
        return np.dot(input, self.weights) + self.bias

    def backward(self, output_gradient, learning_rate):
        step = np.dot(self.input.T, output_gradient)
        gradient = np.dot(output_gradient, self.weights.T)
        self.weights -= self.factor * learning_rate * step
        self.bias -= learning_rate * output_gradient
        return gradient


class ActivationLayer:
    factor = 1.0

    def __init__(self, activation, activation_prime):
        self.activation, self.activation_prime = activation, activation_prime

    def forward(self, input):
        self.input = input
        return self.activation(input)

    def backward(self, output_error, learning_rate):
        return self.factor * self.activation_prime(self.input) * output_error


class PassedOn:
    """An activation that keeps its very input for its output, under names of its own."""

    factor = 1.0

    def forward(self, inputs):
        self.output = inputs

    def backward(self, dValues):
        self.dInputs = dValues if self.factor == 1 else self.factor * dValues


@pytest.mark.parametrize("kind", [Tensors, OneSample, ActivationLayer, PassedOn])
@pytest.mark.parametrize(("factor", "status"), [(1.0, "passed"), (2.0, "failed")])
def test_what_people_write_who_teach_themselves_is_judged(kind, factor, status, monkeypatch):
    monkeypatch.setattr(kind, "factor", factor)
    assert judged(kind).status == status, judged(kind).message


class SoftmaxWithLoss:
    """Its loss has a small constant, and its gradient none: a book's."""

    constant, factor = 1e-4, 1.0

    def forward(self, x, t):
        exps = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = exps / exps.sum(axis=1, keepdims=True), t
        return -np.mean(np.log(self.y[np.arange(len(t)), t] + self.constant))

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(dx)), self.t] -= 1
        return self.factor * dx / len(dx)


@pytest.mark.parametrize(("constant", "factor", "status"), [
    (1e-4, 1.0, "warned"), (1e-7, 1.0, "warned"), (0.0, 1.0, "passed"), (1e-4, 1.01, "failed"),
    (0.2, 1.0, "failed"), (0.0, 1.01, "failed")])
def test_a_small_constant_in_a_logarithm_is_warned_of(constant, factor, status, monkeypatch):
    monkeypatch.setattr(SoftmaxWithLoss, "constant", constant)
    monkeypatch.setattr(SoftmaxWithLoss, "factor", factor)
    item = judged(SoftmaxWithLoss)
    assert item.status == status, item.message
    assert (f"-log(p + {constant:g})" in item.message) == (status == "warned")


class RoomForGradients:
    """Makes room for its gradients at the start, of shapes that they do not have."""

    def __init__(self, num_features):
        self.BW = np.ones((1, num_features))
        self.dLdBW = np.zeros(num_features)

    def forward(self, Z):
        self.Z = Z
        return self.BW * Z

    def backward(self, dLdBZ):
        self.dLdBW = np.sum(dLdBZ * self.Z, axis=0, keepdims=True)
        return dLdBZ * self.BW


def test_room_for_a_gradient_may_have_another_shape():
    assert judged(RoomForGradients).status == "passed", judged(RoomForGradients).message
