"""Measure a training step: ``python -m tests.benchmarks.training``.

A step is the loss, its gradients, and the update of every parameter: ours, the same net in PyTorch
eager, and our own matrix products alone, with preallocated outputs. All run in one process and take
turns, and a ratio is the median of the ratios of the single rounds. The floor is what the step
takes at least: its products, and the price of a call of NumPy for every array operation besides.
`bare` is the step as one NumPy script, without layers, caches, or a check of anything.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nets import FullyConnectedNet, sgd_momentum
from nets.optim import updated
from tests.benchmarks.bare_step import MOMENTUM, RATE, BareStep, P
from tests.benchmarks.dropout import measure, ratio
from tests.benchmarks.table import FLOOR
from tests.benchmarks.threads import Clock, add_option, clock_of

Step = Callable[[], Any]

MILLISECONDS_A_ROUND = 20  # in a training, too, one step follows another
# NumPy's operations that a step cannot do without, products apart. Of an affine layer: + b, and the
# sum of dout. Of a hidden one: maximum, words, bits, divide, multiply; back divide, multiply,
# compare, multiply. Of softmax: max, -, exp, sum, log, the label's, -, mean, /, -= 1, / N.
OF_AN_AFFINE, OF_A_HIDDEN_LAYER, OF_THE_LOSS = 2, 9, 11
OF_AN_UPDATE = 4  # momentum * velocity, rate * dw, -, w +


@dataclass(frozen=True)
class Work:
    """One row of the table: a batch, the widths of a net, and what is asked of our step."""

    batch: int
    widths: tuple[int, ...]
    to_torch: float
    to_products: float | None = None

    @property
    def name(self) -> str:
        """The row's name, '64: 64-64-10'."""
        return f"{self.batch}: {'-'.join(map(str, self.widths))}"

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return a batch in float32 and its labels."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.batch, self.widths[0])).astype(np.float32)
        return X, rng.integers(0, self.widths[-1], self.batch)

    def operations(self) -> int:
        """Return how many array operations a step takes besides its products."""
        layers = len(self.widths) - 1
        return (OF_AN_AFFINE * layers + OF_A_HIDDEN_LAYER * (layers - 1) + OF_THE_LOSS
                + OF_AN_UPDATE * 2 * layers)


WORKS = (
    Work(64, (64, 64, 10), 0.4),
    Work(100, (3072, 100, 100, 10), 0.5, 1.3),
    Work(128, (784, 1024, 1024, 10), 0.5, 1.2),
    Work(256, (3072, 500, 500, 10), 0.75, 1.2),
)


TARGETS = {f"step {work.name} / {other}": target for work in WORKS
           for other, target in (("torch", work.to_torch), ("products", work.to_products))
           if target is not None}


def ours(work: Work) -> Step:
    """Return a step of ours, as a Solver takes it."""
    X, y = work.data()
    *hidden, classes = work.widths[1:]
    net = FullyConnectedNet(hidden, X.shape[1], classes, dropout=P, rng=np.random.default_rng(0))
    configs: dict[str, Any] = {name: {"learning_rate": RATE, "momentum": MOMENTUM}
                               for name in net.params}

    def step() -> None:
        _, grads = net.loss(X, y)
        for name, w in net.params.items():
            net.params[name], configs[name] = updated(sgd_momentum, w, grads, name, configs[name])

    return step


def torch_step(work: Work) -> Step:
    """Return the same step of PyTorch, with its autograd and its optimizer."""
    import torch

    X, y = map(torch.from_numpy, work.data())
    layers: list[Any] = []
    for fan_in, fan_out in pairwise(work.widths):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU(), torch.nn.Dropout(P)]
    net = torch.nn.Sequential(*layers[:-2])
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM)

    def step() -> None:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(X), y)
        loss.backward()
        optimizer.step()
        loss.item()  # ours is a number, too

    return step


def products(work: Work) -> Step:
    """Return the matrix products of the step: out of each layer, dw, and dx but of the first."""
    rng = np.random.default_rng(0)
    calls: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for number, (fan_in, fan_out) in enumerate(pairwise(work.widths)):
        x, w, dout = (rng.standard_normal(shape).astype(np.float32) for shape in (
            (work.batch, fan_in), (fan_in, fan_out), (work.batch, fan_out)))
        calls += [(x, w, np.empty_like(dout)), (x.T, dout, np.empty_like(w))]
        if number:
            calls.append((dout, w.T, np.empty_like(x)))

    def step() -> None:
        for a, b, out in calls:
            np.matmul(a, b, out=out)

    return step


def calls_of_numpy(count: int) -> Step:
    """Return so many operations on arrays of one element, their outputs preallocated."""
    one, out = np.ones(1, np.float32), np.empty(1, np.float32)

    def step() -> None:
        for _ in range(count):
            np.add(one, one, out=out)

    return step


def repeated(step: Step) -> Step:
    """Return a step so often that a round of it takes some milliseconds."""
    once = float(np.median(measure({"": step}, 9)[""])) * 1e3
    times = max(1, round(MILLISECONDS_A_ROUND / once))

    def run() -> None:
        for _ in range(times):
            step()

    run.times = times  # type: ignore[attr-defined]
    return run


def seconds_of(work: Work, rounds: int, clock: Clock = time.perf_counter
               ) -> dict[str, np.ndarray]:
    """Return seconds a step, one a round, of all contenders of a row; they take turns."""
    steps = {"ours": ours(work), "products": products(work),
             "bare": BareStep(*work.data(), work.widths),
             "calls": calls_of_numpy(work.operations())}
    if importlib.util.find_spec("torch"):
        steps["torch"] = torch_step(work)
    runs = {name: repeated(step) for name, step in steps.items()}
    seconds = measure(runs, rounds, clock)
    return {name: seconds[name] / run.times  # type: ignore[attr-defined]
            for name, run in runs.items()}


def ratios(rounds: int, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Return every ratio of the table by its name, for `python -m tests.benchmarks`."""
    found = {}
    for work in WORKS:
        seconds = seconds_of(work, rounds, clock)
        for other in seconds.keys() & {"torch", "products"}:
            name = f"step {work.name} / {other}"
            found[name] = ratio(seconds["ours"], seconds[other])
            found[f"{name}{FLOOR}"] = ratio(seconds["products"] + seconds["calls"], seconds[other])
    return found


def row(work: Work, rounds: int, clock: Clock) -> str:
    """Measure one row."""
    seconds = seconds_of(work, rounds, clock)
    floor = seconds["products"] + seconds["calls"]
    mine = seconds["ours"]
    to_torch = bare_to_torch = floor_to_torch = "-"
    if "torch" in seconds:
        to_torch = f"{ratio(mine, seconds['torch']):.2f}"
        bare_to_torch = f"{ratio(seconds['bare'], seconds['torch']):.2f}"
        floor_to_torch = f"{ratio(floor, seconds['torch']):.2f}"
    asked = "-" if work.to_products is None else f"{work.to_products:.1f}"
    return (f"{work.name:24}{np.median(mine) * 1e3:8.3f}"
            f"{to_torch:>9}{work.to_torch:>8}{bare_to_torch:>8}{floor_to_torch:>8}"
            f"{ratio(mine, seconds['products']):12.2f}{asked:>8}"
            f"{ratio(seconds['bare'], seconds['products']):8.2f}"
            f"{ratio(floor, seconds['products']):8.2f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.training",
                                     description=__doc__)
    parser.add_argument("--rounds", type=int, default=41, help="measurements of each (default 41)")
    add_option(parser)
    options = parser.parse_args()
    with clock_of(options.one_thread) as clock:
        table(options.rounds, clock)


def table(rounds: int, clock: Clock) -> None:
    """Print a row for each work."""
    print(f"float32, dropout {P}, momentum {MOMENTUM}")
    print(f"{'training step':24}{'ms':>8}{'/ torch':>9}{'target':>8}{'bare':>8}{'floor':>8}"
          f"{'/ products':>12}{'target':>8}{'bare':>8}{'floor':>8}")
    for work in WORKS:
        print(row(work, rounds, clock), flush=True)


if __name__ == "__main__":
    main()
