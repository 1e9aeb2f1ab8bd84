"""Laws beyond common practice about calls: what they refuse, remember and leave alone.

Failures under strict=True, advice otherwise. Plain homework code and the frameworks break some of
them for good reasons of their own; a library that others build on should not.
"""

# ruff: noqa: D401, D403 (a law's docstring states the law)

from __future__ import annotations

import math
from typing import Any
from unittest import SkipTest

import numpy as np

from gradcheck.mask_laws.example import DOUT, X, same, show
from gradcheck.mask_laws.implementation import DropoutLawError, Probe, broken
from gradcheck.mask_laws.law import law

BAD_P = (-0.1, 1.0, 1.5, math.nan, math.inf, "0.5", None, [0.5])
BAD_MODE = ("Train", "training", "eval", "", None, True)


@law(kind="strict",
     shows="a dropped unit is nan where x is ...inf.",
     right="return np.where(kept, x / (1 - p), 0).astype(x.dtype), (kept, p)",
     wrong="return (x * kept / (1 - p)).astype(x.dtype), (kept, p)")
def dropped_are_positive_zero(probe: Probe) -> None:
    """A dropped unit is +0.0, forward and backward, even where x or dout is inf or NaN.

    A unit that is off passes nothing on. One inf would otherwise make the whole net NaN.
    """
    x = np.tile([1.0, -1.0, np.inf, -np.inf, np.nan], 20)
    dout = np.roll(x, 1)
    out, cache = probe.forward(x, 0.5, seed=probe.some_seed)
    dropped = probe.backward(np.ones(100), cache) == 0
    for label, given, got in (("x", x, out), ("dout", dout, probe.backward(dout, cache))):
        wrong = dropped & ((got != 0) | np.signbit(got))
        if wrong.any():
            not_finite = wrong & ~np.isfinite(given)
            at = int(np.argmax(not_finite if not_finite.any() else wrong))
            broken(f"a dropped unit is {got[at]} where {label} is {given[at]}",
                   "0 * inf is NaN and 0 * -1 is -0.0: select with np.where(mask, ..., 0)",
                   f"{label}[{at}] = {given[at]}, p = 0.5")


@law(kind="strict",
     shows="p = 1.0 is accepted.",
     right="if not 0 <= p < 1:",
     wrong="if p < 0 or p > 1:")
def bad_p_is_refused(probe: Probe) -> None:
    """p outside [0, 1), NaN, or not a number is a ValueError or TypeError.

    p = 1 divides by zero, and NaN passes every comparison of the form `p < 0 or p > 1`.
    """
    for p in BAD_P:
        given = probe.param(p, "train", probe.some_seed)["p"]
        _refused(probe, p, "train", f"p = {given!r}", "raise ValueError unless 0 <= p < 1")


@law(kind="strict",
     shows="mode = 'Train' is accepted.",
     right="""
         if mode not in ("train", "test"):
             raise ValueError(f"mode: got {mode!r}; expected 'train' or 'test'")
         """,
     wrong="")
def bad_mode_is_refused(probe: Probe) -> None:
    """A mode other than 'train' and 'test' is a ValueError or TypeError.

    A word that is misspelled, such as 'eval', would train with dropout off, or test with it
    on.
    """
    for mode in BAD_MODE:
        _refused(probe, 0.5, mode, f"mode = {mode!r}",
                 "end the ladder of ifs with `else: raise ValueError(...)`")


def _refused(probe: Probe, p: Any, mode: Any, what: str, slip: str) -> None:
    param = probe.param(p, mode, probe.some_seed)
    try:
        probe.impl.forward(X.copy(), param)
    except (ValueError, TypeError):
        return
    except Exception as error:
        broken(f"{what} raises {type(error).__name__}: {error}", slip, what)
    broken(f"{what} is accepted", slip, what)


@law(kind="strict",
     shows="param['p'] changed after forward: dx goes from [...] to [...].",
     right="""
             return np.where(kept, x / (1 - p), 0).astype(x.dtype), (kept, p)


         def dropout_backward(dout, cache):
             if cache is None:
                 return dout
             kept, p = cache
         """,
     wrong="""
             return np.where(kept, x / (1 - p), 0).astype(x.dtype), (kept, param)


         def dropout_backward(dout, cache):
             if cache is None:
                 return dout
             kept, p = cache[0], cache[1]["p"]
         """)
def cache_is_a_snapshot(probe: Probe) -> None:
    """Changing the param dict after forward does not change backward.

    A schedule that lowers p changes the dict that all layers share, perhaps before their
    backward.
    """
    for changed in ("p", "mode"):
        param = probe.param(0.3, "train", probe.some_seed)
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


@law(kind="strict",
     shows="a seeded call changes the state of np.random.",
     right="""
         rng = np.random.default_rng(param.get("seed"))
         kept = rng.random(x.shape) >= p
         """,
     wrong="""
         if "seed" in param:
             np.random.seed(param["seed"])
         kept = np.random.random(x.shape) >= p
         """)
def global_generator_untouched(probe: Probe) -> None:
    """A seeded call neither reseeds nor consumes NumPy's global generator.

    After it, the shuffles and initial weights of the rest of the program repeat, too.
    """
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
