"""What a training step holds at a time: what it must, and little more."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from nets import FullyConnectedNet, Solver
from nets.optim import UPDATE_RULES

ALLOWED = 1.2


def solver_of(dims, inputs, batch, rule="sgd_momentum"):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((batch, inputs)).astype(np.float32), rng.integers(0, 10, batch)
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    net = FullyConnectedNet(dims, inputs, dropout=0.5, rng=rng)
    return Solver(net, data, update_rule=rule, batch_size=batch, verbose=False, rng=rng)


def needed(net, batch, state):
    """Return the bytes that a step cannot do without, those of the rule's state included.

    Of each hidden layer these are what the affine layer returns and what dropout leaves of it, and
    a mask; of the widest, too, the gradients before and behind the layer that is gone back through.
    """
    widths = [net.params[f"b{i}"].size for i in range(1, net.num_layers + 1)]
    hidden = batch * sum(widths[:-1])
    params = sum(w.nbytes for w in net.params.values())
    activations, masks = 4 * (2 * hidden + batch * widths[-1]), hidden
    gradients = params + 4 * 2 * batch * max(widths[:-1])
    return activations + masks + gradients + state


@pytest.mark.parametrize(("dims", "inputs", "batch"), [
    ([256, 256], 64, 256), ([64], 32, 512), ([512, 512], 256, 64), ([300, 300], 500, 200),
    ([100, 100], 3072, 100)])
@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_a_step_holds_what_it_needs_and_a_fifth_more_at_most(dims, inputs, batch, rule):
    solver = solver_of(dims, inputs, batch, rule)
    solver._step()  # the state of the rule is made at the first
    state = sum(value.nbytes for config in solver.optim_configs.values()
                for value in config.values() if isinstance(value, np.ndarray))
    minibatch = solver.X_train.nbytes + solver.y_train.nbytes
    tracemalloc.start()
    solver._step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak + state - minibatch <= ALLOWED * needed(solver.model, batch, state)
