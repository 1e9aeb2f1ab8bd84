"""Laws beyond common practice about arrays: unusual shapes, dtypes and memory layouts.

Failures under strict=True, advice otherwise, as in `gradcheck.mask_laws.strict_calls`.
"""

# ruff: noqa: D401, D403 (a law's docstring states the law)

from __future__ import annotations

import numpy as np

from gradcheck.mask_laws.canonical import DRAW
from gradcheck.mask_laws.example import X, same, show
from gradcheck.mask_laws.implementation import DropoutLawError, Probe, broken, needs_seeds
from gradcheck.mask_laws.law import law


@law(kind="strict",
     shows="shape (), mode 'train': forward raised TypeError: len() of unsized object "
           "(line ..., in dropout_forward).",
     right=DRAW,
     wrong="kept = rng.random((len(x), x.size // len(x))).reshape(x.shape) >= p")
def zero_dimensional_and_empty(probe: Probe) -> None:
    """Arrays of shape (), (0,), (3, 0) and (0, 4) go through, forward and backward.

    Filters and splits of data leave empty batches, and reductions leave numbers.
    """
    for shape in ((), (0,), (3, 0), (0, 4)):
        x = np.ones(shape)
        for mode in ("train", "test"):
            try:
                _, cache = probe.forward(x, 0.5, mode, probe.some_seed)
                probe.backward(x, cache)
            except DropoutLawError as error:
                broken(f"shape {shape}, mode {mode!r}: {error.what}",
                       "np.random.rand(*()) is a float, not an array: use np.random.random(shape)",
                       f"x of shape {shape}")


@law(kind="strict",
     shows="x float16 gives out float32 and dx float16.",
     right="return np.where(kept, x / (1 - p), 0).astype(x.dtype), (kept, p)",
     wrong="""
         dtype = np.promote_types(x.dtype, np.float32)
         return np.where(kept, x / (1 - p), 0).astype(dtype), (kept, p)
         """)
def float16(probe: Probe) -> None:
    """Half precision is kept, and its values are right.

    Half precision saves memory only as long as no layer widens it.
    """
    x = X.astype(np.float16)
    out, cache = probe.forward(x, 0.5, seed=probe.some_seed)
    dx = probe.backward(x, cache)
    if out.dtype != x.dtype or dx.dtype != x.dtype:
        broken(f"x float16 gives out {out.dtype} and dx {dx.dtype}",
               "convert the mask to x.dtype", "x of dtype float16")
    expected = np.where(out != 0, x * x.dtype.type(probe.kept_scale(0.5)), 0)
    if not np.allclose(out.astype(float), expected.astype(float), rtol=4e-3):
        broken(f"out is {show(out)} where {show(expected)} was expected", "", f"x = {show(x)}")


@law(kind="strict",
     shows="dx is float64 where dout is float32.",
     right="return np.where(kept, dout / (1 - p), 0).astype(dout.dtype)",
     wrong="return np.where(kept, dout.astype(np.float64) / (1 - p), 0)")
def backward_dtype(probe: Probe) -> None:
    """dx has dout's dtype: float32 is not widened.

    Every gradient below, and every update, is then computed in float64.
    """
    x = X.astype(np.float32)
    _, cache = probe.forward(x, 0.5, seed=probe.some_seed)
    dx = probe.backward(x, cache)
    if dx.dtype != x.dtype:
        broken(f"dx is {dx.dtype} where dout is float32",
               "a float64 mask promotes the product: keep a bool mask, or one of x.dtype",
               "dout of dtype float32")


@law(kind="strict",
     shows="the scale is off by 1.4e-08 (relative) in float64.",
     right="return np.where(kept, x / (1 - p), 0).astype(x.dtype), (kept, p)",
     wrong="return np.where(kept, x / (1 - p + 1e-8), 0).astype(x.dtype), (kept, p)")
def scale_in_double_precision(probe: Probe) -> None:
    """For float64, kept units are x / (1 - p) to 1e-14.

    A constant against division by zero, or a float32 mask, shows as an error in a gradient
    check.
    """
    out, _ = probe.forward(X, 0.3, seed=probe.some_seed)
    error = np.max(np.abs(out / (X * probe.kept_scale(0.3)) - 1)[out != 0], initial=0)
    if error > 1e-14:
        broken(f"the scale is off by {error:.1e} (relative) in float64",
               "the mask is float32, or a constant was added to 1 - p", "p = 0.3, x float64",
               error=float(error))


@law(kind="strict",
     shows="x of dtype int64 is accepted.",
     right="""
         if x.dtype.kind != "f":
             raise TypeError(f"x: got {x.dtype}; expected floats")
         """,
     wrong="")
def integers_are_refused(probe: Probe) -> None:
    """Integer x is refused: an output of the same dtype would truncate x / (1 - p).

    At p = 0.3 a kept 1 would become 1, not 1.43: images come as integers.
    """
    try:
        probe.impl.forward(np.arange(1, 9), probe.param(0.3, "train", probe.some_seed))
    except Exception:
        return
    broken("x of dtype int64 is accepted", "raise TypeError: the remedy is x.astype(np.float64)",
           "x = np.arange(1, 9), p = 0.3")


@law(kind="strict",
     shows="seed 1 gives another mask for float32 than for float64 in C order.",
     right=DRAW,
     wrong="""
         dtype = np.float32 if x.dtype == np.float32 else np.float64
         kept = rng.random(x.shape, dtype) >= p
         """)
def seed_ignores_dtype_and_layout(probe: Probe) -> None:
    """A seed gives the same mask for float32 and float64, C and Fortran order.

    A run in float64 that looks for an error of a run in float32 must drop the same units.
    """
    needs_seeds(probe)
    x = np.ones((16, 24))
    first = probe.kept(x, 0.3, 1)
    for name, other in (("float32", x.astype(np.float32)), ("Fortran order", np.asfortranarray(x)),
                        ("strides", np.ones((32, 24))[::2])):
        out, _ = probe.forward(other, 0.3, seed=1, copy=False)
        if not same(first, out != 0):
            broken(f"seed 1 gives another mask for {name} than for float64 in C order",
                   "draw the mask from (seed, p, shape) alone", name)


@law(kind="strict",
     shows="dout of shape (4,) is accepted for x of shape (3, 4).",
     right="""
         if dout.shape != kept.shape:
             raise ValueError(f"dout: got shape {dout.shape}; expected {kept.shape}")
         """,
     wrong="")
def other_dout_shape_is_refused(probe: Probe) -> None:
    """A dout of another shape than out's is refused, not broadcast.

    Broadcasting turns a gradient that was summed too early into one of the right shape.
    """
    _, cache = probe.forward(X, 0.5, seed=probe.some_seed)
    for shape in ((4,), (1, 4), (2, 3, 4)):
        try:
            probe.impl.backward(np.ones(shape), cache)
        except Exception:
            continue
        broken(f"dout of shape {shape} is accepted for x of shape (3, 4)",
               "compare dout.shape with the mask's", f"dout of shape {shape}")
