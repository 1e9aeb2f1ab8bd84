"""Laws beyond common practice: failures under strict=True, advice otherwise.

Plain homework code and the frameworks break some of them for good reasons of their own; a library
that others build on should not.
"""

# ruff: noqa: D401, D403 (a law's docstring states the law)

from __future__ import annotations

import math
from typing import Any
from unittest import SkipTest

import numpy as np

from gradcheck.mask_laws.example import same, show
from gradcheck.mask_laws.implementation import DropoutLawError, Probe, broken

X = np.array([[1.5, -2.0, 0.5, -1.0], [3.0, -0.25, 2.5, 1.0], [-1.0, 4.0, -3.5, 0.75]])
DOUT = np.array([[0.5, 1.0, -2.0, 3.0], [-1.5, 2.0, 0.25, -0.5], [1.0, -1.0, 2.0, 0.125]])
BAD_P = (-0.1, 1.0, 1.5, math.nan, math.inf, "0.5", None, [0.5])
BAD_MODE = ("Train", "training", "eval", "", None, True)


def _seed(probe: Probe) -> int | None:
    return 1 if probe.controllable else None


def check_dropped_are_positive_zero(probe: Probe) -> None:
    """A dropped unit is +0.0, forward and backward, even where x or dout is inf or NaN."""
    x = np.tile([1.0, -1.0, np.inf, -np.inf, np.nan], 20)
    dout = np.roll(x, 1)
    out, cache = probe.forward(x, 0.5, seed=_seed(probe))
    dropped = probe.backward(np.ones(100), cache) == 0
    for label, given, got in (("x", x, out), ("dout", dout, probe.backward(dout, cache))):
        wrong = dropped & ((got != 0) | np.signbit(got))
        if wrong.any():
            not_finite = wrong & ~np.isfinite(given)
            at = int(np.argmax(not_finite if not_finite.any() else wrong))
            broken(f"a dropped unit is {got[at]} where {label} is {given[at]}",
                   "0 * inf is NaN and 0 * -1 is -0.0: select with np.where(mask, ..., 0)",
                   f"{label}[{at}] = {given[at]}, p = 0.5")


def check_bad_p_is_refused(probe: Probe) -> None:
    """p outside [0, 1), NaN, or not a number is a ValueError or TypeError."""
    for p in BAD_P:
        given = probe.param(p, "train", _seed(probe))["p"]
        _refused(probe, p, "train", f"p = {given!r}", "raise ValueError unless 0 <= p < 1")


def check_bad_mode_is_refused(probe: Probe) -> None:
    """A mode other than 'train' and 'test' is a ValueError or TypeError."""
    for mode in BAD_MODE:
        _refused(probe, 0.5, mode, f"mode = {mode!r}",
                 "end the ladder of ifs with `else: raise ValueError(...)`")


def _refused(probe: Probe, p: Any, mode: Any, what: str, slip: str) -> None:
    param = probe.param(p, mode, _seed(probe))
    try:
        probe.impl.forward(X.copy(), param)
    except (ValueError, TypeError):
        return
    except Exception as error:
        broken(f"{what} raises {type(error).__name__}: {error}", slip, what)
    broken(f"{what} is accepted", slip, what)


def check_cache_is_a_snapshot(probe: Probe) -> None:
    """Changing the param dict after forward does not change backward."""
    for changed in ("p", "mode"):
        param = probe.param(0.3, "train", _seed(probe))
        _, cache = probe.forward_with(X.copy(), param)
        before = probe.backward(DOUT, cache).copy()
        param.update({"p": 0.6} if changed == "p" else {"mode": "test"})
        try:
            after = probe.backward(DOUT, cache)
        except DropoutLawError as error:
            after = np.full_like(before, np.nan)
            what = error.what
        else:
            what = f"dx goes from {show(before)} to {show(after)}"
        if not same(before, after):
            broken(f"param[{changed!r}] changed after forward: {what}",
                   "the cache holds the caller's dict: keep a copy", f"param[{changed!r}] changed")


def check_global_generator_untouched(probe: Probe) -> None:
    """A seeded call neither reseeds nor consumes NumPy's global generator."""
    if probe.impl.seeding not in ("seed", "rng"):
        raise SkipTest(f"seeding={probe.impl.seeding!r} has no seed of its own")
    state = _global_state()
    probe.forward(X, 0.5, seed=1)
    if _global_state() != state:
        broken("a seeded call changes the state of np.random",
               "np.random.seed inside a layer makes every later draw of the program repeat: use "
               "np.random.default_rng(seed)", "param['seed'] = 1")
    long = np.tile(X, (8, 1))
    fresh = []
    for _ in range(2):
        probe.forward(long, 0.5, seed=1)
        fresh.append(probe.forward(long, 0.5)[0])
    if same(*fresh) and 0 < np.count_nonzero(fresh[0]) < long.size:
        broken("after a seeded call the next unseeded mask is always the same",
               "the seed goes to a generator that other calls share", "param['seed'] = 1")


def _global_state() -> tuple[bytes, int]:
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    return state["state"]["key"].tobytes(), state["state"]["pos"]


def check_zero_dimensional_and_empty(probe: Probe) -> None:
    """Arrays of shape (), (0,), (3, 0) and (0, 4) go through, forward and backward."""
    for shape in ((), (0,), (3, 0), (0, 4)):
        x = np.ones(shape)
        for mode in ("train", "test"):
            try:
                _, cache = probe.forward(x, 0.5, mode, _seed(probe))
                probe.backward(x, cache)
            except DropoutLawError as error:
                broken(f"shape {shape}, mode {mode!r}: {error.what}",
                       "np.random.rand(*()) is a float, not an array: use np.random.random(shape)",
                       f"x of shape {shape}")


def check_float16(probe: Probe) -> None:
    """Half precision is kept, and its values are right."""
    x = X.astype(np.float16)
    out, cache = probe.forward(x, 0.5, seed=_seed(probe))
    dx = probe.backward(x, cache)
    if out.dtype != x.dtype or dx.dtype != x.dtype:
        broken(f"x float16 gives out {out.dtype} and dx {dx.dtype}",
               "convert the mask to x.dtype", "x of dtype float16")
    expected = np.where(out != 0, x * x.dtype.type(probe.kept_scale(0.5)), 0)
    if not np.allclose(out.astype(float), expected.astype(float), rtol=4e-3):
        broken(f"out is {show(out)} where {show(expected)} was expected", "", f"x = {show(x)}")


def check_backward_dtype(probe: Probe) -> None:
    """Dx has dout's dtype: float32 is not widened."""
    x = X.astype(np.float32)
    _, cache = probe.forward(x, 0.5, seed=_seed(probe))
    dx = probe.backward(x, cache)
    if dx.dtype != x.dtype:
        broken(f"dx is {dx.dtype} where dout is float32",
               "a float64 mask promotes the product: keep a bool mask, or one of x.dtype",
               "dout of dtype float32")


def check_scale_in_double_precision(probe: Probe) -> None:
    """For float64, kept units are x / (1 - p) to 1e-14."""
    out, _ = probe.forward(X, 0.3, seed=_seed(probe))
    error = np.max(np.abs(out / (X * probe.kept_scale(0.3)) - 1)[out != 0], initial=0)
    if error > 1e-14:
        broken(f"the scale is off by {error:.1e} (relative) in float64",
               "the mask is float32, or a constant was added to 1 - p", "p = 0.3, x float64",
               error=float(error))


def check_integers_are_refused(probe: Probe) -> None:
    """Integer x is refused: an output of the same dtype would truncate x / (1 - p)."""
    try:
        probe.impl.forward(np.arange(1, 9), probe.param(0.3, "train", _seed(probe)))
    except Exception:
        return
    broken("x of dtype int64 is accepted", "raise TypeError: the remedy is x.astype(np.float64)",
           "x = np.arange(1, 9), p = 0.3")


def check_seed_ignores_dtype_and_layout(probe: Probe) -> None:
    """A seed gives the same mask for float32 and float64, C and Fortran order."""
    if not probe.controllable:
        raise SkipTest("seeding=None: the masks cannot be controlled")
    x = np.ones((16, 24))
    first = probe.kept(x, 0.3, 1)
    for name, other in (("float32", x.astype(np.float32)), ("Fortran order", np.asfortranarray(x)),
                        ("strides", np.ones((32, 24))[::2])):
        out, _ = probe.forward(other, 0.3, seed=1, copy=False)
        if not same(first, out != 0):
            broken(f"seed 1 gives another mask for {name} than for float64 in C order",
                   "draw the mask from (seed, p, shape) alone", name)


def check_other_dout_shape_is_refused(probe: Probe) -> None:
    """A dout of another shape than out's is refused, not broadcast."""
    _, cache = probe.forward(X, 0.5, seed=_seed(probe))
    for shape in ((4,), (1, 4), (2, 3, 4)):
        try:
            probe.impl.backward(np.ones(shape), cache)
        except Exception:
            continue
        broken(f"dout of shape {shape} is accepted for x of shape (3, 4)",
               "compare dout.shape with the mask's", f"dout of shape {shape}")
