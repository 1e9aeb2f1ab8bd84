"""From a number that is wrong to the slip that commonly produces it; tables, first match wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from gradcheck.arguments import Array
from gradcheck.mask_laws.implementation import DropoutLawError, Probe
from gradcheck.mask_laws.manners import P_IS, SCALING, SEEDING

P = 0.25


def convention_of(probe: Probe) -> str:
    """Say which other setting of p_is and scaling the implementation follows, if one fits."""
    if probe.convention is None:
        probe.convention = _convention_of(probe)
    return probe.convention


def seeding_of(probe: Probe) -> str:
    """Say which other setting of seeding the implementation follows, if one fits."""
    x = np.linspace(1, 2, 256)
    for seeding in SEEDING[:3]:
        other = Probe(replace(probe.impl, seeding=seeding))
        try:
            masks = [other.kept(x, 0.5, seed).tobytes() for seed in (1, 1, 2)]
        except DropoutLawError:
            continue
        if seeding != probe.impl.seeding and masks[0] == masks[1] != masks[2]:
            how = {"seed": "param['seed']", "rng": "param['rng']", "global": "np.random.seed"}
            return (f"{how[seeding or '']} governs the mask; if that is meant, set "
                    f"seeding={seeding!r}")
    return ""


def _convention_of(probe: Probe) -> str:
    x = np.linspace(1, 2, 4096).reshape(64, 64)
    try:
        train, test = probe.forward(x, P)[0] / x, probe.forward(x, P, "test")[0] / x
    except DropoutLawError:
        return ""
    given = P if probe.impl.p_is == "drop" else 1 - P
    kept, scale, at_test = float((train != 0).mean()), float(train.max()), float(test.max())
    for p_is, scaling in product(P_IS, SCALING):
        keep = given if p_is == "keep" else 1 - given
        expected = (1 / keep, 1.0) if scaling == "inverted" else (1.0, keep)
        if abs(kept - keep) < 0.05 and np.allclose((scale, at_test), expected, rtol=1e-4):
            return _other_setting(probe, p_is, scaling, kept, keep)
    return ""


def _other_setting(probe: Probe, p_is: str, scaling: str, kept: float, keep: float) -> str:
    names = []
    if p_is != probe.impl.p_is:
        meaning = {"keep": "p is used as the keep probability",
                   "drop": "p is used as the drop probability"}[p_is]
        names.append(f"{meaning}; if that is meant, set p_is={p_is!r}")
    if scaling != probe.impl.scaling:
        meaning = {"vanilla": "units are scaled at test time and not in training",
                   "inverted": "units are scaled in training and not at test time"}[scaling]
        names.append(f"{meaning}; if that is meant, set scaling={scaling!r}")
    return "; ".join(names)


def slip_of_rate(rates: Mapping[float, float], p: float) -> str:
    """Name the slip behind kept fractions `rates` (by p), of which the one at `p` is wrong."""
    ps, kept = np.array(list(rates)), np.array(list(rates.values()))
    dropped = 1 - kept[list(rates).index(p)]
    for fits, slip in RATE_SLIPS:
        if fits(ps, kept):
            return slip.format(kept=float(kept.mean()))
    if dropped in (0, 1):
        return f"p = {p} is taken for {dropped:.0f}: the threshold holds too few digits"
    levels = dropped * 256
    if abs(levels - round(levels)) < 0.2 and not 0.01 < p < 0.99:
        return f"the threshold is held in 8 bits: {dropped:.4g} is {round(levels)}/256"
    if 0.5 < dropped / p < 2 and p in (0.3, 0.5, 0.7, 0.9):
        return f"units are dropped with probability {dropped:.4g}, {dropped / p:.3f} times p"
    return f"units are dropped with probability {dropped:.4g} where p = {p}"


RATE_SLIPS: tuple[tuple[Callable[[Array, Array], bool], str], ...] = (
    (lambda p, kept: bool((kept == 1).all()), "nothing is dropped: the mask is not applied"),
    (lambda p, kept: bool((kept == 0).all()), "everything is dropped"),
    (lambda p, kept: bool(((kept == 0) | (kept == 1)).all()),
     "one decision is made for the whole array"),
    (lambda p, kept: bool(np.allclose(kept, p, atol=0.01)),
     "p is used as the keep probability: keep a unit where its random number is >= p"),
    (lambda p, kept: kept.size > 2 and bool(np.ptp(kept) < 0.02),
     "p is ignored: {kept:.2g} is kept whatever p is"),
    (lambda p, kept: bool(np.allclose(1 - kept, np.round(p, 1), atol=0.001)),
     "the threshold is quantised to tenths"),
    (lambda p, kept: bool(np.allclose(1 - kept, np.round(p, 2), atol=2e-4)),
     "the threshold is quantised to hundredths"),
)

# Factors of a kept unit, by what they are called, as functions of p.
FACTORS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("1", lambda p: 1.0),
    ("1/(1 - p)", lambda p: 1 / (1 - p)),
    ("1/(1 - p)^2", lambda p: (1 - p) ** -2),
    ("1/p", lambda p: 1 / p),
    ("1 - p", lambda p: 1 - p),
    ("p", lambda p: p),
    ("1 + p", lambda p: 1 + p),
    ("2", lambda p: 2.0),
)
SCALE_SLIPS = {
    "1": "the division by 1 - p is missing",
    "1/(1 - p)": "units are divided by 1 - p where they should not be",
    "1/(1 - p)^2": "the division by 1 - p happens twice",
    "1/p": "the division is by p, the probability of dropping, not by 1 - p",
    "1 - p": "units are multiplied by 1 - p instead of divided",
    "p": "units are multiplied by p",
    "1 + p": "the scale is 1 + p, not 1/(1 - p)",
    "2": "the scale of p = 0.5 is used for every p",
}


def slip_of_scale(probe: Probe, p: float) -> str:
    """Name the slip behind wrong factors of kept units, from one call on 128 units."""
    x = np.linspace(1, 2, 128)
    ratios = probe.forward(x, p)[0] / x
    kept = ratios[ratios != 0]
    if not kept.size or p == 0:
        return ""
    if np.ptp(kept) > 1e-4 * abs(kept[0]):
        return "the factor differs from unit to unit: dropout multiplies by 0 or one constant"
    if np.isclose(kept[0], probe.kept_scale(p), rtol=1e-6):
        return "the scale is right for other arrays: look at what is special about this one"
    if np.isclose(kept[0], x.size / kept.size, rtol=1e-4):
        return "kept units are divided by the realised fraction of kept units, not by 1 - p"
    for name, factor in FACTORS:
        if np.isclose(kept[0], factor(p), rtol=1e-4):
            return SCALE_SLIPS[name]
    return f"kept units are multiplied by {kept[0]:.6g}: is that the scale of another p?"


def slip_of_backward(probe: Probe, p: float, seed: int | None) -> str:
    """Name the slip behind a dx that is not dout * mask * scale, from one call on 128 units."""
    x, dout = np.linspace(-2, -1, 128), np.sin(np.arange(1.0, 129.0))
    out, cache = probe.forward(x, p, seed=seed)
    dx, again = probe.backward(dout, cache), probe.backward(dout, cache)
    kept = out != 0
    if not np.array_equal(dx, again):
        return "backward draws a mask of its own: use the one in the cache"
    mask = kept.astype(np.float64)
    candidates = [(dout, "backward passes dout on without the mask")]
    for name, factor in FACTORS if p > 0 else ():
        scaled = dout * factor(p)
        candidates += [
            (scaled * mask, "backward lacks forward's scale" if name == "1" else
             f"backward multiplies kept units by {name}, forward does not"),
            (scaled, f"backward multiplies by {name} without the mask"),
            (scaled * (1 - mask), "backward passes on the dropped units instead of the kept ones"),
        ]
    candidates += [(dout * out, "backward multiplies by out instead of the mask"),
                   (dout * x, "backward multiplies by x instead of the mask"),
                   (dout * x * mask, "backward multiplies by x as well as the mask")]
    expected = dout * out / x
    for candidate, slip in candidates:
        if np.allclose(dx, candidate, rtol=1e-4) and not np.allclose(candidate, expected):
            return slip
    if np.allclose(dx, expected, rtol=1e-4):
        return "backward is right for other arrays: look at what is special about this one"
    if not np.array_equal(dx != 0, kept):
        return "backward uses another mask than forward"
    return "backward uses forward's mask with another factor"
