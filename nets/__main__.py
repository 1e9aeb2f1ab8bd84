"""`python -m nets`: train on digits with noisy labels, with and without dropout."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nets.arguments import whole
from nets.cli import (
    add_common_options,
    common_options,
    error_line,
    guarded,
    print_heading,
    require_packages,
    sweep_command,
    usage_errors,
    variance_shift_command,
    watched,
)
from nets.convolution_experiment import conv_command
from nets.experiment import Experiment, LearningCurve, train
from nets.learning_curves import plot_learning_curves
from nets.recurrent_study import recurrent_command

SUBCOMMANDS = {
    "conv": conv_command,
    "recurrent": recurrent_command,
    "sweep": sweep_command,
    "variance-shift": variance_shift_command,
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    root = argparse.ArgumentParser(
        prog="python -m nets",
        description="Train a fully-connected net on scikit-learn's digits, a part of the training "
        "labels flipped, with and without dropout, and compare the test errors.",
        epilog="python -m nets conv --help: the same with a convolutional net; "
        "python -m nets recurrent --help: with a recurrent one; "
        "python -m nets sweep --help: grids of such experiments on many machines; "
        "python -m nets variance-shift --help: dropout beside batchnorm.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    default = Experiment()
    add_common_options(root, default_seeds=3)
    add = root.add_argument
    add("--noise", type=float, default=default.noise, help="fraction of flipped training labels")
    add("--p", type=float, default=default.p, help="probability of dropping a hidden unit")
    add("--learning-rate", type=float, default=default.learning_rate, help="of Adam")
    add("--plot", type=Path, metavar="PATH", help="write the two learning curves (png, svg, pdf)")
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 1 failed; argparse exits with 2)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in SUBCOMMANDS:
        return guarded(lambda: SUBCOMMANDS[arguments[0]](arguments[1:]))
    options = parser()
    args = options.parse_args(arguments)
    with usage_errors(options):
        with_dropout = replace(common_options(args), p=args.p, noise=args.noise,
                               learning_rate=args.learning_rate)
        whole("--seeds", args.seeds, low=1)

    def run() -> None:
        _check_what_is_needed(args.plot)
        _compare(with_dropout, args.seeds, args.plot)

    return guarded(run)


def _check_what_is_needed(plot: Path | None) -> None:
    """Raise now what would otherwise be raised after the training."""
    require_packages(sklearn="scikit-learn", **({"matplotlib": "matplotlib"} if plot else {}))
    if plot is None:
        return
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    if plot.suffix[1:].lower() not in known:
        raise OSError(f"--plot: got {str(plot)!r}; expected a suffix among {', '.join(known)}. "
                      "Remedy: --plot curves.png.")
    existed = plot.exists()
    with open(plot, "ab"):  # the one sure way to learn whether it can be written
        pass
    if not existed:
        plot.unlink()


def _compare(with_dropout: Experiment, seeds: int, plot: Path | None) -> None:
    without = replace(with_dropout, method="none")
    e = with_dropout
    widths = "-".join(map(str, (64, *e.hidden, 10)))
    print_heading(e, f"{widths}, {e.epochs} epochs", seeds)
    runs = {"no dropout": without, f"dropout {e.p:g} ({e.input_p:g} on the input)": e}
    curves: dict[str, list[LearningCurve]] = {label: [] for label in runs}
    with tqdm(total=len(runs) * seeds * e.epochs, unit="epoch", file=sys.stdout,
              disable=not watched()) as bar:
        for seed in range(seeds):
            for label, experiment in runs.items():
                bar.set_description(f"seed {seed + 1}, {label}")
                curves[label].append(
                    train(experiment, seed, lambda solver: bar.update(solver.epoch > 0))
                )
        bar.set_description("trained")
    errors = {label: np.array([100 * run.final for run in group])
              for label, group in curves.items()}
    for label, error in errors.items():
        print(error_line(label, error))
    plain, dropped = (error.mean() for error in errors.values())
    print(f"{'gap:':<34}{plain - dropped:16.1f} percentage points")
    if plot is not None:
        plot_learning_curves(
            curves, plot, f"Digits, {e.samples} training images, {100 * e.noise:g} % labels flipped"
        )
        print(f"learning curves: {plot}")


if __name__ == "__main__":
    sys.exit(main())
