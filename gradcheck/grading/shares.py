"""How the default points of a dropout are shared among its laws: by what they say, not by count.

A gradient is broken by one law and the rest of the laws are many, so a law that fails takes the
whole share of what it belongs to: a backward with another mask is no backward.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gradcheck.output.record import Item

# The proportion of LAYER_POINTS: the gradient has four points of ten.
SHARES: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "backward": (4.0, ("backward_uses_forward_mask", "backward_where_x_is_zero",
                       "backward_is_linear", "backward_repeats")),
    "mask": (3.0, ("large_arrays", "fresh_mask_each_call", "other_seed_differs", "rate",
                   "rate_at_extreme_p", "rate_on_every_shape", "axes", "lags", "far_pairs",
                   "patterns", "count_is_binomial", "independence_of_x", "positions",
                   "small_arrays", "calls_are_independent", "seeds_are_independent")),
    "scale": (1.5, ("runs", "values", "p_zero_is_identity", "expectation")),
    "test mode": (1.0, ("test_mode", "test_mode_backward")),
    "contract": (0.5, ("dtype", "memory_layouts", "x_untouched", "param_untouched", "seed_repeats",
                       "dout_untouched", "interleaved_forwards")),
}
SHARE_OF = {law: name for name, (_, laws) in SHARES.items() for law in laws}
LAW_POINTS = {law: points / len(laws) for points, laws in SHARES.values() for law in laws}


def in_shares(items: Sequence[Item]) -> Iterator[Item]:
    """Yield a dropout's items, those that fail with the points of all that their share holds.

    Parameters
    ----------
    items : sequence of Item
        One for each law, with its part of the default points.

    Examples
    --------
    >>> right = Item("dropout: backward_repeats", "dropout", "passed", "", 1.0, 1.0)
    >>> wrong = Item("dropout: backward_is_linear", "dropout", "failed", "", 0.0, 1.0)
    >>> [(item.points, item.max_points) for item in in_shares([right, wrong])]
    [(0.0, 0.0), (0.0, 2.0)]
    """
    whole: dict[str, float] = {}
    failing: dict[str, int] = {}
    for item in items:
        share = _share_of(item)
        whole[share] = whole.get(share, 0.0) + (item.max_points or 0.0)
        failing[share] = failing.get(share, 0) + _fails(item)
    for item in items:
        count = failing[_share_of(item)]
        most = whole[_share_of(item)] / count if _fails(item) else 0.0
        yield replace(item, points=0.0, max_points=most) if count else item


def _share_of(item: Item) -> str:
    return SHARE_OF[item.name.partition(": ")[2]]


def _fails(item: Item) -> bool:
    return item.status not in ("passed", "skipped")
