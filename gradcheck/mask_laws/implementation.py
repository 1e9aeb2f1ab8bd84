"""A dropout under judgement: its conventions, and how the laws call it.

The laws speak one language: p is the probability of dropping, a call is train or test, seeded
or fresh. `Probe` translates that into what an implementation understands, and turns whatever
the implementation does wrong on the way (an exception, a missing cache) into a broken law.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from unittest import SkipTest

import numpy as np

from gradcheck.arguments import Array, describe, refuse
from gradcheck.exceptions.words import reason_and_place, reason_of
from gradcheck.mask_laws.manners import CONVENTIONS, refuse_unknown

Cache = Any


IN_FULL = "(check_dropout(..., on_fail=None) returns what became of every law)"


class DropoutLawError(AssertionError):
    """A dropout breaks a law: which, on what example, by how much, and the likely slip."""

    __module__ = "gradcheck.dropout_checks"  # the last line of a traceback names where it is public

    def __init__(self, what: str, slip: str = "", example: str = "", **evidence: Any) -> None:
        super().__init__(what)
        self.what = what
        self.slip = slip
        self.example = example
        self.law = ""
        self.evidence = evidence

    def __str__(self) -> str:
        parts = [f"{self.law}: {self.what}" if self.law else self.what]
        if self.example:
            parts.append(f"Minimal example: {self.example}")
        if self.slip:
            parts.append(f"Likely slip: {self.slip}")
        return " ".join(part if part.endswith(("?", ".")) else f"{part}." for part in parts)

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the way through the search for an example helps nobody."""
        return [f"{type(self).__name__}: {self}", IN_FULL]


def broken(what: str, slip: str = "", example: str = "", **evidence: Any) -> NoReturn:
    """Raise DropoutLawError."""
    raise DropoutLawError(what, slip, example, **evidence)


@dataclass(frozen=True)
class DropoutImplementation:
    """A pair of functions and the conventions they follow.

    Parameters
    ----------
    forward : callable
        `forward(x, param) -> (out, cache)`, with param = {'p': float, 'mode': 'train' or
        'test'} and the randomness that `seeding` names.
    backward : callable
        `backward(dout, cache) -> dx`.
    p_is : {'drop', 'keep'}
        Whether param['p'] is the probability of dropping a unit or of keeping it.
    scaling : {'inverted', 'vanilla'}
        'inverted' divides by 1 - p in training and is the identity at test time; 'vanilla' only
        masks in training and multiplies by 1 - p at test time.
    seeding : {'seed', 'rng', 'global', None}
        'seed': an int in param['seed'], absent for a fresh mask; 'rng': a np.random.Generator
        in param['rng']; 'global': np.random.seed governs; None: cannot be controlled.
    name : str
        What reports call it.

    Examples
    --------
    >>> def forward(x, param):
    ...     return x, None
    >>> DropoutImplementation(forward, lambda dout, cache: dout, name="identity").p_is
    'drop'
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    p_is: str = "drop"
    scaling: str = "inverted"
    seeding: str | None = "seed"
    name: str = "dropout"

    def __post_init__(self) -> None:
        for label in ("forward", "backward"):
            if not callable(getattr(self, label)):
                refuse(label, getattr(self, label), "a function",
                       f"pass the {label} function itself, not its result", TypeError)
        refuse_unknown({label: getattr(self, label) for label in CONVENTIONS})


def as_implementation(impl: object) -> DropoutImplementation:
    """Return `impl` as a DropoutImplementation with the default conventions.

    Accepted are a DropoutImplementation, a pair (forward, backward), and anything with
    attributes dropout_forward and dropout_backward, such as a homework's module.
    """
    if isinstance(impl, DropoutImplementation):
        return impl
    if isinstance(impl, tuple) and len(impl) == 2:
        return DropoutImplementation(*impl, name=getattr(impl[0], "__name__", "dropout"))
    if not hasattr(impl, "dropout_forward") or not hasattr(impl, "dropout_backward"):
        refuse("impl", impl, "a DropoutImplementation, a pair (forward, backward), or a module "
               "with dropout_forward and dropout_backward",
               "wrap the two functions: DropoutImplementation(forward, backward)", TypeError)
    return DropoutImplementation(impl.dropout_forward, impl.dropout_backward,
                                 name=getattr(impl, "__name__", "dropout"))


class Probe:
    """Calls an implementation in the laws' language.

    `forward` and `backward` hand out copies of their arrays unless told otherwise, so that an
    implementation that overwrites its arguments breaks the law about that and no other.
    """

    def __init__(self, impl: DropoutImplementation) -> None:
        self.impl = impl
        self.calls = 0
        self.convention: str | None = None
        self._rng = np.random.default_rng(0)

    @property
    def controllable(self) -> bool:
        """Whether a mask can be had twice."""
        return self.impl.seeding is not None

    @property
    def some_seed(self) -> int | None:
        """A seed, where seeds are understood."""
        return 1 if self.controllable else None

    def refresh(self) -> None:
        """Restart the generator handed to fresh calls: makes an example repeatable."""
        self._rng = np.random.default_rng(0)

    def kept_scale(self, p: float) -> float:
        """Return the factor of a kept unit in training."""
        return 1 / (1 - p) if self.impl.scaling == "inverted" else 1.0

    def test_scale(self, p: float) -> float:
        """Return the factor of every unit at test time."""
        return 1.0 if self.impl.scaling == "inverted" else 1 - p

    def param(self, p: Any, mode: Any, seed: int | None = None) -> dict[str, Any]:
        """Return the implementation's param dict for a drop probability p."""
        flip = self.impl.p_is == "keep" and isinstance(p, int | float)
        param: dict[str, Any] = {"p": 1 - p if flip else p, "mode": mode}
        if self.impl.seeding == "seed" and seed is not None:
            param["seed"] = seed
        elif self.impl.seeding == "rng":
            param["rng"] = self._rng if seed is None else np.random.default_rng(seed)
        elif self.impl.seeding == "global" and seed is not None:
            # Every law runs inside `global_generators_restored`, so this leaves no trace.
            np.random.seed(seed)  # noqa: NPY002
        return param

    def forward(self, x: Array, p: Any, mode: Any = "train", seed: int | None = None,
                copy: bool = True) -> tuple[Array, Cache]:
        """Call forward and hold it to the form (out, cache), out of x's shape."""
        return self.forward_with(x.copy(order="K") if copy else x, self.param(p, mode, seed))

    def forward_with(self, x: Array, param: dict[str, Any]) -> tuple[Array, Cache]:
        """Call forward with a param dict of one's own."""
        self.calls += 1
        try:
            result = self.impl.forward(x, param)
        except (Exception, SystemExit) as error:
            self._raised("forward", error)
        return self._formed(x, result)

    def _formed(self, x: Array, result: object) -> tuple[Array, Cache]:
        if not isinstance(result, tuple | list) or len(result) != 2:
            broken(f"forward must return the pair (out, cache), got {describe(result)}",
                   "write `return out, cache`")
        return array_like("out", "forward", result[0], x.shape), result[1]

    def backward(self, dout: Array, cache: Cache, copy: bool = True) -> Array:
        """Call backward and hold it to the shape of dout."""
        self.calls += 1
        try:
            dx = self.impl.backward(dout.copy(order="K") if copy else dout, cache)
        except (Exception, SystemExit) as error:
            self._raised("backward", error)
        return array_like("dx", "backward", dx, dout.shape)

    def kept(self, x: Array, p: float, seed: int | None = None) -> Array:
        """Return which units of a training call were kept; x must have no zeros."""
        return self.forward(x, p, seed=seed)[0] != 0

    def kept_each(self, calls: Sequence[tuple[Array, float, str, int | None]]) -> list[Array]:
        """Return what is not 0 after forward for each (x, p, mode, seed), one after the other.

        A forward in another process has an attribute `each`, by which the calls go there together;
        a generator that calls share, or that is seeded between them, would not go along.
        """
        forward = self.impl.forward
        each = None if hasattr(forward, "__wrapped__") else getattr(forward, "each", None)
        if each is None or self.impl.seeding not in ("seed", None):
            return [self.forward(*call)[0] != 0 for call in calls]
        kept: list[Array] = []

        def take(result: object) -> None:
            self.calls += 1
            kept.append(self._formed(calls[len(kept)][0], result)[0] != 0)

        try:
            each([(x.copy(order="K"), self.param(p, mode, seed)) for x, p, mode, seed in calls],
                 take)
        except DropoutLawError:
            raise
        except (Exception, SystemExit) as error:
            self.calls += 1
            self._raised("forward", error)
        return kept

    def _raised(self, function: str, error: BaseException) -> NoReturn:
        slip = "param has no 'seed' when the mask should be fresh: test `'seed' in param`" if (
            isinstance(error, KeyError) and error.args == ("seed",)) else ""
        broken(f"{function} raised {reason_and_place(error)}", slip, error=reason_of(error))


def needs_seeds(probe: Probe) -> None:
    """Skip a law about seeds where there are none."""
    if not probe.controllable:
        raise SkipTest("seeding=None: the masks cannot be controlled")


def array_like(label: str, function: str, value: object, shape: tuple[int, ...]) -> Array:
    """Return `value` as an array of `shape`, or say what came back instead."""
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in "fiub":
        broken(f"{function} must return {label} as an array of floats, got {describe(value)}")
    if value.shape != shape:
        broken(f"{label} has shape {value.shape} where {shape} was expected",
               "dropout keeps the shape of its input", shape=list(value.shape))
    return np.asarray(value)


def rtol(dtype: np.dtype[Any], p: float) -> float:
    """Return the relative error allowed in a kept unit.

    Eight roundings of float32 (of float16 where that is the dtype), even for float64: masks and
    scales held in float32 are common practice. 1 - p loses a factor 1/(1 - p) to cancellation.
    """
    coarse = np.float16 if dtype.itemsize < 4 else np.float32
    return float(8 * np.finfo(coarse).eps / (1 - p))


def close(a: Array, b: Array, p: float) -> Array:
    """Return where a and b agree as far as `rtol` asks."""
    coarser = min((array.dtype for array in (a, b) if array.dtype.kind == "f"),
                  key=lambda dtype: dtype.itemsize, default=np.dtype(np.float64))
    return np.isclose(a, b, rtol=rtol(coarser, p), atol=0, equal_nan=True)


