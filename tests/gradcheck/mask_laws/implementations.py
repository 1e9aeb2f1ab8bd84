"""Wrong dropouts, each with the law that is meant to catch it: wrong masks.

A numerical gradient check passes most of them. Wrong calls and wrong backwards are in
`implementations_protocol`, right dropouts of many conventions in `implementations_correct`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradcheck.mask_laws.run import DropoutImplementation


@dataclass(frozen=True)
class MaskMutant:
    """A wrong dropout: `make()` returns a new one, with its own state; `law` must fail."""

    name: str
    law: str
    make: Callable[[], DropoutImplementation]


def generator(param):
    """Return the generator that param asks for: seeded, or with fresh entropy."""
    return np.random.default_rng(param.get("seed"))


def bernoulli(rng, x, p, state):
    return rng.random(x.shape) >= p


def apply_mask(dout, cache):
    return dout.copy() if cache is None else dout * cache


def dropout(draw=bernoulli, *, scale=lambda p, kept: 1 / (1 - p), at_test=lambda x, p: x,
            backward=apply_mask, rng_of=generator, name="dropout", **conventions):
    """Assemble a dropout from a mask draw (rng, x, p, state), a scale (p, kept) and the rest."""
    state: dict[str, Any] = {"calls": 0}

    def forward(x, param):
        p = param["p"]
        if param["mode"] == "test":
            return at_test(x, p), None
        state["calls"] += 1
        kept = draw(rng_of(param), x, p, state)
        mask = (kept * scale(p, kept)).astype(x.dtype)
        return x * mask, mask

    return DropoutImplementation(forward, backward, name=name, **conventions)


MUTANTS: list[MaskMutant] = []


def wrong_mask(law: str) -> Callable[[Any], Any]:
    """Register a draw (rng, x, p, state) -> bool mask."""
    def register(draw):
        MUTANTS.append(MaskMutant(draw.__name__, law, lambda: dropout(draw, name=draw.__name__)))
        return draw

    return register


def wrong_rate(name: str, rate: Callable[[Any], Any], law: str = "rate") -> None:
    """Register a dropout that drops with probability rate(p)."""
    MUTANTS.append(MaskMutant(name, law, lambda: dropout(
        lambda rng, x, p, state: rng.random(x.shape) >= rate(p), name=name)))


wrong_rate("p_used_as_keep_probability", lambda p: 1 - p)
wrong_rate("p_ignored", lambda p: 0.5)
wrong_rate("p_off_by_two_percent", lambda p: 1.02 * p)
wrong_rate("p_off_by_minus_two_percent", lambda p: 0.98 * p)
wrong_rate("p_squared", lambda p: p * p)
wrong_rate("p_off_by_a_hundredth", lambda p: p + 0.01 * (p > 0))
wrong_rate("keep_off_by_two_percent", lambda p: 1 - 1.02 * (1 - p) if p > 0.02 else p)
wrong_rate("eight_bit_threshold", lambda p: round(p * 256) / 256, "rate_at_extreme_p")
wrong_rate("seven_bit_threshold", lambda p: int(p * 128) / 128, "rate_at_extreme_p")
wrong_rate("percent_threshold", lambda p: round(p * 100) / 100, "rate_at_extreme_p")
wrong_rate("ten_bit_threshold", lambda p: np.ceil(p * 1024) / 1024, "rate_at_extreme_p")
wrong_rate("tenths_threshold", lambda p: round(p * 10) / 10, "rate_at_extreme_p")
wrong_rate("small_p_dropped", lambda p: p if p > 0.01 else 0.0, "rate_at_extreme_p")


@wrong_mask("rate")
def nothing_dropped(rng, x, p, state):
    return np.ones(x.shape, bool)


@wrong_mask("rate_on_every_shape")
def batch_of_one_not_dropped(rng, x, p, state):
    return np.ones(x.shape, bool) if x.shape[0] == 1 else rng.random(x.shape) >= p


@wrong_mask("rate_on_every_shape")
def rate_grows_with_the_batch(rng, x, p, state):
    return rng.random(x.shape) >= min(1, p * (1 + x.shape[0] / 64))


@wrong_mask("count_is_binomial")
def exactly_p_n_dropped(rng, x, p, state):
    return rng.permutation(x.size).reshape(x.shape) >= p * x.size


@wrong_mask("count_is_binomial")
def exactly_p_n_dropped_of_large_arrays(rng, x, p, state):
    return exactly_p_n_dropped(rng, x, p, state) if x.size > 10_000 else rng.random(x.shape) >= p


@wrong_mask("count_is_binomial")
def exactly_p_n_dropped_in_every_column(rng, x, p, state):
    return rng.random(x.shape).argsort(0) >= round(p * x.shape[0])


@wrong_mask("count_is_binomial")
def now_and_then_nothing_dropped(rng, x, p, state):
    return np.ones(x.shape, bool) if rng.random() < 0.05 else rng.random(x.shape) >= p


@wrong_mask("count_is_binomial")
def exactly_p_n_dropped_in_every_row(rng, x, p, state):
    rows = x.reshape(-1, x.shape[-1])
    return (rng.random(rows.shape).argsort(1) >= p * x.shape[-1]).reshape(x.shape)


@wrong_mask("count_is_binomial")
def rate_drawn_anew_for_every_call(rng, x, p, state):
    return rng.random(x.shape) >= np.clip(p + rng.uniform(-0.15, 0.15), 0, 1)


def shared(axes):
    """Make a draw with one decision for all indices of some axes."""
    def draw(rng, x, p, state):
        shape = [1 if axis in axes(x.ndim) else size for axis, size in enumerate(x.shape)]
        return np.broadcast_to(rng.random(shape) >= p, x.shape)
    return draw


for _name, _axes in (
    ("one_mask_per_row", lambda n: {n - 1}),
    ("one_mask_per_column", lambda n: {0} if n > 1 else set()),
    ("one_mask_per_channel", lambda n: set(range(2, n))),
    ("one_mask_per_sample", lambda n: set(range(1, n))),
    ("one_decision_for_all", lambda n: set(range(n))),
    ("one_mask_for_all_channels", lambda n: {1} if n > 2 else set()),
):
    MUTANTS.append(MaskMutant(
        _name, "count_is_binomial" if _name == "one_decision_for_all" else "axes",
        partial(dropout, shared(_axes), name=_name)))


@wrong_mask("axes")
def neighbours_share(rng, x, p, state):
    flat = np.repeat(rng.random(x.size // 2 + 1) >= p, 2)
    return flat[: x.size].reshape(x.shape)


@wrong_mask("axes")
def complementary_pairs(rng, x, p, state):
    uniform = rng.random(x.size // 2 + 1)
    return (np.stack([uniform, 1 - uniform], 1).ravel()[: x.size] >= p).reshape(x.shape)


@wrong_mask("lags")
def block_of_64k_repeated(rng, x, p, state):
    return (np.resize(rng.random(min(x.size, 65536)), x.size) >= p).reshape(x.shape)


@wrong_mask("lags")
def period_of_1000(rng, x, p, state):
    return (np.resize(rng.random(min(x.size, 1000)), x.size) >= p).reshape(x.shape)


@wrong_mask("lags")
def markov_chain(rng, x, p, state):
    uniform = rng.random(x.size)
    again = rng.random(x.size) < 0.1
    uniform[1:][again[1:]] = uniform[:-1][again[1:]]
    return (uniform >= p).reshape(x.shape)


@wrong_mask("far_pairs")
def second_half_mirrors_the_first(rng, x, p, state):
    half = rng.random((x.size + 1) // 2)
    return (np.concatenate([half, half[::-1]])[: x.size] >= p).reshape(x.shape)


@wrong_mask("far_pairs")
def antithetic_halves(rng, x, p, state):
    half = rng.random((x.size + 1) // 2)
    return (np.concatenate([half, 1 - half])[: x.size] >= p).reshape(x.shape)


@wrong_mask("far_pairs")
def symmetric_square_mask(rng, x, p, state):
    uniform = rng.random(x.shape)
    if x.ndim == 2 and x.shape[0] == x.shape[1]:
        uniform = np.triu(uniform) + np.triu(uniform, 1).T
    return uniform >= p


@wrong_mask("patterns")
def every_third_is_the_parity_of_two(rng, x, p, state):
    kept = (rng.random(x.size) >= p)
    if p == 0.5:
        kept[2::3] = kept[0 : x.size // 3 * 3 : 3] ^ kept[1 : x.size // 3 * 3 : 3]
    return kept.reshape(x.shape)


@wrong_mask("small_arrays")
def at_least_one_kept(rng, x, p, state):
    kept = rng.random(x.shape) >= p
    if not kept.any():
        kept.flat[rng.integers(x.size)] = True
    return kept


@wrong_mask("small_arrays")
def at_least_one_dropped(rng, x, p, state):
    kept = rng.random(x.shape) >= p
    if kept.all() and p > 0 and x.size > 1:
        kept.flat[rng.integers(x.size)] = False
    return kept


@wrong_mask("patterns")
def at_least_one_of_a_row_kept(rng, x, p, state):
    kept = (rng.random(x.shape) >= p).reshape(-1, x.shape[-1])
    kept[~kept.any(1), 0] = True
    return kept.reshape(x.shape)


@wrong_mask("positions")
def first_always_kept(rng, x, p, state):
    kept = rng.random(x.shape) >= p
    kept.flat[0] = True
    return kept


@wrong_mask("positions")
def last_always_dropped(rng, x, p, state):
    kept = rng.random(x.shape) >= p
    kept.flat[-1] &= p == 0
    return kept


@wrong_mask("positions")
def rest_after_blocks_of_eight_kept(rng, x, p, state):
    kept = (rng.random(x.shape) >= p).ravel()
    kept[x.size // 8 * 8 :] = True
    return kept.reshape(x.shape)


@wrong_mask("positions")
def only_odd_units_dropped_more(rng, x, p, state):
    rate = p + np.where(np.arange(x.size) % 2, 0.1, -0.1) * min(p, 1 - p)
    return (rng.random(x.size) >= rate).reshape(x.shape)


@wrong_mask("independence_of_x")
def largest_dropped(rng, x, p, state):
    return np.argsort(np.argsort(np.abs(x), axis=None)).reshape(x.shape) < (1 - p) * x.size


@wrong_mask("independence_of_x")
def threshold_on_x(rng, x, p, state):
    return x + 1e-9 * rng.standard_normal(x.shape) >= np.quantile(x, p)


@wrong_mask("independence_of_x")
def positive_units_dropped_more(rng, x, p, state):
    return rng.random(x.shape) >= p + np.sign(x) * 0.2 * min(p, 1 - p)


@wrong_mask("independence_of_x")
def largest_unit_always_kept(rng, x, p, state):
    kept = rng.random(x.shape) >= p
    kept.flat[np.argmax(x)] = True
    return kept


@wrong_mask("fresh_mask_each_call")
def seeded_by_the_sum_of_x(rng, x, p, state):
    return np.random.default_rng(int(abs(x.sum()) * 1e6)).random(x.shape) >= p


FROZEN = np.random.default_rng(0).random(2**20)


@wrong_mask("fresh_mask_each_call")
def drawn_at_import(rng, x, p, state):
    return (FROZEN[: x.size] >= p).reshape(x.shape)


@wrong_mask("fresh_mask_each_call")
def kept_for_each_shape(rng, x, p, state):
    return state.setdefault(x.shape, rng.random(x.shape)) >= p


@wrong_mask("fresh_mask_each_call")
def frozen_after_five_calls(rng, x, p, state):
    if state["calls"] > 5 and x.shape in state:
        return state[x.shape] >= p
    state[x.shape] = rng.random(x.shape)
    return state[x.shape] >= p


@wrong_mask("fresh_mask_each_call")
def frozen_after_700_calls(rng, x, p, state):
    seed = 700 if state["calls"] > 700 else rng.integers(2**32)
    return np.random.default_rng(seed).random(x.shape) >= p


@wrong_mask("fresh_mask_each_call")
def two_masks_alternate(rng, x, p, state):
    return np.random.default_rng(state["calls"] % 2).random(x.shape) >= p


@wrong_mask("fresh_mask_each_call")
def pool_of_1000_masks(rng, x, p, state):
    return np.random.default_rng(rng.integers(1000)).random(x.shape) >= p


@wrong_mask("fresh_mask_each_call")
def seeded_by_the_shape(rng, x, p, state):
    return np.random.default_rng(x.shape).random(x.shape) >= p


POOL = np.random.default_rng(1).random(10**6)


@wrong_mask("calls_are_independent")
def window_of_a_pool_of_a_million(rng, x, p, state):
    start = rng.integers(POOL.size)
    window = np.take(POOL, np.arange(start, start + x.size), mode="wrap")
    return (window >= p).reshape(x.shape)


@wrong_mask("calls_are_independent")
def antithetic_to_the_call_before(rng, x, p, state):
    last = state.pop(x.shape, None)
    if last is None:
        state[x.shape] = last = rng.random(x.shape)
        return last >= p
    return 1 - last >= p


@wrong_mask("calls_are_independent")
def mask_of_the_call_before_rolled(rng, x, p, state):
    uniform = state.get(x.shape)
    state[x.shape] = rng.random(x.shape) if uniform is None else np.roll(uniform, 1)
    return state[x.shape] >= p
