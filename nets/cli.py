"""What the commands of `python -m nets` share, and two of them: `sweep`, `variance-shift`."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from layers.arguments import probability
from nets.arguments import whole
from nets.experiment import METHODS, Experiment
from nets.sweep import Workers, run_sweep, summarize
from nets.variance_shift import PLACEMENTS, variance_shift

FAILED = 1
INTERRUPTED = 130


def guarded(run: Callable[[], object]) -> int:
    """Call `run`; return the exit code, with one line on stderr where it failed."""
    try:
        run()
    except (ImportError, OSError, ValueError) as error:
        print(f"python -m nets: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\npython -m nets: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


@contextmanager
def usage_errors(options: argparse.ArgumentParser) -> Iterator[None]:
    """Turn a refused value into a usage error: exit code 2."""
    try:
        yield
    except (ValueError, TypeError) as error:
        options.error(str(error))


def watched() -> bool:
    """Say whether somebody sees stdout move: a bar written into a file is a smear of lines."""
    return sys.stdout.isatty() or "ipykernel" in sys.modules


def print_heading(experiment: Experiment, network: str, seeds: int) -> None:
    """Print what is trained on, the network and its epochs, and how many runs are averaged."""
    print(f"digits: {experiment.samples} training images, {100 * experiment.noise:g} % of their "
          f"labels flipped, {1797 - experiment.samples} test images\nnetwork: {network}, "
          f"mean of {seeds} seed{'s' * (seeds != 1)}", flush=True)


def error_line(label: str, errors: NDArray[np.float64]) -> str:
    """Return a line with the mean of test errors in percent, and its standard error.

    Examples
    --------
    >>> error_line("no dropout", np.array([16.0, 18.0]))
    'no dropout:                       test error  17.0 % +- 1.0'
    """
    spread = f" +- {errors.std(ddof=1) / np.sqrt(len(errors)):.1f}" if len(errors) > 1 else ""
    return f"{label + ':':<34}test error {errors.mean():5.1f} %{spread}"


def require_packages(extra: str = "notebooks", **packages: str) -> None:
    """Raise ImportError if a module is missing; the keywords map modules to packages."""
    for module, package in packages.items():
        if importlib.util.find_spec(module) is None:
            raise ImportError(f"{package} is not installed. Remedy: python -m pip install "
                              f"'maskgrad[{extra}]'.")


def add_common_options(parser: argparse.ArgumentParser, default_seeds: int) -> None:
    """Add the options that do not vary within one run of either command."""
    default = Experiment()
    add = parser.add_argument
    add("--seeds", type=int, default=default_seeds, help="runs of each kind")
    add("--samples", type=int, default=default.samples, help="training images, of 1797")
    add("--hidden", type=int, nargs="+", default=default.hidden, metavar="UNITS",
        help="units in each hidden layer")
    add("--input-p", type=float, default=default.input_p, help="probability of dropping a pixel")
    add("--epochs", type=int, default=default.epochs, help="passes over the training images")
    add("--batch-size", type=int, default=default.batch_size, help="images in a minibatch")


def common_options(args: argparse.Namespace) -> Experiment:
    """Return the experiment that the common options describe."""
    return Experiment(samples=args.samples, hidden=tuple(args.hidden), input_p=args.input_p,
                      epochs=args.epochs, batch_size=args.batch_size)


def sweep_parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m nets sweep`."""
    default = Experiment()
    parser = argparse.ArgumentParser(
        prog="python -m nets sweep",
        description="Train every combination of the methods, probabilities, noises and learning "
        "rates under every seed, and print the mean test errors and their standard errors.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--method", nargs="+", choices=METHODS, default=["none", "dropout"])
    add("--p", type=float, nargs="+", default=[default.p], help="drop probabilities")
    add("--noise", type=float, nargs="+", default=[default.noise], help="fractions of labels")
    add("--learning-rate", type=float, nargs="+", default=[default.learning_rate], help="of Adam")
    add_common_options(parser, default_seeds=8)
    add("--seed", type=int, default=0, help="root of all seeds")
    add("--results", type=Path, metavar="PATH",
        help="a line of JSON for each finished run; run again to go on where it stopped")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, default=1, help="processes; -1: one for each core")
    where.add_argument("--scheduler", metavar="ADDRESS",
                       help="of a dask cluster, such as tcp://10.0.0.1:8786, whose workers have "
                       "this package and scikit-learn")
    return parser


def sweep_command(argv: Sequence[str]) -> None:
    """Run `python -m nets sweep`."""
    parser = sweep_parser()
    args = parser.parse_args(argv)
    grid = {"noise": args.noise, "method": args.method, "p": args.p,
            "learning_rate": args.learning_rate}
    with usage_errors(parser):
        base = common_options(args)
        for name, values in grid.items():
            for value in values:
                Experiment(**{name: value})
        whole("--seeds", args.seeds, low=1)
        whole("--seed", args.seed, low=0)
        if args.workers != -1:
            whole("--workers", args.workers, low=1)
    require_packages(sklearn="scikit-learn")
    with ExitStack() as stack:
        workers: Workers = args.workers
        if args.scheduler:
            require_packages("distributed", distributed="dask[distributed]")
            from distributed import Client

            client = stack.enter_context(Client(args.scheduler, timeout="10s"))
            workers = client.get_executor().map
        results = run_sweep(grid, args.seeds, base=base, seed=args.seed, path=args.results,
                            workers=workers, progress=watched())
    for summary in summarize(results):
        print(summary)


def variance_shift_parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m nets variance-shift`."""
    parser = argparse.ArgumentParser(
        prog="python -m nets variance-shift",
        description="Train nets with two batchnorms on clean digits, with dropout before the last "
        "batchnorm, after it, and without, and print how far the variances of test mode are from "
        "those that the batchnorms learnt: max(real / moving, moving / real), mean over features.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--p", type=float, default=0.5, help="probability of dropping a unit")
    parser.add_argument("--seeds", type=int, default=8, help="runs of each kind")
    parser.add_argument("--epochs", type=int, default=30, help="passes over the training images")
    return parser


def variance_shift_command(argv: Sequence[str]) -> None:
    """Run `python -m nets variance-shift`."""
    parser = variance_shift_parser()
    args = parser.parse_args(argv)
    with usage_errors(parser):
        probability("--p", args.p)
        whole("--seeds", args.seeds, low=1)
        whole("--epochs", args.epochs, low=1)
    require_packages(sklearn="scikit-learn")
    shifts: dict[str, list[float]] = {placement: [] for placement in PLACEMENTS}
    runs = [(placement, seed) for placement in PLACEMENTS for seed in range(args.seeds)]
    for placement, seed in tqdm(runs, desc="trained", unit="net", file=sys.stdout,
                                disable=not watched()):
        shift = variance_shift(placement, args.p, seed, epochs=args.epochs)
        shifts[placement].append(shift.largest)
    for placement, ratios in shifts.items():
        mean, error = np.mean(ratios), np.std(ratios, ddof=min(1, args.seeds - 1))
        spread = f" +- {error / np.sqrt(args.seeds):.3f}" if args.seeds > 1 else ""
        print(f"{placement:<8}p {args.p if placement != 'none' else 0:<6g}"
              f"max(real / moving variance) {mean:.3f}{spread} ({args.seeds} seeds)")
