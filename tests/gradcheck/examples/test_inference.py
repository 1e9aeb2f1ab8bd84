"""Arguments of unknown layers fit together, and the usual layouts are all among them."""

import numpy as np
import pytest

from gradcheck.examples.inference import designs_for

LAYERS = {
    "rows": lambda x, w, b: x @ w + b,
    "columns, bias as a column": lambda A, W, b: W @ A + np.broadcast_to(b, (len(b), 1)),
    "weights by row": lambda x, W: x @ W.T,
    "two layers": lambda x, W1, b1, W2, b2: (x @ W1 + b1) @ W2 + b2,
    "three layers": lambda X, w1, w2, w3: X @ w1 @ w2 @ w3,
    "gain and shift": lambda x, gamma, beta: gamma * x + beta,
    "block with gain": lambda x, w, b, gamma, beta: gamma * (x @ w + b) + beta,
    "recurrence": lambda x, prev_h, Wx, Wh, b: x @ Wx + prev_h @ Wh + b,
    "sum of two": lambda a, b_: a + b_,
    "product of two": lambda x1, x2: x1 * x2,
    "one vector": lambda x, w: np.dot(x, w),
}


@pytest.mark.parametrize("name", LAYERS)
def test_some_design_fits(name):
    function = LAYERS[name]
    names = function.__code__.co_varnames[:function.__code__.co_argcount]
    fits = []
    for args in designs_for(names, np.random.default_rng(0)):
        try:
            fits.append(function(*args))
        except (ValueError, TypeError):
            continue
    assert fits


def test_a_weight_never_meets_a_gain_of_another_size():
    for x, w, gamma in designs_for(["x", "w", "gamma"], np.random.default_rng(0)):
        outs = {x.shape[-1:], w.shape[-1:], w.shape[:1], x.shape[1:2], (gamma.size,)}
        assert gamma.shape[:1] in outs | {(size,) for size in x.shape + w.shape}


def test_the_first_design_has_pairwise_different_sizes():
    x, w, b = next(designs_for(["x", "w", "b"], np.random.default_rng(0)))
    assert len({*x.shape, *w.shape}) == 3
    assert b.shape == w.shape[1:]


def test_labels_are_whole_numbers_one_for_each_row():
    x, y = next(designs_for(["x", "labels"], np.random.default_rng(0)))
    assert y.dtype.kind == "i"
    assert len(y) == len(x)
