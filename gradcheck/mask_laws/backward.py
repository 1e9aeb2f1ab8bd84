"""Laws about backward that hold for every single call.

Every law takes a `Probe` and an `Example` and raises DropoutLawError if the example breaks it.
"""

# ruff: noqa: D401, D403 (a law's docstring states the law)

from __future__ import annotations

import numpy as np

from gradcheck.mask_laws.canonical import DX, OUT
from gradcheck.mask_laws.example import (
    Example,
    judge_backward,
    judge_values,
    ordinary,
    same,
    show,
)
from gradcheck.mask_laws.forward import judge_test_mode
from gradcheck.mask_laws.implementation import DropoutLawError, Probe, broken
from gradcheck.mask_laws.law import law
from gradcheck.mask_laws.slips import seeding_of


@law(kind="deterministic",
     shows="dx[0] is 0.5 where 1 was expected: forward kept this unit.",
     right=DX,
     wrong="return dout * kept")
def backward_uses_forward_mask(probe: Probe, e: Example) -> None:
    """dx is dout times the mask and the scale of this very forward.

    Any other factor is a wrong learning rate for all layers below; another mask is a wrong
    gradient.
    """
    out, cache = probe.forward(e.x, e.p, seed=e.seed)
    judge_backward(probe, e, probe.backward(e.dout, cache), out, e.x)


@law(kind="deterministic",
     shows="dx is 0 everywhere for x = 0.",
     right=OUT,
     wrong="""
         out = (x * kept / (1 - p)).astype(x.dtype)
         return out, (out != 0, p)
         """)
def backward_where_x_is_zero(probe: Probe, e: Example) -> None:
    """A kept unit passes dout on where x = 0 too: out != 0 is not the mask.

    After a ReLU half of x is 0, and normal numbers never show it: random inputs have no zeros.
    """
    if e.seed is None:
        _judge_unseeded_zeros(probe)
        return
    usual, zeros = ordinary(probe), np.zeros_like(e.x)
    if not usual.seed:
        return
    out, _ = probe.forward(e.x, e.p, seed=e.seed)
    _, cache = probe.forward(zeros, e.p, seed=e.seed)
    dx = probe.backward(e.dout, cache)
    if (dx == 0).all() and (out != 0).any():
        broken("dx is 0 everywhere for x = 0", "backward takes out != 0 for the mask: keep the "
               "mask itself in the cache", f"x = {show(zeros)}, p = {e.p:g}, seed = {e.seed}, "
               f"dout = {show(e.dout)}")
    if usual.backward:
        judge_backward(probe, Example(zeros, e.dout, e.p, e.seed), dx, out, e.x,
                       "units with x = 0 are treated specially: keep the mask in the cache")


def _judge_unseeded_zeros(probe: Probe) -> None:
    passed = 0
    for _ in range(4):
        _, cache = probe.forward(np.zeros((8, 16)), 0.5)
        passed += int(np.count_nonzero(probe.backward(np.ones((8, 16)), cache)))
    if passed in (0, 4 * 128):
        broken(f"of {4 * 128} units with x = 0 and p = 0.5, backward passes {passed} on",
               "backward takes out != 0 (or out == x) for the mask",
               "x = zeros of shape (8, 16), dout = ones, p = 0.5, no seed, 4 calls")


@law(kind="deterministic",
     shows="backward(d1 - 3 d2) = [...], but backward(d1) - 3 backward(d2) = [...].",
     right=DX,
     wrong="return (np.clip(dout, -5, 5) * kept / (1 - p)).astype(dout.dtype)")
def backward_is_linear(probe: Probe, e: Example) -> None:
    """backward(d1 - 3 d2) = backward(d1) - 3 backward(d2), and backward(0) = 0.

    The chain rule multiplies by the Jacobian and nothing else; clipping belongs to the update.
    """
    _, cache = probe.forward(e.x, e.p, seed=e.seed)
    other = np.roll(e.dout, 1) * np.asarray(-0.5, e.dout.dtype)
    three = np.asarray(3, e.dout.dtype)
    first, second = probe.backward(e.dout, cache), probe.backward(other, cache)
    together = probe.backward(e.dout - three * other, cache)
    size = np.abs(first) + 3 * np.abs(second)
    if not (np.abs(together - (first - three * second)) <= 1e-5 * size + 1e-30).all():
        broken(f"backward(d1 - 3 d2) = {show(together)}, but backward(d1) - 3 backward(d2) = "
               f"{show(first - three * second)}", "backward must multiply dout by something that "
               "does not depend on it", f"{e}, d1 = {show(e.dout)}, d2 = {show(other)}")
    nothing = probe.backward(np.zeros_like(e.dout), cache)
    if nothing.any():
        broken(f"backward(0) = {show(nothing)}", "backward returns something other than dout "
               "times the mask")


@law(kind="deterministic",
     shows="backward of the same dout gives [...], then [0.] (mode 'train').",
     right=DX,
     wrong="""
         dx = (dout * kept / (1 - p)).astype(dout.dtype)
         kept[...] = False
         return dx
         """)
def backward_repeats(probe: Probe, e: Example) -> None:
    """A second backward equals the first: neither the cache nor dout is used up.

    A gradient that is taken twice, for two losses or by a checker, must not differ from the
    first: backward reads the cache and does not write into it.
    """
    for mode in ("train", "test"):
        _, cache = probe.forward(e.x, e.p, mode, e.seed)
        first = probe.backward(e.dout, cache).copy()
        again = [probe.backward(e.dout, cache).copy() for _ in range(2)]
        if not all(same(first, dx) for dx in again):
            wrong = next(dx for dx in again if not same(first, dx))
            broken(f"backward of the same dout gives {show(first)}, then {show(wrong)} "
                   f"(mode {mode!r})", "backward changes the cache, or draws a mask of its own")


@law(kind="deterministic",
     shows="backward turned dout into [...] (mode 'train').",
     right=DX,
     wrong="""
         dout *= kept / (1 - p)
         return dout
         """)
def dout_untouched(probe: Probe, e: Example) -> None:
    """Backward does not change dout, in either mode.

    Where a net branches, as around a residual block, dout goes to both branches.
    """
    for mode in ("train", "test"):
        _, cache = probe.forward(e.x, e.p, mode, e.seed)
        dout = e.dout.copy()
        probe.backward(dout, cache, copy=False)
        if not same(dout, e.dout):
            broken(f"backward turned dout into {show(dout)} (mode {mode!r})",
                   "write `dx = dout * mask`, not `dout *= mask`", f"{e}, dout = {show(e.dout)}")


@law(kind="deterministic",
     shows="in test mode dx[0] is 1 where 0.5 was expected.",
     right="return x, None",
     wrong="return x, (True, p)")
def test_mode_backward(probe: Probe, e: Example) -> None:
    """In test mode backward returns dout (inverted), or dout (1 - p) (vanilla).

    Saliency maps and adversarial examples differentiate a net in test mode.
    """
    probe.forward(e.x, e.p, seed=e.seed)
    _, cache = probe.forward(e.x, e.p, "test", e.seed)
    judge_test_mode(probe, e, "dx", probe.backward(e.dout, cache), e.dout)


@law(kind="deterministic",
     shows="after other forwards, backward gives [...] where it gave [...].",
     right="""
             return (x * kept / (1 - p)).astype(x.dtype), (kept, p)


         def dropout_backward(dout, cache):
             if cache is None:
                 return dout
             kept, p = cache
         """,
     wrong="""
             dropout_forward.kept = kept
             return (x * kept / (1 - p)).astype(x.dtype), p


         def dropout_backward(dout, cache):
             if cache is None:
                 return dout
             kept, p = dropout_forward.kept, cache
         """)
def interleaved_forwards(probe: Probe, e: Example) -> None:
    """Of several forwards before their backwards, each cache keeps its own mask, p and mode.

    A net with two dropout layers runs both forwards before the first backward.
    """
    other_seed = None if e.seed is None else e.seed + 1
    larger = Example(np.concatenate([e.x, -e.x]), np.concatenate([e.dout, e.dout]), 0.6, other_seed)
    calls = [(e, "train"), (larger, "train"), (Example(e.x * 2, e.dout, e.p, other_seed), "train"),
             (e, "test")]
    made = []
    for case, mode in calls:
        out, cache = probe.forward(case.x, case.p, mode, case.seed)
        dx = probe.backward(case.dout, cache)
        made.append((case, cache, (out, dx), (out.copy(), dx.copy())))
    for case, cache, now, then in (*made, made[0]):
        for label, array, before in zip(("out", "dx"), now, then, strict=True):
            if not same(array, before):
                broken(f"{label} of a call changed when others ran",
                       f"{label} is a buffer that is used again: allocate it on each call")
        again = probe.backward(case.dout, cache)
        if not same(again, then[1]):
            broken(f"after other forwards, backward gives {show(again)} where it gave "
                   f"{show(then[1])}", "the mask is kept in a global or an attribute, or drawn "
                   "again: put it in the cache")


@law(kind="probe",
     shows="out[...] is ..., neither 0 nor 1.42857 x = ....",
     right=OUT,
     wrong="""
         half = x if x.size < 2**16 else x.astype(np.float16)
         return (half * kept / (1 - p)).astype(x.dtype), (kept, p)
         """)
def large_arrays(probe: Probe) -> None:
    """Values, backward and seed are right on 2^17 + 5 units too, where blocks come into play.

    Code for large arrays is code of its own: blocks, threads, buffers, half precision.
    """
    rng, usual = np.random.default_rng(4), ordinary(probe)
    for dtype, seed in ((np.float32, None), (np.float64, 3 if probe.controllable else None)):
        x = (rng.random(2**17 + 5) + 0.5).astype(dtype) * rng.choice([-1, 1], 2**17 + 5)
        e = Example(x.astype(dtype), x[::-1].astype(dtype), 0.3, seed)
        try:
            out, cache = probe.forward(e.x, e.p, seed=seed)
            if usual.values:
                judge_values(probe, e, out)
            if usual.backward:
                judge_backward(probe, e, probe.backward(e.dout, cache), out, e.x)
        except DropoutLawError as error:
            error.example = str(e)
            raise
        if seed is not None and usual.seed and not same(out, probe.forward(e.x, e.p, seed=seed)[0]):
            broken(f"seed {seed} gives two different masks", seeding_of(probe) or
                   "the blocks of a large mask depend on more than the seed", str(e))
