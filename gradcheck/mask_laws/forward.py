"""Laws about forward that hold for every single call.

Every law takes a `Probe` and an `Example` and raises DropoutLawError if the example breaks it.
"""

# ruff: noqa: D401, D403 (a law's docstring states the law)

from __future__ import annotations

import copy

import numpy as np

from gradcheck.arguments import Array
from gradcheck.mask_laws.canonical import GENERATOR, OUT
from gradcheck.mask_laws.example import Example, judge_values, ordinary, same, show
from gradcheck.mask_laws.implementation import DropoutLawError, Probe, broken, close, needs_seeds
from gradcheck.mask_laws.law import law
from gradcheck.mask_laws.slips import convention_of, seeding_of

COARSENESS = {np.dtype(t): float(np.finfo(t).eps) for t in (np.float16, np.float32, np.float64)}


@law(kind="deterministic",
     shows="forward raised KeyError: 'seed' (line ..., in dropout_forward).",
     right=GENERATOR,
     wrong='rng = np.random.default_rng(param["seed"])')
def runs(probe: Probe, e: Example) -> None:
    """forward returns (out, cache), backward returns dx, in both modes, without an exception.

    A run of training would stop here: at a key that is only sometimes there, at an array of
    another rank or dtype, at the first test.
    """
    for mode in ("train", "test"):
        _, cache = probe.forward(e.x, e.p, mode, e.seed)
        probe.backward(e.dout, cache)


@law(kind="deterministic",
     shows="out[0] is 0.5, neither 0 nor 2 x = 1.",
     right=OUT,
     wrong="return x * kept, (kept, p)")
def values(probe: Probe, e: Example) -> None:
    """Every output is 0 or x / (1 - p) (inverted), 0 or x (vanilla).

    Without the division the next layer sees, at test time, inputs 1/(1 - p) times as large as
    those it was trained on. A gradient check passes: backward fits forward.
    """
    out, _ = probe.forward(e.x, e.p, seed=e.seed)
    judge_values(probe, e, out)


@law(kind="deterministic",
     shows="out is float64 where x is float32 (mode 'train').",
     right=OUT,
     wrong="return x * (kept / (1 - p)), (kept, p)")
def dtype(probe: Probe, e: Example) -> None:
    """out has x's dtype (float32 stays float32); dx is no narrower than dout.

    A float64 mask makes everything after it float64: twice the memory, half the speed.
    """
    for mode in ("train", "test"):
        out, cache = probe.forward(e.x, e.p, mode, e.seed)
        if out.dtype != e.x.dtype:
            broken(f"out is {out.dtype} where x is {e.x.dtype} (mode {mode!r})",
                   "a float64 mask promotes the product: end with out.astype(x.dtype, copy=False)",
                   got=str(out.dtype), expected=str(e.x.dtype))
        dx = probe.backward(e.dout, cache)
        if dx.dtype.kind != "f" or COARSENESS.get(dx.dtype, 0) > COARSENESS[e.dout.dtype]:
            broken(f"dx is {dx.dtype} where dout is {e.dout.dtype} (mode {mode!r})",
                   "backward converts to a narrower dtype", got=str(dx.dtype))


@law(kind="deterministic",
     shows="with transposed x and dout, dx differs from out for dout = x.",
     right=OUT,
     wrong="""
         out = np.zeros_like(x)
         out.ravel()[kept.ravel()] = (x / (1 - p))[kept]
         return out, (kept, p)
         """)
def memory_layouts(probe: Probe, e: Example) -> None:
    """Strided, reversed, transposed, broadcast and read-only arrays are dropped like others.

    Slices, transposes and broadcast arrays are not contiguous, and `ravel` copies them: what
    is written into the copy is lost. Read-only arrays come from memory-mapped files.
    """
    usual, douts = ordinary(probe), _layouts(e.x)
    if _writes_into_dout(probe, e):  # which is another law's business
        douts |= {"read-only": e.x.copy(), "broadcast": np.full_like(e.x, e.x.flat[0])}
    for name, x in _layouts(e.x).items():
        try:
            out, cache = probe.forward(x, e.p, seed=e.seed, copy=False)
            if usual.values:
                judge_values(probe, Example(x, x, e.p, e.seed), out)
            dx = probe.backward(douts[name], cache, copy=False)
        except DropoutLawError as error:
            broken(f"with a {name} x: {error.what}",
                   "the arguments are written to, or assumed contiguous", layout=name)
        if usual.backward and not close(dx, out, e.p).all():
            broken(f"with {name} x and dout, dx differs from out for dout = x",
                   "an array is assumed contiguous", layout=name)


def _layouts(x: Array) -> dict[str, Array]:
    """Return equal arrays that lie in memory in other ways, each with memory of its own."""
    readonly, x = x.copy(), x.copy()
    readonly.flags.writeable = False
    return {"strided": np.repeat(np.atleast_1d(x), 2, axis=-1)[..., ::2],
            "reversed": np.atleast_1d(x).copy()[::-1], "transposed": x.T,
            "read-only": readonly, "broadcast": np.broadcast_to(x.flat[0], x.shape)}


def _writes_into_dout(probe: Probe, e: Example) -> bool:
    _, cache = probe.forward(e.x, e.p, seed=e.seed)
    dout = e.dout.copy()
    probe.backward(dout, cache, copy=False)
    return not same(dout, e.dout)


@law(kind="deterministic",
     shows="forward changed x (mode 'train').",
     right=OUT,
     wrong="""
         x *= kept / (1 - p)
         return x, (kept, p)
         """)
def x_untouched(probe: Probe, e: Example) -> None:
    """Neither forward nor backward changes x.

    The layer before has x in its cache, and takes its gradient from it.
    """
    for mode in ("train", "test"):
        x = e.x.copy()
        _, cache = probe.forward(x, e.p, mode, e.seed, copy=False)
        if not same(x, e.x):
            broken(f"forward changed x (mode {mode!r})", "write `out = x * mask`, not `x *= mask`")
        probe.backward(e.dout, cache)
        if not same(x, e.x):
            broken(f"backward changed x (mode {mode!r})", "the cache holds x itself")


@law(kind="deterministic",
     shows="param became {'p': 0.5, 'mode': 'train', 'seed': 0, 'kept': array([ True])} "
           "from {'p': 0.5, 'mode': 'train', 'seed': 0}.",
     right=OUT,
     wrong="""
         param["kept"] = kept
         return (x * kept / (1 - p)).astype(x.dtype), (kept, p)
         """)
def param_untouched(probe: Probe, e: Example) -> None:
    """The param dict is not changed.

    A net hands one dict to all its dropout layers: what one of them leaves in it, the next
    finds.
    """
    for mode in ("train", "test"):
        param = probe.param(e.p, mode, e.seed)
        before = {key: copy.copy(value) for key, value in param.items() if key != "rng"}
        _, cache = probe.forward_with(e.x.copy(), param)
        probe.backward(e.dout, cache)
        after = {key: value for key, value in param.items() if key != "rng"}
        if list(map(repr, after.items())) != list(map(repr, before.items())):
            broken(f"param became {after} from {before}", "keep the mask in the cache, and copy "
                   "the dict before changing it")


@law(kind="deterministic",
     shows="p = 0 turns x into [1.].",
     right='p = param["p"]',
     wrong='p = param["p"] or 0.5')
def p_zero_is_identity(probe: Probe, e: Example) -> None:
    """p = 0 drops nothing and scales nothing, forward and backward.

    `p or default` takes 0 for no answer. p = 0 is how a net without dropout is spelled.
    """
    out, cache = probe.forward(e.x, 0.0, seed=e.seed)
    if not close(out, e.x, 0.0).all():
        broken(f"p = 0 turns x into {show(out)}", convention_of(probe) or
               "at p = 0 every unit is kept as it is", f"x = {show(e.x)}, p = 0")
    dx = probe.backward(e.dout, cache)
    if not close(dx, e.dout, 0.0).all():
        broken(f"p = 0 turns dout into {show(dx)}", convention_of(probe) or
               "at p = 0 backward passes dout on", f"dout = {show(e.dout)}, p = 0")


@law(kind="deterministic",
     shows="in test mode out[0] is 0.25 where 0.5 was expected.",
     right="return x, None",
     wrong="return x * (1 - p), None")
def test_mode(probe: Probe, e: Example) -> None:
    """Test mode returns x (inverted), or x (1 - p) (vanilla).

    One side scales and the other does not: inverted dropout in training, vanilla at test time.
    Both at once shrink every layer's output twice.
    """
    out, _ = probe.forward(e.x, e.p, "test", e.seed)
    judge_test_mode(probe, e, "out", out, e.x)


def judge_test_mode(probe: Probe, e: Example, label: str, got: Array, given: Array) -> None:
    """Break the law unless `got` is `given` (inverted), or `given` times 1 - p (vanilla)."""
    scale = probe.test_scale(e.p)
    expected = given if scale == 1 else (given * scale).astype(given.dtype)
    right = got == expected if scale == 1 else close(got, expected, e.p)
    if not right.all():
        at = tuple(int(i) for i in np.argwhere(~right)[0])
        factors = np.unique(np.round((got / given).astype(np.float64), 6))
        slip = "test mode drops units: mask only in train mode" if (got == 0).any() else (
            f"test mode multiplies by {factors[0]:.4g}" if factors.size == 1 else
            "test mode depends on the unit")
        broken(f"in test mode {label}{list(at)} is {got[at]:.6g} where {expected[at]:.6g} was "
               "expected", convention_of(probe) or slip, factor=float(got[at] / given[at]),
               expected=scale)


@law(kind="deterministic",
     shows="seed 0 gives ...",
     right=GENERATOR,
     wrong='rng = np.random.default_rng(param.get("seed") or None)')
def seed_repeats(probe: Probe, e: Example) -> None:
    """A seed gives the same mask again: after other calls, and whatever the values of x.

    Without it no run can be repeated, and no gradient be checked by differences. `seed or
    None` takes seed 0 for none.
    """
    needs_seeds(probe)
    if e.seed is None:
        return
    first, _ = probe.forward(e.x, e.p, seed=e.seed)
    probe.forward(e.x, e.p, seed=e.seed + 1)
    probe.forward(e.x, e.p)
    again, _ = probe.forward(e.x, e.p, seed=e.seed)
    if not same(first, again):
        broken(f"seed {e.seed} gives {show(first)}, then {show(again)}",
               _slip_of_seed(probe, e.seed))
    flipped, _ = probe.forward(e.x * np.asarray(-2, e.x.dtype), e.p, seed=e.seed)
    if not same(first != 0, flipped != 0):
        broken(f"seed {e.seed} gives another mask for -2 x than for x",
               _slip_of_seed(probe, e.seed))


def _slip_of_seed(probe: Probe, seed: int) -> str:
    def repeats(seed: int) -> bool:
        x = np.linspace(1, 2, 128)
        return same(probe.kept(x, 0.5, seed), probe.kept(x, 0.5, seed))

    if repeats(seed):
        return "the mask is made from the values of x, or from the calls before"
    if seed == 0 and repeats(1):
        return "seed 0 counts as no seed: test `'seed' in param`, not its truth"
    return seeding_of(probe) or "the seed is ignored"
