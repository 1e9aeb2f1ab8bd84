"""Wrong backwards, each with the finding it must raise, and right ones that must pass.

A family is a module; its `MUTANTS` (or `CORRECT`) list is filled by the decorators made here.
`python -m tests.mutants` runs them all and prints the confusions.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradcheck

FAMILIES = ("contract", "elementwise", "affine", "dropout", "normalization", "losses", "windows",
            "regularization", "subtle", "variations", "variations_statistics",
            "variations_more")


@dataclass(frozen=True)
class Mutant:
    """A wrong backward: `check()` reports on it, and its first finding should be `code`.

    `also` lists other codes that a teacher could defend; `factor` and `factor_name` are what the
    evidence of a `scaled` finding must say.
    """

    name: str
    code: str
    check: Callable[[], Any]
    also: tuple[str, ...] = ()
    factor: float | None = None
    factor_name: str | None = None


@dataclass(frozen=True)
class Correct:
    """A right layer: `check()` must pass."""

    name: str
    check: Callable[[], Any]


# Another draw gives the same suite other numbers; set it before the families are imported.
DRAW = 0


def randn(*shape: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    """Draw N(0, 1) numbers from a stream of their own for every shape."""
    return np.random.default_rng([seed + 1000 * DRAW, *shape]).standard_normal(shape).astype(dtype)


def describe(args: tuple[Any, ...]) -> str:
    """Name the first array or the dict of arrays among args: 'float32 4x5'."""
    for value in args:
        if isinstance(value, np.ndarray | np.generic):
            return f"{value.dtype} {'x'.join(map(str, value.shape)) or 'scalar'}"
    return "net"


class Family:
    """Collects the mutants of one module by decorating their wrong part."""

    def __init__(self) -> None:
        self.mutants: list[Mutant] = []

    def _add(self, wrong: Callable[..., Any], code: str, args: tuple[Any, ...],
             check: Callable[[], Any], label: dict[str, Any]) -> None:
        name = f"{wrong.__name__.strip('_')}[{describe(args)}]"
        self.mutants.append(Mutant(name, code, check, **label))

    def backward(self, code: str, forward: Callable[..., Any], *args: Any,
                 also: tuple[str, ...] = (), factor: float | None = None,
                 factor_name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Register the decorated backward as a wrong partner of `forward`."""
        label = {"also": also, "factor": factor, "factor_name": factor_name}

        def register(wrong: Any) -> Any:
            def check() -> Any:
                return gradcheck.check_layer(forward, wrong, *copy.deepcopy(args), **options)

            self._add(wrong, code, args, check, label)
            return wrong

        return register

    def forward(self, code: str, backward: Callable[..., Any], *args: Any,
                also: tuple[str, ...] = (), **options: Any) -> Callable[[Any], Any]:
        """Register the decorated forward as a wrong partner of `backward`."""

        def register(wrong: Any) -> Any:
            def check() -> Any:
                return gradcheck.check_layer(wrong, backward, *copy.deepcopy(args), **options)

            self._add(wrong, code, args, check, {"also": also})
            return wrong

        return register

    def gradient(self, code: str, f: Callable[..., Any], x: Any, *,
                 also: tuple[str, ...] = (), factor: float | None = None,
                 factor_name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Register the decorated function as a wrong gradient of the scalar function f at x."""
        label = {"also": also, "factor": factor, "factor_name": factor_name}

        def register(wrong: Any) -> Any:
            def check() -> Any:
                return gradcheck.check_gradient(f, wrong, copy.deepcopy(x), **options)

            self._add(wrong, code, (x,), check, label)
            return wrong

        return register

    def net(self, code: str, X: np.ndarray, y: np.ndarray, *, also: tuple[str, ...] = (),
            **options: Any) -> Callable[[Any], Any]:
        """Register the decorated function, which makes a net with wrong gradients."""

        def register(make: Any) -> Any:
            self._add(make, code, (X,), lambda: gradcheck.check_net(make(), X, y, **options),
                      {"also": also})
            return make

        return register


def all_mutants() -> Iterator[Mutant]:
    """Yield every mutant of every family."""
    for family in FAMILIES:
        yield from importlib.import_module(f"{__name__}.{family}").FAMILY.mutants


def all_correct() -> Iterator[Correct]:
    """Yield every layer that must pass."""
    for family in ("correct_structured", "correct_package"):
        importlib.import_module(f"{__name__}.{family}")
    yield from importlib.import_module(f"{__name__}.correct").CORRECT
