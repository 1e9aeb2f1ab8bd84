"""Laws that hold for every single call, judged on examples that hypothesis makes and shrinks.

Every law takes a `Probe` and an `Example` and raises DropoutLawError if the example breaks it.
"""

# ruff: noqa: D401, D403 (a law's docstring states the law)

from __future__ import annotations

import copy
from dataclasses import dataclass
from unittest import SkipTest

import numpy as np

from gradcheck._arguments import Array
from gradcheck._dropout_slips import convention_of, seeding_of, slip_of_backward, slip_of_scale
from gradcheck.dropout_implementation import DropoutLawError, Probe, broken, close

COARSENESS = {np.dtype(t): float(np.finfo(t).eps) for t in (np.float16, np.float32, np.float64)}


@dataclass(frozen=True)
class Example:
    """One call: x and dout have no zeros, seed is None for a fresh mask."""

    x: Array
    dout: Array
    p: float
    seed: int | None

    def __str__(self) -> str:
        seed = "no seed" if self.seed is None else f"seed = {self.seed}"
        return f"x = {show(self.x)}, p = {self.p:g}, {seed}"


def show(array: Array) -> str:
    """Return a short form of an array."""
    dtype = "" if array.dtype == np.float64 else f" ({array.dtype})"
    if array.size > 12:
        return f"an array of shape {array.shape}{dtype}"
    return np.array2string(array, separator=", ", precision=4).replace("\n", "") + dtype


def same(a: Array, b: Array) -> bool:
    """Return whether two arrays are equal, NaN included."""
    return bool(np.array_equal(a, b, equal_nan=True))


def check_runs(probe: Probe, e: Example) -> None:
    """forward returns (out, cache), backward returns dx, in both modes, without an exception."""
    for mode in ("train", "test"):
        _, cache = probe.forward(e.x, e.p, mode, e.seed)
        probe.backward(e.dout, cache)


def check_dtype(probe: Probe, e: Example) -> None:
    """out has x's dtype (float32 stays float32); dx is no narrower than dout."""
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


def check_values(probe: Probe, e: Example) -> None:
    """Every output is 0 or x / (1 - p) (inverted), 0 or x (vanilla)."""
    out, _ = probe.forward(e.x, e.p, seed=e.seed)
    _judge_values(probe, e, out)


def _judge_values(probe: Probe, e: Example, out: Array) -> None:
    scale = probe.kept_scale(e.p)
    expected = (e.x.astype(np.float64) * scale).astype(e.x.dtype)
    wrong = ~((out == 0) | close(out, expected, e.p))
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        ratios = (out[out != 0] / e.x[out != 0]).astype(np.float64)
        broken(f"out{list(at)} is {out[at]:.6g}, neither 0 nor {scale:.6g} x = {expected[at]:.6g}",
               convention_of(probe) or slip_of_scale(ratios, e.p),
               factor=float(out[at] / e.x[at]), expected=scale)


def _values_hold(probe: Probe) -> bool:
    """Return whether an ordinary call has right values: if not, other laws look past that."""
    x = np.linspace(1, 2, 128).reshape(8, 16)
    try:
        _judge_values(probe, Example(x, x, 0.3, None), probe.forward(x, 0.3)[0])
    except DropoutLawError:
        return False
    return True


def check_memory_layouts(probe: Probe, e: Example) -> None:
    """Strided, reversed, transposed, broadcast and read-only arrays are dropped like others."""
    strided = np.repeat(np.atleast_1d(e.x), 2, axis=-1)[..., ::2]
    readonly = e.x.copy()
    readonly.flags.writeable = False
    values_hold = _values_hold(probe)
    layouts = {"strided": strided, "reversed": np.atleast_1d(e.x)[::-1], "transposed": e.x.T,
               "read-only": readonly, "broadcast": np.broadcast_to(e.x.flat[0], e.x.shape)}
    for name, x in layouts.items():
        try:
            out, cache = probe.forward(x, e.p, seed=e.seed, copy=False)
            if values_hold:
                _judge_values(probe, Example(x, x, e.p, e.seed), out)
            dx = probe.backward(x, cache, copy=False)
        except DropoutLawError as error:
            broken(f"with a {name} x: {error.what}",
                   "the arguments are written to, or assumed contiguous", layout=name)
        if not close(dx, out, e.p).all():
            broken(f"with {name} x and dout, dx differs from out for dout = x",
                   "an array is assumed contiguous", layout=name)


def check_x_untouched(probe: Probe, e: Example) -> None:
    """Neither forward nor backward changes x."""
    for mode in ("train", "test"):
        x = e.x.copy()
        _, cache = probe.forward(x, e.p, mode, e.seed, copy=False)
        if not same(x, e.x):
            broken(f"forward changed x (mode {mode!r})", "write `out = x * mask`, not `x *= mask`")
        probe.backward(e.dout, cache)
        if not same(x, e.x):
            broken(f"backward changed x (mode {mode!r})", "the cache holds x itself")


def check_param_untouched(probe: Probe, e: Example) -> None:
    """The param dict is not changed."""
    for mode in ("train", "test"):
        param = probe.param(e.p, mode, e.seed)
        before = {key: copy.copy(value) for key, value in param.items() if key != "rng"}
        _, cache = probe.forward_with(e.x.copy(), param)
        probe.backward(e.dout, cache)
        after = {key: value for key, value in param.items() if key != "rng"}
        if list(map(repr, after.items())) != list(map(repr, before.items())):
            broken(f"param became {after} from {before}", "keep the mask in the cache, and copy "
                   "the dict before changing it")


def check_p_zero_is_identity(probe: Probe, e: Example) -> None:
    """p = 0 drops nothing and scales nothing, forward and backward."""
    out, cache = probe.forward(e.x, 0.0, seed=e.seed)
    if not close(out, e.x, 0.0).all():
        broken(f"p = 0 turns x into {show(out)}", convention_of(probe) or
               "at p = 0 every unit is kept as it is", f"x = {show(e.x)}, p = 0")
    dx = probe.backward(e.dout, cache)
    if not close(dx, e.dout, 0.0).all():
        broken(f"p = 0 turns dout into {show(dx)}", convention_of(probe) or
               "at p = 0 backward passes dout on", f"dout = {show(e.dout)}, p = 0")


def check_test_mode(probe: Probe, e: Example) -> None:
    """Test mode returns x (inverted), or x (1 - p) (vanilla)."""
    out, _ = probe.forward(e.x, e.p, "test", e.seed)
    _judge_test_mode(probe, e, "out", out, e.x)


def check_test_mode_backward(probe: Probe, e: Example) -> None:
    """In test mode backward returns dout (inverted), or dout (1 - p) (vanilla)."""
    _, cache = probe.forward(e.x, e.p, "test", e.seed)
    _judge_test_mode(probe, e, "dx", probe.backward(e.dout, cache), e.dout)


def _judge_test_mode(probe: Probe, e: Example, label: str, got: Array, given: Array) -> None:
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


def check_backward_uses_forward_mask(probe: Probe, e: Example) -> None:
    """Dx is dout times the mask and the scale of this very forward."""
    out, cache = probe.forward(e.x, e.p, seed=e.seed)
    _judge_backward(probe, e, probe.backward(e.dout, cache), out, e.x)


def _judge_backward(probe: Probe, e: Example, dx: Array, out: Array, x: Array) -> None:
    """Compare dx with dout * out / x: the gradient of that forward, were its scale wrong too."""
    kept = out != 0
    expected = (e.dout.astype(np.float64) * out / x).astype(e.dout.dtype)
    right = close(dx, expected, e.p)
    if not right.all():
        at = tuple(int(i) for i in np.argwhere(~right)[0])
        broken(f"dx{list(at)} is {dx[at]:.6g} where {expected[at]:.6g} was expected: forward "
               f"{'kept' if kept[at] else 'dropped'} this unit",
               slip_of_backward(dx, e.dout, e.x, kept, out, e.p),
               f"{e}, dout = {show(e.dout)}", got=float(dx[at]), expected=float(expected[at]))


def check_backward_where_x_is_zero(probe: Probe, e: Example) -> None:
    """A kept unit passes dout on where x = 0 too: out != 0 is not the mask."""
    zeros = np.zeros_like(e.x)
    if e.seed is not None:
        out, _ = probe.forward(e.x, e.p, seed=e.seed)
        _, cache = probe.forward(zeros, e.p, seed=e.seed)
        dx = probe.backward(e.dout, cache)
        if (dx == 0).all() and (out != 0).any():
            broken("dx is 0 everywhere for x = 0", "backward takes out != 0 for the mask: keep "
                   "the mask itself in the cache", f"x = {show(zeros)}, p = {e.p:g}, seed = "
                   f"{e.seed}, dout = {show(e.dout)}")
        _judge_backward(probe, Example(zeros, e.dout, e.p, e.seed), dx, out, e.x)
    _, cache = probe.forward(np.zeros((8, 16)), 0.5)
    dx = probe.backward(np.ones((8, 16)), cache)
    if (dx == 0).all() or (dx != 0).all():
        broken(f"of 128 units with x = 0 and p = 0.5, backward passes "
               f"{int((dx != 0).sum())} on", "backward takes out != 0 (or out == x) for the mask",
               "x = zeros of shape (8, 16), dout = ones, p = 0.5, no seed")


def check_backward_is_linear(probe: Probe, e: Example) -> None:
    """backward(d1 - 3 d2) = backward(d1) - 3 backward(d2), and backward(0) = 0."""
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


def check_backward_repeats(probe: Probe, e: Example) -> None:
    """A second backward equals the first: neither the cache nor dout is used up."""
    for mode in ("train", "test"):
        _, cache = probe.forward(e.x, e.p, mode, e.seed)
        first = probe.backward(e.dout, cache).copy()
        again = [probe.backward(e.dout, cache).copy() for _ in range(2)]
        if not all(same(first, dx) for dx in again):
            wrong = next(dx for dx in again if not same(first, dx))
            broken(f"backward of the same dout gives {show(first)}, then {show(wrong)} "
                   f"(mode {mode!r})", "backward changes the cache, or draws a mask of its own")


def check_dout_untouched(probe: Probe, e: Example) -> None:
    """Backward does not change dout, in either mode."""
    for mode in ("train", "test"):
        _, cache = probe.forward(e.x, e.p, mode, e.seed)
        dout = e.dout.copy()
        probe.backward(dout, cache, copy=False)
        if not same(dout, e.dout):
            broken(f"backward turned dout into {show(dout)} (mode {mode!r})",
                   "write `dx = dout * mask`, not `dout *= mask`", f"{e}, dout = {show(e.dout)}")


def check_interleaved_forwards(probe: Probe, e: Example) -> None:
    """Of several forwards before their backwards, each cache keeps its own mask, p and mode."""
    out, cache = probe.forward(e.x, e.p, seed=e.seed)
    kept_out = out.copy()
    other = Example(np.concatenate([e.x, -e.x]), np.concatenate([e.dout, e.dout]), 0.6,
                    None if e.seed is None else e.seed + 1)
    other_out, other_cache = probe.forward(other.x, other.p, seed=other.seed)
    third = Example(e.x * 2, e.dout, e.p, other.seed)
    third_out, third_cache = probe.forward(third.x, third.p, seed=third.seed)
    test_out, test_cache = probe.forward(e.x, e.p, "test")
    test = Example(e.x, e.dout, e.p, None)
    if not same(out, kept_out):
        broken("out of the first forward changed when the second ran",
               "out is a buffer that is used again: allocate it on each call")
    dx = probe.backward(e.dout, cache)
    kept_dx = dx.copy()
    for case, case_out, case_cache in (
            (e, kept_out, cache), (other, other_out, other_cache),
            (third, third_out, third_cache), (test, test_out, test_cache), (e, kept_out, cache)):
        got = probe.backward(case.dout, case_cache)
        expected = case.dout.astype(np.float64) * case_out / case.x
        if not close(got, expected.astype(case.dout.dtype), case.p).all():
            broken("after other forwards, backward does not use its own cache's mask",
                   "the mask is kept in a global or an attribute: put it in the cache")
    if not same(dx, kept_dx):
        broken("dx of the first backward changed when the next ran",
               "dx is a buffer that is used again: allocate it on each call")


def check_seed_repeats(probe: Probe, e: Example) -> None:
    """A seed gives the same mask again: after other calls, and whatever the values of x."""
    if not probe.controllable:
        raise SkipTest("seeding=None: the masks cannot be controlled")
    if e.seed is None:
        return
    first, _ = probe.forward(e.x, e.p, seed=e.seed)
    probe.forward(e.x, e.p, seed=e.seed + 1)
    probe.forward(e.x, e.p)
    again, _ = probe.forward(e.x, e.p, seed=e.seed)
    if not same(first, again):
        only_zero = e.seed == 0 and _repeats(probe, e, 1)
        broken(f"seed {e.seed} keeps {int((first != 0).sum())} units, then "
               f"{int((again != 0).sum())} others", "seed 0 counts as no seed: test `'seed' in "
               "param`, not its truth" if only_zero else seeding_of(probe) or "the seed is "
               "ignored")
    flipped, _ = probe.forward(e.x * np.asarray(-2, e.x.dtype), e.p, seed=e.seed)
    if not same(first != 0, flipped != 0):
        broken(f"seed {e.seed} gives another mask for -2 x than for x",
               "the mask is made from the values of x")


def _repeats(probe: Probe, e: Example, seed: int) -> bool:
    return same(*(probe.forward(e.x, e.p, seed=seed)[0] for _ in range(2)))


def check_large_arrays(probe: Probe) -> None:
    """Values, backward and seed are right on 2^17 + 5 units too, where blocks come into play."""
    rng, values_hold = np.random.default_rng(4), _values_hold(probe)
    for dtype, seed in ((np.float32, None), (np.float64, 3 if probe.controllable else None)):
        x = (rng.random(2**17 + 5) + 0.5).astype(dtype) * rng.choice([-1, 1], 2**17 + 5)
        e = Example(x.astype(dtype), x[::-1].astype(dtype), 0.3, seed)
        try:
            out, cache = probe.forward(e.x, e.p, seed=seed)
            if values_hold:
                _judge_values(probe, e, out)
            _judge_backward(probe, e, probe.backward(e.dout, cache), out, e.x)
        except DropoutLawError as error:
            error.example = str(e)
            raise
        if seed is not None and not same(out, probe.forward(e.x, e.p, seed=seed)[0]):
            broken(f"seed {seed} gives two different masks", seeding_of(probe) or
                   "the blocks of a large mask depend on more than the seed", str(e))
