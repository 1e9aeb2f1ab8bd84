"""The public cs231n notebooks' cells run when our packages stand under the cs231n module names."""

import numpy as np
import pytest

from tests.course.shim import standing_in
from tests.nets.test_data import write_cifar10

SETUP = """
import numpy as np
from cs231n.classifiers.fc_net import *
from cs231n.data_utils import get_CIFAR10_data
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.layers import *
from cs231n.layer_utils import *
from cs231n.solver import Solver

def rel_error(x, y):
    return np.max(np.abs(x - y) / (np.maximum(1e-8, np.abs(x) + np.abs(y))))

errors = {}
"""


@pytest.fixture
def run(capsys):
    """Return a function that runs a cell's text after the setup cell and hands back its names."""
    state = np.random.get_state()

    def run_cell(*cells):
        names = {}
        for cell in (SETUP, *cells):
            exec(compile(cell, "<cell>", "exec"), names)
        return names

    with standing_in():
        yield run_cell
    np.random.set_state(state)
    assert capsys.readouterr().err == ""


AFFINE_FORWARD = """
num_inputs, input_shape, output_dim = 2, (4, 5, 6), 3
input_size = num_inputs * np.prod(input_shape)
weight_size = output_dim * np.prod(input_shape)
x = np.linspace(-0.1, 0.5, num=input_size).reshape(num_inputs, *input_shape)
w = np.linspace(-0.2, 0.3, num=weight_size).reshape(np.prod(input_shape), output_dim)
b = np.linspace(-0.3, 0.1, num=output_dim)
out, _ = affine_forward(x, w, b)
correct_out = np.array([[1.49834967, 1.70660132, 1.91485297],
                        [3.25553199, 3.5141327, 3.77273342]])
errors['out'] = rel_error(out, correct_out)
"""

AFFINE_BACKWARD = """
np.random.seed(231)
x, w, b = np.random.randn(10, 2, 3), np.random.randn(6, 5), np.random.randn(5)
dout = np.random.randn(10, 5)
dx_num = eval_numerical_gradient_array(lambda x: affine_forward(x, w, b)[0], x, dout)
dw_num = eval_numerical_gradient_array(lambda w: affine_forward(x, w, b)[0], w, dout)
db_num = eval_numerical_gradient_array(lambda b: affine_forward(x, w, b)[0], b, dout)
_, cache = affine_forward(x, w, b)
dx, dw, db = affine_backward(dout, cache)
errors.update(dx=rel_error(dx_num, dx), dw=rel_error(dw_num, dw), db=rel_error(db_num, db))
"""

RELU = """
x = np.linspace(-0.5, 0.5, num=12).reshape(3, 4)
out, _ = relu_forward(x)
correct_out = np.array([[0., 0., 0., 0.], [0., 0., 0.04545455, 0.13636364],
                        [0.22727273, 0.31818182, 0.40909091, 0.5]])
errors['out'] = rel_error(out, correct_out)
np.random.seed(231)
x = np.random.randn(10, 10)
dout = np.random.randn(*x.shape)
dx_num = eval_numerical_gradient_array(lambda x: relu_forward(x)[0], x, dout)
_, cache = relu_forward(x)
errors['dx'] = rel_error(dx_num, relu_backward(dout, cache))
"""

SANDWICH = """
from cs231n.layer_utils import affine_relu_forward, affine_relu_backward
np.random.seed(231)
x, w, b = np.random.randn(2, 3, 4), np.random.randn(12, 10), np.random.randn(10)
dout = np.random.randn(2, 10)
out, cache = affine_relu_forward(x, w, b)
dx, dw, db = affine_relu_backward(dout, cache)
dx_num = eval_numerical_gradient_array(lambda x: affine_relu_forward(x, w, b)[0], x, dout)
dw_num = eval_numerical_gradient_array(lambda w: affine_relu_forward(x, w, b)[0], w, dout)
db_num = eval_numerical_gradient_array(lambda b: affine_relu_forward(x, w, b)[0], b, dout)
errors.update(dx=rel_error(dx_num, dx), dw=rel_error(dw_num, dw), db=rel_error(db_num, db))
"""

LOSSES = """
np.random.seed(231)
num_classes, num_inputs = 10, 50
x = 0.001 * np.random.randn(num_inputs, num_classes)
y = np.random.randint(num_classes, size=num_inputs)
dx_num = eval_numerical_gradient(lambda x: svm_loss(x, y)[0], x, verbose=False)
svm, dx = svm_loss(x, y)
errors['svm dx'] = rel_error(dx_num, dx)
dx_num = eval_numerical_gradient(lambda x: softmax_loss(x, y)[0], x, verbose=False)
softmax, dx = softmax_loss(x, y)
errors['softmax dx'] = rel_error(dx_num, dx)
"""

NORMALIZATION = """
np.random.seed(231)
N, D = 4, 5
x = 5 * np.random.randn(N, D) + 12
gamma, beta, dout = np.random.randn(D), np.random.randn(D), np.random.randn(N, D)
norm_param = {'mode': 'train'}
fx = lambda x: KIND_forward(x, gamma, beta, norm_param)[0]
fg = lambda a: KIND_forward(x, a, beta, norm_param)[0]
fb = lambda b: KIND_forward(x, gamma, b, norm_param)[0]
dx_num = eval_numerical_gradient_array(fx, x, dout)
da_num = eval_numerical_gradient_array(fg, gamma.copy(), dout)
db_num = eval_numerical_gradient_array(fb, beta.copy(), dout)
_, cache = KIND_forward(x, gamma, beta, norm_param)
for backward in BACKWARDS:
    dx, dgamma, dbeta = backward(dout, cache)
    errors.update({backward.__name__ + ' dx': rel_error(dx_num, dx),
                   backward.__name__ + ' dgamma': rel_error(da_num, dgamma),
                   backward.__name__ + ' dbeta': rel_error(db_num, dbeta)})
"""


def normalization(kind, backwards):
    return NORMALIZATION.replace("KIND", kind).replace("BACKWARDS", f"({backwards})")


DROPOUT = """
np.random.seed(231)
x = np.random.randn(10, 10) + 10
dout = np.random.randn(*x.shape)
dropout_param = {'mode': 'train', 'p': 0.2, 'seed': 123}
out, cache = dropout_forward(x, dropout_param)
dx = dropout_backward(dout, cache)
dx_num = eval_numerical_gradient_array(lambda xx: dropout_forward(xx, dropout_param)[0], x, dout)
errors['dx'] = rel_error(dx, dx_num)
"""

# The cell, and the error that its comment in the notebook allows.
GRADIENT_CELLS = {
    "affine forward": (AFFINE_FORWARD, 1e-8),
    "affine backward": (AFFINE_BACKWARD, 1e-8),
    "relu": (RELU, 1e-7),
    "sandwich": (SANDWICH, 1e-8),
    "losses": (LOSSES, 1e-7),
    "batchnorm": (normalization("batchnorm", "batchnorm_backward, batchnorm_backward_alt"), 1e-7),
    "layernorm": (normalization("layernorm", "layernorm_backward,"), 1e-7),
    "dropout": (DROPOUT, 1e-8),
}


@pytest.mark.parametrize("name", GRADIENT_CELLS)
def test_a_gradient_check_cell_stays_below_the_notebooks_bound(run, name):
    cell, bound = GRADIENT_CELLS[name]
    errors = run(cell)["errors"]
    assert errors
    assert max(errors.values()) < bound, errors


def test_the_losses_are_the_published_ones(run):
    names = run(LOSSES)
    assert names["svm"] == pytest.approx(8.999602749096233, abs=1e-10)
    assert names["softmax"] == pytest.approx(2.302545844500738, abs=1e-10)


BATCHNORM_STATISTICS = """
np.random.seed(231)
N, D1, D2, D3 = 200, 50, 60, 3
X = np.random.randn(N, D1)
W1, W2 = np.random.randn(D1, D2), np.random.randn(D2, D3)
a = np.maximum(0, X.dot(W1)).dot(W2)
before = a.mean(axis=0), a.std(axis=0)
gamma, beta = np.asarray([1.0, 2.0, 3.0]), np.asarray([11.0, 12.0, 13.0])
a_norm, _ = batchnorm_forward(a, gamma, beta, {'mode': 'train'})
after = a_norm.mean(axis=0), a_norm.std(axis=0)

np.random.seed(231)
W1, W2 = np.random.randn(D1, D2), np.random.randn(D2, D3)
bn_param = {'mode': 'train'}
gamma, beta = np.ones(D3), np.zeros(D3)
for t in range(50):
    X = np.random.randn(N, D1)
    a = np.maximum(0, X.dot(W1)).dot(W2)
    batchnorm_forward(a, gamma, beta, bn_param)
bn_param['mode'] = 'test'
X = np.random.randn(N, D1)
a = np.maximum(0, X.dot(W1)).dot(W2)
a_norm, _ = batchnorm_forward(a, gamma, beta, bn_param)
test_time = a_norm.mean(axis=0), a_norm.std(axis=0)
"""


def test_batchnorms_statistics_are_the_published_ones(run):
    names = run(BATCHNORM_STATISTICS)
    published = {
        "before": ([-2.3814598, -13.18038246, 1.91780462], [27.18502186, 34.21455511, 37.68611762]),
        "after": ([11, 12, 13], [0.99999999, 1.99999999, 2.99999999]),
        "test_time": ([-0.03927354, -0.04349152, -0.10452688],
                      [1.01531428, 1.01238373, 0.97819988]),
    }
    for name, values in published.items():
        np.testing.assert_allclose(names[name], values, rtol=0, atol=6e-9)


DROPOUT_MEANS = """
np.random.seed(231)
x = np.random.randn(500, 500) + 10
means = {}
for p in [0.25, 0.4, 0.7]:
    out, _ = dropout_forward(x, {'mode': 'train', 'p': p})
    out_test, _ = dropout_forward(x, {'mode': 'test', 'p': p})
    means[p] = (x.mean(), out.mean(), out_test.mean(), (out == 0).mean(), (out_test == 0).mean())
"""


def test_dropout_drops_the_fraction_p_and_keeps_the_mean(run):
    for p, (mean, train, test, dropped, dropped_in_test) in run(DROPOUT_MEANS)["means"].items():
        assert mean == pytest.approx(10.000207878477502, abs=1e-12)
        assert test == mean
        assert dropped_in_test == 0
        assert abs(dropped - p) < 5 * np.sqrt(p * (1 - p) / 250_000)
        assert abs(train - mean) < 5 * mean * np.sqrt(p / (1 - p) / 250_000) + 0.01


TWO_LAYER_NET = """
np.random.seed(231)
N, D, H, C = 3, 5, 50, 7
X = np.random.randn(N, D)
y = np.random.randint(C, size=N)
std = 1e-3
model = TwoLayerNet(input_dim=D, hidden_dim=H, num_classes=C, weight_scale=std)
assert abs(model.params['W1'].std() - std) < std / 10
assert np.all(model.params['b1'] == 0)
assert abs(model.params['W2'].std() - std) < std / 10
assert np.all(model.params['b2'] == 0)
model.params['W1'] = np.linspace(-0.7, 0.3, num=D*H).reshape(D, H)
model.params['b1'] = np.linspace(-0.1, 0.9, num=H)
model.params['W2'] = np.linspace(-0.3, 0.4, num=H*C).reshape(H, C)
model.params['b2'] = np.linspace(-0.9, 0.1, num=C)
X = np.linspace(-5.5, 4.5, num=N*D).reshape(D, N).T
y = np.asarray([0, 5, 1])
loss, grads = model.loss(X, y)
assert abs(loss - 3.4702243556) < 1e-10
model.reg = 1.0
loss, grads = model.loss(X, y)
assert abs(loss - 26.5948426952) < 1e-10
for reg in [0.0, 0.7]:
    model.reg = reg
    loss, grads = model.loss(X, y)
    for name in sorted(grads):
        f = lambda _: model.loss(X, y)[0]
        grad_num = eval_numerical_gradient(f, model.params[name], verbose=False)
        errors[name, reg] = rel_error(grad_num, grads[name])
"""

FULLY_CONNECTED = """
np.random.seed(231)
N, D, H1, H2, C = 2, 15, 20, 30, 10
X = np.random.randn(N, D)
y = np.random.randint(C, size=(N,))
losses = []
for option in OPTIONS:
    model = FullyConnectedNet([H1, H2], input_dim=D, num_classes=C, weight_scale=5e-2,
                              dtype=np.float64, **option)
    loss, grads = model.loss(X, y)
    losses.append(loss)
    for name in sorted(grads):
        f = lambda _: model.loss(X, y)[0]
        grad_num = eval_numerical_gradient(f, model.params[name], verbose=False, h=1e-5)
        errors[name, str(option)] = rel_error(grad_num, grads[name])
    assert len(model.params.keys()) == len(grads.keys())
"""


def test_the_two_layer_nets_cell_runs_with_errors_around_1e_7(run):
    errors = run(TWO_LAYER_NET)["errors"]
    assert len(errors) == 8
    assert max(errors.values()) < 1e-6


# What the notebooks print, and how far a gradient may be off (b before batchnorm is exactly 0).
# The last number bounds the relative errors, which the notebook calls fine at 1e-5. A step of 1e-5
# may cross the kink of a relu; whether it does depends on how BLAS rounds: NumPy 1.26 differs.
NETS = {
    "reg": ([{"reg": 0}, {"reg": 3.14}], [2.3004790897684924, 7.052114776533016], 1e-3),
    "batchnorm": (
        [{"reg": reg, "normalization": "batchnorm"} for reg in (0, 3.14)],
        [2.2611955101340957, 6.996533220108303], 1e-2,
    ),
    "dropout": (
        [{"dropout": p, "seed": 123} for p in (0, 0.25, 0.5)],
        [2.3004790897684924], 1e-3,
    ),
    "keep ratio": (
        [{"dropout_keep_ratio": 1, "seed": 123}, {"dropout_keep_ratio": 0.75, "seed": 123}],
        [2.3004790897684924], 1e-3,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETS)
def test_the_fully_connected_nets_cell_prints_the_published_losses(run, name):
    options, published, bound = NETS[name]
    names = run(f"OPTIONS = {options!r}", FULLY_CONNECTED)
    np.testing.assert_allclose(names["losses"][: len(published)], published, rtol=0, atol=1e-10)
    for (parameter, option), error in names["errors"].items():
        if not (parameter in ("b1", "b2") and "batchnorm" in option):
            assert error < bound, (parameter, option)


OPTIMIZER = """
from cs231n.optim import sgd_momentum
w, dw = np.linspace(-0.4, 0.6, num=20), np.linspace(-0.6, 0.4, num=20)
config = {'learning_rate': 1e-3, 'velocity': np.linspace(0.6, 0.9, num=20)}
next_w, _ = sgd_momentum(w, dw, config=config)
velocity = config['velocity']
"""


def test_the_momentum_cell_reads_the_velocity_from_its_own_config(run):
    names = run(OPTIMIZER)
    assert names["next_w"][0] == pytest.approx(0.1406)
    assert names["velocity"][-1] == pytest.approx(0.8096)


SOLVER = """
np.random.seed(231)
data = get_CIFAR10_data(12, 5, 3, folder=FOLDER)
for k, v in list(data.items()):
    assert k[:2] in ('X_', 'y_'), (k, v.shape)
small_data = {'X_train': data['X_train'][:10], 'y_train': data['y_train'][:10],
              'X_val': data['X_val'], 'y_val': data['y_val']}
model = TwoLayerNet(hidden_dim=20, reg=1e-3)
Solver(model, small_data, update_rule='sgd', optim_config={'learning_rate': 1e-3}, lr_decay=0.95,
       num_epochs=2, batch_size=5, print_every=100).train()

solvers = {}
for update_rule in ['sgd', 'sgd_momentum', 'adam', 'rmsprop']:
    model = FullyConnectedNet([20, 20], weight_scale=5e-2)
    solver = Solver(model, small_data, num_epochs=5, batch_size=5, update_rule=update_rule,
                    optim_config={'learning_rate': 1e-3}, verbose=True)
    solvers[update_rule] = solver
    solver.train()

for dropout in [0, 0.75]:
    model = FullyConnectedNet([50], dropout=dropout)
    solver = Solver(model, small_data, num_epochs=20, batch_size=10, update_rule='adam',
                    optim_config={'learning_rate': 5e-4}, verbose=True, print_every=100)
    solver.train()
    solvers[dropout] = solver

bn_model = FullyConnectedNet([20, 20, 20], weight_scale=2e-2, normalization='batchnorm')
Solver(bn_model, small_data, num_epochs=3, batch_size=5, update_rule='adam',
       optim_config={'learning_rate': 1e-3}, verbose=True, print_every=20).train()
y_test_pred = np.argmax(bn_model.loss(data['X_test']), axis=1)
test_acc = (y_test_pred == data['y_test']).mean()
"""


def test_the_solver_cells_run_on_cifar10_files(run, tmp_path):
    names = run(f"FOLDER = {str(write_cifar10(tmp_path))!r}", SOLVER)
    for name in ("sgd", "sgd_momentum", "adam", "rmsprop"):
        assert len(names["solvers"][name].loss_history) == 10
        assert len(names["solvers"][name].val_acc_history) == 6
    memorised = names["solvers"][0]
    assert memorised.train_acc_history[-1] == 1.0
    assert memorised.loss_history[-1] < 0.5 * memorised.loss_history[0]
    assert 0 <= names["test_acc"] <= 1
