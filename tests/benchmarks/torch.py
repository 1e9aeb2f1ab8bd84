"""How long a check of 2,000 inputs takes here and in torch.autograd.gradcheck's slow mode.

    python -m tests.benchmarks.torch

Both run in one process, one after the other, warm from a small input; their ratio counts. torch is
asked for the whole Jacobian, an element at a time, as its slow mode does. Here forward calls are
saved where outputs depend on few inputs each; where one depends on all, as a mean does, directions
are compared and not coordinates.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import gradcheck
from gradcheck.adapters import PeerMissing, torch_function
from gradcheck.adapters.peers import peer

SHAPE = (40, 50)


def functions(torch: Any) -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Return functions of 2,000 inputs, and their arguments."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=SHAPE)
    return {
        "tanh, element by element": (torch.tanh, (x,)),
        "softmax of rows": (lambda x: torch.softmax(x, -1), (x,)),
        "the sums of rows": (lambda x: (x * x).sum(1), (x,)),
        "a mean of squares": (lambda x: (x ** 2).mean(), (x,)),
    }


def timed(call: Callable[[], Any]) -> float:
    """Return how long a call takes, in seconds."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def compared(torch: Any, function: Callable[..., Any], args: tuple[Any, ...]
             ) -> tuple[float, float, int]:
    """Return the time here, torch's, and the forward calls here."""
    reports: list[gradcheck.Report] = []
    times = []
    for given in ([arg[:2].copy() for arg in args], args):
        tensors = [torch.from_numpy(arg).requires_grad_() for arg in given]
        times.append((
            timed(lambda: reports.append(gradcheck.check_layer(
                *torch_function(function), *given, progress=False))),  # noqa: B023
            timed(lambda: torch.autograd.gradcheck(function, tensors))))  # noqa: B023
    assert all(report.passed and report.checked for report in reports)
    return *times[-1], reports[-1].evaluations


def main() -> int:
    """Print the table."""
    try:
        torch = peer("torch")
    except PeerMissing as reason:
        print(reason, file=sys.stderr)
        return 1
    print("| 2,000 inputs | forward calls | here, s | torch, s | times faster |")
    print("|---|--:|--:|--:|--:|")
    for name, (function, args) in functions(torch).items():
        ours, theirs, calls = compared(torch, function, args)
        print(f"| {name} | {calls} | {ours:.2f} | {theirs:.2f} | {theirs / ours:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
