"""How long a check of 2,000 inputs takes here and in torch.autograd.gradcheck's slow mode.

    python -m tests.benchmarks.torch

Both run in one process, in turn, a few times; the ratio of the best times is what counts. torch is
asked for the whole Jacobian, an element at a time, as its slow mode does; here every coordinate of
the gradient is compared, too, and the forward calls are counted.
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

ROUNDS = 3
SHAPE = (40, 50)


def functions(torch: Any) -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Return functions of 2,000 inputs, and their arguments."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=SHAPE), rng.normal(size=(SHAPE[1], 5))
    return {
        "tanh, element by element": (torch.tanh, (x,)),
        "softmax of rows": (lambda x: torch.softmax(x, -1), (x,)),
        "a matrix product": (lambda x: x @ torch.from_numpy(w), (x,)),
        "a mean of squares": (lambda x: (x ** 2).mean(), (x,)),
    }


def timed(call: Callable[[], Any]) -> float:
    """Return how long a call takes, in seconds."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def compared(torch: Any, function: Callable[..., Any], args: tuple[Any, ...]
             ) -> tuple[float, float, int]:
    """Return the best time here, the best of torch's, and the forward calls here."""
    tensors = [torch.from_numpy(arg).requires_grad_() for arg in args]
    pair = torch_function(function)
    reports: list[gradcheck.Report] = []

    def ours() -> None:
        reports.append(gradcheck.check_layer(*pair, *args, progress=False))

    times = [(timed(ours), timed(lambda: torch.autograd.gradcheck(function, tensors)))
             for _ in range(ROUNDS)]
    assert all(report.passed for report in reports)
    assert reports[0].checked == sum(arg.size for arg in args)
    return min(one for one, _ in times), min(other for _, other in times), reports[0].evaluations


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
