"""A backward that overwrites what forward cached."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards.losses import cross_entropy, hinge, labels
from tests.gradcheck.findings.forwards.normalization import layernorm

CASES = Cases("cache-mutated")


def scaled_mask_dropout(x, p, seed):
    mask = (np.random.default_rng(seed).random(x.shape) >= p).astype(x.dtype)
    return x * mask / (1 - p), (mask, p)


@CASES.backward(scaled_mask_dropout, randn(6, 7), 0.3, 5)
@CASES.backward(scaled_mask_dropout, randn(4, 5, dtype=f32), 0.5, 5)
def dropout_scales_the_cached_mask(dout, mask, p):
    mask /= 1 - p
    return dout * mask


@CASES.backward(cross_entropy, randn(5, 4), np.array([0, 3, 1, 1, 2]))
def cross_entropy_subtracts_from_the_cached_probabilities(dout, probs, y):
    probs[np.arange(len(y)), y] -= 1
    return dout * probs / len(y)


def tanh_in_a_dict(x):
    out = np.tanh(x)
    return out, {"out": out}


@CASES.backward(tanh_in_a_dict, randn(4, 3, 2))
def tanh_squares_the_dict_entry(dout, cache):
    cache["out"] = cache["out"] ** 2
    return dout * (1 - cache["out"])


CASES.wrong("relu_pops_the_cache", lambda x: (np.maximum(x, 0), [x > 0]),
            lambda dout, cache: dout * cache.pop(), randn(5, 5, dtype=f32))


@CASES.backward(layernorm, randn(4, 6), randn(6), randn(6, seed=1), {"eps": 1e-5})
def layernorm_scales_xhat_in_place(dout, x, xhat, mu, ivar, gamma):
    gradients = layernorm.backward(dout, (x, xhat, mu, ivar, gamma))
    xhat *= gamma
    return gradients


@CASES.backward(hinge, randn(6, 4), labels(6, 4))
def hinge_turns_its_margins_into_ones(dout, margins, y):
    margins[margins > 0] = 1
    margins[np.arange(len(y)), y] -= margins.sum(axis=1)
    return dout * margins / len(y)


test_first_code, test_right = CASES.tests()
