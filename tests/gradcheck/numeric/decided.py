"""What is decided, and how: `python -m tests.gradcheck.numeric.decided [--draws N] [--first K]`.

Random nets, layers and losses, each right and with one gradient spoiled. A right gradient must
never fail; a spoiled one must never pass. What the numbers cannot decide is inconclusive: of a
right gradient only where no step of two hundred could have told its derivative.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import layers
from gradcheck import Report, check_gradient, check_layer, check_net
from gradcheck.equal import HIDDEN
from nets import FullyConnectedNet
from tests.gradcheck.numeric.resolvable import recorded, resolvable

Array = np.ndarray
SIGNIFICANT = 1e-6  # of an ordinary slope; what is below is zero in effect


@dataclass(frozen=True)
class Spoiled:
    """A way to spoil a gradient, None where it changes nothing that matters."""

    name: str
    change: Callable[[Array, float, np.random.Generator], Array | None]


def _times(more: float) -> Callable[[Array, float, np.random.Generator], Array]:
    return lambda gradient, delta, rng: gradient * (1 + more * delta)


def _lost(gradient: Array, delta: float, rng: np.random.Generator) -> Array | None:
    """Lose an element of at least a hundredth of the norm, hence of the rms."""
    places = np.flatnonzero(np.abs(gradient) > 1e-2 * np.linalg.norm(gradient))
    if not places.size or gradient.size == 1:
        return None
    lost = gradient.copy()
    lost.flat[rng.choice(places)] = 0
    return lost


WAYS = (
    Spoiled("scaled by 1 + delta", _times(1.2)),
    Spoiled("scaled by 1 - 3 delta", _times(-3)),
    Spoiled("flipped", lambda gradient, delta, rng: -gradient),
    Spoiled("zeroed", lambda gradient, delta, rng: 0 * gradient),
    Spoiled("one element lost", _lost),
)
RIGHT = Spoiled("right", lambda gradient, delta, rng: gradient)


@dataclass(frozen=True)
class Verdict:
    """One check: of which kind, at which scale, spoiled in which way, and its status."""

    kind: str
    scale: float
    way: str
    status: str
    case: str
    resolvable: tuple[str, ...] = ()  # what some step would have told of an inconclusive right one


class Net(FullyConnectedNet):
    """A net with one gradient changed."""

    spoil: Callable[[dict[str, Array]], Any] = staticmethod(lambda grads: None)

    def loss(self, X: Array, y: Array) -> tuple[Any, dict[str, Array]]:
        """Return the loss and its spoiled gradients."""
        value, grads = super().loss(X, y)
        self.spoil(grads)
        return value, grads


def right_verdict(kind: str, scale: float, case: str, limit: float, check: Callable[[], Report]
                  ) -> Verdict:
    """Return the verdict on a right gradient, with what a step could have told if it is open."""
    with recorded() as sessions:
        status = check().status
    told = resolvable(sessions[0], limit) if status == "inconclusive" else ()
    return Verdict(kind, scale, RIGHT.name, status, case, tuple(told))


def net_verdicts(seed: int) -> Iterator[Verdict]:
    """Yield the verdicts on one random net, right and spoiled in every way."""
    rng = np.random.default_rng([seed, 0])
    scale, depth = 10.0 ** rng.integers(-5, 2), int(rng.integers(1, 7))
    dtype = rng.choice([np.float32, np.float64])
    batchnorm, dropout = bool(rng.integers(2)), float(rng.choice([0.0, 0.3]))
    X, y = rng.standard_normal((8, 5)), rng.integers(0, 3, 8)
    dims = [int(width) for width in rng.integers(3, 8, depth)]

    def checked(spoil: Callable[[dict[str, Array]], Any]) -> Report:
        net = Net(dims, input_dim=5, num_classes=3, weight_scale=scale, dtype=dtype,
                  use_batchnorm=batchnorm, dropout=dropout, seed=seed,
                  rng=np.random.default_rng(seed))
        net.spoil = spoil
        return check_net(net, X, y, progress=False)

    seen: dict[str, Array] = {}
    kind = "net, batchnorm" if batchnorm else "net"
    case = f"net {seed}: {scale:g} {dims} {dtype.__name__} {batchnorm} {dropout}"
    yield right_verdict(kind, scale, case, HIDDEN[8], lambda: checked(seen.update))
    # a bias before batchnorm has no gradient; what rounding leaves of it means nothing
    keys = [key for key in seen if np.any(seen[key]) and not (
        batchnorm and key[0] == "b" and key[1:].isdigit() and int(key[1:]) <= depth)]
    for way in WAYS:
        key = str(rng.choice(keys))

        def spoil(grads: dict[str, Array], key: str = key, way: Spoiled = way) -> None:
            changed = way.change(grads[key], 1e-3, np.random.default_rng(seed))
            grads[key] = grads[key] if changed is None else changed

        if way.change(seen[key], 1e-3, np.random.default_rng(seed)) is not None:
            yield Verdict(kind, scale, way.name, checked(spoil).status, f"{case} d{key}")


LAYERS = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "gelu", "silu", "softplus", "affine",
          "batchnorm", "layernorm")


def layer_verdicts(seed: int) -> Iterator[Verdict]:
    """Yield the verdicts on one layer at random arguments, right and spoiled in every way."""
    rng = np.random.default_rng([seed, 1])
    name, scale = str(rng.choice(LAYERS)), 10.0 ** rng.integers(-5, 4)
    dtype = rng.choice([np.float32, np.float64])
    forward, backward = (getattr(layers, f"{name}_{way}") for way in ("forward", "backward"))
    more = {"affine": (rng.standard_normal((4, 3)), rng.standard_normal(3)),
            "batchnorm": (rng.standard_normal(4), rng.standard_normal(4), {"mode": "train"}),
            "layernorm": (rng.standard_normal(4), rng.standard_normal(4), {})}.get(name, ())
    args = [arg.astype(dtype) if isinstance(arg, np.ndarray) else arg
            for arg in (scale * rng.standard_normal((5, 4)), *more)]
    case = f"{name} {seed}: {scale:g} {dtype.__name__}"
    delta = 1e-3 if dtype == np.float64 else 3e-2

    def checked(change: Callable[[Array], Array]) -> Report:
        def spoiled(dout: Array, cache: Any) -> Any:
            grads = backward(dout, cache)
            if not isinstance(grads, tuple):
                return change(grads).astype(grads.dtype)
            return (change(grads[0]).astype(grads[0].dtype), *grads[1:])
        return check_layer(forward, spoiled, *args, progress=False, seed=seed)

    seen: list[Array] = []
    yield right_verdict("layer", scale, case, HIDDEN[np.dtype(dtype).itemsize],
                        lambda: checked(lambda g: seen.append(g) or g))
    yield from _spoiled("layer", scale, case, seen[0], delta, checked, seed)


LOSSES = ("softmax_loss", "svm_loss", "mse_loss")


def loss_verdicts(seed: int) -> Iterator[Verdict]:
    """Yield the verdicts on one loss at random scores, right and spoiled in every way."""
    rng = np.random.default_rng([seed, 2])
    name, scale = str(rng.choice(LOSSES)), 10.0 ** rng.integers(-5, 3)
    x = scale * rng.standard_normal((5, 4))
    y = rng.standard_normal((5, 4)) if name == "mse_loss" else rng.integers(0, 4, 5)
    loss = getattr(layers, name)
    case = f"{name} {seed}: {scale:g}"

    def checked(change: Callable[[Array], Array]) -> Report:
        return check_gradient(lambda x: loss(x, y)[0], change(loss(x, y)[1]), x, progress=False)

    yield right_verdict("loss", scale, case, HIDDEN[8], lambda: checked(lambda gradient: gradient))
    yield from _spoiled("loss", scale, case, loss(x, y)[1], 1e-3, checked, seed)


def _spoiled(kind: str, scale: float, case: str, gradient: Array, delta: float,
             checked: Callable[[Callable[[Array], Array]], Report], seed: int
             ) -> Iterator[Verdict]:
    if not np.max(np.abs(gradient)) > SIGNIFICANT * min(1.0, 1 / scale):
        return
    for way in WAYS:
        def change(array: Array, way: Spoiled = way) -> Array:
            changed = way.change(array, delta, np.random.default_rng(seed))
            return array if changed is None else changed

        if way.change(gradient, delta, np.random.default_rng(seed)) is not None:
            yield Verdict(kind, scale, way.name, checked(change).status, case)


def verdicts(draws: int, first: int = 0) -> Iterator[Verdict]:
    """Yield the verdicts on so many nets, layers and losses each."""
    with np.errstate(all="ignore"):
        for seed in range(first, first + draws):
            yield from net_verdicts(seed)
            yield from layer_verdicts(seed)
            yield from loss_verdicts(seed)


def is_wrong(verdict: Verdict) -> bool:
    """Whether a right gradient failed or a spoiled one passed, or some step could have decided."""
    forbidden = "failed" if verdict.way == RIGHT.name else "passed"
    return verdict.status == forbidden or bool(verdict.resolvable)


def table(found: list[Verdict]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| | gradient | passed | failed | inconclusive |", "|---|---|---|---|---|"]
    for kind in dict.fromkeys(verdict.kind for verdict in found):
        for way in (RIGHT, *WAYS):
            count = Counter(verdict.status for verdict in found
                            if (verdict.kind, verdict.way) == (kind, way.name))
            lines.append(f"| {kind} | {way.name} | {count['passed'] + count['warned']} | "
                         f"{count['failed']} | {count['inconclusive']} |")
    return "\n".join(lines)


def by_scale(found: list[Verdict]) -> str:
    """Return where right gradients are inconclusive, by the scale of weights or arguments."""
    lines = ["| scale | " + " | ".join(kinds := list(dict.fromkeys(v.kind for v in found)))
             + " |", "|---" * (len(kinds) + 1) + "|"]
    for scale in sorted({verdict.scale for verdict in found}):
        cells = []
        for kind in kinds:
            right = [v for v in found if (v.kind, v.scale, v.way) == (kind, scale, "right")]
            open_ = sum(verdict.status == "inconclusive" for verdict in right)
            cells.append(f"{open_} of {len(right)}" if right else "")
        lines.append(f"| {scale:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Print the figures; 1 where a verdict is wrong, or some step could have decided."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=40, help="nets, layers and losses, each")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    found = []
    for verdict in verdicts(options.draws, options.first):
        found.append(verdict)
        if is_wrong(verdict):
            print(verdict, file=sys.stderr, flush=True)
    wrong = [verdict for verdict in found if is_wrong(verdict)]
    told = [verdict for verdict in wrong if verdict.resolvable]
    open_ = [verdict for verdict in found
             if (verdict.way, verdict.status) == (RIGHT.name, "inconclusive")]
    print(f"{len(found)} checks: {len(wrong) - len(told)} right ones failed or spoiled ones "
          f"passed. {len(open_)} right ones are inconclusive; {len(told)} of these some step could "
          "have decided.\n")
    print(table(found))
    print("\nRight gradients that are inconclusive:\n")
    print(by_scale(found))
    for verdict in wrong:
        print(f"- {verdict}")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
