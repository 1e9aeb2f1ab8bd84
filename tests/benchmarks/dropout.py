"""Measure dropout against its peers: ``python -m tests.benchmarks.dropout``.

All contenders run in one process and take turns, and a ratio is the median of the ratios of the
single rounds, so that whatever else the machine does meets all of them alike. PyTorch and JAX take
part where they are installed. `passes` are NumPy's operations alone, in one thread; `floor` is what
no dropout can undercut that draws a byte a unit.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from layers import dropout_backward, dropout_forward
from layers.blocked import BITS, BLOCK
from tests.benchmarks.threads import Clock, add_option, clock_of

Contender = Callable[[], Any]

UNITS, SIDE = 1 << 22, 1 << 11
P = 0.3
TARGETS = {"ours / floor": 1.6, "ours / torch": 0.125, **{
    f"{layout}, per byte": 2.0 for layout in (
        "float32, transposed", "float64, transposed", "float16, contiguous",
        "float16, transposed")}}


def ours(x: np.ndarray, dout: np.ndarray, p: float = P, **param: Any) -> Contender:
    """Our forward and backward."""
    def run() -> None:
        out, cache = dropout_forward(x, {"p": p, "mode": "train", **param})
        dropout_backward(dout, cache)
        del out

    return run


def three_lines(x: np.ndarray, dout: np.ndarray, p: float = P) -> Contender:
    """The NumPy version of the textbooks."""
    def run() -> None:
        mask = np.random.rand(*x.shape) >= p
        out = x * mask / (1 - p)
        _dx = dout * mask / (1 - p)
        del out

    return run


def floor(x: np.ndarray, dout: np.ndarray) -> Contender:
    """What no dropout with a byte a unit can undercut: two copies, and the raw random bytes."""
    stream = np.random.Philox(0)

    def run() -> None:
        out = x.copy()
        stream.random_raw(x.size // 8)
        dout.copy()
        del out

    return run


def passes(x: np.ndarray, dout: np.ndarray, p: float = P) -> Contender:
    """NumPy's operations of an exact mask, block by block, outputs preallocated, in one thread.

    Random bytes, their comparison with p, the search for ties; then division and masking, twice.
    """
    stream, first, divisor = np.random.Philox(0), np.uint8(p * 256), x.dtype.type(1 - p)
    keep, tie = np.empty(BLOCK, bool), np.empty(BLOCK, bool)
    out, dx = np.empty_like(x), np.empty_like(x)

    def run() -> None:
        for start in range(0, x.size, BLOCK):
            byte = stream.random_raw(BLOCK // 8).view(np.uint8)
            np.greater_equal(byte, first, out=keep)
            np.equal(byte, first, out=tie).nonzero()
            for source, target in ((x, out), (dout, dx)):
                block = target[start:start + BLOCK]
                np.divide(source[start:start + BLOCK], divisor, out=block)
                bits = block.view(BITS[x.dtype.itemsize])
                np.multiply(bits, keep.view(np.uint8), out=bits)

    return run


def torch_dropout(x: np.ndarray, dout: np.ndarray, p: float = P) -> Contender:
    """PyTorch's, with its autograd."""
    import torch

    tensor, gradient = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dout)

    def run() -> None:
        out = torch.nn.functional.dropout(tensor, p, training=True)
        out.backward(gradient)
        tensor.grad = None

    return run


def jax_dropout(x: np.ndarray, dout: np.ndarray, p: float = P) -> Contender:
    """JAX's usual dropout, compiled: bernoulli, where, and their transpose."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def both(key: Any, value: Any, gradient: Any) -> Any:
        def dropout(value: Any) -> Any:
            keep = jax.random.bernoulli(key, 1 - p, value.shape)
            return jnp.where(keep, value / (1 - p), 0)

        out, backward = jax.vjp(dropout, value)
        return out, backward(gradient)

    value, gradient = jnp.asarray(x), jnp.asarray(dout)
    keys = iter(range(1 << 30))

    def run() -> None:
        jax.block_until_ready(both(jax.random.key(next(keys)), value, gradient))

    return run


PEERS = {"torch": torch_dropout, "jax": jax_dropout}


def peers(x: np.ndarray, dout: np.ndarray) -> dict[str, Contender]:
    """The frameworks that are installed."""
    return {name: make(x, dout) for name, make in PEERS.items() if importlib.util.find_spec(name)}


def contenders(units: int = UNITS, dtype: Any = np.float32) -> dict[str, Contender]:
    """Everything that is compared at one size."""
    x = np.random.default_rng(0).standard_normal(units).astype(dtype)
    dout = np.ones_like(x)
    return {
        "ours": ours(x, dout),
        "ours, seed": ours(x, dout, seed=1),
        "ours, store='bits'": ours(x, dout, store="bits"),
        "ours, store='seed'": ours(x, dout, store="seed"),
        "ours, p=0.5": ours(x, dout, 0.5),
        "three lines of NumPy": three_lines(x, dout),
        "passes": passes(x, dout),
        "floor": floor(x, dout),
        **peers(x, dout),
    }


def measure(runs: Mapping[str, Contender], rounds: int,
            clock: Clock = time.perf_counter) -> dict[str, np.ndarray]:
    """Return seconds, one a round, for each contender; they take turns."""
    for run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    rng = np.random.default_rng(0)
    for _ in range(rounds):
        # Whoever comes after a contender finds the memory as that one left it: change the order.
        for name in rng.permutation(list(runs)):
            run = runs[name]
            start = clock()
            run()
            seconds[name].append(clock() - start)
    return {name: np.array(values) for name, values in seconds.items()}


def ratio(of: np.ndarray, to: np.ndarray) -> float:
    return float(np.median(of / to))


def speed_table(rounds: int, clock: Clock) -> None:
    print(f"forward + backward of {UNITS} float32, p = {P}, {rounds} rounds")
    seconds = measure(contenders(), rounds, clock)
    references = [name for name in ("floor", "torch", "jax") if name in seconds]
    print(f"{'':24}{'ms':>8}{'best':>8}" + "".join(f"{'/ ' + name:>10}" for name in references))
    for name, values in seconds.items():
        ratios = "".join(f"{ratio(values, seconds[to]):10.3f}" for to in references)
        print(f"{name:24}{np.median(values) * 1e3:8.2f}{values.min() * 1e3:8.2f}{ratios}")


def ratios(rounds: int, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Return the ratios of the first two tables by their names."""
    seconds = measure(contenders(), rounds, clock)
    found = {f"{name} / {to}": ratio(seconds[name], seconds[to]) for name in seconds
             for to in ("floor", "torch") if name.startswith("ours") and to in seconds}
    return found | {f"{name}, per byte": value
                    for name, (_, value) in by_dtype_and_layout(rounds, clock).items()}


def by_dtype_and_layout(rounds: int, clock: Clock = time.perf_counter
                        ) -> dict[str, tuple[float, float]]:
    """Return seconds, and seconds per byte relative to contiguous float32."""
    runs, sizes = {}, {}
    for dtype in (np.float32, np.float64, np.float16):
        square = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(dtype)
        layouts = {"contiguous": square, "transposed": square.T,
                   "every second column": np.repeat(square, 2, axis=1)[:, ::2]}
        for layout, x in layouts.items():
            name = f"{square.dtype}, {layout}"
            runs[name], sizes[name] = ours(x, x), x.nbytes
    seconds = measure(runs, rounds, clock)
    base = next(iter(runs))
    return {name: (float(np.median(values)),
                   ratio(values, seconds[base]) * sizes[base] / sizes[name])
            for name, values in seconds.items()}


def dtype_table(rounds: int, clock: Clock) -> None:
    print("\nthe same by dtype and layout, time per byte relative to contiguous float32")
    for name, (seconds, per_byte) in by_dtype_and_layout(rounds, clock).items():
        print(f"{name:30}{seconds * 1e3:8.2f} ms{per_byte:8.2f}")


def small_table(rounds: int, clock: Clock) -> None:
    x = np.random.default_rng(0).standard_normal((100, 100)).astype(np.float32)
    print("\nforward of (100, 100) float32, and of one unit (the overhead)")
    param = {"p": P, "mode": "train"}
    one = np.ones(1, np.float32)

    def many(call: Contender) -> Contender:
        return lambda: [call() for _ in range(100)]

    def textbook(x: np.ndarray) -> Contender:
        def call() -> Any:
            mask = np.random.rand(*x.shape) >= P
            return x * mask / (1 - P)

        return call

    seconds = measure({
        "ours": many(lambda: dropout_forward(x, param)),
        "ours, seed": many(lambda: dropout_forward(x, {**param, "seed": 1})),
        "three lines of NumPy": many(textbook(x)),
        "ours, one unit": many(lambda: dropout_forward(one, param)),
        "three lines, one unit": many(textbook(one)),
    }, 3 * rounds, clock)
    for name, values in seconds.items():
        print(f"{name:24}{np.median(values) * 1e4:8.1f} us"
              f"{ratio(values, seconds['three lines of NumPy']):8.2f}")


def growth_table(rounds: int, clock: Clock) -> None:
    print("\ngrowth: forward + backward, nanoseconds a unit; memory beyond output and cache, bytes")
    print(f"{'units':8}{'ours':>8}{'floor':>8}{'memory':>12}")
    for exponent in range(10, 27, 2):
        x = np.ones(1 << exponent, np.float32)
        repeat = max(1, (1 << 18) >> exponent)
        seconds = measure({
            name: lambda run=run, n=repeat: [run() for _ in range(n)]
            for name, run in (("ours", ours(x, x)), ("floor", floor(x, x)))
        }, rounds, clock)
        each = "".join(f"{np.median(values) / repeat / x.size * 1e9:8.2f}"
                       for values in seconds.values())
        print(f"2**{exponent:<5}{each}{extra_memory(x):12d}")


def extra_memory(x: np.ndarray) -> int:
    """Return the peak of a forward pass beyond what it returns."""
    param = {"p": P, "mode": "train", "seed": 1}
    dropout_forward(x, param)
    tracemalloc.start()
    out, cache = dropout_forward(x, param)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return max(0, peak - out.nbytes - cache[1].nbytes)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.dropout", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each (default 15)")
    add_option(parser)
    options = parser.parse_args()
    with clock_of(options.one_thread) as clock:
        for table in (speed_table, dtype_table, small_table, growth_table):
            table(options.rounds, clock)


if __name__ == "__main__":
    main()
