"""Measure the layers for sequences against PyTorch: ``python -m tests.benchmarks.sequences``.

Each line is a forward and a backward in float32, against torch eager. Ours and PyTorch's take
turns in one process, and a ratio is the median of the ratios of the single rounds, with their
quartiles beside it.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import layers as L
from tests.benchmarks.dropout import Contender, measure, ratio
from tests.benchmarks.threads import Clock, add_option, clock_of

Contenders = dict[str, Contender]
N, T, D, H = 64, 32, 128, 128
WORDS, LENGTH = 10_000, 128


def drawn(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]


def against(ours: Contender, forward: Callable[..., Any], arrays: list[np.ndarray],
            dout: np.ndarray) -> Contenders:
    """Return ours, and PyTorch's forward of tensors with its backward."""
    import torch

    tensors = [torch.from_numpy(array).requires_grad_() for array in arrays]
    gradient = torch.from_numpy(dout)

    def theirs() -> None:
        forward(*tensors).backward(gradient)
        for tensor in tensors:
            tensor.grad = None

    return {"ours": ours, "torch": theirs}


def recurrent(name: str, gates: int, module: str) -> Contenders:
    """A recurrent layer of 32 steps."""
    import torch

    x, Wx, Wh, b, dh = drawn((N, T, D), (D, gates * H), (H, gates * H), (gates * H,), (N, T, H))
    Wx, Wh, h0 = Wx / np.float32(D**0.5), Wh / np.float32(H**0.5), np.zeros((N, H), np.float32)
    forward, backward = getattr(L, f"{name}_forward"), getattr(L, f"{name}_backward")
    net = getattr(torch.nn, module)(D, H, batch_first=True)

    def both(tensor: Any) -> Any:
        net.zero_grad()
        return net(tensor)[0]

    return against(lambda: backward(dh, forward(x, h0, Wx, Wh, b)[1]), both, [x], dh)


def attention() -> Contenders:
    """Scaled dot product attention of 8 heads."""
    import torch

    q, k, v, dout = drawn(*[(32, 8, 128, 64)] * 4)
    return against(
        lambda: L.scaled_dot_product_attention_backward(
            dout, L.scaled_dot_product_attention_forward(q, k, v)[1]),
        torch.nn.functional.scaled_dot_product_attention, [q, k, v], dout)


def embedding() -> Contenders:
    """Ten thousand words, (64, 32) of them looked up."""
    import torch

    W, dout = drawn((WORDS, LENGTH), (N, T, LENGTH))
    x = np.random.default_rng(1).integers(WORDS, size=(N, T))
    words = torch.from_numpy(x)
    return against(
        lambda: L.word_embedding_backward(dout, L.word_embedding_forward(x, W)[1]),
        lambda W: torch.nn.functional.embedding(words, W), [W], dout)


# What is measured, and the largest ratio to PyTorch's time.
CASES: dict[str, tuple[float, Callable[[], Contenders]]] = {
    "LSTM (64, 32, 128) -> 128": (1.5, lambda: recurrent("lstm", 4, "LSTM")),
    "RNN (64, 32, 128) -> 128": (1.5, lambda: recurrent("rnn", 1, "RNN")),
    "attention (32, 8, 128, 64)": (2.0, attention),
    "embedding (64, 32) of 10000": (1.0, embedding),
}


def ratios(rounds: int, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Return our time by PyTorch's, where it is installed."""
    if not importlib.util.find_spec("torch"):
        return {}
    found = {}
    for name, (_, contenders) in CASES.items():
        seconds = measure(contenders(), rounds, clock)
        found[f"{name} / torch"] = ratio(seconds["ours"], seconds["torch"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sequences",
                                     description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each (default 15)")
    add_option(parser)
    options = parser.parse_args()
    with clock_of(options.one_thread) as clock:
        print(f"{'forward + backward':30}{'ours ms':>9}{'torch ms':>10}{'ratio':>7}"
              f"{'quartiles':>15}{'limit':>7}")
        for name, (limit, contenders) in CASES.items():
            seconds = measure(contenders(), options.rounds, clock)
            each = seconds["ours"] / seconds["torch"]
            low, middle, high = np.quantile(each, (0.25, 0.5, 0.75))
            own, other = (np.median(seconds[who]) * 1e3 for who in ("ours", "torch"))
            print(f"{name:30}{own:9.2f}{other:10.2f}{middle:7.2f}{low:8.2f} -{high:5.2f}"
                  f"{limit:7.1f}", flush=True)


if __name__ == "__main__":
    main()
