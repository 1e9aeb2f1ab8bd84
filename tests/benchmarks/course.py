"""Measure the course's layers against PyTorch: ``python -m tests.benchmarks.course``.

Each line is a forward and a backward in float32. Ours and PyTorch's take turns in one process, and
a ratio is the median of the ratios of the single rounds, with their quartiles beside it. Where it
is missed, the floor is the ratio of NumPy's passes over the minibatch alone, their outputs
preallocated. Memory is the peak of a step, as `tracemalloc` sees it, against one without columns.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import layers as L
from layers.normalization import row_products
from tests.benchmarks.dropout import Contender, measure, ratio
from tests.benchmarks.table import FLOOR
from tests.benchmarks.threads import Clock, add_option, clock_of

CONV, POOL = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}


@dataclass(frozen=True)
class Case:
    """A layer and what it is measured against.

    Attributes
    ----------
    name : str
    limit : float
        The largest ratio to PyTorch's time.
    shapes : tuple
        Of the arrays; the first is x.
    ours : callable
        forward(*arrays) -> (out, backward of dout).
    theirs : callable
        forward(torch's nn.functional, *tensors) -> out.
    floor : callable, optional
        passes(dout, *arrays) -> what runs NumPy's operations and nothing else.
    """

    name: str
    limit: float
    shapes: tuple[tuple[int, ...], ...]
    ours: Callable[..., tuple[Any, Callable[[Any], Any]]]
    theirs: Callable[..., Any]
    floor: Callable[..., Contender] | None = None


def pair(name: str, *rest: Any) -> Callable[..., tuple[Any, Callable[[Any], Any]]]:
    """Return the pair of that name in `layers` as a case's `ours`; `rest` follows its arrays."""
    forward, backward = getattr(L, f"{name}_forward"), getattr(L, f"{name}_backward")

    def run(*arrays: Any) -> tuple[Any, Callable[[Any], Any]]:
        out, cache = forward(*arrays, *(dict(each) for each in rest))
        return out, lambda dout: backward(dout, cache)

    return run


def layernorm_passes(dout: Any, x: Any, gamma: Any, beta: Any) -> Contender:
    """Return the operations on (N, D) of a layer normalization, forward and back."""
    centered, out, scale = (np.empty_like(x) for _ in range(3))
    column, features, samples = x[:, :1].copy(), np.ones_like(gamma), np.ones_like(x[:, 0])

    def run() -> None:
        x @ features
        np.subtract(x, column, out=centered)
        row_products(centered, centered)
        np.multiply(centered, column, out=centered)
        np.add(np.multiply(centered, gamma, out=out), beta, out=out)
        samples @ dout
        np.einsum("nd,nd->d", dout, centered)
        np.multiply(gamma, column, out=scale)
        np.multiply(dout, scale, out=out)
        dout @ gamma
        row_products(out, centered)
        np.subtract(out, np.multiply(centered, column, out=scale), out=out)
        np.subtract(out, column, out=out)

    return run


IMAGES, KERNEL, ROWS = (32, 16, 32, 32), ((32, 16, 3, 3), (32,)), ((256, 1024), (1024,), (1024,))
CASES = (
    Case("conv 3 x 3, 32 filters", 2.0, (IMAGES, *KERNEL), pair("conv", CONV),
         lambda F, x, w, b: F.conv2d(x, w, b, padding=1)),
    Case("max_pool 2 x 2", 1.5, (IMAGES,), pair("max_pool", POOL),
         lambda F, x: F.max_pool2d(x, 2)),
    Case("avg_pool 2 x 2", 1.5, (IMAGES,), pair("avg_pool", POOL),
         lambda F, x: F.avg_pool2d(x, 2)),
    Case("batchnorm", 1.5, ROWS, pair("batchnorm", {"mode": "train"}),
         lambda F, x, g, b: F.batch_norm(x, None, None, g, b, training=True)),
    Case("layernorm", 1.5, ROWS, pair("layernorm", {}),
         lambda F, x, g, b: F.layer_norm(x, x.shape[1:], g, b), layernorm_passes),
)


def contenders(case: Case) -> dict[str, Contender]:
    """Return one step of ours and one of PyTorch's, on the same numbers."""
    import torch

    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(np.float32) for shape in case.shapes]
    dout = rng.standard_normal(case.ours(*arrays)[0].shape).astype(np.float32)
    tensors = [torch.from_numpy(array).requires_grad_() for array in arrays]
    gradient = torch.from_numpy(dout)

    def ours() -> None:
        _out, backward = case.ours(*arrays)
        backward(dout)

    def theirs() -> None:
        case.theirs(torch.nn.functional, *tensors).backward(gradient)
        for tensor in tensors:
            tensor.grad = None

    floor = {} if case.floor is None else {"floor": case.floor(dout, *arrays)}
    return {"ours": ours, "torch": theirs, **floor}


def ratios(rounds: int, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Return our time by PyTorch's, where it is installed."""
    if not importlib.util.find_spec("torch"):
        return {}
    found = {}
    for case in CASES:
        seconds = measure(contenders(case), rounds, clock)
        found[f"{case.name} / torch"] = ratio(seconds["ours"], seconds["torch"])
        if case.floor:
            found[f"{case.name} / torch{FLOOR}"] = ratio(seconds["floor"], seconds["torch"])
    return found


def lines(cases: Mapping[str, Case], rounds: int, clock: Clock) -> Iterator[str]:
    """Yield a line of the table for each case."""
    for name, case in cases.items():
        seconds = measure(contenders(case), rounds, clock)
        low, middle, high = np.quantile(seconds["ours"] / seconds["torch"], (0.25, 0.5, 0.75))
        own, other = (np.median(seconds[who]) * 1e3 for who in ("ours", "torch"))
        floor = f"{ratio(seconds['floor'], seconds['torch']):8.2f}" if case.floor else ""
        yield (f"{name:28}{own:9.2f}{other:9.2f}{middle:8.2f}  {low:5.2f} to {high:5.2f}"
               f"{case.limit:8.1f}{floor}")


def without_columns(x: Any, w: Any, b: Any, dout: Any) -> tuple[Any, ...]:
    """Take a step of a 3 x 3 convolution with pad = 1, place by place of the filter."""
    height, width = x.shape[2:]
    around = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    daround, dw = np.zeros_like(around), np.zeros_like(w)
    out = np.zeros((len(x), len(w), height, width), x.dtype) + b[:, None, None]
    for i, j in np.ndindex(3, 3):
        seen = (slice(None), slice(None), slice(i, i + height), slice(j, j + width))
        out += np.einsum("fc,nchw->nfhw", w[:, :, i, j], around[seen])
        dw[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, around[seen])
        daround[seen] += np.einsum("fc,nfhw->nchw", w[:, :, i, j], dout)
    return out, daround[:, :, 1:-1, 1:-1], dw, dout.sum(axis=(0, 2, 3))


def peak(step: Callable[[], Any]) -> int:
    """Return the most memory that a step holds at a time, its results included, in bytes."""
    step()
    tracemalloc.start()
    kept = step()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return most


def memory_of_conv() -> tuple[int, int]:
    """Return the peaks of a step of ours and of one without columns."""
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in (IMAGES, *KERNEL))
    dout = np.ones((32, 32, 32, 32), np.float32)

    def ours() -> Any:
        out, cache = L.conv_forward(x, w, b, CONV)
        return out, *L.conv_backward(dout, cache)

    return peak(ours), peak(lambda: without_columns(x, w, b, dout))


def main(argv: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.course", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="measurements of each (default 21)")
    parser.add_argument("--only", default="", help="cases with this in their name")
    add_option(parser)
    options = parser.parse_args(argv)
    cases = {case.name: case for case in CASES if options.only in case.name}
    with clock_of(options.one_thread) as clock:
        print(f"{'milliseconds':28}{'ours':>9}{'torch':>9}{'ratio':>8}  {'quartiles':14}"
              f"{'limit':>6}{'floor':>8}")
        for line in lines(cases, options.rounds, clock):
            print(line, flush=True)
    ours, plain = memory_of_conv()
    print(f"memory of a conv step: {ours / 1e6:.1f} MB, without columns {plain / 1e6:.1f} MB: "
          f"{ours / plain:.2f} (limit 3)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
