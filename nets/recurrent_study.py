"""`python -m nets recurrent`: digits read row by row, noisy labels, dropout in the recurrence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

from layers.arguments import one_of
from nets.arguments import whole
from nets.cli import error_line, print_heading, require_packages, usage_errors, watched
from nets.experiment import Experiment, LearningCurve, learning_curve, noisy_digits
from nets.recurrent import CELLS, RecurrentClassifier
from nets.solver import Solver

KINDS = {"none": "no dropout", "step": "a mask at every step", "sequence": "one mask a sequence"}
ROWS = 8  # of 8 pixels
DEFAULT = Experiment(p=0.5, input_p=0.1, hidden=(128,), epochs=30, batch_size=100,
                     learning_rate=4e-3)


def train_recurrent(
    kind: str, seed: int, *, experiment: Experiment | None = None, cell_type: str = "lstm",
    callback: Callable[[Solver], Any] | None = None,
) -> LearningCurve:
    """Train a recurrent net once on digits with noisy labels; equal seeds give equal curves.

    Parameters
    ----------
    kind : {'none', 'step', 'sequence'}
        Whether every step draws a mask, or a sequence one for all steps.
    seed : int
        Draws the split, the flipped labels, the weights, the masks and the minibatches, each from
        a stream of its own.
    experiment : Experiment, keyword-only, optional
        The probabilities, the noise and the training; `hidden` holds the units of the state.
    cell_type : {'lstm', 'rnn'}, keyword-only
    callback : callable, keyword-only, optional
        As in `Solver`.

    Examples
    --------
    >>> tiny = Experiment(samples=50, hidden=(8,), epochs=1, batch_size=25)
    >>> curve = train_recurrent("step", seed=0, experiment=tiny)
    >>> len(curve.test_error), curve == train_recurrent("step", seed=0, experiment=tiny)
    (2, True)
    """
    e = DEFAULT if experiment is None else experiment
    on = one_of("kind", kind, tuple(KINDS)) != "none"
    data_seed, net_seed, batch_seed = np.random.SeedSequence(seed).spawn(3)
    data = noisy_digits(e, data_seed)
    for part in ("X_train", "X_val"):
        data[part] = data[part].reshape(len(data[part]), ROWS, -1)
    net = RecurrentClassifier(
        data["X_train"].shape[2], e.hidden[0], 10, cell_type,
        dropout=e.p if on else 0.0, input_dropout=e.input_p if on else 0.0,
        granularity=kind if on else "sequence", rng=np.random.default_rng(net_seed))
    return learning_curve(net, data, e, batch_seed, callback)


def _advance(bar: Any, solver: Solver) -> None:
    bar.update(solver.epoch > 0)


def recurrent_parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m nets recurrent`."""
    parser = argparse.ArgumentParser(
        prog="python -m nets recurrent",
        description="Train a recurrent net that reads scikit-learn's digits row by row, a part of "
        "the training labels flipped: without dropout, with a fresh mask at every step, and with "
        "one mask for a whole sequence; compare the test errors.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--cell", choices=tuple(CELLS), default="lstm", help="the recurrent layer")
    add("--kind", nargs="+", choices=tuple(KINDS), default=list(KINDS), help="which dropout")
    add("--seeds", type=int, default=3, help="runs of each kind")
    add("--samples", type=int, default=DEFAULT.samples, help="training images, of 1797")
    add("--hidden", type=int, default=DEFAULT.hidden[0], help="units of the state")
    add("--p", type=float, default=DEFAULT.p, help="probability of dropping a unit of the state")
    add("--input-p", type=float, default=DEFAULT.input_p, help="probability of dropping a pixel")
    add("--noise", type=float, default=DEFAULT.noise, help="fraction of flipped training labels")
    add("--epochs", type=int, default=DEFAULT.epochs, help="passes over the training images")
    add("--batch-size", type=int, default=DEFAULT.batch_size, help="images in a minibatch")
    add("--learning-rate", type=float, default=DEFAULT.learning_rate, help="of Adam")
    return parser


def recurrent_command(argv: Sequence[str]) -> None:
    """Run `python -m nets recurrent`."""
    parser = recurrent_parser()
    args = parser.parse_args(argv)
    with usage_errors(parser):
        experiment = Experiment(
            p=args.p, input_p=args.input_p, noise=args.noise, samples=args.samples,
            hidden=(args.hidden,), epochs=args.epochs, batch_size=args.batch_size,
            learning_rate=args.learning_rate)
        whole("--seeds", args.seeds, low=1)
    require_packages(sklearn="scikit-learn")
    print_heading(experiment, f"{args.cell} of {args.hidden} units that reads 8 rows of 8 pixels, "
                  f"{args.epochs} epochs", args.seeds)
    for kind in args.kind:
        told = KINDS[kind] + (f", p {args.p:g}" if kind != "none" else "")
        with tqdm(total=args.seeds * args.epochs, unit="epoch", file=sys.stdout, leave=False,
                  desc=told, disable=not watched()) as bar:
            errors = 100 * np.array([
                train_recurrent(kind, seed, experiment=experiment, cell_type=args.cell,
                                callback=partial(_advance, bar)).final
                for seed in range(args.seeds)])
        print(error_line(told, errors), flush=True)
