"""Variance shift: what dropout does to a batch normalization that comes after it.

Dropout keeps the mean of a unit and raises its variance, by p / (1 - p) times its mean square. A
batchnorm behind it therefore learns running variances that test mode, where nothing is dropped,
does not meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers.arguments import Array, one_of, probability
from nets import optim
from nets.arguments import whole
from nets.experiment import Experiment, noisy_digits, one_blas_thread
from nets.nn import BatchNorm1d, CrossEntropyLoss, Dropout, Linear, Module, ReLU, Sequential
from nets.tensor import Tensor, no_grad

PLACEMENTS = ("none", "before", "after")
_CLASSES, _PIXELS = 10, 64


@dataclass(frozen=True)
class VarianceShift:
    """The shift of one trained net.

    Attributes
    ----------
    ratios : tuple of float
        For each batchnorm, in order, the mean over its features of
        ``max(real / moving, moving / real)``; 1 where test mode meets the variance of training.
    test_error : float
        Fraction of wrong answers on the test images.
    """

    ratios: tuple[float, ...]
    test_error: float

    @property
    def largest(self) -> float:
        """The ratio of the batchnorm that is hit hardest."""
        return max(self.ratios)


def variance_shift(
    placement: str,
    p: float = 0.5,
    seed: int = 0,
    *,
    hidden: int = 256,
    epochs: int = 30,
    batch_size: int = 100,
) -> VarianceShift:
    """Train a net with two batchnorms on the digits, and compare their variances.

    ::

        none     {affine - batchnorm - relu} x 2 - affine
        before   affine - batchnorm - relu - DROPOUT - affine - batchnorm - relu - affine
        after    {affine - batchnorm - relu} x 2 - DROPOUT - affine

    *moving* is the running variance at the end of training; *real* the variance of the same
    feature, of the same training images, in test mode. So the mode is all that differs.

    Parameters
    ----------
    placement : {'none', 'before', 'after'}
        Where the dropout stands, seen from the last batchnorm.
    p : float
        Probability of dropping.
    seed : int
        Draws the split, the weights, the minibatches and the masks.
    hidden, epochs, batch_size : int, keyword-only

    Returns
    -------
    VarianceShift

    Raises
    ------
    ValueError, TypeError
        If an argument is of a wrong type or out of range.

    References
    ----------
    Li, Chen, Hu, Yang, "Understanding the disharmony between dropout and batch normalization by
    variance shift", CVPR (2019), arXiv:1801.05134, section 4: the shift ratio.

    Examples
    --------
    >>> shift = variance_shift('before', seed=0, hidden=32, epochs=3)
    >>> len(shift.ratios), shift.largest >= 1
    (2, True)
    """
    one_of("placement", placement, PLACEMENTS)
    whole("hidden", hidden, low=1)
    whole("batch_size", batch_size, low=2)
    data_seed, net_seed, mask_seed, batch_seed = np.random.SeedSequence(
        whole("seed", seed, low=0)).spawn(4)
    data = noisy_digits(Experiment(noise=0.0), data_seed)
    net = _net(placement, probability("p", p), hidden, np.random.default_rng(net_seed),
               np.random.default_rng(mask_seed))
    with one_blas_thread():
        _train(net, data, whole("epochs", epochs, low=1), batch_size,
               np.random.default_rng(batch_seed))
        ratios, _ = _compare(net, data["X_train"])
        _, scores = _compare(net, data["X_val"])
    return VarianceShift(ratios, float(np.mean(scores.argmax(axis=1) != data["y_val"])))


def _net(placement: str, p: float, hidden: int, rng: np.random.Generator,
         masks: np.random.Generator) -> Sequential:
    dropout: dict[str, list[Module]] = {name: [] for name in PLACEMENTS}
    if placement != "none":
        dropout[placement] = [Dropout(p, rng=masks)]
    return Sequential(
        Linear(_PIXELS, hidden, rng=rng), BatchNorm1d(hidden), ReLU(), *dropout["before"],
        Linear(hidden, hidden, rng=rng), BatchNorm1d(hidden), ReLU(), *dropout["after"],
        Linear(hidden, _CLASSES, rng=rng),
    )


def _train(net: Sequential, data: dict[str, Array], epochs: int, batch_size: int,
           rng: np.random.Generator) -> None:
    """Train by Adam, every epoch a permutation of the images."""
    criterion, configs = CrossEntropyLoss(), {}  # type: ignore[var-annotated]
    X, y = data["X_train"], data["y_train"]
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X) - batch_size + 1, batch_size):
            chosen = order[start : start + batch_size]
            loss = criterion(net(Tensor(X[chosen])), y[chosen])
            net.zero_grad()
            loss.backward()
            for name, w in net.named_parameters():
                config = configs.setdefault(name, {"learning_rate": 1e-3})
                assert w.grad is not None
                w.data, configs[name] = optim.adam(w.data, w.grad, config)


def _compare(net: Sequential, X: Array) -> tuple[tuple[float, ...], Array]:
    """Return each batchnorm's ratio on X in test mode, and the scores."""
    ratios = []
    net.eval()
    with no_grad():
        out = Tensor(X)
        for module in net:
            if isinstance(module, BatchNorm1d):
                real, moving = out.data.var(axis=0), module.running_var
                # a constant feature has no variance to shift
                varies = (real > 0) & (moving > 0)
                real, moving = real[varies], moving[varies]
                ratios.append(float(np.maximum(real / moving, moving / real).mean()))
            out = module(out)
    return tuple(ratios), out.data
