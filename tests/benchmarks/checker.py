"""Measure the checker against torch.autograd.gradcheck: ``python -m tests.benchmarks.checker``.

Both run in one process and take turns; a ratio is the median of the ratios of the single rounds.
Without PyTorch only our own times, forward calls and memory are printed. Contract checks are
included on our side; the floor is the forward calls of our check, and nothing else.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradcheck
from layers import (
    affine_backward,
    affine_forward,
    affine_relu_backward,
    affine_relu_forward,
    batchnorm_backward,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
)
from nets import FullyConnectedNet
from tests.benchmarks.dropout import measure, ratio
from tests.benchmarks.table import FLOOR
from tests.benchmarks.threads import Clock

Run = Callable[[], Any]
RNG = np.random.default_rng(0)
TARGETS = {f"{work} / torch's fast mode": target for work, target in (
    ("dropout, 4096 inputs", 1.0), ("affine-relu (8,32)x(32,64), 2368 inputs", 2.0),
    ("FullyConnectedNet, 2635 parameters", 2.0))}


@dataclass(frozen=True)
class Work:
    """One row of the table: our check, the function that it calls, and torch's two checks."""

    name: str
    ours: Run
    forward: Run
    torch: Callable[[bool], Run] | None = None
    slow_rounds: int = 3

    @property
    def ratio(self) -> str:
        """What the ratio to torch's fast mode is called."""
        return f"{self.name} / torch's fast mode"

    def floor(self) -> Run:
        """Return the forward calls of our check, and nothing else."""
        calls = self.ours().evaluations

        def run() -> None:
            for _ in range(calls):
                self.forward()

        return run


def dropout_work(units: int = 4096) -> Work:
    x = RNG.standard_normal(units)
    param = {"p": 0.3, "mode": "train", "seed": 1}

    def torch_check(fast: bool) -> Run:
        import torch

        tensor = torch.from_numpy(x.copy()).requires_grad_()

        def dropout(value: Any) -> Any:
            torch.manual_seed(1)
            return torch.nn.functional.dropout(value, 0.3)

        return lambda: torch.autograd.gradcheck(dropout, (tensor,), fast_mode=fast)

    return Work(f"dropout, {units} inputs",
                lambda: gradcheck.check_layer(dropout_forward, dropout_backward, x, param),
                lambda: dropout_forward(x, param), torch_check, slow_rounds=1)


def affine_relu_work() -> Work:
    arrays = [RNG.standard_normal(shape) for shape in ((8, 32), (32, 64), (64,))]

    def torch_check(fast: bool) -> Run:
        import torch

        tensors = tuple(torch.from_numpy(array.copy()).requires_grad_() for array in arrays)
        return lambda: torch.autograd.gradcheck(
            lambda x, w, b: torch.relu(x @ w + b), tensors, fast_mode=fast)

    return Work("affine-relu (8,32)x(32,64), 2368 inputs",
                lambda: gradcheck.check_layer(affine_relu_forward, affine_relu_backward, *arrays),
                lambda: affine_relu_forward(*arrays), torch_check)


def make_net(dims: list[int], inputs: int) -> Any:
    return FullyConnectedNet(dims, input_dim=inputs, reg=0.1, weight_scale=5e-2, dtype=np.float64,
                             rng=np.random.default_rng(0))


def net_work(dims: list[int], inputs: int, samples: int = 50) -> Work:
    net = make_net(dims, inputs)
    x = RNG.standard_normal((samples, inputs))
    y = RNG.integers(0, 10, samples)
    count = sum(value.size for value in net.params.values())

    def torch_check(fast: bool) -> Run:
        import torch

        names = list(net.params)
        tensors = tuple(torch.from_numpy(net.params[name].copy()).requires_grad_()
                        for name in names)
        batch, labels = torch.from_numpy(x), torch.from_numpy(y)

        def loss(*values: Any) -> Any:
            params = dict(zip(names, values, strict=True))
            scores = batch
            for layer in range(1, len(dims) + 2):
                scores = scores @ params[f"W{layer}"] + params[f"b{layer}"]
                scores = torch.relu(scores) if layer <= len(dims) else scores
            penalty = sum((params[name] ** 2).sum() for name in names if name[0] == "W")
            return torch.nn.functional.cross_entropy(scores, labels) + 0.05 * penalty

        return lambda: torch.autograd.gradcheck(loss, tensors, fast_mode=fast)

    big = count > 10_000
    return Work(f"FullyConnectedNet, {count} parameters",
                lambda: gradcheck.check_net(net, x, y, progress=False),
                lambda: net.loss(x, y), None if big else torch_check, slow_rounds=1)


class OneWrong(FullyConnectedNet):
    """A net whose gradient of W2 is wrong in one element."""

    def loss(self, X: Any, y: Any = None) -> Any:
        """Return (loss, grads), one of whose elements is half as large again."""
        loss, grads = super().loss(X, y)
        grads["W2"] = grads["W2"].copy()
        grads["W2"][17, 23] *= 1.5
        return loss, grads


def one_wrong_work(dims: list[int], inputs: int) -> Work:
    right = make_net(dims, inputs)
    net = OneWrong(dims, input_dim=inputs, reg=0.1, weight_scale=5e-2, dtype=np.float64,
                   rng=np.random.default_rng(0))
    x, y = RNG.standard_normal((50, inputs)), RNG.integers(0, 10, 50)
    count = sum(value.size for value in right.params.values())
    return Work(f"the same {count} with one wrong element",
                lambda: gradcheck.check_net(net, x, y, progress=False), lambda: net.loss(x, y))


def seconds_of(run: Run, rounds: int) -> np.ndarray:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return np.array(times)


def row(work: Work, rounds: int) -> str:
    """Measure one row: ours, its calls and torch's fast mode in turns, the slow by itself."""
    report = work.ours()
    verdict = report.status if report.passed else (
        f"{report.findings[0].code} at {list(report.findings[0].where[0])}")
    ratios = " " * 30
    if work.torch is not None and importlib.util.find_spec("torch"):
        fast, slow = work.torch(True), work.torch(False)
        fast()
        seconds = measure({"ours": work.ours, "fast": fast, "floor": work.floor()}, rounds)
        mine = seconds["ours"]
        to_fast, floor = ratio(mine, seconds["fast"]), ratio(seconds["floor"], seconds["fast"])
        to_slow = float(np.median(mine)) / float(np.median(seconds_of(slow, work.slow_rounds)))
        ratios = f"{to_fast:>10.2f}{floor:>10.2f}{f'1/{1 / to_slow:.0f}':>10}"
    else:
        mine = seconds_of(work.ours, min(rounds, 3))
    return (f"{work.name:42}{np.median(mine) * 1e3:10.2f}{ratios}{report.evaluations:8}  {verdict}")


def ratios(rounds: int, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Return our time by that of torch's fast mode, for the works that it takes part in."""
    found = {}
    for work in (dropout_work(), affine_relu_work(), net_work([40, 35], 20)):
        if work.torch is not None and importlib.util.find_spec("torch"):
            seconds = measure({"ours": work.ours, "fast": work.torch(True),
                               "floor": work.floor()}, rounds, clock)
            found[work.ratio] = ratio(seconds["ours"], seconds["fast"])
            found[f"{work.ratio}{FLOOR}"] = ratio(seconds["floor"], seconds["fast"])
    return found


def speed_table(rounds: int) -> None:
    print(f"{'work':42}{'ms':>10}{'/ fast':>10}{'floor':>10}{'/ slow':>10}{'calls':>8}  verdict")
    for work in (dropout_work(), affine_relu_work(), net_work([40, 35], 20),
                 net_work([640, 500], 1000), one_wrong_work([640, 500], 1000)):
        print(row(work, rounds), flush=True)


def growth_table() -> None:
    """Print calls, time and extra memory of a check as its argument grows."""
    print(f"\n{'growth':12}{'n':>9}{'calls':>8}{'ms':>10}{'memory / argument':>20}")
    for exponent in range(2, 7):
        n = 10**exponent
        x = RNG.standard_normal(n)
        rows = RNG.standard_normal((n // 10, 10))
        weights = RNG.standard_normal((10, 7)), RNG.standard_normal(7)
        cases = {
            "dropout": (x, lambda x=x: gradcheck.check_layer(
                dropout_forward, dropout_backward, x, {"p": 0.3, "mode": "train", "seed": 1})),
            "affine": (rows, lambda rows=rows, weights=weights: gradcheck.check_layer(
                affine_forward, affine_backward, rows, *weights)),
            "batchnorm": (rows, lambda rows=rows: gradcheck.check_layer(
                batchnorm_forward, batchnorm_backward, rows, np.ones(10), np.zeros(10),
                {"mode": "train"}, progress=False)),
        }
        for name, (argument, run) in cases.items():
            start = time.perf_counter()
            report = run()
            elapsed = time.perf_counter() - start
            tracemalloc.start()
            run()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert report.passed, report
            print(f"{name:12}{n:>9}{report.evaluations:>8}{elapsed * 1e3:>10.1f}"
                  f"{peak / argument.nbytes:>20.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.checker", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each (default 15)")
    rounds = parser.parse_args().rounds
    peer = "torch not installed"
    if importlib.util.find_spec("torch"):
        import torch

        peer = f"torch {torch.__version__}, {torch.get_num_threads()} threads"
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, {os.cpu_count()} processors; "
          f"{peer}")
    speed_table(rounds)
    growth_table()


if __name__ == "__main__":
    main()
