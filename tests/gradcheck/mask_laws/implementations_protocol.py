"""Wrong dropouts whose mask is right: wrong scales, modes, seeds, backwards and side effects."""

from __future__ import annotations

import numpy as np

from gradcheck.mask_laws.run import DropoutImplementation
from tests.gradcheck.mask_laws.implementations import MaskMutant, bernoulli, dropout

MUTANTS: list[MaskMutant] = []


def wrong(name, law, **parts):
    """Register a dropout with some wrong parts (see `implementations.dropout`)."""
    MUTANTS.append(MaskMutant(name, law, lambda: dropout(name=name, **parts)))


def wrong_backward(law):
    """Register a backward(dout, mask): mask is scaled, None in test mode."""
    def register(function):
        def backward(dout, mask):
            return dout.copy() if mask is None else function(dout, mask)

        wrong(function.__name__, law, backward=backward)
        return function

    return register


def wrong_pair(law):
    """Register a factory of (forward, backward)."""
    def register(factory):
        MUTANTS.append(MaskMutant(factory.__name__, law, lambda: DropoutImplementation(
            *factory(), name=factory.__name__)))
        return factory

    return register


wrong("no_scale", "values", scale=lambda p, kept: 1.0)
wrong("scale_twice", "values", scale=lambda p, kept: (1 - p) ** -2)
wrong("scale_by_1_over_p", "values", scale=lambda p, kept: 1 / p if p else 1.0)
wrong("scale_by_1_minus_p", "values", scale=lambda p, kept: 1 - p)
wrong("scale_by_realised_fraction", "values",
      scale=lambda p, kept: kept.size / kept.sum() if kept.any() else 1.0)
wrong("scale_with_epsilon", "values", scale=lambda p, kept: 1 / (1 - p + 1e-4))
wrong("scale_by_two", "values", scale=lambda p, kept: 2.0)
wrong("scale_wrong_above_one_half", "values",
      scale=lambda p, kept: (1 if p <= 0.5 else 2) / (1 - p))
wrong("gaussian_noise", "values", draw=lambda rng, x, p, state: np.ones(x.shape),
      scale=lambda p, kept: np.random.default_rng().normal(1, np.sqrt(p / (1 - p)), kept.shape))
wrong("dropped_units_become_small", "values", scale=lambda p, kept: 1 / (1 - p),
      draw=lambda rng, x, p, state: np.where(bernoulli(rng, x, p, state), 1, 1e-3))
wrong("no_scale_in_expectation", "expectation", scale=lambda p, kept: 1.0)
wrong("no_scale_at_p_zero_but_half", "p_zero_is_identity",
      scale=lambda p, kept: 1 / (1 - p) if p else 0.5)
wrong("p_zero_drops", "p_zero_is_identity",
      draw=lambda rng, x, p, state: rng.random(x.shape) >= (p or 0.5))
wrong("test_mode_drops", "test_mode",
      at_test=lambda x, p: x * (np.random.default_rng().random(x.shape) >= p))
wrong("test_mode_multiplies_by_keep", "test_mode", at_test=lambda x, p: x * (1 - p))
wrong("test_mode_divides_by_keep", "test_mode", at_test=lambda x, p: x / (1 - p))
wrong("test_mode_adds_noise", "test_mode", at_test=lambda x, p: x + 1e-6)
wrong("seed_ignored", "seed_repeats", rng_of=lambda param: np.random.default_rng())
wrong("seed_zero_ignored", "seed_repeats",
      rng_of=lambda param: np.random.default_rng(param.get("seed") or None))
wrong("seed_fixed", "other_seed_differs",
      rng_of=lambda param: np.random.default_rng(42 if "seed" in param else None))
wrong("seed_modulo_16", "other_seed_differs", rng_of=lambda param: np.random.default_rng(
    param["seed"] % 16 if "seed" in param else None))
wrong("seed_in_16_bits", "other_seed_differs", rng_of=lambda param: np.random.default_rng(
    param["seed"] % 65536 if "seed" in param else None))


def shifted_by_the_seed(seed, x, p, state):
    """Draw from one stream, starting at the seed: seed + 1 only moves the mask by one unit."""
    start, stream = (0, None) if seed is None else (seed % 100_000, 7)
    uniform = np.random.default_rng(stream).random(x.size + start)[start:]
    return (uniform >= p).reshape(x.shape)


wrong("next_seed_shifts_the_mask", "seeds_are_independent", draw=shifted_by_the_seed,
      rng_of=lambda param: param.get("seed"))
wrong("odd_seeds_complement", "seeds_are_independent", rng_of=lambda param: param.get("seed"),
      draw=lambda seed, x, p, state: (np.random.default_rng(seed).random(x.shape) if seed is None
                                      else abs(seed % 2 - np.random.default_rng(
                                          seed // 2).random(x.shape))) >= p)


@wrong_backward("backward_uses_forward_mask")
def backward_without_mask(dout, mask):
    return dout.copy()


@wrong_backward("backward_uses_forward_mask")
def backward_without_scale(dout, mask):
    return dout * (mask != 0)


@wrong_backward("backward_uses_forward_mask")
def backward_scales_twice(dout, mask):
    return dout * mask * mask


@wrong_backward("backward_uses_forward_mask")
def backward_resamples(dout, mask):
    return dout * np.random.default_rng().permutation(mask.ravel()).reshape(mask.shape)


@wrong_backward("backward_uses_forward_mask")
def backward_inverts_the_mask(dout, mask):
    return dout * (mask == 0) * mask.max(initial=1)


@wrong_backward("backward_uses_forward_mask")
def backward_only_scales(dout, mask):
    return dout * mask.max(initial=1)


@wrong_backward("backward_uses_forward_mask")
def backward_shifts_the_mask(dout, mask):
    return dout * np.roll(mask, 1)


@wrong_backward("dout_untouched")
def backward_overwrites_dout(dout, mask):
    dout *= mask
    return dout


@wrong_backward("backward_repeats")
def backward_uses_the_cache_up(dout, mask):
    dx = dout * mask
    mask *= 0.5
    return dx


@wrong_backward("backward_is_linear")
def backward_clips(dout, mask):
    return np.clip(dout * mask, -2, 2)


@wrong_backward("backward_is_linear")
def backward_drops_negative_gradients(dout, mask):
    return np.maximum(dout, 0) * mask


@wrong_backward("backward_is_linear")
def backward_adds_a_constant(dout, mask):
    return dout * mask + 1e-3


@wrong_backward("dtype")
def backward_narrows_to_float16(dout, mask):
    return (dout * mask).astype(np.float16)


@wrong_backward("dtype")
def backward_narrows_to_float32(dout, mask):
    return (dout * mask).astype(np.float32)


@wrong_backward("dtype")
def backward_truncates_to_integers(dout, mask):
    return (dout * mask).astype(int)


@wrong_pair("backward_where_x_is_zero")
def backward_takes_out_for_the_mask():
    right = dropout()

    def forward(x, param):
        out, mask = right.forward(x, param)
        return out, None if mask is None else (out, mask.max(initial=1))

    return forward, lambda dout, cache: dout.copy() if cache is None else (
        dout * (cache[0] != 0) * cache[1])


@wrong_pair("backward_where_x_is_zero")
def backward_passes_all_on_where_x_is_zero():
    right = dropout()

    def forward(x, param):
        out, mask = right.forward(x, param)
        return out, None if mask is None else (x, mask)

    def backward(dout, cache):
        if cache is None:
            return dout.copy()
        x, mask = cache
        return np.where(x == 0, dout, dout * mask)

    return forward, backward


@wrong_pair("backward_uses_forward_mask")
def backward_multiplies_by_x():
    right = dropout()

    def forward(x, param):
        out, mask = right.forward(x, param)
        return out, (x, mask)

    return forward, lambda dout, cache: dout.copy() if cache[1] is None else (
        dout * cache[0] * cache[1])


@wrong_pair("interleaved_forwards")
def mask_kept_in_a_global():
    right, state = dropout(), {}

    def forward(x, param):
        out, state["mask"] = right.forward(x, param)
        return out, None

    def backward(dout, cache):
        mask = state["mask"]
        if mask is None:
            return dout.copy()
        return dout * (mask if mask.shape == dout.shape else np.resize(mask, dout.shape))

    return forward, backward


@wrong_pair("interleaved_forwards")
def out_is_a_buffer_used_again():
    right, buffers = dropout(), {}

    def forward(x, param):
        out, mask = right.forward(x, param)
        if mask is not None:
            buffer = buffers.setdefault((x.shape, x.dtype), np.empty_like(x))
            buffer[...] = out
            out = buffer
        return out, mask

    return forward, right.backward


@wrong_pair("test_mode_backward")
def backward_uses_the_last_mask_at_test_time():
    right, state = dropout(), {}

    def forward(x, param):
        out, mask = right.forward(x, param)
        if mask is not None:
            state[x.shape] = mask
        return out, mask if mask is not None else state.get(x.shape, 2.0)

    return forward, lambda dout, mask: dout * mask


@wrong_pair("test_mode_backward")
def backward_scales_at_test_time():
    right = dropout()

    def forward(x, param):
        out, mask = right.forward(x, param)
        return out, 1 - param["p"] if mask is None else mask

    return forward, lambda dout, cache: (dout * cache).astype(dout.dtype)


@wrong_pair("x_untouched")
def forward_overwrites_x():
    def forward(x, param):
        out, mask = dropout().forward(x, param)
        x[...] = out
        return x, mask

    return forward, dropout().backward


@wrong_pair("param_untouched")
def mask_kept_in_param():
    def forward(x, param):
        out, param["mask"] = dropout().forward(x, param)
        return out, param["mask"]

    return forward, dropout().backward


@wrong_pair("dtype")
def float32_becomes_float64():
    def forward(x, param):
        out, mask = dropout().forward(x.astype(np.float64), param)
        return out, mask

    return forward, dropout().backward


@wrong_pair("runs")
def works_in_float32_only():
    def forward(x, param):
        if x.dtype != np.float32:
            raise TypeError("expected float32")
        return dropout().forward(x, param)

    return forward, dropout().backward


@wrong_pair("runs")
def returns_out_alone():
    return lambda x, param: dropout().forward(x, param)[0], dropout().backward


@wrong_pair("runs")
def flattens_its_input():
    return lambda x, param: dropout().forward(x.ravel(), param), dropout().backward


@wrong_pair("memory_layouts")
def assumes_contiguous_memory():
    def forward(x, param):
        memory = np.lib.stride_tricks.as_strided(
            x, (x.size,), (abs(x.itemsize),)).reshape(x.shape) if min(
                x.strides, default=1) > x.itemsize else x
        return dropout().forward(memory, param)

    return forward, dropout().backward


@wrong_pair("large_arrays")
def large_arrays_scaled_wrongly():
    def forward(x, param):
        out, mask = dropout().forward(x, param)
        return (out * 1.01).astype(x.dtype) if x.size > 65536 and mask is not None else out, mask

    return forward, dropout().backward
