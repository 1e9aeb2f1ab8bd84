"""Wrong backwards of dropout and its structured relatives."""

from __future__ import annotations

import numpy as np

from . import Family, randn
from .forwards import dropout

FAMILY = Family()
wrong = FAMILY.backward
f16, f32 = np.float16, np.float32


def param(p, seed=3):
    """A seeded training-mode dropout_param."""
    return {"mode": "train", "p": p, "seed": seed}


@wrong("mask-not-applied", dropout, randn(5, 8), param(0.4))
@wrong("mask-not-applied", dropout, randn(3, 4, 6, dtype=f32), param(0.3))
def dropout_only_rescales(dout, cache):
    dropout_param, _ = cache
    return dout / (1 - dropout_param["p"])


@wrong("mask-not-applied", dropout, randn(8, 8, dtype=f16), param(0.25))
def dropout_backward_behaves_as_at_test_time(dout, cache):
    return dout.copy()


@wrong("mask-inverted", dropout, randn(6, 7), param(0.5))
@wrong("mask-inverted", dropout, randn(4, 9, dtype=f32), param(0.3))
def dropout_passes_the_dropped_units(dout, cache):
    dropout_param, mask = cache
    return dout * ~mask / (1 - dropout_param["p"])


@wrong("mask-shifted", dropout, randn(6, 8), param(0.35))
@wrong("mask-shifted", dropout, randn(70, dtype=f32), param(0.5))
def dropout_mask_rolled_by_one(dout, cache):
    dropout_param, mask = cache
    return dout * np.roll(mask, 1) / (1 - dropout_param["p"])


@wrong("mask-shifted", dropout, randn(9, 6), param(0.6))
def dropout_mask_of_the_previous_sample(dout, cache):
    dropout_param, mask = cache
    return dout * np.roll(mask, 1, axis=0) / (1 - dropout_param["p"])


# Deterministic, so the gradient is a consistent one: that of another mask.
@wrong("mask-mismatch", dropout, randn(7, 6), param(0.4))
@wrong("mask-mismatch", dropout, randn(4, 3, 5, dtype=f32), param(0.5))
def dropout_backward_seeds_another_mask(dout, cache):
    dropout_param, mask = cache
    rng = np.random.default_rng(dropout_param["seed"] + 1)
    return dout * (rng.random(mask.shape) >= dropout_param["p"]) / (1 - dropout_param["p"])


@wrong("mask-mismatch", dropout, randn(8, 5), param(0.3))
def dropout_repeats_the_mask_of_the_first_sample(dout, cache):
    dropout_param, mask = cache
    return dout * mask[:1] / (1 - dropout_param["p"])


@wrong("mask-mismatch", dropout, randn(6, 6, dtype=f32), param(0.5))
def dropout_mask_transposed(dout, cache):
    dropout_param, mask = cache
    return dout * mask.T / (1 - dropout_param["p"])


# One flipped position of a mask is also one wrong element.
@wrong("mask-mismatch", dropout, randn(16, 20), param(0.4), also=("isolated-elements",))
@wrong("mask-mismatch", dropout, randn(64, 64, dtype=f32), param(0.3), also=("isolated-elements",))
def dropout_mask_wrong_in_one_position(dout, cache):
    dropout_param, mask = cache
    spoiled = mask.copy()
    spoiled[5, 7] = ~spoiled[5, 7]
    return dout * spoiled / (1 - dropout_param["p"])


@wrong("scaled", dropout, randn(6, 5), param(0.3), factor=0.7, factor_name="1 - p")
@wrong("scaled", dropout, randn(4, 3, 5, dtype=f32), param(0.6), factor=0.4, factor_name="1 - p")
@wrong("scaled", dropout, randn(12, 4, dtype=f16), param(0.25), factor=0.75, factor_name="1 - p")
def dropout_backward_forgets_the_scale(dout, cache):
    _, mask = cache
    return dout * mask


@wrong("scaled", dropout, randn(5, 9), param(0.2), factor=1.25, factor_name="1/(1 - p)")
@wrong("scaled", dropout, randn(6, 8, dtype=f32), param(0.35), factor=1 / 0.65,
       factor_name="1/(1 - p)")
def dropout_scales_twice(dout, cache):
    dropout_param, mask = cache
    scaled = mask / (1 - dropout_param["p"])
    return dout * scaled / (1 - dropout_param["p"])


@wrong("scaled", dropout, randn(7, 7), param(0.3), factor=0.7 / 0.3, factor_name="(1 - p)/p")
def dropout_divides_by_p(dout, cache):
    dropout_param, mask = cache
    return dout * mask / dropout_param["p"]


@wrong("scaled", dropout, randn(6, 10), param(0.4), factor=0.36, factor_name="(1 - p)^2")
def dropout_multiplies_by_the_keep_probability(dout, cache):
    dropout_param, mask = cache
    return dout * mask * (1 - dropout_param["p"])


def unscaled_dropout(x, p, seed):
    mask = np.random.default_rng(seed).random(x.shape) >= p
    return x * mask, (mask, p)


@wrong("scaled", unscaled_dropout, randn(5, 8), 0.3, 7, factor=1 / 0.7, factor_name="1/(1 - p)",
       constants={"p": 0.3})
def vanilla_dropout_scaled_in_backward_only(dout, cache):
    mask, p = cache
    return dout * mask / (1 - p)


@wrong("scaled", unscaled_dropout, randn(6, 6, dtype=f32), 0.2, 7, factor=0.2, factor_name="p",
       constants={"p": 0.2})
def vanilla_dropout_multiplies_by_p(dout, cache):
    mask, p = cache
    return dout * mask * p


def vanilla_dropout_at_test_time(x, dropout_param):
    return x * (1 - dropout_param["p"]), dropout_param


@wrong("scaled", vanilla_dropout_at_test_time, randn(4, 7), {"mode": "test", "p": 0.3},
       factor=1 / 0.7, factor_name="1/(1 - p)")
def vanilla_test_backward_forgets_the_scale(dout, dropout_param):
    return dout.copy()


@wrong("scaled", vanilla_dropout_at_test_time, randn(4, 7, dtype=f32), {"mode": "test", "p": 0.2},
       factor=0.25, factor_name="p/(1 - p)")
def vanilla_test_backward_scales_by_p(dout, dropout_param):
    return dout * dropout_param["p"]


def dropout_caching_its_output(x, dropout_param):
    out, (_, mask) = dropout(x, dropout_param)
    return out, (dropout_param, mask, out)


@wrong("value-used-as-mask", dropout_caching_its_output, randn(5, 6), param(0.4))
@wrong("value-used-as-mask", dropout_caching_its_output, randn(3, 9, dtype=f32), param(0.5))
def dropout_multiplies_by_its_output(dout, cache):
    dropout_param, _, out = cache
    return dout * out / (1 - dropout_param["p"])


SPARSE = randn(6, 9) * (randn(6, 9, seed=5) > -0.3)


# Where x is 0 a kept unit cannot be told from a dropped one by its output.
@wrong("mask-mismatch", dropout_caching_its_output, SPARSE, param(0.4))
def dropout_recovers_the_mask_from_its_output(dout, cache):
    dropout_param, _, out = cache
    return dout * (out != 0) / (1 - dropout_param["p"])


def dropout_caching_its_draws(x, dropout_param):
    draws = np.random.default_rng(dropout_param["seed"]).random(x.shape)
    p = dropout_param["p"]
    return x * (draws >= p) / (1 - p), (dropout_param, draws)


@wrong("value-used-as-mask", dropout_caching_its_draws, randn(7, 5), param(0.3))
def dropout_multiplies_by_the_raw_draws(dout, cache):
    dropout_param, draws = cache
    return dout * draws / (1 - dropout_param["p"])


# A threshold at p + 0.2 is a wrong threshold on the draws, and a wrong mask on x.
@wrong("mask-mismatch", dropout_caching_its_draws, randn(9, 8), param(0.3),
       also=("wrong-threshold",))
def dropout_thresholds_the_draws_elsewhere(dout, cache):
    dropout_param, draws = cache
    return dout * (draws >= dropout_param["p"] + 0.2) / (1 - dropout_param["p"])


@wrong("mask-inverted", dropout_caching_its_draws, randn(6, 9, dtype=f32), param(0.5))
def dropout_compares_the_wrong_way_round(dout, cache):
    dropout_param, draws = cache
    return dout * (draws < dropout_param["p"]) / (1 - dropout_param["p"])


@wrong("zero-gradient", dropout, randn(5, 7), param(0.4))
def dropout_casts_its_scale_to_an_integer(dout, cache):
    dropout_param, mask = cache
    scale = np.array((1 - dropout_param["p"]) * mask, dtype=np.int64)
    return dout * scale


@wrong("isolated-elements", dropout, randn(64, 64), param(0.3))
def dropout_one_element_among_4096(dout, cache):
    dropout_param, mask = cache
    dx = dout * mask / (1 - dropout_param["p"])
    dx[17, 42] += 56 * dout[17, 42]
    return dx


def spatial_dropout(x, dropout_param):
    p = dropout_param["p"]
    mask = np.random.default_rng(dropout_param["seed"]).random(x.shape[:2]) >= p
    mask = mask.reshape(mask.shape + (1,) * (x.ndim - 2))
    return x * mask / (1 - p), (mask, p)


@wrong("mask-mismatch", spatial_dropout, randn(4, 6, 3, 2), param(0.5))
def spatial_dropout_masks_single_elements(dout, cache):
    _, p = cache
    rng = np.random.default_rng(3)
    return dout * (rng.random(dout.shape) >= p) / (1 - p)


@wrong("scaled", spatial_dropout, randn(3, 8, 2, 2, dtype=f32), param(0.3), factor=0.7,
       factor_name="1 - p")
def spatial_dropout_forgets_the_scale(dout, cache):
    mask, _ = cache
    return dout * mask


@wrong("mask-shifted", spatial_dropout, randn(5, 7, 2, 3), param(0.4))
def spatial_dropout_mask_of_the_next_channel(dout, cache):
    mask, p = cache
    return dout * np.roll(mask, -1, axis=1) / (1 - p)


def dropconnect(x, w, dropout_param):
    p = dropout_param["p"]
    mask = np.random.default_rng(dropout_param["seed"]).random(w.shape) >= p
    kept = w * mask / (1 - p)
    return x @ kept, (x, w, kept, mask, p)


@wrong("mask-not-applied", dropconnect, randn(4, 5), randn(5, 6), param(0.5))
def dropconnect_weights_gradient_unmasked(dout, cache):
    x, _, kept, _, p = cache
    return dout @ kept.T, x.T @ dout / (1 - p)


@wrong("scaled", dropconnect, randn(4, 5, dtype=f32), randn(5, 6, dtype=f32), param(0.3),
       factor=0.7, factor_name="1 - p")
def dropconnect_weights_gradient_unscaled(dout, cache):
    x, _, kept, mask, _ = cache
    return dout @ kept.T, mask * (x.T @ dout)


@wrong("mask-inverted", dropconnect, randn(3, 6), randn(6, 7), param(0.4))
def dropconnect_weights_gradient_of_the_dropped(dout, cache):
    x, _, kept, mask, p = cache
    return dout @ kept.T, ~mask * (x.T @ dout) / (1 - p)


@wrong("mask-resampled", dropout, randn(6, 8), param(0.4))
@wrong("mask-resampled", dropout, randn(5, 5, 3, dtype=f32), param(0.3))
def dropout_draws_again_in_backward(dout, cache):
    dropout_param, mask = cache
    mask = np.random.default_rng().random(mask.shape) >= dropout_param["p"]
    return dout * mask / (1 - dropout_param["p"])


@wrong("mask-resampled", dropout, randn(30), param(0.5))
def dropout_draws_from_the_global_generator_in_backward(dout, cache):
    dropout_param, mask = cache
    mask = (np.random.rand(*mask.shape) >= dropout_param["p"]) / (1 - dropout_param["p"])
    return dout * mask


def dropout_with_a_kept_stream(x, dropout_param):
    rng = np.random.default_rng(dropout_param["seed"])
    p = dropout_param["p"]
    return x * (rng.random(x.shape) >= p) / (1 - p), (rng, p)


# Drawing on advances a generator that lies in the cache: that mutates the cache as well.
@wrong("mask-resampled", dropout_with_a_kept_stream, randn(7, 4), param(0.4),
       also=("cache-mutated",))
def dropout_continues_the_stream_in_backward(dout, cache):
    rng, p = cache
    return dout * (rng.random(dout.shape) >= p) / (1 - p)
