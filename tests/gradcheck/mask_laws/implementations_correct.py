"""Right dropouts in the conventions that are found in the wild: every law must hold."""

from __future__ import annotations

import random

import numpy as np

from gradcheck.mask_laws.run import DropoutImplementation

CORRECT: list[DropoutImplementation] = []


def correct(**conventions):
    """Register a factory of (forward, backward)."""
    def register(factory):
        CORRECT.append(DropoutImplementation(*factory(), name=factory.__name__, **conventions))
        return factory

    return register


@correct(p_is="keep")
def cs231n_canonical():
    def forward(x, param):
        p, mode = param["p"], param["mode"]
        if "seed" in param:
            np.random.seed(param["seed"])
        mask = None
        if mode == "train":
            mask = (np.random.rand(*x.shape) < p) / p
            out = x * mask
        elif mode == "test":
            out = x
        return out.astype(x.dtype, copy=False), (param, mask)

    def backward(dout, cache):
        param, mask = cache
        return dout * mask if param["mode"] == "train" else dout

    return forward, backward


@correct()
def cs231n_with_drop_probability():
    def forward(x, param):
        if "seed" in param:
            np.random.seed(param["seed"])
        if param["mode"] == "test":
            return x, (param, None)
        mask = np.random.rand(*x.shape) > param["p"]
        return (x * mask * 1 / (1 - param["p"])).astype(x.dtype, copy=False), (param, mask)

    def backward(dout, cache):
        param, mask = cache
        return dout if mask is None else dout * mask * 1 / (1 - param["p"])

    return forward, backward


@correct(scaling="vanilla")
def vanilla_bool_mask():
    def forward(x, param):
        if param["mode"] == "test":
            return (x * (1 - param["p"])).astype(x.dtype), 1 - param["p"]
        mask = np.random.default_rng(param.get("seed")).random(x.shape) >= param["p"]
        return x * mask, mask

    return forward, lambda dout, cache: (dout * cache).astype(dout.dtype)


@correct(scaling="vanilla", p_is="keep", seeding="global")
def vanilla_keep_global():
    def forward(x, param):
        keep = param["p"]
        mask = keep if param["mode"] == "test" else np.random.binomial(1, keep, x.shape)
        return (x * mask).astype(x.dtype), mask

    return forward, lambda dout, cache: (dout * cache).astype(dout.dtype)


@correct(seeding="rng")
def generator_packed_bits():
    def forward(x, param):
        p = param["p"]
        if param["mode"] == "test":
            return x, None
        kept = param["rng"].random(x.shape) >= p
        return np.where(kept, x / (1 - p), 0).astype(x.dtype), (np.packbits(kept), p)

    def backward(dout, cache):
        if cache is None:
            return dout
        bits, p = cache
        kept = np.unpackbits(bits, count=dout.size).reshape(dout.shape)
        return (dout * kept / (1 - p)).astype(dout.dtype)

    return forward, backward


@correct(seeding="rng", p_is="keep")
def generator_float32_mask_widened_dx():
    def forward(x, param):
        keep = param["p"]
        if param["mode"] == "test":
            return x.copy(), None
        mask = (param["rng"].random(x.shape, dtype=np.float32) < keep).astype(np.float32) / keep
        return (x * mask).astype(x.dtype), mask.astype(np.float64)

    return forward, lambda dout, cache: dout if cache is None else dout * cache


@correct(seeding=None)
def uncontrolled():
    def forward(x, param):
        if param["mode"] == "test":
            return x, None
        mask = np.random.default_rng().random(x.shape) >= param["p"]
        return (x * mask / (1 - param["p"])).astype(x.dtype), mask / (1 - param["p"])

    return forward, lambda dout, cache: (dout * (1 if cache is None else cache)).astype(dout.dtype)


@correct(seeding=None)
def python_random():
    def forward(x, param):
        p = param["p"]
        if param["mode"] == "test":
            return x, None
        draws = [random.random() for _ in range(x.size)]
        mask = (np.array(draws).reshape(x.shape) >= p) / (1 - p)
        return (x * mask).astype(x.dtype), mask

    return forward, lambda dout, cache: dout if cache is None else (dout * cache).astype(dout.dtype)


@correct()
def random_state_redrawn_from_the_seed():
    """Keep no mask: the cache holds a seed, and backward draws again."""
    def kept(seed, shape, p):
        return np.random.RandomState(seed).random_sample(shape) >= p

    def forward(x, param):
        p = param["p"]
        if param["mode"] == "test":
            return x, None
        seed = param.get("seed", np.random.SeedSequence().generate_state(1)[0])
        return (x * kept(seed, x.shape, p) / (1 - p)).astype(x.dtype), (seed, p)

    def backward(dout, cache):
        if cache is None:
            return dout
        seed, p = cache
        return (dout * kept(seed, dout.shape, p) / (1 - p)).astype(dout.dtype)

    return forward, backward


@correct(seeding="global")
def global_binomial_float_mask():
    def forward(x, param):
        q = 1 - param["p"]
        mask = np.random.binomial(1, q, size=x.shape) / q if param["mode"] == "train" else None
        return x if mask is None else (x * mask).astype(x.dtype), mask

    return forward, lambda dout, cache: dout if cache is None else (dout * cache).astype(dout.dtype)


class Layer:
    """A layer in object form, as homework and interviews ask for it."""

    def __init__(self, p):
        self.p = p
        self.mask = None

    def forward(self, x, training=True):
        if not training:
            return x
        self.mask = (np.random.rand(*x.shape) >= self.p) / (1 - self.p)
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


@correct(seeding="global")
def class_in_a_wrapper():
    def forward(x, param):
        layer = Layer(param["p"])
        training = param["mode"] == "train"
        return layer.forward(x, training).astype(x.dtype), (layer, training)

    def backward(dout, cache):
        layer, training = cache
        return layer.backward(dout) if training else dout

    return forward, backward


@correct()
def nested_loops():
    """The slowest way: one unit at a time."""
    def forward(x, param):
        p = param["p"]
        if param["mode"] == "test":
            return x, None
        rng = random.Random(param.get("seed"))
        mask = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            if rng.random() >= p:
                mask[index] = 1 / (1 - p)
        return (x * mask).astype(x.dtype), mask

    return forward, lambda dout, cache: dout if cache is None else (dout * cache).astype(dout.dtype)
