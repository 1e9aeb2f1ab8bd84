"""`python -m nets conv`: a convolutional net on digits with noisy labels, with and without dropout.

A net of this size learns the flipped labels by heart if it is trained for long enough. Dropout of
feature maps and hidden units holds it back.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tqdm import tqdm

from layers.arguments import probability, scalar
from nets.arguments import whole
from nets.cli import error_line, print_heading, require_packages, usage_errors, watched
from nets.convolutional import ThreeLayerConvNet
from nets.experiment import Experiment, LearningCurve, learning_curve, noisy_digits
from nets.solver import Solver


@dataclass(frozen=True)
class ConvExperiment:
    """One way to train a `ThreeLayerConvNet` on digits; everything but the seed.

    Parameters
    ----------
    p, spatial_p : float
        Drop probability of hidden units and of feature maps; 0 and 0 is no dropout.
    noise : float
        Fraction of the training labels that are replaced by another class.
    samples : int
        Training images; the rest of the 1797 are test images.
    filters, hidden : int
        Filters of 3 x 3, and units of the hidden layer.
    epochs, batch_size : int
    learning_rate : float
        Of Adam.

    Raises
    ------
    ValueError, TypeError
        If a value is of a wrong type or out of range.
    """

    p: float = 0.6
    spatial_p: float = 0.3
    noise: float = 0.3
    samples: int = 1000
    filters: int = 16
    hidden: int = 512
    epochs: int = 60
    batch_size: int = 50
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        probability("p", self.p)
        probability("spatial_p", self.spatial_p)
        for name in ("filters", "hidden", "epochs", "batch_size"):
            whole(name, getattr(self, name), low=1)
        scalar("learning_rate", self.learning_rate, "a finite number > 0", "1e-3 is usual",
               0.0, np.inf, low_open=True, high_open=True)
        _ = self.data

    @property
    def data(self) -> Experiment:
        """What `noisy_digits` takes."""
        return Experiment(noise=self.noise, samples=self.samples)


def train_conv(
    experiment: ConvExperiment, seed: int, callback: Callable[[Solver], Any] | None = None
) -> LearningCurve:
    """Train once and return the learning curve; equal seeds give equal curves.

    Two experiments under one seed see the same data and minibatches, and start from the same
    weights.

    Examples
    --------
    >>> tiny = ConvExperiment(samples=40, filters=2, hidden=10, epochs=1, batch_size=20)
    >>> curve = train_conv(tiny, seed=0)
    >>> len(curve.test_error), curve == train_conv(tiny, seed=0)
    (2, True)
    """
    data_seed, net_seed, batch_seed = np.random.SeedSequence(seed).spawn(3)
    data = {key: value.reshape(-1, 1, 8, 8) if key[0] == "X" else value
            for key, value in noisy_digits(experiment.data, data_seed).items()}
    net = ThreeLayerConvNet(
        (1, 8, 8), experiment.filters, 3, experiment.hidden, weight_scale=0.05,
        dropout=experiment.p, spatial_dropout=experiment.spatial_p,
        rng=np.random.default_rng(net_seed))
    return learning_curve(net, data, experiment, batch_seed, callback)


def conv_parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m nets conv`."""
    default = ConvExperiment()
    parser = argparse.ArgumentParser(
        prog="python -m nets conv",
        description="Train a convolutional net on scikit-learn's digits, a part of the training "
        "labels flipped, with dropout of feature maps and hidden units and without, and compare "
        "the test errors.", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--seeds", type=int, default=3, help="runs of each kind")
    add("--noise", type=float, default=default.noise, help="fraction of flipped training labels")
    add("--p", type=float, default=default.p, help="probability of dropping a hidden unit")
    add("--spatial-p", type=float, default=default.spatial_p,
        help="probability of dropping a feature map")
    add("--samples", type=int, default=default.samples, help="training images, of 1797")
    add("--filters", type=int, default=default.filters, help="filters of 3 x 3")
    add("--hidden", type=int, default=default.hidden, help="units of the hidden layer")
    add("--epochs", type=int, default=default.epochs, help="passes over the training images")
    add("--batch-size", type=int, default=default.batch_size, help="images in a minibatch")
    add("--learning-rate", type=float, default=default.learning_rate, help="of Adam")
    return parser


def conv_command(argv: Sequence[str]) -> None:
    """Run `python -m nets conv`."""
    parser = conv_parser()
    args = vars(parser.parse_args(argv))
    with usage_errors(parser):
        seeds = whole("--seeds", args.pop("seeds"), low=1)
        dropped = ConvExperiment(**args)
    require_packages(sklearn="scikit-learn")
    print_heading(dropped.data, f"{dropped.filters} filters of 3 x 3, pooling, {dropped.hidden} "
                  f"units; {dropped.epochs} epochs", seeds)
    runs = {"no dropout": replace(dropped, p=0.0, spatial_p=0.0),
            f"dropout {dropped.p:g} ({dropped.spatial_p:g} of the maps)": dropped}
    means = []
    with tqdm(total=len(runs) * seeds * dropped.epochs, unit="epoch", file=sys.stdout,
              disable=not watched()) as bar:
        for label, experiment in runs.items():
            curves = [train_conv(experiment, seed, lambda solver: bar.update(solver.epoch > 0))
                      for seed in range(seeds)]
            errors = np.array([100 * curve.final for curve in curves])
            bar.write(error_line(label, errors), file=sys.stdout)
            means.append(errors.mean())
    print(f"{'gap:':<34}{means[0] - means[1]:16.1f} percentage points")
