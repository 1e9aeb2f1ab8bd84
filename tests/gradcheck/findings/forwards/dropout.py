"""Dropout and its structured relatives."""

from __future__ import annotations

import numpy as np

from tests.gradcheck.findings.cases import backward_of, paired


def train(p, seed=3):
    """A seeded training-mode dropout_param."""
    return {"mode": "train", "p": p, "seed": seed}


def dropout(x, dropout_param):
    """Inverted dropout with the mask of dropout_param['seed']; cache (dropout_param, mask)."""
    p = dropout_param["p"]
    mask = np.random.default_rng(dropout_param["seed"]).random(x.shape) >= p
    return x * mask / (1 - p), (dropout_param, mask)


backward_of(dropout)(lambda dout, param, mask: dout * mask / (1 - param["p"]))


def keep_dropout(x, keep):
    """Dropout by its keep probability; cache the scaled mask."""
    mask = (np.random.default_rng(11).random(x.shape) < keep) / keep
    return x * mask, mask


backward_of(keep_dropout)(lambda dout, mask: dout * mask)


def unscaled_dropout(x, p, seed):
    """Vanilla dropout in training; cache (mask, p)."""
    mask = np.random.default_rng(seed).random(x.shape) >= p
    return x * mask, (mask, p)


backward_of(unscaled_dropout)(lambda dout, mask, p: dout * mask)
vanilla_dropout_at_test_time = paired(
    "vanilla_dropout_at_test_time", lambda x, dropout_param: (
        x * (1 - dropout_param["p"]), dropout_param), lambda dout, param: dout * (1 - param["p"]))


def dropout_caching_its_output(x, dropout_param):
    out, (_, mask) = dropout(x, dropout_param)
    return out, (dropout_param, mask, out)


backward_of(dropout_caching_its_output)(
    lambda dout, param, mask, out: dout * mask / (1 - param["p"]))


def dropout_caching_its_draws(x, dropout_param):
    draws = np.random.default_rng(dropout_param["seed"]).random(x.shape)
    p = dropout_param["p"]
    return x * (draws >= p) / (1 - p), (dropout_param, draws)


backward_of(dropout_caching_its_draws)(
    lambda dout, param, draws: dout * (draws >= param["p"]) / (1 - param["p"]))


def spatial_dropout(x, dropout_param):
    """Drop whole channels of x (N, C, ...); cache (mask, p)."""
    p = dropout_param["p"]
    mask = np.random.default_rng(dropout_param["seed"]).random(x.shape[:2]) >= p
    mask = mask.reshape(mask.shape + (1,) * (x.ndim - 2))
    return x * mask / (1 - p), (mask, p)


backward_of(spatial_dropout)(lambda dout, mask, p: dout * mask / (1 - p))


def block_dropout(x, p, seed):
    """One decision for every 2 by 2 block of x (N, H, W); cache (blocks, mask, p)."""
    blocks = np.random.default_rng(seed).random((len(x), x.shape[1] // 2, x.shape[2] // 2)) >= p
    mask = blocks.repeat(2, axis=1).repeat(2, axis=2)
    return x * mask / (1 - p), (blocks, mask, p)


backward_of(block_dropout)(lambda dout, blocks, mask, p: dout * mask / (1 - p))


def dropconnect(x, w, dropout_param):
    """Drop weights; cache (x, w, kept, mask, p) with kept the scaled weights that were left."""
    p = dropout_param["p"]
    mask = np.random.default_rng(dropout_param["seed"]).random(w.shape) >= p
    kept = w * mask / (1 - p)
    return x @ kept, (x, w, kept, mask, p)


backward_of(dropconnect)(
    lambda dout, x, w, kept, mask, p: (dout @ kept.T, mask * (x.T @ dout) / (1 - p)))
