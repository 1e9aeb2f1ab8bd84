"""Attention: one sample and many, one key, keys that a query may not look at, large scores."""

from __future__ import annotations

import numpy as np

from gradcheck.examples.designs.common import BASIS, FINITE
from gradcheck.examples.recipes import each, normal
from gradcheck.examples.variants import Variant

ONE_KEY = Variant("with one key", {"key": normal(3, 1, 6), "value": normal(3, 1, 5)})
MASKED = Variant("with keys that some queries may not look at",
                 {"mask": np.tri(4, 7, 2, dtype=bool)})
DROPPED = Variant("with dropout of the weights", {
    "mask": np.tri(4, 7, 2, dtype=bool), "dropout_param": {"mode": "train", "p": 0.4, "seed": 7}})

DESIGNS = {
    **each("scaled_dot_product_attention dot_product_attention attention",
           (ONE_KEY, *BASIS, FINITE, MASKED, DROPPED)),
    "multi_head_attention": (*BASIS, FINITE, MASKED, DROPPED),
}
