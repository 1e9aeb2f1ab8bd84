"""nn: modules compute what the layers compute, find all their parameters, and train."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import layers
import nets.nn as nn
from gradcheck import check_gradient
from nets import Tensor, no_grad, optim


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def rng(seed=0):
    return np.random.default_rng(seed)


class Seeded(nn.Module):
    """A dropout whose masks begin anew at every call, so that numbers can be differentiated."""

    def __init__(self, cls, p=0.4):
        super().__init__()
        self.cls, self.p = cls, p

    def forward(self, x):
        return self.cls(self.p, seed=5)(x)


MODULES = {
    "linear": (lambda: nn.Linear(4, 3, rng=rng()), (5, 4)),
    "linear on three axes": (lambda: nn.Linear(4, 3, rng=rng()), (2, 5, 4)),
    "linear on one axis": (lambda: nn.Linear(4, 3, rng=rng()), (4,)),
    "linear without bias": (lambda: nn.Linear(4, 3, bias=False, rng=rng()), (5, 4)),
    "relu": (nn.ReLU, (5, 4)),
    "batchnorm": (lambda: nn.BatchNorm1d(4), (5, 4)),
    "batchnorm of sequences": (lambda: nn.BatchNorm1d(4), (3, 4, 5)),
    "batchnorm in test mode": (lambda: nn.BatchNorm1d(4).eval(), (5, 4)),
    "dropout": (lambda: Seeded(nn.Dropout), (5, 4)),
    "dropout1d": (lambda: Seeded(nn.Dropout1d), (2, 5, 3)),
    "dropout2d": (lambda: Seeded(nn.Dropout2d), (2, 5, 3, 2)),
    "dropout3d": (lambda: Seeded(nn.Dropout3d), (2, 5, 3, 2, 2)),
    "alpha dropout": (lambda: Seeded(nn.AlphaDropout), (5, 4)),
    "sequential": (lambda: nn.Sequential(
        nn.Linear(4, 6, rng=rng()), nn.BatchNorm1d(6), nn.ReLU(), Seeded(nn.Dropout),
        nn.Linear(6, 3, rng=rng(1))), (5, 4)),
}
DROPOUTS = [(nn.Dropout, (3, 4)), (nn.Dropout1d, (3, 4, 2)), (nn.Dropout2d, (3, 4, 2, 2)),
            (nn.Dropout3d, (3, 4, 2, 2, 2)), (nn.AlphaDropout, (3, 4))]


@pytest.mark.parametrize(("make", "shape"), MODULES.values(), ids=MODULES.keys())
def test_the_gradients_of_input_and_parameters_are_proved_by_the_checker(make, shape):
    model = make()
    x = normal(*shape, seed=1)
    weights = normal(*model(Tensor(x)).shape, seed=2)
    values = {"x": x, **{name: w.numpy() for name, w in model.named_parameters()}}

    def run(values):
        model.zero_grad()
        for name, w in model.named_parameters():
            w.data = values[name]
        tensor = Tensor(values["x"], requires_grad=True)
        return tensor, (model(tensor) * weights).sum()

    def grad(values):
        tensor, loss = run(values)
        loss.backward()
        return {"x": tensor.grad, **{name: w.grad for name, w in model.named_parameters()}}

    report = check_gradient(lambda values: run(values)[1].item(), grad, values)
    assert report.passed, str(report)


def test_the_first_published_example_runs():
    input_tensor = Tensor([[1.0, 2.0, 3.0, 4.0]], requires_grad=True)
    dropout = nn.Dropout(p=0.5)
    assert dropout.mask is None
    output = dropout(input_tensor)
    assert repr(output).startswith("Tensor([[")
    assert repr(output).endswith("]], grad=None)")
    output.backward()
    kept = dropout.mask.data
    assert kept.shape == (1, 4)
    assert set(np.unique(kept)) <= {0, 1}
    np.testing.assert_array_equal(output.data, input_tensor.data * kept * 2)
    np.testing.assert_array_equal(input_tensor.grad, kept * 2)


def test_the_second_published_example_runs():
    class DropoutModel(nn.Module):
        def __init__(self):
            super(DropoutModel, self).__init__()  # noqa: UP008
            self.linear = nn.Linear(in_features=4, out_features=2)
            self.dropout = nn.Dropout(p=0.5)

        def forward(self, x):
            x = self.linear(x)
            x = self.dropout(x)
            return x  # noqa: RET504

    model = DropoutModel()
    input_data = Tensor([[1.0, 2.0, 3.0, 4.0]], requires_grad=True)
    output = model(input_data)
    output.backward()
    expected = 2 * model.dropout.mask.data @ model.linear.weight.data
    np.testing.assert_allclose(input_data.grad, expected, rtol=1e-12)
    assert repr(model) == (
        "DropoutModel(\n"
        "  (linear): Linear(in_features=4, out_features=2, bias=True)\n"
        "  (dropout): Dropout(p=0.5)\n"
        ")"
    )


@pytest.mark.parametrize(("cls", "shape"), DROPOUTS)
def test_every_training_forward_draws_a_fresh_mask_and_test_mode_passes_x_through(cls, shape):
    x = Tensor(np.ones((40, 30, *shape[2:])))
    dropout = cls(0.5)
    first, second = dropout(x), dropout(x)
    assert not np.array_equal(first.data, second.data)
    last = dropout.mask.data
    assert dropout.eval()(x) is x
    np.testing.assert_array_equal(dropout.mask.data, last)


@pytest.mark.parametrize(("cls", "shape"), DROPOUTS)
def test_seed_rng_and_the_global_generator_each_govern_the_masks(cls, shape):
    x = Tensor(np.ones((40, 30, *shape[2:])))

    def two_masks(dropout):
        return [(dropout(x), dropout.mask.data)[1].tolist() for _ in range(2)]

    assert two_masks(cls(seed=3)) == two_masks(cls(seed=3))
    assert two_masks(cls(rng=rng(3))) == two_masks(cls(rng=rng(3))) == two_masks(cls(seed=3))
    state = np.random.get_state()
    try:
        np.random.seed(1)
        masks = two_masks(cls())
        np.random.seed(1)
        assert two_masks(cls()) == masks
    finally:
        np.random.set_state(state)
    np.random.seed(1)
    before = np.random.get_state()[1].tolist()
    two_masks(cls(seed=3))
    assert np.random.get_state()[1].tolist() == before


def test_whole_channels_are_dropped():
    out = nn.Dropout2d(0.5, seed=0)(Tensor(np.ones((8, 8, 3, 3)))).data
    assert {tuple(np.unique(channel)) for channel in out.reshape(64, 9)} == {(0.0,), (2.0,)}


def test_p_zero_drops_nothing():
    dropout = nn.Dropout(0)
    x = Tensor(normal(3, 4))
    np.testing.assert_array_equal(dropout(x).data, x.data)
    assert dropout.mask.data.all()


def test_linear_is_drawn_as_documented_weight_first():
    linear = nn.Linear(25, 8, rng=rng(7))
    reference = rng(7)
    np.testing.assert_array_equal(linear.weight.data, reference.uniform(-0.2, 0.2, (8, 25)))
    np.testing.assert_array_equal(linear.bias.data, reference.uniform(-0.2, 0.2, 8))
    large = nn.Linear(100, 1000, rng=rng())
    assert 0.0999 < np.abs(large.weight.data).max() <= 0.1
    state = np.random.get_state()
    np.random.seed(0)
    drawn = [nn.Linear(3, 2).weight.data]
    np.random.seed(0)
    drawn.append(nn.Linear(3, 2).weight.data)
    np.random.set_state(state)
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_of_the_input_goes_through_every_module(dtype):
    for make, shape in MODULES.values():
        x = Tensor(normal(*shape).astype(dtype), requires_grad=True)
        out = make()(x)
        out.backward()
        assert out.dtype == dtype
        assert x.grad.dtype == dtype


def test_batchnorm_moves_its_averages_in_training_only():
    norm, x = nn.BatchNorm1d(3, momentum=0.3), normal(6, 3)
    norm(Tensor(x))
    np.testing.assert_allclose(norm.running_mean, 0.3 * x.mean(axis=0))
    np.testing.assert_allclose(norm.running_var, 0.7 + 0.3 * x.var(axis=0, ddof=1))
    before = norm.state_dict()
    out = norm.eval()(Tensor(x))
    np.testing.assert_array_equal(norm.running_var, before["running_var"])
    np.testing.assert_allclose(
        out.data, (x - norm.running_mean) / np.sqrt(norm.running_var + 1e-5))


def test_cross_entropy_is_the_loss_of_the_layers():
    scores, y = normal(5, 3), np.array([0, 1, 2, 1, 0])
    tensor = Tensor(scores, requires_grad=True)
    for labels in (y, y.tolist(), Tensor(y)):
        tensor.grad = None
        loss = nn.CrossEntropyLoss()(tensor, labels)
        loss.backward()
        expected, dscores = layers.softmax_loss(scores, y)
        assert loss.item() == expected
        np.testing.assert_array_equal(tensor.grad, dscores)


def test_train_and_eval_reach_every_module():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm1d(3)))
    model.blocks = [nn.Dropout(), nn.Dropout()]
    assert model.eval() is model
    assert [m.training for m in model.modules()] == [False] * 6
    assert all(m.training for m in model.train().modules())


def test_parameters_are_found_below_attributes_and_lists_and_shared_ones_once():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    model.tied = nn.Linear(2, 2, bias=False)
    model.tied.weight = shared.weight
    model.blocks = [nn.Linear(2, 3, bias=False)]
    model.scale = nn.Parameter([1.0])
    assert [name for name, _ in model.named_parameters()] == \
        ["scale", "0.weight", "0.bias", "blocks.0.weight"]
    assert len(list(model.parameters())) == 4


def test_zero_grad_forgets_and_backward_accumulates():
    linear = nn.Linear(2, 1)
    x = Tensor(np.ones((1, 2)))
    for _ in range(2):
        linear(x).backward()
    assert linear.bias.grad.tolist() == [2]
    linear.zero_grad()
    assert [w.grad for w in linear.parameters()] == [None, None]


def test_state_dict_is_a_copy_and_restores_outputs(tmp_path):
    def build(seed):
        return nn.Sequential(nn.Linear(4, 3, rng=rng(seed)), nn.BatchNorm1d(3))

    model, other = build(0), build(1)
    x = Tensor(normal(6, 4))
    model(x)
    state = model.state_dict()
    assert sorted(state) == ["0.bias", "0.weight", "1.bias", "1.running_mean", "1.running_var",
                             "1.weight"]
    np.savez(tmp_path / "model.npz", **state)
    with np.load(tmp_path / "model.npz") as saved:
        other.load_state_dict(saved)
    np.testing.assert_array_equal(other.eval()(x).data, model.eval()(x).data)
    for array in state.values():
        array[:] = 9
    assert not any((array == 9).any() for array in model.state_dict().values())
    other.load_state_dict(state)
    state["0.weight"][:] = 3
    assert (other.state_dict()["0.weight"] == 9).all()


def test_a_refused_state_changes_nothing():
    model = nn.Linear(3, 2)
    before = model.state_dict()
    for state, error, words in (
        ({"weight": np.ones((2, 3))}, KeyError, r"missing \['bias'\]"),
        ({**before, "extra": 1}, KeyError, r"unexpected \['extra'\]"),
        ({"weight": np.ones((2, 3)), "bias": np.ones(3)}, ValueError, r"'bias'.*\(3,\).*\(2,\)"),
        ([1, 2], TypeError, "state_dict"),
    ):
        with pytest.raises(error, match=words):
            model.load_state_dict(state)
        for name, array in model.state_dict().items():
            np.testing.assert_array_equal(array, before[name])


def test_a_deep_copy_is_independent():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5, seed=0))
    twin = copy.deepcopy(model)
    next(twin.parameters()).data[:] = 0
    assert next(model.parameters()).data.all()


def test_no_grad_leaves_parameters_without_a_tape():
    linear = nn.Linear(2, 2)
    with no_grad():
        out = linear(Tensor(np.ones((1, 2))))
    assert not out.requires_grad
    assert out.is_leaf


@pytest.mark.parametrize("rule", [optim.sgd, optim.sgd_momentum, optim.rmsprop, optim.adam])
def test_a_network_learns_two_moons(rule):
    angles = rng(0).uniform(0, np.pi, 200)
    y = np.arange(200) % 2
    X = np.stack([np.cos(angles) * (1 - 2 * y) + y, np.sin(angles) * (1 - 2 * y) + 0.4 * y], 1)
    X += 0.1 * normal(200, 2)
    model = nn.Sequential(nn.Linear(2, 32, rng=rng(1)), nn.BatchNorm1d(32), nn.ReLU(),
                          nn.Dropout(0.1, seed=2), nn.Linear(32, 2, rng=rng(3)))
    rate = {optim.sgd: 0.5, optim.sgd_momentum: 0.1}.get(rule, 0.01)
    configs = {name: {"learning_rate": rate} for name, _ in model.named_parameters()}
    criterion, losses = nn.CrossEntropyLoss(), []
    for _ in range(200):
        loss = criterion(model(Tensor(X)), y)
        model.zero_grad()
        loss.backward()
        for name, w in model.named_parameters():
            w.data, configs[name] = rule(w.data, w.grad, configs[name])
        losses.append(loss.item())
    accuracy = (model.eval()(Tensor(X)).data.argmax(axis=1) == y).mean()
    assert np.mean(losses[-10:]) < 0.3 * losses[0]
    assert accuracy > 0.95


def test_outputs_gradients_and_averages_agree_with_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    ours = nn.Sequential(nn.Linear(4, 6, rng=rng()), nn.BatchNorm1d(6), nn.ReLU(),
                         nn.Linear(6, 3, rng=rng(1)))
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.ReLU(),
                                 torch.nn.Linear(6, 3)).double()
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()},
                           strict=False)
    x, y = normal(8, 4), np.arange(8) % 3
    loss = nn.CrossEntropyLoss()(ours(Tensor(x)), y)
    loss.backward()
    expected = torch.nn.CrossEntropyLoss()(theirs(torch.tensor(x)), torch.tensor(y))
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    for (name, w), (their_name, v) in zip(
            ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == their_name
        np.testing.assert_allclose(w.grad, v.grad.numpy(), atol=1e-12)
    their_state = theirs.state_dict()
    for name, array in ours.state_dict().items():
        np.testing.assert_allclose(array, their_state[name].numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours.eval()(Tensor(x)).data,
                               theirs.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-10)


class Early(nn.Module):
    def __init__(self):
        self.linear = nn.Linear(2, 2)


X = Tensor(np.ones((2, 3)))
WRONG = [
    (lambda: nn.Dropout(1), ValueError, "0 <= p < 1"),
    (lambda: nn.Dropout(float("nan")), ValueError, "nan"),
    (lambda: nn.Dropout("0.5"), TypeError, "'0.5'"),
    (lambda: nn.Dropout(rng=3), TypeError, "default_rng"),
    (lambda: nn.Dropout(seed=-1), ValueError, "-1"),
    (lambda: nn.Dropout(seed=1, rng=rng()), ValueError, "together"),
    (lambda: nn.Dropout()(np.ones(3)), TypeError, r"Tensor\(x\)"),
    (lambda: nn.Dropout()(Tensor([1, 2])), TypeError, "int"),
    (lambda: nn.Dropout1d()(X), ValueError, r"\(N, C, L\)"),
    (lambda: nn.Dropout2d()(Tensor(np.ones((2, 3, 4)))), ValueError, r"\(N, C, H, W\)"),
    (lambda: nn.Linear(0, 2), ValueError, "in_features"),
    (lambda: nn.Linear(2, 2.0), TypeError, "out_features"),
    (lambda: nn.Linear(2, 2, rng=np.random), TypeError, "default_rng"),
    (lambda: nn.Linear(4, 2)(X), ValueError, r"\(2, 3\).*\(\.\.\., 4\)"),
    (lambda: nn.Linear(4, 2)(Tensor(1.0)), ValueError, r"\(\)"),
    (lambda: nn.BatchNorm1d(3)(Tensor(np.ones((1, 3)))), ValueError, "two or more"),
    (lambda: nn.BatchNorm1d(2)(X), ValueError, r"\(2, 3\).*\(N, 2\)"),
    (lambda: nn.BatchNorm1d(2, momentum=2), ValueError, "momentum"),
    (lambda: nn.BatchNorm1d(2, eps=0), ValueError, "eps"),
    (lambda: nn.CrossEntropyLoss()(X, [0.0, 1.0]), TypeError, "float"),
    (lambda: nn.CrossEntropyLoss()(X, [0, 3]), ValueError, "y"),
    (lambda: nn.CrossEntropyLoss()(np.ones((1, 2)), [0]), TypeError, "scores"),
    (lambda: nn.Sequential([nn.ReLU()]), TypeError, r"Sequential\(\*modules\)"),
    (lambda: nn.ReLU().train("yes"), TypeError, r"eval\(\)"),
    (lambda: nn.Module()(X), NotImplementedError, "define forward"),
    (Early, AttributeError, r"Early.linear.*super\(\).__init__\(\)"),
    (lambda: setattr(nn.Linear(2, 2), "weight", np.ones((2, 2))), TypeError, r"weight.data"),
]


@pytest.mark.parametrize(("call", "error", "words"), WRONG)
def test_wrong_arguments_are_refused_with_the_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()
