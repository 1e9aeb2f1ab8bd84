"""Cells of the tests' own, in the protocol of the editions: they call what the notebooks call.

The words SWITCHES, SWITCH, NORMALIZE and TESTED_P stand for what differs from year to year.
"""

from __future__ import annotations

import re

from tests.course.editions import EDITIONS

SETUP = """
import numpy as np
import matplotlib.pyplot as plt
from cs231n.classifiers.fc_net import *
from cs231n.data_utils import get_CIFAR10_data
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.solver import Solver

%matplotlib inline
%load_ext autoreload

def worst(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))
"""

ZEROS = """
np.random.seed(231)
x = 10 + np.random.randn(300, 400)
zeros = {}
for p in (0.25, 0.4, 0.7):
    trained, _ = dropout_forward(x, {'mode': 'train', 'p': p})
    tested, _ = dropout_forward(x, {'mode': 'test', 'p': p})
    assert np.array_equal(tested, x)
    assert abs(trained.mean() - x.mean()) < 0.3
    zeros[p] = (trained == 0).mean()
"""

BACKWARD = """
np.random.seed(231)
x, dout = 10 + np.random.randn(10, 10), np.random.randn(10, 10)
param = {'mode': 'train', 'p': TESTED_P, 'seed': 123}
out, cache = dropout_forward(x, param)
numeric = eval_numerical_gradient_array(lambda a: dropout_forward(a, param)[0], x, dout)
# The error should be around 1e-10
print('dx error: ', worst(dropout_backward(dout, cache), numeric))
"""

NET = """
np.random.seed(231)
X, y = np.random.randn(2, 6), np.random.randint(10, size=2)
losses = []
for value in SWITCHES:
    np.random.seed(231)
    model = FullyConnectedNet([8, 9], input_dim=6, num_classes=10, weight_scale=5e-2,
                              dtype=np.float64, seed=123, SWITCH=value)
    loss, grads = model.loss(X, y)
    losses.append(loss)
    # Errors should be around 1e-5 or less
    for name in sorted(grads):
        numeric = eval_numerical_gradient(lambda _: model.loss(X, y)[0], model.params[name],
                                          verbose=False, h=1e-5)
        print('%s error: %.2e' % (name, worst(numeric, grads[name])))
"""

NORMALIZED_NET = """
np.random.seed(231)
X, y = np.random.randn(4, 6), np.random.randint(10, size=4)
model = FullyConnectedNet([8, 9], input_dim=6, num_classes=10, weight_scale=5e-2, reg=3.14,
                          dtype=np.float64, NORMALIZE)
assert not model.use_dropout
loss, grads = model.loss(X, y)
# You should expect losses between 1e-4 and 1e-10
for name in ('W1', 'W2', 'W3', 'b3', 'gamma1', 'beta1'):
    numeric = eval_numerical_gradient(lambda _: model.loss(X, y)[0], model.params[name],
                                      verbose=False, h=1e-5)
    print('%s error: %.2e' % (name, worst(numeric, grads[name])))
"""

ONE_DICT_FOR_ALL = """
bn_param = {'mode': 'train'}
x, gamma, beta = np.random.randn(6, 5), np.ones(5), np.zeros(5)
batchnorm_forward(x, gamma, beta, bn_param)
for param in ({}, {'mode': 'train'}, bn_param):
    out, cache = layernorm_forward(x, gamma, beta, param)
    assert np.abs(out.mean(axis=1)).max() < 1e-10
    layernorm_backward(np.ones_like(x), cache)
"""

TRAINING = """
np.random.seed(231)
data = get_CIFAR10_data()
small = {k: v[:200] for k, v in data.items()}
solvers = {}
for value in (OFF, ON):
    model = FullyConnectedNet([50], SWITCH=value)
    solvers[value] = Solver(model, small, num_epochs=8, batch_size=50, update_rule='adam',
                            optim_config={'learning_rate': 5e-4}, verbose=False)
    solvers[value].train()
plt.subplot(2, 1, 1)
plt.plot(solvers[ON].train_acc_history, 'o', label='%.2f' % ON)
plt.show()
"""

# What stands for the words: a year's net, its switch off and on, its values, its tested p.
DROPS = {"SWITCHES": "(0, 0.25, 0.5)", "SWITCH": "dropout", "OFF": "0", "ON": "0.75"}
KEEPS = {"SWITCHES": "(1, 0.75, 0.5)", "SWITCH": "dropout", "OFF": "1", "ON": "0.25"}
RATIOS = {**KEEPS, "SWITCH": "dropout_keep_ratio"}
FLAG, KIND = {"NORMALIZE": "use_batchnorm=True"}, {"NORMALIZE": "normalization='batchnorm'"}
PRINT_CALL = re.compile(r"\bprint\((.*)\)$", re.MULTILINE)
YEARS = {
    2016: ("2016-2017", {**DROPS, **FLAG, "TESTED_P": "0.8"}),
    2017: ("2016-2017", {**DROPS, **FLAG, "TESTED_P": "0.8"}),
    2018: ("2018-2020", {**KEEPS, **KIND, "TESTED_P": "0.2"}),
    2020: ("2018-2020", {**KEEPS, **KIND, "TESTED_P": "0.2"}),
    2022: ("2021-", {**RATIOS, **KIND, "TESTED_P": "0.2"}),
}


def cell(text: str, year: int) -> str:
    """Return a cell as a year's notebook has it: with its words, and for Python 2 in 2016.

    Examples
    --------
    >>> print(cell("FullyConnectedNet(SWITCH=OFF)", 2018))
    FullyConnectedNet(dropout=1)
    >>> print(cell("print('loss: ', loss)", 2016))
    print 'loss: ', loss
    """
    edition, words = YEARS[year]
    assert edition in EDITIONS
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, words[word])
    return PRINT_CALL.sub(r"print \1", text) if year == 2016 else text
