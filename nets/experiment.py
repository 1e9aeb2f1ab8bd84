"""The experiment that shows what dropout is for: digits with noisy labels, a net too large."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers.arguments import Array, one_of, probability, refuse, scalar
from nets.architecture import NOISES
from nets.arguments import whole
from nets.data import fit_scaling, flip_labels, load_digits, split
from nets.fully_connected import FullyConnectedNet
from nets.solver import Solver

METHODS = ("none", *NOISES)
_IMAGES = 1797
_INK = 16.0  # the darkest pixel of a digit


@dataclass(frozen=True)
class Experiment:
    """One way to train on digits; everything but the seed.

    Parameters
    ----------
    method : {'none', 'dropout', 'gaussian', 'dropconnect'}
        Noise in the hidden layers; see `FullyConnectedNet`.
    p, input_p : float
        Drop probability of hidden units and of input pixels; unused by 'none'.
    noise : float
        Fraction of the training labels that are replaced by another class.
    samples : int
        Training images; the rest of the 1797 are test images.
    hidden : tuple of int
        Units in each hidden layer.
    epochs, batch_size : int
    learning_rate : float
        Of Adam.

    Raises
    ------
    ValueError, TypeError
        If a value is of a wrong type or out of range.
    """

    method: str = "dropout"
    p: float = 0.5
    input_p: float = 0.2
    noise: float = 0.3
    samples: int = 1000
    hidden: tuple[int, ...] = (512, 512)
    epochs: int = 50
    batch_size: int = 200
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        probability("p", self.p)
        probability("input_p", self.input_p)
        scalar("noise", self.noise, "a number with 0 <= noise <= 1",
               "0.3 flips 30 % of the training labels", 0.0, 1.0)
        if whole("samples", self.samples, low=1) >= _IMAGES:
            refuse("samples", self.samples, f"fewer than {_IMAGES}, the images there are",
                   "leave some for testing")
        if not self.hidden:
            refuse("hidden", self.hidden, "at least one hidden layer", "pass for example (512,)")
        for width in self.hidden:
            whole("hidden", width, low=1)
        whole("epochs", self.epochs, low=1)
        whole("batch_size", self.batch_size, low=1)
        scalar("learning_rate", self.learning_rate, "a finite number > 0", "1e-3 is usual",
               0.0, np.inf, low_open=True, high_open=True)


@dataclass(frozen=True)
class LearningCurve:
    """Fractions of wrong answers after the first step (index 0) and after each epoch.

    `train_error` counts disagreement with the noisy labels, `test_error` with the true ones.
    """

    train_error: tuple[float, ...]
    test_error: tuple[float, ...]

    @property
    def final(self) -> float:
        """Test error after the last epoch."""
        return self.test_error[-1]


def noisy_digits(
    experiment: Experiment, seed: int | np.random.SeedSequence
) -> dict[str, Array]:
    """Return the split of the digits, with noise in the training labels only.

    Pixels go from 0 to 1, less the mean image of the training part. The test images stand under
    'X_val': they draw the learning curve, and nothing is chosen by them.
    """
    rng = np.random.default_rng(seed)
    X, y = load_digits()
    X = (X / _INK).astype(np.float32)
    sizes = [experiment.samples, len(X) - experiment.samples]
    (X_train, y_train), (X_test, y_test) = split(X, y, sizes, rng)
    scaling = fit_scaling(X_train, "mean")
    X_train, X_test = scaling(X_train), scaling(X_test)
    y_train, _ = flip_labels(y_train, experiment.noise, 10, rng)
    return {"X_train": X_train, "y_train": y_train, "X_val": X_test, "y_val": y_test}


def train(
    experiment: Experiment,
    seed: int | np.random.SeedSequence,
    callback: Callable[[Solver], Any] | None = None,
) -> LearningCurve:
    """Train once and return the learning curve; equal seeds give equal curves.

    The seed draws the split, the flipped labels, the initial weights, the masks and the
    minibatches, each from a stream of its own: two methods under one seed see the same data,
    start from the same weights and see the same minibatches.

    Parameters
    ----------
    experiment : Experiment
    seed : int or SeedSequence
    callback : callable, optional
        As in `Solver`.

    Returns
    -------
    LearningCurve

    Examples
    --------
    >>> tiny = Experiment(samples=50, hidden=(20,), epochs=2, batch_size=25)
    >>> curve = train(tiny, seed=0)
    >>> len(curve.test_error), curve == train(tiny, seed=0)
    (3, True)
    """
    # Built anew from the entropy: spawning from the caller's object would change it.
    root = np.random.SeedSequence(seed) if isinstance(seed, int) else np.random.SeedSequence(
        seed.entropy, spawn_key=seed.spawn_key)
    data_seed, net_seed, batch_seed = root.spawn(3)
    on = experiment.method != "none"
    net = FullyConnectedNet(
        experiment.hidden,
        input_dim=64,
        dropout=experiment.p if on else 0.0,
        input_dropout=experiment.input_p if on else 0.0,
        noise=experiment.method if on else "dropout",
        weight_scale=0.1,
        rng=np.random.default_rng(net_seed),
    )
    return learning_curve(net, noisy_digits(experiment, data_seed), experiment, batch_seed,
                          callback)


def learning_curve(
    net: Any,
    data: dict[str, Array],
    experiment: Any,
    batch_seed: np.random.SeedSequence,
    callback: Callable[[Solver], Any] | None = None,
) -> LearningCurve:
    """Train a net by Adam, in one BLAS thread, and return its learning curve.

    Parameters
    ----------
    net : object
        As a `Solver` takes it.
    data : dict of ndarray
        As `noisy_digits` returns it.
    experiment : object
        With `learning_rate`, `batch_size` and `epochs`.
    batch_seed : SeedSequence
        Draws the minibatches.
    callback : callable, optional
        As in `Solver`.
    """
    solver = Solver(
        net,
        data,
        update_rule="adam",
        optim_config={"learning_rate": experiment.learning_rate},
        batch_size=experiment.batch_size,
        num_epochs=experiment.epochs,
        num_train_samples=None,
        verbose=False,
        rng=np.random.default_rng(batch_seed),
        callback=callback,
    )
    with one_blas_thread():
        solver.train()
    train_acc, test_acc = np.array(solver.train_acc_history), np.array(solver.val_acc_history)
    return LearningCurve(tuple((1 - train_acc).tolist()), tuple((1 - test_acc).tolist()))


def one_blas_thread() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread inside the context; no limit where threadpoolctl is absent.

    The split of a matrix product over threads changes its rounding, and training amplifies that;
    and on a busy machine, the threads of products as small as ours wait for each other.
    threadpoolctl comes with scikit-learn, which brings the digits too.
    """
    try:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return nullcontext()
    return threadpool_limits(limits=1, user_api="blas")
